// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package read makes evidence of the inputs of one host: the jobs of its queues in all layers, and the events of its logs
// that have to do with BITS or that a rule asks for.
//
// Nothing is joined here (package join does it): each state of a job is a job by itself, with its files, and each event an event.
//
// Queues and the logs of BITS itself are read first, as they tell which processes, files and URLs are of interest in
// the others: security, Sysmon and PowerShell logs have a hundred thousand events, of which a few matter.
package read

import (
	"context"
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/collect"
	"github.com/openbits/openbits/hunt/evidence"
)

// Filter is what rules ask for beside the events that this package takes by itself.
type Filter interface {
	// Wants tells whether a rule may speak of such events. A provider or id that is not known yet is "" or 0.
	Wants(channel, provider string, id int) bool
	// Matches tells whether a rule does speak of this one.
	Matches(e *evidence.Event) bool
}

// Options say how to read.
type Options struct {
	Filter         Filter // may be nil
	Memory         int64  // bytes of an input that are kept in memory; 0: the usual (see collect.Limits)
	HashContainers bool   // hash archives whole
	Progress       func(path string)
}

// Result is what the inputs of a host hold.
type Result struct {
	Inputs  []evidence.Input
	Jobs    []evidence.Job // states, each with its files
	Files   []evidence.File
	Events  []evidence.Event
	Loose   []bool // by event: it was only taken because it may belong to a job, and is of no interest if it does not
	Windows string // version, in words; of the newest queue
	Ended   bool   // ctx ended before all was read
}

// reader reads the inputs of one host.
type reader struct {
	ctx  context.Context
	o    Options
	host *collect.Host
	out  *Result
	seen map[eventKey]bool // events that are taken
	want interest
	read map[bytesOf]int // inputs by what they hold
	logs []generation    // transaction logs of databases
	dbs  []database      // queues in databases
}

// bytesOf tells by its hash and size whether an input holds the same as another. Where a file has holes, the hash alone does not.
type bytesOf struct {
	sha256 string
	size   int64
}

// notToItsEnd is the note on an input that was being read when ctx ended.
const notToItsEnd = "it was not read to its end"

// Host reads the members of a host, in the order of their inputs. What fails is said in the inputs.
func Host(ctx context.Context, h *collect.Host, o Options) *Result {
	r := &reader{ctx: ctx, o: o, host: h, out: &Result{Inputs: make([]evidence.Input, len(h.Members))}, seen: map[eventKey]bool{}, read: map[bytesOf]int{}}
	for i, m := range h.Members {
		r.out.Inputs[i] = evidence.Input{Path: strings.ToValidUTF8(m.Path, "\uFFFD"), Size: m.Size, Kind: string(m.Kind), Host: h.Name, Status: m.Status, Notes: slices.Clone(m.Notes)}
	}
	first := func(m *collect.Member) bool {
		return m.Kind != collect.EventLog || isBITS(m.Channel)
	}
	for i, m := range h.Members {
		if first(m) && m.Kind != collect.Raw {
			r.member(i, m)
		}
	}
	r.want.learn(r.out)
	for i, m := range h.Members {
		if !first(m) || m.Kind == collect.Raw {
			r.member(i, m)
		}
	}
	r.generations()
	return r.out
}

// member reads one member and sets its input.
func (r *reader) member(i int, m *collect.Member) {
	in := &r.out.Inputs[i]
	if m.Kind == collect.Archive {
		r.archive(in, m)
		return
	}
	if m.Status != "" {
		return
	}
	if r.ctx.Err() != nil {
		in.Status, r.out.Ended = evidence.Skipped, true
		in.Notes = append(in.Notes, "it was not reached")
		return
	}
	if r.o.Progress != nil {
		r.o.Progress(m.Path)
	}
	c, err := m.Open(r.ctx, r.o.Memory)
	if err != nil && r.ctx.Err() != nil {
		in.Status, r.out.Ended = evidence.Skipped, true
		in.Notes = append(in.Notes, notToItsEnd)
		return
	}
	if err != nil {
		in.Status = evidence.Failed
		in.Notes = append(in.Notes, "it cannot be read: "+err.Error())
		return
	}
	in.SHA256, in.Size, in.Status = c.SHA256, c.Size, evidence.Read
	in.Notes = append(in.Notes, c.Notes...)
	if c.Damage != "" {
		in.Status, in.Notes = evidence.Partial, append(in.Notes, c.Damage)
	}
	if first, ok := r.read[bytesOf{c.SHA256, c.Size}]; ok && len(c.Extents) < 2 {
		was := &r.out.Inputs[first]
		in.Kind, in.Status = was.Kind, was.Status
		in.Notes = append(in.Notes, "it has the same bytes as "+was.Path+", and is not counted twice")
	} else {
		r.read[bytesOf{c.SHA256, c.Size}] = i
		r.content(i, in, m, c)
	}
	if r.ctx.Err() != nil {
		r.out.Ended = true
		in.Status, in.Notes = evidence.Partial, append(in.Notes, notToItsEnd)
	}
	r.close(in, m, c)
}

// close hashes the input again.
func (r *reader) close(in *evidence.Input, m *collect.Member, c *collect.Content) {
	after, err := c.Close()
	if err != nil {
		in.Notes = append(in.Notes, err.Error())
	}
	if after != "" {
		in.After = after
		in.Notes = append(in.Notes, "it changed while it was read")
	}
}

func (r *reader) content(i int, in *evidence.Input, m *collect.Member, c *collect.Content) {
	switch m.Kind {
	case collect.QueueDB, collect.QueueFile:
		r.queue(i, in, m, c)
	case collect.DatabaseLog:
		r.databaseLog(i, in, c)
	case collect.EventLog:
		r.eventLog(i, in, c)
	case collect.Hive:
		in.About = map[string]string{"computer": m.Computer}
	case collect.Raw:
		r.raw(i, in, c)
	case collect.Report: // its hosts are taken by whoever runs the hunt
	default:
		in.Status = evidence.Skipped
	}
}

// archive lists an archive, and hashes it when that is wished.
func (r *reader) archive(in *evidence.Input, m *collect.Member) {
	if in.Status == "" {
		in.Status = evidence.Read
	}
	if !r.o.HashContainers || in.Status == evidence.Failed || r.ctx.Err() != nil {
		return
	}
	c, err := m.OpenContainer(r.ctx)
	switch {
	case err != nil && r.ctx.Err() != nil:
		r.out.Ended = true
		in.Notes = append(in.Notes, "it was not hashed: the hunt was ended")
		return
	case err != nil:
		in.Notes = append(in.Notes, "it cannot be hashed: "+err.Error())
		return
	}
	in.SHA256, in.Size = c.SHA256, c.Size
	r.close(in, m, c)
}

// maxNotes is how many notes of one kind an input gets; the rest is counted.
const maxNotes = 12

// notes collects what is wrong with an input.
type notes struct {
	list []string
	more int
}

func (n *notes) add(text string) {
	if len(n.list) < maxNotes && !slices.Contains(n.list, text) {
		n.list = append(n.list, text)
		return
	}
	n.more++
}
