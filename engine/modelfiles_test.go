// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"errors"
	"fmt"

	"pgregory.net/rapid"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// pickFile draws a job and one of its files that the model wants.
func (m *modelState) pickFile(rt *rapid.T, want func(*modelJob, *modelFile) bool) (*modelJob, int) {
	j := m.pick(rt, func(j *modelJob) bool {
		for _, f := range j.files {
			if want(j, f) {
				return true
			}
		}
		return false
	})
	var list []int
	for i, f := range j.files {
		if want(j, f) {
			list = append(list, i)
		}
	}
	return j, list[rapid.IntRange(0, len(list)-1).Draw(rt, "file")]
}

func anyFile(*modelJob, *modelFile) bool { return true }

// refused checks a refusal of a call about a file: it must come from the state of job or file.
func (m *modelState) refused(rt *rapid.T, call string, j *modelJob, err error, expected bool) {
	if !errors.Is(err, openbits.KindInvalidState) || !expected {
		rt.Fatalf("%s of job %s (%s) answers %v", call, j.id, j.state, err)
	}
	if j.state == openbits.StateQueued {
		m.rest()
	}
}

func (m *modelState) AddFile(rt *rapid.T) {
	j := m.pick(rt, func(j *modelJob) bool { return j.kind != openbits.TypeUploadReply }) // which has one file
	file, f := m.fileFor(rt, j)
	first := len(j.files)
	_, err := m.call(func() error {
		_, err := m.AddFiles(m.ctx, j.id, first, []openbits.NewFile{file})
		return err
	})
	if err != nil {
		m.refused(rt, "add", j, err, j.state.Final() || j.state == openbits.StateQueued && j.end() == openbits.StateAcknowledged)
		return
	}
	f.late = j.state == openbits.StateQueued
	j.files = append(j.files, f)
}

func (m *modelState) RemoveFile(rt *rapid.T) {
	j, i := m.pickFile(rt, anyFile)
	if j.state == openbits.StateQueued && len(j.left()) == 1 {
		m.rest() // without files it is suspended, unless it was over before
	}
	f := j.files[i]
	before := f.state
	row, err := m.store.File(m.ctx, j.id, i)
	if err != nil {
		rt.Fatalf("%v", err)
	}
	again, err := m.call(func() error {
		_, err := m.Engine.RemoveFile(m.ctx, j.id, i)
		return err
	})
	running := j.state == openbits.StateQueued
	if err != nil && again {
		if row, rowErr := m.Engine.File(m.ctx, j.id, i); rowErr == nil && row.State == openbits.FileDropped && before != openbits.FileDropped {
			err = nil
		}
	}
	if err != nil {
		m.refused(rt, "remove", j, err, j.state.Final() || before == openbits.FilePublished || before == openbits.FileDropped || running && j.auto || row.State == openbits.FilePublishing)
		return
	}
	if j.state.Final() || before == openbits.FilePublished || before == openbits.FileDropped {
		rt.Fatalf("a file that is %s was removed from job %s (%s)", before, j.id, j.state)
	}
	f.state = openbits.FileDropped
	if j.state == openbits.StateError && j.count(openbits.FileState.Failed) == 0 {
		switch {
		case len(j.left()) == 0:
			j.state = openbits.StateSuspended
		case j.count(func(s openbits.FileState) bool { return !s.Done() }) == 0:
			j.state = j.end()
		case before.Failed():
			j.state = openbits.StateQueued
		}
	}
	if running { // it may have been over, and went on without the file
		m.rest()
	}
}

func (m *modelState) InvalidateFile(rt *rapid.T) {
	j, i := m.pickFile(rt, anyFile)
	f := j.files[i]
	before := f.state
	again, err := m.call(func() error {
		_, err := m.Invalidate(m.ctx, j.id, i)
		return err
	})
	if err != nil && again {
		if row, rowErr := m.Engine.File(m.ctx, j.id, i); rowErr == nil && row.State == openbits.FileInvalid && before != openbits.FileInvalid {
			err = nil
		}
	}
	if err != nil {
		m.refused(rt, "invalidate", j, err, j.state.Final() || j.kind.Uploads() || before != openbits.FileTransferred)
		return
	}
	running := j.state == openbits.StateQueued
	if j.kind.Uploads() || before != openbits.FileTransferred && (!running || j.auto || before != openbits.FileQueued || f.fate.Failed()) {
		rt.Fatalf("a file that is %s was marked invalid in job %s (%s)", before, j.id, j.state)
	}
	f.state = openbits.FileInvalid
	if j.state == openbits.StateTransferred {
		j.state = openbits.StateError
	}
}

// Renew gives a file another URL, under which there is a file of other content.
func (m *modelState) Renew(rt *rapid.T) {
	j, i := m.pickFile(rt, func(_ *modelJob, f *modelFile) bool { return f.fate != openbits.FileQuarantined })
	row, err := m.store.File(m.ctx, j.id, i)
	if err != nil {
		rt.Fatalf("%v", err)
	}
	if row.Digest.Expected != "" {
		rt.Skip("its digest is known")
	}
	m.names++
	f := j.files[i]
	before := f.state
	to := fmt.Sprintf("%s/other-%d", m.origin.URL, m.names)
	if j.kind.Uploads() {
		to = m.otherAddress(rt, row)
	} else {
		m.origin.Put(pathOf(to), testlab.File{Content: testlab.Content{Seed: uint64(m.names), Size: rapid.Int64Range(0, 200_000).Draw(rt, "size")}})
	}
	_, err = m.call(func() error {
		_, err := m.RenewURL(m.ctx, j.id, i, to)
		return err
	})
	over := before.Done() || before == openbits.FileDropped
	unsettled := before == openbits.FileQueued && row.State == openbits.FilePublishing
	running := j.state == openbits.StateQueued
	if err != nil {
		m.refused(rt, "renew", j, err, j.state.Final() || over || running || unsettled)
		return
	}
	if j.state.Final() || over {
		rt.Fatalf("a file that is %s got another URL in job %s (%s)", before, j.id, j.state)
	}
	f.state, f.fate, f.late = openbits.FileQueued, openbits.FileTransferred, running
}

func (m *modelState) Set(rt *rapid.T) {
	j := m.pick(rt, anyJob)
	priority := rapid.SampledFrom(openbits.Priorities).Draw(rt, "priority")
	limit := rapid.SampledFrom([]int64{0, 10_000, 200_000}).Draw(rt, "limit")
	_, err := m.call(func() error {
		_, err := m.Change(m.ctx, j.id, openbits.JobChange{Priority: &priority, Limit: &limit})
		return err
	})
	if err != nil {
		m.refused(rt, "set", j, err, j.state.Final() || j.state == openbits.StateQueued && j.end() == openbits.StateAcknowledged)
	} else if j.state.Final() {
		rt.Fatalf("job %s is %s and was changed", j.id, j.state)
	}
}
