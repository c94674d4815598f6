// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package join puts together what the inputs of one host tell of the same job: its states in all layers of the queue, in the
// order in which they were written, and the events of it, by the strongest tie there is:
//
//   - id: the event has the job's id, in whatever field and form;
//   - process: the event is of the process that made the job, or of one that BITS started as the job's notify command;
//   - url_time: it names one of the job's URLs, at a time when the job was there;
//   - path_time: it is about one of the job's files on disk, at such a time;
//   - title_owner_time: it has the job's name (and owner, where both are told) at such a time.
//
// An event of BITS whose job no queue holds makes a job, so that the same questions can be asked of it.
package join

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/read"
)

// Ties, from strong to weak.
const (
	TieID      = "id"
	TieProcess = "process"
	TieURL     = "url_time"
	TiePath    = "path_time"
	TieTitle   = "title_owner_time"
)

// job is a job that is being put together.
type job struct {
	evidence.Job
	states  []evidence.Job
	entries []*entry
	first   time.Time // when it is known to have been there
	last    time.Time
}

// entry is an event that is looked for a job.
type entry struct {
	*evidence.Event
	loose bool // of no interest without a job
	job   *job
	index int // in the host's events
}

// joiner works on one host.
type joiner struct {
	host     *evidence.Host
	jobs     []*job
	byID     map[string]*job
	files    []evidence.File
	entries  []*entry
	services map[pid][]time.Time // processes that BITS ran in, and when it logged from them
	names    map[string]bool
}

// Host joins what was read of a host. Its order depends on the evidence alone.
func Host(name, named string, aliases []string, r *read.Result) *evidence.Host {
	h := &evidence.Host{
		Name: name, Named: named, Aliases: aliases, Windows: r.Windows, Inputs: r.Inputs,
		Jobs: []evidence.Job{}, Files: []evidence.File{}, Events: []evidence.Event{}, Findings: []evidence.Finding{},
	}
	for i := range h.Inputs {
		h.Inputs[i].Host = name // a saved report may have them under another of its names
	}
	j := &joiner{host: h, byID: map[string]*job{}, services: map[pid][]time.Time{}}
	j.know()
	j.group(r.Jobs)
	j.files = distinctFiles(r.Files)
	for i := range r.Events {
		j.entries = append(j.entries, &entry{Event: &r.Events[i], loose: r.Loose[i]})
	}
	slices.SortStableFunc(j.entries, byTime)
	j.byIDs()
	j.byTitles()
	for _, b := range j.jobs {
		j.extend(b)
	}
	j.adopt()
	for _, b := range j.jobs {
		b.span()
	}
	j.byProcesses()
	j.byContent()
	j.finish()
	return h
}

// byTime orders events by time, then by what makes them different.
func byTime(a, b *entry) int {
	return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Channel, b.Channel), cmp.Compare(a.Evidence.Record, b.Evidence.Record),
		cmp.Compare(a.Evidence.Input, b.Evidence.Input), cmp.Compare(offset(a.Evidence), offset(b.Evidence)))
}

func offset(p evidence.Place) int64 {
	if p.Offset == nil {
		return -1
	}
	return *p.Offset
}

// know lists the names that the host's events may bear. Those of other computers, which a log of forwarded events has, are of other jobs.
func (j *joiner) know() {
	if j.host.Named == "folder" || j.host.Named == "" {
		return // the name says nothing of the computer's
	}
	j.names = map[string]bool{}
	for _, n := range append([]string{j.host.Name}, j.host.Aliases...) {
		j.names[short(n)] = true
	}
}

func short(name string) string {
	s, _, _ := strings.Cut(strings.ToLower(name), ".")
	return s
}

// ours reports whether an event is of the host itself.
func (j *joiner) ours(e *entry) bool {
	return j.names == nil || e.Host == "" || j.names[short(e.Host)]
}

func (j *joiner) tie(e *entry, b *job, how string) {
	e.job, e.Job, e.Tie = b, b.Ref, how
	b.entries = append(b.entries, e)
}

// finish orders everything, drops what is of no interest, and writes the timelines.
func (j *joiner) finish() {
	h := j.host
	for _, e := range j.entries {
		if e.loose && e.job == nil {
			continue
		}
		e.index = len(h.Events) + 1
		h.Events = append(h.Events, *e.Event)
	}
	slices.SortStableFunc(j.jobs, func(a, b *job) int {
		return cmp.Or(a.first.Compare(b.first), strings.Compare(a.Ref, b.Ref))
	})
	for _, b := range j.jobs {
		slices.SortStableFunc(b.entries, byTime)
		b.Timeline = b.timeline()
		for i := range b.Files {
			b.Files[i].Index = i
		}
		h.Jobs = append(h.Jobs, b.Job)
	}
	slices.SortStableFunc(j.files, func(a, b evidence.File) int {
		return cmp.Or(cmp.Compare(a.Evidence.Input, b.Evidence.Input), cmp.Compare(offset(a.Evidence), offset(b.Evidence)))
	})
	for i := range j.files {
		j.files[i].Host = h.Name
	}
	h.Files = append(h.Files, j.files...)
	for i := range h.Jobs {
		h.Jobs[i].Host = h.Name
		for k := range h.Jobs[i].Versions {
			h.Jobs[i].Versions[k].Host = h.Name
		}
	}
}
