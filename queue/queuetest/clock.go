// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/openbits/openbits"
)

func testAgenda(t *testing.T, open Open) {
	b := start(t, open)
	agenda := func(what string, want openbits.Agenda) {
		t.Helper()
		got, err := b.Agenda(context.Background())
		b.same(what, got, want)
		b.same("Agenda's error", err, nil)
	}
	agenda("an empty queue", openbits.Agenda{})
	j := newJob(1)
	j.Expires = time.Time{}
	b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: j}}})
	agenda("a job without end", openbits.Agenda{})
	j.Expires, j.NextTry = epoch.Add(openbits.MaxLife), epoch.Add(time.Minute)
	set := func() { b.commit(openbits.Change{Jobs: []openbits.Job{j}}) }
	set()
	warning := j.Expires.Add(-openbits.ExpiryWarning)
	agenda("a queued job", openbits.Agenda{Expiry: warning})
	j.State = openbits.StateTransientError
	set()
	agenda("a waiting job", openbits.Agenda{Retry: j.NextTry, Expiry: warning})
	j.Warned = true
	set()
	agenda("a job that warned", openbits.Agenda{Retry: j.NextTry, Expiry: j.Expires})
	j.State, j.Ended = openbits.StateCancelled, epoch.Add(time.Hour)
	set()
	agenda("a final job", openbits.Agenda{Expiry: j.Ended.Add(openbits.KeepFinal)})
	j.Ended = time.Time{}
	set()
	agenda("a final job of which nobody knows since when", openbits.Agenda{})

	for n, at := range map[int]time.Duration{2: 5, 3: 3, 4: 4} {
		j := newJob(n)
		j.State = openbits.StateTransientError
		j.NextTry = epoch.Add(at * time.Second)
		j.Expires = epoch.Add(at * time.Hour * 24 * 20)
		b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: j}}})
	}
	agenda("the earliest", openbits.Agenda{
		Retry: epoch.Add(3 * time.Second), Expiry: epoch.Add(60*24*time.Hour - openbits.ExpiryWarning),
	})
	b.reopen()
	b.commit(openbits.Change{Remove: []string{jobID(3)}})
	agenda("the next", openbits.Agenda{
		Retry: epoch.Add(4 * time.Second), Expiry: epoch.Add(80*24*time.Hour - openbits.ExpiryWarning),
	})
}

func testExpiring(t *testing.T, open Open) {
	b := start(t, open)
	expiring := func(now time.Time, limit int, want ...int) {
		t.Helper()
		got, err := b.Expiring(context.Background(), now, limit)
		b.same("Expiring's error", err, nil)
		var jobs []openbits.Job
		for _, n := range want {
			jobs = append(jobs, b.job(n))
		}
		b.same("expiring at "+now.String(), got, jobs)
	}
	day := 24 * time.Hour
	at := func(days int) time.Time { return epoch.Add(time.Duration(days) * day) }
	var c openbits.Change
	add := func(n int, change func(j *openbits.Job)) {
		j := newJob(n)
		change(&j)
		c.NewJobs = append(c.NewJobs, openbits.JobRow{Job: j})
	}
	add(1, func(j *openbits.Job) { j.Expires = at(20) })                  // warning due at 13
	add(2, func(j *openbits.Job) { j.Expires, j.Warned = at(14), true })  // expiry due at 14
	add(3, func(j *openbits.Job) { j.Expires, j.Warned = at(200), true }) // expiry due at 200
	add(4, func(j *openbits.Job) { j.State, j.Ended, j.Expires = openbits.StateAcknowledged, at(-20), at(1) })
	add(5, func(j *openbits.Job) { j.State, j.Ended, j.Expires = openbits.StateCancelled, at(-40), at(1) })
	add(6, func(j *openbits.Job) { j.Expires = time.Time{} })
	add(7, func(j *openbits.Job) { j.State, j.Expires = openbits.StateCancelled, at(-300) })
	b.commit(c)
	expiring(at(-11), 0)
	expiring(at(-10), 0, 5)
	expiring(at(10), 0, 5, 4)
	expiring(at(13).Add(-1), 0, 5, 4)
	expiring(at(13), 0, 5, 4, 1)
	expiring(at(14), 0, 5, 4, 1, 2)
	expiring(at(14), 3, 5, 4, 1)
	expiring(at(14), 1, 5)
	expiring(at(1000), 100, 5, 4, 1, 2, 3)
	_, err := b.Expiring(context.Background(), epoch, -1)
	b.kind(err, openbits.KindInvalidArgument)
	agenda, err := b.Agenda(context.Background())
	b.same("Agenda's error", err, nil)
	b.same("agenda", agenda.Expiry, at(-10))
}

func testShift(t *testing.T, open Open) {
	b := start(t, open)
	var jobs []openbits.Job
	var files []openbits.File
	c := openbits.Change{}
	for n, state := range openbits.States {
		var j openbits.Job
		fill(&j, 100*n)
		j.ID, j.State = jobID(n), state
		f, g := newFile(n, 0), newFile(n, 1)
		f.NextTry = epoch
		jobs, files = append(jobs, j), append(files, f, g)
		c.NewJobs = append(c.NewJobs, openbits.JobRow{Job: j})
	}
	c.NewFiles = files
	b.commit(c)
	for _, d := range []time.Duration{time.Hour, -90 * time.Minute, 0, 1234567} {
		if err := b.Shift(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		d = d.Truncate(time.Microsecond)
		for i := range jobs {
			if j := &jobs[i]; !j.State.Final() {
				for _, at := range []*time.Time{&j.Created, &j.Modified, &j.Expires, &j.NextTry, &j.FailedFrom} {
					*at = at.Add(d)
				}
				files[2*i].NextTry = files[2*i].NextTry.Add(d)
			}
		}
		b.reopen()
		for i := range jobs {
			b.same("job", b.job(i), jobs[i])
			b.same("file that waits", b.file(i, 0), files[2*i])
			b.same("file that does not wait", b.file(i, 1), files[2*i+1])
		}
	}
	// Times that are not set stay so.
	b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: openbits.Job{ID: jobID(99)}}}})
	if err := b.Shift(context.Background(), time.Hour); err != nil {
		t.Fatal(err)
	}
	b.same("job without times", b.job(99), openbits.Job{ID: jobID(99)})
}

func testEvents(t *testing.T, open Open) {
	b := start(t, open)
	ctx := context.Background()
	events := func(after int64, limit int, want ...int64) {
		t.Helper()
		got, oldest, err := b.Events(ctx, after, limit)
		b.same("Events' error", err, nil)
		b.same("oldest", oldest, int64(1))
		var seqs []int64
		for _, e := range got {
			seqs = append(seqs, e.Seq)
		}
		b.same("sequence", seqs, want)
	}
	got, oldest, err := b.Events(ctx, 0, 0)
	b.same("no events", len(got), 0)
	b.same("oldest", oldest, int64(0))
	b.same("Events' error", err, nil)
	for i := range 3 {
		c := b.commit(openbits.Change{Events: []openbits.Event{{Time: epoch}, {Time: epoch}}})
		b.same("Seq", []int64{c.Events[0].Seq, c.Events[1].Seq}, []int64{int64(2*i + 1), int64(2*i + 2)})
		b.reopen()
	}
	events(0, 0, 1, 2, 3, 4, 5, 6)
	events(0, 2, 1, 2)
	events(4, 2, 5, 6)
	events(5, 2, 6)
	events(-3, 1, 1)
	for _, far := range []int64{6, 7, math.MaxInt64} {
		got, oldest, err := b.Events(ctx, far, 2)
		b.same("no events", len(got), 0)
		b.same("oldest", oldest, int64(1))
		b.same("Events' error", err, nil)
	}
	_, _, err = b.Events(ctx, 0, -1)
	b.kind(err, openbits.KindInvalidArgument)
	var c openbits.Change
	for range 200 {
		c.Events = append(c.Events, openbits.Event{Time: epoch})
	}
	b.commit(c)
	got, _, err = b.Events(ctx, 0, 0)
	b.same("Events' error", err, nil)
	b.same("length", len(got), 100)
}

func testPrune(t *testing.T, open Open) {
	b := start(t, open)
	ctx := context.Background()
	last := func(want int64) {
		t.Helper()
		got, err := b.LastEvent(ctx)
		b.same("last event", got, want)
		b.same("LastEvent's error", err, nil)
	}
	last(0)
	// The fourth event has the time of a clock that was set wrongly.
	for _, minute := range []int{1, 2, 3, 0, 5, 6} {
		b.commit(openbits.Change{Events: []openbits.Event{{Time: epoch.Add(time.Duration(minute) * time.Minute)}}})
	}
	prune := func(minute int, want int64) {
		t.Helper()
		if err := b.Prune(ctx, epoch.Add(time.Duration(minute)*time.Minute)); err != nil {
			t.Fatal(err)
		}
		events, oldest, err := b.Events(ctx, 0, 0)
		b.same("Events' error", err, nil)
		b.same("oldest", oldest, want)
		b.same("length", len(events), int(7-want))
		for i, e := range events {
			b.same("Seq", e.Seq, want+int64(i))
		}
	}
	prune(1, 1)
	prune(2, 2)
	prune(5, 5)
	prune(100, 7)
	b.reopen()
	last(6)
	prune(100, 7)
	last(6)
	c := b.commit(openbits.Change{Events: []openbits.Event{{Time: epoch}}})
	last(7)
	b.same("Seq after all were pruned", c.Events[0].Seq, int64(7))
}

func testMeta(t *testing.T, open Open) {
	b := start(t, open)
	ctx := context.Background()
	get := func(key, want string) {
		t.Helper()
		value, err := b.Meta(ctx, key)
		b.same("value of "+key, value, want)
		b.same("Meta's error", err, nil)
	}
	get("limit", "")
	for _, value := range []string{"1", "2", "", "3"} {
		if err := b.SetMeta(ctx, "limit", value); err != nil {
			t.Fatal(err)
		}
		get("limit", value)
	}
	get("other", "")
	b.reopen()
	get("limit", "3")
}
