// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"slices"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
)

// modelJob is what a job must be like. A job that is on its way is queued here: how far it got is not known before
// the service is at rest.
type modelJob struct {
	request openbits.NewJob
	kind    openbits.JobType
	id      string
	auto    bool
	state   openbits.State
	files   []*modelFile
	open    bool // a call stopped it on its way: how far its files got is not known
	given   bool // a call ended it: files that were not whole are given up
}

// modelFile is what a file must be like; queued stands for all states before its end.
type modelFile struct {
	name  string
	fate  openbits.FileState // transferred, error or quarantined: what comes of it when it is moved
	state openbits.FileState
	late  bool // it was queued when its job may have been at its end, which does not go on for it
}

// left are the files that are not dropped.
func (j *modelJob) left() (list []*modelFile) {
	for _, f := range j.files {
		if f.state != openbits.FileDropped {
			list = append(list, f)
		}
	}
	return list
}

func (j *modelJob) count(in func(openbits.FileState) bool) (n int) {
	for _, f := range j.left() {
		if in(f.state) {
			n++
		}
	}
	return n
}

// whole is the state of a file that was moved.
func (j *modelJob) whole(f *modelFile) openbits.FileState {
	if f.fate == openbits.FileTransferred && j.auto {
		return openbits.FilePublished
	}
	return f.fate
}

// end is the state in which a job on its way comes to rest.
func (j *modelJob) end() openbits.State {
	left := j.left()
	if len(left) == 0 {
		return openbits.StateSuspended
	}
	for _, f := range left {
		if f.state.Failed() || f.state == openbits.FileQueued && f.fate.Failed() {
			return openbits.StateError
		}
	}
	if j.auto {
		return openbits.StateAcknowledged
	}
	return openbits.StateTransferred
}

// may are the states that the job can be in at the moment.
func (j *modelJob) may() []openbits.State {
	if j.state != openbits.StateQueued {
		return []openbits.State{j.state}
	}
	return []openbits.State{openbits.StateQueued, openbits.StateConnecting, openbits.StateTransferring, openbits.StateTransientError, j.end()}
}

// late reports whether the job may be over with a file that came too late.
func (j *modelJob) late() bool {
	return slices.ContainsFunc(j.files, func(f *modelFile) bool { return f.late })
}

// event is what an owner's call means in a state.
func (j *modelJob) event(a openbits.Action, s openbits.State) engine.Event {
	switch a {
	case openbits.ActionSuspend:
		return engine.OnSuspend
	case openbits.ActionComplete:
		if j.kind.Uploads() {
			return engine.OnCompleteUpload
		}
		return engine.OnComplete
	case openbits.ActionCancel:
		return engine.OnCancel
	}
	allDone := j.count(func(s openbits.FileState) bool { return !s.Done() }) == 0
	if len(j.left()) == 0 || s == openbits.StateTransferred && (allDone || j.state == openbits.StateQueued) {
		return engine.OnResumeEmpty
	}
	return engine.OnResume
}

// allows reports whether a call may answer err.
func (j *modelJob) allows(a openbits.Action, err error) bool {
	return slices.ContainsFunc(j.may(), func(s openbits.State) bool {
		return engine.Next(s, j.event(a, s)).Refuse == openbits.KindOf(err)
	})
}

// apply does to the model what an answered call does to the job.
func (j *modelJob) apply(a openbits.Action) {
	j.open = j.state == openbits.StateQueued
	switch a {
	case openbits.ActionResume:
		j.state = openbits.StateQueued
		for _, f := range j.left() {
			if f.late = false; f.state.Failed() {
				f.state = openbits.FileQueued
			}
		}
	case openbits.ActionSuspend:
		j.state = openbits.StateSuspended
	case openbits.ActionCancel:
		j.state, j.given = openbits.StateCancelled, true
		for _, f := range j.files {
			switch {
			case f.state == openbits.FileTransferred && j.kind == openbits.TypeUpload:
				f.state = openbits.FilePublished // its server has it
			case f.state != openbits.FilePublished && f.state != openbits.FileQueued:
				f.state = openbits.FileDropped
			}
		}
	case openbits.ActionComplete:
		j.state, j.given = openbits.StateAcknowledged, true
		for _, f := range j.files {
			switch f.state {
			case openbits.FileTransferred:
				f.state = openbits.FilePublished
			case openbits.FilePublished, openbits.FileQueued:
			default:
				f.state = openbits.FileDropped
			}
		}
	}
}

// take checks the state of a file, and where the model leaves it open takes it over.
func (j *modelJob) take(f *modelFile, is openbits.FileState, ended bool) bool {
	published := f.fate == openbits.FileTransferred && is == openbits.FilePublished
	switch {
	case f.state != openbits.FileQueued:
		return is == f.state
	case j.state.Final() && (j.auto || j.kind == openbits.TypeUpload || j.given && j.state == openbits.StateAcknowledged) && published,
		j.state.Final() && j.given && is == openbits.FileDropped:
		f.state = is
		return true
	case j.state.Final():
		return false
	case is.Pending():
		return !ended || f.late
	case is == j.whole(f):
		f.state = is
		return ended || j.open || j.state == openbits.StateQueued
	default:
		return false
	}
}

// compare brings the model of a job and the job together. At rest there is no job on its way.
func (m *modelState) compare(j *modelJob, atRest bool) {
	m.t.Helper()
	job, err := m.store.Job(m.ctx, j.id)
	if err != nil {
		m.t.Fatalf("job %s is lost: %v", j.id, err)
	}
	rows := m.files(j.id)
	if len(rows) != len(j.files) {
		m.t.Fatalf("job %s has %d files, want %d", j.id, len(rows), len(j.files))
	}
	was, ended := j.state, j.state == openbits.StateQueued && atRest
	if ended {
		j.state = j.end()
		for i, f := range j.files {
			if f.late && rows[i].State.Pending() && (job.State == openbits.StateError || job.State == openbits.StateTransferred) {
				j.state = job.State
			}
		}
	}
	good := slices.Contains(j.may(), job.State)
	if j.state != openbits.StateQueued || job.State == j.state {
		for i, f := range j.files {
			good = j.take(f, rows[i].State, ended) && good
		}
	}
	if !good {
		text := ""
		for i, f := range j.files {
			text += fmt.Sprintf("\n  file %d: %s, fate %s, late %v; it is %s, %d of %d bytes, error %v", i, f.state, f.fate, f.late, rows[i].State, rows[i].BytesDone, rows[i].BytesTotal, rows[i].Error)
		}
		m.t.Fatalf("job %s is %s, want %s (was %s, auto %v, open %v, given %v); reason %+v, error %v%s",
			j.id, job.State, j.state, was, j.auto, j.open, j.given, job.Reason, job.Error, text)
	}
	j.open = false
}
