// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/read"
)

// extend adds to a job what its events tell, in the order of time. What a record says stands; an event fills gaps, and moves the
// state of a job on that is no longer in the queue.
func (j *joiner) extend(b *job) {
	slices.SortStableFunc(b.entries, byTime)
	for _, e := range b.entries {
		if !isBITS(e) {
			continue
		}
		b.identity(e)
		if f := additions[e.ID]; f != nil {
			f(b, e)
		}
	}
	b.totals()
}

// additions are what events of BITS add, by their number.
var additions = map[int]func(*job, *entry){
	1:     func(b *job, e *entry) { b.state(e, openbits.StateQueued) },
	2:     func(b *job, e *entry) { b.state(e, openbits.StateSuspended) },
	3:     (*job).created,
	4:     (*job).completed,
	5:     func(b *job, e *entry) { b.state(e, openbits.StateCancelled); b.modified(e) },
	6:     (*job).notify,
	59:    (*job).started,
	60:    (*job).stopped,
	61:    (*job).stopped,
	62:    func(b *job, e *entry) { b.file(e) },
	63:    (*job).failed,
	64:    (*job).failed,
	203:   (*job).credentials,
	204:   (*job).credentials,
	16384: (*job).reowned,
	16388: (*job).reowned,
	16389: func(b *job, e *entry) { b.state(e, openbits.StateCancelled); b.modified(e) },
	16403: func(b *job, e *entry) { b.file(e) },
}

// events reports whether only events tell of the job.
func (b *job) events() bool { return b.Evidence.Layer == evidence.FromEvent }

// identity are name, owner and creating process, which many events have.
func (b *job) identity(e *entry) {
	if b.Name == "" {
		b.Name = title(e.Event)
	}
	if o := field(e.Event, ownerFields); b.Owner.Name == "" && o != "" && !strings.HasPrefix(o, "S-1-") {
		b.Owner.Name = o
	} else if b.Owner.ID == "" && strings.HasPrefix(o, "S-1-") {
		b.Owner.ID = o
	}
	// Events 3 and 16403 are logged in a call of the creating process; others may be of one that came later.
	if e.ID != 3 && e.ID != 16403 {
		return
	}
	path, pid, key := e.Field("processPath"), e.Field("processId"), e.Field("ClientProcessStartKey")
	if path+pid+key == "" {
		return
	}
	if b.Creator == nil {
		b.Creator = &evidence.Creator{}
	} else {
		c := *b.Creator // states share it
		b.Creator = &c
	}
	c := b.Creator
	if c.Path == "" {
		c.Path = path
	}
	if n, ok := read.Number(pid); ok && c.PID == nil && n > 0 {
		c.PID = &n
	}
	if c.StartKey == "" && key != "0" {
		c.StartKey = key
	}
}

func (b *job) created(e *entry) {
	if b.Created.IsZero() {
		b.Created = e.Time
	}
	b.modified(e)
	if b.events() && b.State == "" {
		b.State = openbits.StateSuspended
	}
}

// modified moves the time of the last change of a job that only events tell of.
func (b *job) modified(e *entry) {
	if b.events() && e.Time.After(b.Modified) {
		b.Modified = e.Time
	}
}

// state sets the state that an event tells, unless the queue still holds the job, or held it later.
func (b *job) state(e *entry, s openbits.State) {
	if b.events() || b.Evidence.Layer != evidence.Live && !e.Time.Before(b.Modified) {
		b.State = s
	}
	b.modified(e)
}

func (b *job) completed(e *entry) {
	b.state(e, openbits.StateAcknowledged)
	if b.Completed.IsZero() {
		b.Completed = e.Time
	}
	if !b.events() {
		return
	}
	if n, ok := read.Number(e.Field("bytesTransferred")); ok {
		b.BytesDone = max(b.BytesDone, n)
	}
	if n, ok := read.Number(e.Field("fileCount")); ok && n < 1<<31 {
		b.FilesTotal = max(b.FilesTotal, int(n))
	}
}

// own makes the notify command the job's own, so that no state of it changes.
func (b *job) own() *evidence.Notify {
	n := evidence.Notify{}
	if b.Notify != nil {
		n = *b.Notify
		n.Failed = slices.Clone(n.Failed)
	}
	b.Notify = &n
	return b.Notify
}

func (b *job) notify(e *entry) {
	n := b.own()
	if n.Program == "" {
		n.Program, n.Arguments = e.Field("program"), e.Field("parameters")
	}
	b.modified(e)
}

func (b *job) failed(e *entry) {
	n := b.own()
	if n.Program == "" {
		n.Program = e.Field("Pgm")
	}
	if code := result(e.Field("hr")); code != "" && !slices.Contains(n.Failed, code) {
		n.Failed = append(n.Failed, code)
	}
	b.modified(e)
}

// result writes an HRESULT, which events have in decimal, signed or not, or in hexadecimal.
func result(text string) string {
	n, ok := read.Number(text)
	if !ok {
		return ""
	}
	return fmt.Sprintf("0x%08x", uint32(n))
}

func (b *job) started(e *entry) {
	b.file(e)
	b.state(e, openbits.StateTransferring)
}

// stopped is the end of a transfer: well, by hand, or with an error.
func (b *job) stopped(e *entry) {
	f := b.file(e)
	code := result(e.Field("hr"))
	if n, ok := read.Number(e.Field("bytesTransferred")); ok && f != nil && f.Tie == tieEvent && n > f.BytesDone && n < 1<<62 {
		f.BytesDone = n
	}
	switch {
	case code == "" || code == "0x00000000":
		b.state(e, openbits.StateTransferred)
	case e.ID == 61:
		b.state(e, openbits.StateTransientError)
		b.fault(e, code)
	default:
		b.state(e, openbits.StateSuspended)
	}
}

// maxErrors bounds the errors that are kept of a job: a job without network fails every ten minutes.
const maxErrors = 50

func (b *job) fault(e *entry, code string) {
	err := evidence.Error{Code: code, File: field(e.Event, urlFields)}
	b.Errors = slices.Clone(b.Errors)
	if !slices.Contains(b.Errors, err) && len(b.Errors) < maxErrors {
		b.Errors = append(b.Errors, err)
	}
	if b.events() || b.Error == nil {
		b.Error = &err
	}
}

// file finds the file that an event names, or adds it. Local names come with event 16403 alone.
func (b *job) file(e *entry) *evidence.File {
	url, local := field(e.Event, urlFields), e.Field("LocalName")
	if url == "" {
		return nil
	}
	b.Files = slices.Clone(b.Files)
	var f *evidence.File
	for i := range b.Files {
		have := &b.Files[i]
		if strings.EqualFold(have.URL, url) && (local == "" || have.Path == "" || strings.EqualFold(have.Path, local)) {
			f = have
			break
		}
	}
	if f == nil {
		place := e.Evidence
		place.Layer = evidence.FromEvent
		b.Files = append(b.Files, evidence.File{URL: url, Tie: tieEvent, Evidence: place})
		f = &b.Files[len(b.Files)-1]
	}
	if f.Path == "" {
		f.Path = local
	}
	if n, err := strconv.ParseUint(e.Field("fileLength"), 10, 63); err == nil && f.BytesTotal == nil && f.Tie == tieEvent {
		total := int64(n)
		f.BytesTotal = &total
	}
	b.modified(e)
	return f
}

func (b *job) credentials(e *entry) {
	if b.Credentials == nil {
		b.Credentials = &evidence.Protected{}
	}
	b.modified(e)
}

// reowned: somebody took the job, or acts on one that is another's.
func (b *job) reowned(e *entry) { b.modified(e) }

// totals counts the files of a job that only events tell of.
func (b *job) totals() {
	if !b.events() {
		return
	}
	total, done, known := int64(0), int64(0), len(b.Files) > 0
	b.FilesDone = 0
	for i := range b.Files {
		f := &b.Files[i]
		done += f.BytesDone
		if f.BytesTotal == nil {
			known = false
			continue
		}
		total += *f.BytesTotal
		if f.BytesDone == *f.BytesTotal {
			b.FilesDone++
		}
	}
	b.FilesTotal = max(b.FilesTotal, len(b.Files))
	b.BytesDone = max(b.BytesDone, done)
	if known && len(b.Files) == b.FilesTotal {
		b.BytesTotal = &total
	}
}
