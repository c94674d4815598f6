// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/openbits/openbits"
)

func testRoundTrip(t *testing.T, open Open) {
	b := start(t, open)
	var row openbits.JobRow
	var file, second openbits.File
	var event openbits.Event
	fill(&row, 100)
	fill(&file, 1000)
	fill(&second, 2000)
	fill(&event, 3000)
	file.JobID, second.JobID = row.Job.ID, row.Job.ID
	file.URL, second.URL = "https://user:password@example.org/a?token=1#part", "https://example.org/plain"
	c := b.commit(openbits.Change{
		NewJobs: []openbits.JobRow{row}, NewFiles: []openbits.File{file, second}, Events: []openbits.Event{event},
	})
	event.Seq = c.Events[0].Seq

	check := func(when string) {
		t.Helper()
		ctx := context.Background()
		job, err := b.Job(ctx, row.Job.ID)
		b.same(when+": job", job, row.Job)
		b.same(when+": Job's error", err, nil)
		route, err := b.Route(ctx, row.Job.ID)
		b.same(when+": route", route, row.Route)
		b.same(when+": Route's error", err, nil)
		for _, want := range []openbits.File{file, second} {
			got, err := b.File(ctx, row.Job.ID, want.Index)
			b.same(when+": file", got, want)
			b.same(when+": File's error", err, nil)
		}
		page, err := b.Files(ctx, row.Job.ID, openbits.FileQuery{})
		b.same(when+": files", page, openbits.FilePage{Files: []openbits.File{file, second}, Next: -1})
		b.same(when+": Files' error", err, nil)
		b.same(when+": listed job", b.all(openbits.JobQuery{}), []openbits.Job{row.Job})
		events, oldest, err := b.Events(ctx, 0, 0)
		b.same(when+": events", events, []openbits.Event{event})
		b.same(when+": oldest", oldest, event.Seq)
		b.same(when+": Events' error", err, nil)
	}
	check("after Commit")
	b.reopen()
	check("after reopening")

	id, old := row.Job.ID, file
	fill(&row.Job, 5000)
	fill(&file, 6000)
	row.Job.ID, file.JobID, file.Index = id, id, old.Index
	b.commit(openbits.Change{Jobs: []openbits.Job{row.Job}, Files: []openbits.File{file}})
	file.URL, file.Place = old.URL, old.Place
	check("after replacing")
	b.reopen()
	check("after replacing and reopening")
}

func testRoundTripZero(t *testing.T, open Open) {
	b := start(t, open)
	job := openbits.Job{ID: jobID(1)}
	file := openbits.File{JobID: jobID(1), Checkpoint: &openbits.Checkpoint{}}
	b.commit(openbits.Change{
		NewJobs: []openbits.JobRow{{Job: job}}, NewFiles: []openbits.File{file}, Events: []openbits.Event{{}},
	})
	b.reopen()
	b.same("job", b.job(1), job)
	b.same("file", b.file(1, 0), file)
	route, err := b.Route(context.Background(), jobID(1))
	b.same("route", route, openbits.Route{})
	b.same("Route's error", err, nil)
	events, _, _ := b.Events(context.Background(), 0, 0)
	b.same("events", events, []openbits.Event{{Seq: 1}})

	// The start of Unix time is not the zero time, and another zone is the same time.
	job.Created, job.Rate, job.Transport = time.Unix(0, 0), 99, &openbits.Transport{Rate: 99}
	job.Modified = time.Date(1901, 1, 1, 0, 0, 0, 1500, time.FixedZone("", 3600))
	b.commit(openbits.Change{Jobs: []openbits.Job{job}})
	job.Created, job.Rate, job.Transport = time.Unix(0, 0).UTC(), 0, nil
	job.Modified = time.Date(1900, 12, 31, 23, 0, 0, 1000, time.UTC)
	b.same("times", b.job(1), job)
}

func testHostileStrings(t *testing.T, open Open) {
	b := start(t, open)
	hostile := []string{"", "a\x00b", "\xff\xfe", "'; DROP TABLE jobs; --", "😀 \u202e", "%s?#[]", "\n\t\x7f", `{"a":1}`, "123", "1e5"}
	for i, s := range hostile {
		job := newJob(i)
		job.Name, job.Description, job.Token, job.Owner.Name, job.Client.Program = s, s, s, s, s
		file := newFile(i, 0)
		file.Place.Folder = openbits.Folder{Path: "/data/" + s, ID: s, Volume: s}
		file.Place.Name, file.Place.Part, file.Inode = s+fmt.Sprint(i), s, s
		file.URL = "https://example.org/" + s
		file.Validator = openbits.Validator{ETag: s, LastModified: s, Date: s}
		file.Checkpoint = &openbits.Checkpoint{Boot: s, Validator: file.Validator, Total: 9}
		b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: job}}, NewFiles: []openbits.File{file}})
		b.same("job", b.job(i), job)
		b.same("file", b.file(i, 0), file)
		if s != "" {
			b.same("jobs named "+s, b.ids(openbits.JobQuery{Name: s}), []string{job.ID})
		}
		b.same("job of the path", b.ids(openbits.JobQuery{Path: file.Place.Path()}), []string{job.ID})
		if err := b.SetMeta(context.Background(), s, s); err != nil {
			t.Error(err)
		}
		value, err := b.Meta(context.Background(), s)
		b.same("meta", value, s)
		b.same("Meta's error", err, nil)
	}
}

// testCopies: what was handed over and what is handed out belongs to the caller.
func testCopies(t *testing.T, open Open) {
	b := start(t, open)
	var row openbits.JobRow
	var file openbits.File
	fill(&row, 100)
	fill(&file, 1000)
	row.Job.ID, file.JobID, file.Index = jobID(1), jobID(1), 0
	var before openbits.JobRow
	fill(&before, 100)
	before.Job.ID = jobID(1)
	b.commit(openbits.Change{NewJobs: []openbits.JobRow{row}, NewFiles: []openbits.File{file}})

	spoil := func(r *openbits.JobRow, f *openbits.File) {
		r.Job.Reason.Text, r.Job.Error.Text, r.Route.Headers[0].Value = "spoiled", "spoiled", "spoiled"
		f.Checkpoint.Segments[0].End, f.Checkpoint.Hash[0] = -5, 99
	}
	spoil(&row, &file)
	for range 2 {
		job := b.job(1)
		b.same("job", job, before.Job)
		route, _ := b.Route(context.Background(), jobID(1))
		b.same("route", route, before.Route)
		got := b.file(1, 0)
		if got.Checkpoint.Segments[0].End == -5 || got.Checkpoint.Hash[0] == 99 {
			t.Error("the stored checkpoint was changed from outside")
		}
		spoil(&openbits.JobRow{Job: job, Route: route}, &got)
	}
}

func testAtomic(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1, 2, 3)
	changed, dropped, renewed := newJob(1), newFile(1, 0), newFile(2, 0)
	changed.Name = "changed"
	dropped.State = openbits.FileDropped
	renewed.URL = "https://example.org/renewed"
	taken := newFile(4, 1)
	taken.Place = newFile(2, 0).Place
	c := openbits.Change{
		NewJobs:  []openbits.JobRow{{Job: newJob(4)}},
		Jobs:     []openbits.Job{changed},
		Files:    []openbits.File{dropped},
		Remove:   []string{jobID(3)},
		NewFiles: []openbits.File{newFile(4, 0), taken},
		Renewed:  []openbits.File{renewed},
		Events:   []openbits.Event{{Type: openbits.EventCreated, Time: epoch}},
	}
	b.refuse(c, openbits.KindDestinationBusy)
	check := func() {
		t.Helper()
		b.same("jobs", b.ids(openbits.JobQuery{}), []string{jobID(3), jobID(2), jobID(1)})
		b.same("job", b.job(1), newJob(1))
		b.same("file", b.file(1, 0), newFile(1, 0))
		b.same("file not renewed", b.file(2, 0), newFile(2, 0))
		b.same("file not removed", b.file(3, 0), newFile(3, 0))
		events, oldest, _ := b.Events(context.Background(), 0, 0)
		b.same("events", len(events), 0)
		b.same("oldest", oldest, int64(0))
		b.same("claim not taken", b.ids(openbits.JobQuery{Path: newFile(4, 0).Place.Path()}), []string(nil))
		b.same("claim not given up", b.ids(openbits.JobQuery{Path: newFile(1, 0).Place.Path()}), []string{jobID(1)})
		b.same("claim not removed", b.ids(openbits.JobQuery{Path: newFile(3, 0).Place.Path()}), []string{jobID(3)})
	}
	check()
	b.reopen()
	check()

	c.NewFiles = c.NewFiles[:1]
	b.commit(c)
	b.same("Seq after a refused commit", c.Events[0].Seq, int64(1))
	b.same("jobs", b.ids(openbits.JobQuery{}), []string{jobID(4), jobID(2), jobID(1)})
	b.same("job", b.job(1), changed)
	b.same("file", b.file(1, 0), dropped)
	b.same("renewed", b.file(2, 0), renewed)
	b.commit(openbits.Change{})
}

func testReplace(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1)
	f := newFile(1, 0)
	f.Checkpoint = &openbits.Checkpoint{
		Boot: "boot", Total: 100, Segments: []openbits.Segment{{Start: 0, End: 10}, {Start: 20, End: 30}, {Start: 50, End: 1 << 40}}, Hash: []byte{1, 2},
	}
	b.commit(openbits.Change{Files: []openbits.File{f}})
	b.same("checkpoint", b.file(1, 0), f)
	f.Checkpoint.Segments, f.Checkpoint.Hash = f.Checkpoint.Segments[:1], nil
	b.commit(openbits.Change{Files: []openbits.File{f}})
	b.same("smaller checkpoint", b.file(1, 0), f)

	// URL and Place are not replaced; a nil checkpoint removes the stored one.
	g := f
	g.Checkpoint, g.URL, g.Place = nil, "https://example.org/other", openbits.Place{Name: "other"}
	b.commit(openbits.Change{Files: []openbits.File{g}})
	f.Checkpoint = nil
	b.same("file", b.file(1, 0), f)

	// Only the URL is renewed.
	g.State, g.Attempts = openbits.FileError, 7
	b.commit(openbits.Change{Renewed: []openbits.File{g}})
	f.URL = g.URL
	b.same("renewed", b.file(1, 0), f)
	for _, url := range []string{"https://u:p@example.org/", "https://example.org/?q=1", "https://example.org/"} {
		f.URL = url
		b.commit(openbits.Change{Renewed: []openbits.File{f}})
		b.reopen()
		b.same("renewed", b.file(1, 0), f)
	}
}

func testNotFound(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1)
	ctx := context.Background()
	_, err := b.Job(ctx, jobID(9))
	b.kind(err, openbits.KindNotFound)
	_, err = b.Route(ctx, jobID(9))
	b.kind(err, openbits.KindNotFound)
	_, err = b.Files(ctx, jobID(9), openbits.FileQuery{})
	b.kind(err, openbits.KindNotFound)
	_, err = b.CountFiles(ctx, jobID(9))
	b.kind(err, openbits.KindNotFound)
	for _, at := range []struct{ n, index int }{{9, 0}, {1, 1}, {1, -1}, {1, 1 << 40}} {
		_, err = b.File(ctx, jobID(at.n), at.index)
		b.kind(err, openbits.KindNotFound)
		f := newFile(at.n, at.index)
		b.refuse(openbits.Change{Files: []openbits.File{f}}, openbits.KindNotFound)
		b.refuse(openbits.Change{Renewed: []openbits.File{f}}, openbits.KindNotFound)
	}
	b.refuse(openbits.Change{Jobs: []openbits.Job{newJob(9)}}, openbits.KindNotFound)
	b.refuse(openbits.Change{NewFiles: []openbits.File{newFile(9, 0)}}, openbits.KindNotFound)
	b.refuse(openbits.Change{Remove: []string{jobID(9)}}, openbits.KindNotFound)
	again := newFile(1, 0)
	again.Place.Name = "other"
	b.refuse(openbits.Change{NewFiles: []openbits.File{again}}, openbits.KindInvalidArgument)
	again.Index = -1
	b.refuse(openbits.Change{NewFiles: []openbits.File{again}}, openbits.KindInvalidArgument)
}

func testIDInUse(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1)
	other := newJob(1)
	other.Name = "other"
	b.refuse(openbits.Change{NewJobs: []openbits.JobRow{{Job: other}}}, openbits.KindIDInUse)
	b.refuse(openbits.Change{NewJobs: []openbits.JobRow{{Job: newJob(2)}, {Job: newJob(2)}}}, openbits.KindIDInUse)
	b.same("jobs", b.all(openbits.JobQuery{}), []openbits.Job{newJob(1)})
}

func testCancelled(t *testing.T, open Open) {
	b := start(t, open)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := b.Commit(ctx, &openbits.Change{NewJobs: []openbits.JobRow{{Job: newJob(1)}}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Commit = %v", err)
	}
	if _, err := b.Jobs(ctx, openbits.JobQuery{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Jobs = %v", err)
	}
	b.same("jobs", b.ids(openbits.JobQuery{}), []string(nil))
}

func testClosed(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Commit(context.Background(), &openbits.Change{Jobs: []openbits.Job{newJob(1)}}); err == nil {
		t.Error("a closed store commits")
	}
	if _, err := b.Job(context.Background(), jobID(1)); err == nil {
		t.Error("a closed store answers")
	}
	if err := b.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

// testConcurrent: commits and readers at the same time; every reader sees whole commits.
func testConcurrent(t *testing.T, open Open) {
	b := start(t, open)
	const writers, commits = 4, 15
	ctx, stop := context.WithCancel(context.Background())
	var writing, reading sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range commits {
				n := w*commits + i + 1
				err := b.Commit(context.Background(), &openbits.Change{
					NewJobs:  []openbits.JobRow{{Job: newJob(n)}},
					NewFiles: []openbits.File{newFile(n, 0), newFile(n, 1)},
					Events:   []openbits.Event{{JobID: jobID(n), File: -1}, {JobID: jobID(n), File: 0}},
				})
				if err != nil {
					t.Errorf("Commit: %v", err)
				}
			}
		})
	}
	for range 2 {
		reading.Go(func() {
			for ctx.Err() == nil {
				page, err := b.Jobs(context.Background(), openbits.JobQuery{Limit: 10})
				if err != nil {
					t.Errorf("Jobs: %v", err)
				}
				for _, j := range page.Jobs {
					if files, err := b.Files(context.Background(), j.ID, openbits.FileQuery{}); err != nil || len(files.Files) != 2 {
						t.Errorf("job %s has %d files, %v", j.ID, len(files.Files), err)
					}
				}
			}
		})
	}
	writing.Wait()
	stop()
	reading.Wait()
	events, _, err := b.Events(context.Background(), 0, 1000)
	b.same("Events' error", err, nil)
	b.same("number of events", len(events), 2*writers*commits)
	for i, e := range events {
		if e.Seq != int64(i+1) || e.JobID != events[i&^1].JobID {
			t.Fatalf("event %d has sequence %d and job %s", i, e.Seq, e.JobID)
		}
	}
}
