// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/queue/sqlite"
)

const many = 100_000

func benchJob(n int) openbits.Job {
	state := openbits.StateQueued
	if n%10 == 0 {
		state = openbits.States[n/10%len(openbits.States)]
	}
	now := time.Date(2026, 3, 1, 0, 0, 0, n*1000, time.UTC)
	return openbits.Job{
		ID: fmt.Sprintf("%08x-0000-4000-8000-%012x", n*2654435761%(1<<32), n), Name: fmt.Sprintf("model-%d.safetensors", n),
		Type: openbits.TypeDownload, Priority: openbits.Priorities[n%4], State: state,
		Owner: openbits.Owner{ID: "1000", Name: "user"}, Client: openbits.Client{PID: n, Program: "/usr/bin/bits"},
		Created: now, Modified: now, Expires: now.Add(openbits.MaxLife), BytesTotal: openbits.Unknown, FilesTotal: 1,
		Reason:   &openbits.Reason{Code: openbits.ReasonTurn, Text: "jobs of the same priority are ahead", Since: now},
		Settings: openbits.DefaultSettings(), Token: "0123456789abcdef", Request: fmt.Sprintf("%064x", n), Turn: int64(n),
	}
}

func benchFile(id string, index int) openbits.File {
	return openbits.File{
		JobID: id, Index: index, URL: fmt.Sprintf("https://example.org/dataset/part-%06d.parquet", index),
		Place: openbits.Place{
			Folder: openbits.Folder{Path: "/home/user/data/" + id[:2], ID: "2049:1234567:1", Volume: "2049"},
			Name:   fmt.Sprintf("part-%06d-%s.parquet", index, id[24:]), Part: fmt.Sprintf(".part-%06d.0123456789abcdef", index),
		},
		State: openbits.FileQueued, BytesTotal: openbits.Unknown,
	}
}

func benchDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("openbits-bench-%d", os.Getpid()))
}

// filled is the folder of a queue with many jobs of one file each, made once for all benchmarks.
func filled(b testing.TB) string {
	dir := benchDir()
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	s := open(b, dir, sqlite.Options{})
	for n := 0; n < many; n += 1000 {
		var c openbits.Change
		for i := n; i < n+1000; i++ {
			j := benchJob(i)
			c.NewJobs = append(c.NewJobs, openbits.JobRow{Job: j})
			c.NewFiles = append(c.NewFiles, benchFile(j.ID, 0))
			c.Events = append(c.Events, openbits.Event{Type: openbits.EventCreated, JobID: j.ID, File: -1, Time: j.Created})
		}
		must(b, s.Commit(context.Background(), &c))
	}
	must(b, s.Close())
	return dir
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkCommitJobAndEvent(b *testing.B) {
	s := open(b, b.TempDir(), sqlite.Options{})
	j := benchJob(1)
	must(b, s.Commit(context.Background(), &openbits.Change{NewJobs: []openbits.JobRow{{Job: j}}}))
	for b.Loop() {
		must(b, s.Commit(context.Background(), &openbits.Change{
			Jobs: []openbits.Job{j}, Events: []openbits.Event{{Type: openbits.EventState, JobID: j.ID, File: -1, Time: j.Created}},
		}))
	}
}

// BenchmarkCommitBatch is what a batch of small files costs: 256 files, their events and the job.
func BenchmarkCommitBatch(b *testing.B) {
	s := open(b, b.TempDir(), sqlite.Options{})
	j := benchJob(1)
	c := openbits.Change{NewJobs: []openbits.JobRow{{Job: j}}}
	for i := range 10_000 {
		c.NewFiles = append(c.NewFiles, benchFile(j.ID, i))
	}
	must(b, s.Commit(context.Background(), &c))
	from := 0
	for b.Loop() {
		u := openbits.Change{Jobs: []openbits.Job{j}}
		for i := range 256 {
			f := c.NewFiles[(from+i)%len(c.NewFiles)]
			f.State, f.BytesTotal, f.BytesDone = openbits.FileTransferred, 4096, 4096
			f.Validator.ETag, f.Inode = `"66f2c1-1000"`, "2049:1234567:1"
			u.Files = append(u.Files, f)
			u.Events = append(u.Events, openbits.Event{
				Type: openbits.EventFile, JobID: j.ID, File: i, Time: j.Created, State: "transferred", From: "transferring",
			})
		}
		from += 256
		must(b, s.Commit(context.Background(), &u))
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := filled(b)
	for b.Loop() {
		must(b, open(b, dir, sqlite.Options{}).Close())
	}
}

func BenchmarkAddFiles(b *testing.B) {
	for b.Loop() {
		s := open(b, b.TempDir(), sqlite.Options{})
		j := benchJob(1)
		c := openbits.Change{NewJobs: []openbits.JobRow{{Job: j}}}
		for i := range many {
			c.NewFiles = append(c.NewFiles, benchFile(j.ID, i))
		}
		must(b, s.Commit(context.Background(), &c))
		must(b, s.Close())
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/many, "µs/file")
}

// BenchmarkLargeJob is one job of 100,000 files, one in ten of them whole.
func BenchmarkLargeJob(b *testing.B) {
	s := open(b, b.TempDir(), sqlite.Options{})
	ctx := context.Background()
	j := benchJob(1)
	c := openbits.Change{NewJobs: []openbits.JobRow{{Job: j}}}
	for i := range many {
		f := benchFile(j.ID, i)
		if i%10 == 9 {
			f.State = openbits.FileTransferred
		}
		c.NewFiles = append(c.NewFiles, f)
	}
	must(b, s.Commit(ctx, &c))
	files := func(q openbits.FileQuery) func() error {
		return func() error { _, err := s.Files(ctx, j.ID, q); return err }
	}
	measure(b, "Page", files(openbits.FileQuery{}))
	measure(b, "PageDeep", files(openbits.FileQuery{From: many / 2}))
	measure(b, "Page1000", files(openbits.FileQuery{Limit: 1000}))
	measure(b, "PageOfStates", files(openbits.FileQuery{States: []openbits.FileState{openbits.FileQueued, openbits.FileTransferred}}))
	measure(b, "CountFiles", func() error { _, err := s.CountFiles(ctx, j.ID); return err })
}

// BenchmarkQueries reports the slowest percent beside the mean.
func BenchmarkQueries(b *testing.B) {
	s := open(b, filled(b), sqlite.Options{})
	ctx := context.Background()
	unfinished := openbits.States[:7]
	jobs := func(q openbits.JobQuery) func() error {
		return func() error { _, err := s.Jobs(ctx, q); return err }
	}
	deep, err := s.Jobs(ctx, openbits.JobQuery{Limit: many / 2})
	must(b, err)
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"PageNewest", jobs(openbits.JobQuery{})},
		{"PageDeep", jobs(openbits.JobQuery{After: deep.Next})},
		{"PageUnfinished", jobs(openbits.JobQuery{States: unfinished})},
		{"PageRareState", jobs(openbits.JobQuery{States: []openbits.State{openbits.StateError}})},
		{"PagePriority", jobs(openbits.JobQuery{Priorities: []openbits.Priority{openbits.PriorityLow}})},
		{"QueuedByTurn", jobs(openbits.JobQuery{
			States: []openbits.State{openbits.StateQueued}, Priorities: openbits.Priorities[1:], ByTurn: true, Limit: 16,
		})},
		{"DueBefore", jobs(openbits.JobQuery{States: []openbits.State{openbits.StateTransientError}, DueBefore: time.Now()})},
		{"IDPrefix", jobs(openbits.JobQuery{IDPrefix: "abc", Limit: 2})},
		{"Name", jobs(openbits.JobQuery{Name: "model-5000.safetensors", Limit: 2})},
		{"Path", jobs(openbits.JobQuery{Path: benchFile(benchJob(77).ID, 0).Place.Path()})},
		{"Job", func() error { _, err := s.Job(ctx, benchJob(5000).ID); return err }},
		{"CountJobs", func() error { _, err := s.CountJobs(ctx); return err }},
		{"Agenda", func() error { _, err := s.Agenda(ctx); return err }},
		{"Expiring", func() error { _, err := s.Expiring(ctx, time.Now(), 10); return err }},
	} {
		measure(b, c.name, c.do)
	}
}

func measure(b *testing.B, name string, do func() error) {
	b.Run(name, func(b *testing.B) {
		var took []time.Duration
		for b.Loop() {
			start := time.Now()
			must(b, do())
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	})
}
