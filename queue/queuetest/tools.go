// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
)

// epoch is the time around which the suite's jobs live.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// jobID is a valid id that tells n.
func jobID(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n) }

// newJob is a queued download without files.
func newJob(n int) openbits.Job {
	return openbits.Job{
		ID: jobID(n), Name: fmt.Sprintf("job %d", n), Type: openbits.TypeDownload,
		Priority: openbits.PriorityNormal, State: openbits.StateQueued,
		Created: epoch, Modified: epoch, Expires: epoch.Add(openbits.MaxLife),
		BytesTotal: openbits.Unknown, Settings: openbits.DefaultSettings(), Turn: int64(n),
	}
}

// newFile is a queued file of job n.
func newFile(n, index int) openbits.File {
	return openbits.File{
		JobID: jobID(n), Index: index, URL: fmt.Sprintf("https://example.org/%d/%d", n, index),
		Place: openbits.Place{
			Folder: openbits.Folder{Path: fmt.Sprintf("/data/%d", n), ID: "inode 7", Volume: "volume 1"},
			Name:   fmt.Sprintf("file %d", index), Part: fmt.Sprintf(".file %d.part", index),
		},
		State: openbits.FileQueued, BytesTotal: openbits.Unknown,
	}
}

// box is a store under test with calls that must succeed.
type box struct {
	testing.TB
	Store
	open Open
}

func start(t testing.TB, open Open) *box {
	b := &box{TB: t, Store: open(), open: open}
	t.Cleanup(func() { b.Store.Close() })
	return b
}

// reopen closes the store and opens it again.
func (b *box) reopen() {
	b.Helper()
	if err := b.Store.Close(); err != nil {
		b.Fatalf("Close: %v", err)
	}
	b.Store = b.open()
}

func (b *box) commit(c openbits.Change) *openbits.Change {
	b.Helper()
	if err := b.Commit(context.Background(), &c); err != nil {
		b.Fatalf("Commit: %v", err)
	}
	return &c
}

// refuse commits what must be refused.
func (b *box) refuse(c openbits.Change, kind openbits.Kind) *openbits.Error {
	b.Helper()
	err := b.Commit(context.Background(), &c)
	b.kind(err, kind)
	return openbits.AsError(err)
}

// add makes jobs, each with one file.
func (b *box) add(numbers ...int) {
	b.Helper()
	var c openbits.Change
	for _, n := range numbers {
		c.NewJobs = append(c.NewJobs, openbits.JobRow{Job: newJob(n)})
		c.NewFiles = append(c.NewFiles, newFile(n, 0))
	}
	b.commit(c)
}

func (b *box) job(n int) openbits.Job {
	b.Helper()
	j, err := b.Job(context.Background(), jobID(n))
	if err != nil {
		b.Fatalf("Job: %v", err)
	}
	return j
}

func (b *box) file(n, index int) openbits.File {
	b.Helper()
	f, err := b.File(context.Background(), jobID(n), index)
	if err != nil {
		b.Fatalf("File: %v", err)
	}
	return f
}

// all lists every job that fits q, page by page.
func (b *box) all(q openbits.JobQuery) []openbits.Job {
	b.Helper()
	var jobs []openbits.Job
	for {
		page, err := b.Jobs(context.Background(), q)
		if err != nil {
			b.Fatalf("Jobs(%+v): %v", q, err)
		}
		if q.Limit > 0 && len(page.Jobs) > q.Limit {
			b.Fatalf("Jobs(%+v): a page of %d", q, len(page.Jobs))
		}
		jobs = append(jobs, page.Jobs...)
		if page.Next == "" {
			return jobs
		}
		if len(page.Jobs) == 0 {
			b.Fatalf("Jobs(%+v): an empty page that is not the last", q)
		}
		q.After = page.Next
	}
}

// ids lists the ids of the jobs that fit q.
func (b *box) ids(q openbits.JobQuery) []string {
	b.Helper()
	var ids []string
	for _, j := range b.all(q) {
		ids = append(ids, j.ID)
	}
	return ids
}

func (b *box) kind(err error, kind openbits.Kind) {
	b.Helper()
	var e *openbits.Error
	if !errors.As(err, &e) || e.Kind != kind {
		b.Fatalf("error is %v and not of kind %s", err, kind)
	}
}

// same fails the test unless got is want, causes of errors compared by their text.
func (b *box) same(what string, got, want any) {
	b.Helper()
	if diff := cmp.Diff(want, got, byText); diff != "" {
		b.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

var byText = cmp.FilterPath(
	func(p cmp.Path) bool { return p.Last().String() == ".Err" },
	cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
)
