// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
)

func testPages(t *testing.T, open Open) {
	b := start(t, open)
	page, err := b.Jobs(context.Background(), openbits.JobQuery{})
	b.same("an empty queue", page, openbits.JobPage{})
	b.same("Jobs' error", err, nil)

	var c openbits.Change
	var want []string
	for n := range 201 {
		c.NewJobs = append(c.NewJobs, openbits.JobRow{Job: newJob(n)})
		want = append(want, jobID(n))
	}
	b.commit(c)
	byTurn := slices.Clone(want)
	slices.Reverse(want)
	b.same("jobs", b.ids(openbits.JobQuery{}), want)
	b.same("jobs by turn", b.ids(openbits.JobQuery{ByTurn: true}), byTurn)
	for _, limit := range []int{1, 7, 100, 200, 201, 202, 100_000} {
		b.same("jobs", b.ids(openbits.JobQuery{Limit: limit}), want)
		b.same("jobs by turn", b.ids(openbits.JobQuery{Limit: limit, ByTurn: true}), byTurn)
	}
	for limit, n := range map[int]int{0: 100, 1: 1, 150: 150, 500: 201} {
		page, err := b.Jobs(context.Background(), openbits.JobQuery{Limit: limit})
		b.same("length", len(page.Jobs), n)
		b.same("last page", page.Next == "", n == 201)
		b.same("Jobs' error", err, nil)
	}
	_, err = b.Jobs(context.Background(), openbits.JobQuery{Limit: -1})
	b.kind(err, openbits.KindInvalidArgument)
	b.reopen()
	b.same("jobs after reopening", b.ids(openbits.JobQuery{}), want)
}

// testQueries compares random queries with the plain reading of JobQuery.
func testQueries(t *testing.T, open Open) {
	b := start(t, open)
	r := rand.New(rand.NewPCG(1, 2))
	var jobs []openbits.Job
	for n := range 120 {
		j := newJob(n)
		j.ID = fmt.Sprintf("%x%s", r.IntN(16), jobID(n)[1:])
		j.Name = fmt.Sprintf("name %d", r.IntN(4))
		j.State = openbits.States[r.IntN(len(openbits.States))]
		j.Priority = openbits.Priorities[r.IntN(len(openbits.Priorities))]
		if n == 50 {
			j.State, j.Priority = "unheard_of", "unheard_of"
		}
		j.Turn = int64(r.IntN(40)) - 20
		j.Sweep = r.IntN(5) == 0
		if r.IntN(3) == 0 {
			j.NextTry = epoch.Add(time.Duration(r.IntN(10)) * time.Second)
		}
		jobs = append(jobs, j)
		b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: j}}})
	}
	for range 150 { // states change places in whatever the store keeps sorted
		i := r.IntN(len(jobs))
		jobs[i].State = openbits.States[r.IntN(len(openbits.States))]
		jobs[i].Turn = int64(r.IntN(40)) - 20
		b.commit(openbits.Change{Jobs: []openbits.Job{jobs[i]}})
	}
	for range 400 {
		q := randomQuery(r)
		var want []string
		for _, i := range expected(jobs, q) {
			want = append(want, jobs[i].ID)
		}
		b.same(fmt.Sprintf("jobs of %+v", q), b.ids(q), want)
	}
}

func randomQuery(r *rand.Rand) openbits.JobQuery {
	q := openbits.JobQuery{Limit: 1 + r.IntN(30), ByTurn: r.IntN(2) == 0}
	if r.IntN(3) > 0 {
		for range 1 + r.IntN(4) {
			q.States = append(q.States, append(openbits.States, "unheard_of", "none")[r.IntN(11)])
		}
	}
	if r.IntN(3) == 0 {
		for range 1 + r.IntN(3) {
			q.Priorities = append(q.Priorities, append(openbits.Priorities, "unheard_of", "none")[r.IntN(6)])
		}
	}
	q.Sweep = r.IntN(8) == 0
	switch r.IntN(6) {
	case 0:
		q.Name = fmt.Sprintf("name %d", r.IntN(5))
	case 1:
		q.IDPrefix = fmt.Sprintf("%x", r.IntN(16))
	case 2:
		q.DueBefore = epoch.Add(time.Duration(r.IntN(10))*time.Second + 300)
	case 3:
		q.Name, q.IDPrefix = "name 1", "f"
		q.DueBefore = epoch.Add(time.Hour)
	}
	return q
}

// expected answers the places in jobs, in order.
func expected(jobs []openbits.Job, q openbits.JobQuery) []int {
	var found []int
	for i, j := range jobs {
		if (len(q.States) == 0 || slices.Contains(q.States, j.State)) &&
			(len(q.Priorities) == 0 || slices.Contains(q.Priorities, j.Priority)) &&
			(q.Name == "" || q.Name == j.Name) && strings.HasPrefix(j.ID, q.IDPrefix) && (j.Sweep || !q.Sweep) &&
			(q.DueBefore.IsZero() || !j.NextTry.IsZero() && !j.NextTry.After(q.DueBefore)) {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b int) int {
		if q.ByTurn {
			return cmp.Or(cmp.Compare(jobs[a].Turn, jobs[b].Turn), a-b)
		}
		return b - a
	})
	return found
}

func testCursors(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1, 2, 3)
	ctx := context.Background()
	newest, err := b.Jobs(ctx, openbits.JobQuery{Limit: 1})
	b.same("Jobs' error", err, nil)
	turn, err := b.Jobs(ctx, openbits.JobQuery{Limit: 1, ByTurn: true})
	b.same("Jobs' error", err, nil)
	for _, q := range []openbits.JobQuery{
		{After: "x"},
		{After: " "},
		{After: "0"},
		{After: "-1"},
		{After: newest.Next + " "},
		{After: newest.Next + "x"},
		{After: " " + newest.Next},
		{After: turn.Next},
		{After: newest.Next, ByTurn: true},
		{After: turn.Next + ".1", ByTurn: true},
		{After: "n+1"},
		{After: "n99999999999999999999"},
		{After: "'"},
		{After: strings.Repeat("9", 1000)},
		{After: "\x00"},
	} {
		page, err := b.Jobs(ctx, q)
		if openbits.KindOf(err) != openbits.KindInvalidArgument {
			t.Errorf("After %q, by turn %v: %+v, %v", q.After, q.ByTurn, page, err)
		}
	}
}

func testCursorOutlivesJobs(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1, 2, 3, 4, 5, 6)
	ctx := context.Background()
	newest, err := b.Jobs(ctx, openbits.JobQuery{Limit: 2})
	b.same("Jobs' error", err, nil)
	turn, err := b.Jobs(ctx, openbits.JobQuery{Limit: 2, ByTurn: true})
	b.same("Jobs' error", err, nil)
	b.add(7)
	b.commit(openbits.Change{Remove: []string{jobID(2), jobID(3), jobID(5)}})
	b.reopen()
	b.same("the rest", b.ids(openbits.JobQuery{After: newest.Next}), []string{jobID(4), jobID(1)})
	b.same("the rest by turn", b.ids(openbits.JobQuery{After: turn.Next, ByTurn: true}), []string{jobID(4), jobID(6), jobID(7)})
}

func testFiles(t *testing.T, open Open) {
	b := start(t, open)
	b.add(1, 2)
	ctx := context.Background()
	c := openbits.Change{}
	states := map[int]openbits.FileState{0: openbits.FileQueued}
	for i := 400; i > 0; i -= 2 { // not in order, with gaps
		f := newFile(1, i)
		f.State = openbits.FileStates[i/2%len(openbits.FileStates)]
		states[i] = f.State
		c.NewFiles = append(c.NewFiles, f)
	}
	b.commit(c)
	list := func(q openbits.FileQuery) (got []int) {
		t.Helper()
		for q.From >= 0 {
			page, err := b.Files(ctx, jobID(1), q)
			if err != nil {
				t.Fatalf("Files(%+v): %v", q, err)
			}
			if q.Limit == 0 && page.Next >= 0 && len(page.Files) != 100 || q.Limit > 0 && len(page.Files) > q.Limit {
				t.Fatalf("Files(%+v): a page of %d", q, len(page.Files))
			}
			for _, f := range page.Files {
				got = append(got, f.Index)
			}
			q.From = page.Next
		}
		return got
	}
	for _, q := range []openbits.FileQuery{
		{},
		{Limit: 1},
		{Limit: 201},
		{Limit: 200},
		{From: 7},
		{From: 8},
		{From: 400},
		{From: 401},
		{From: 1 << 50},
		{States: []openbits.FileState{openbits.FileQueued}},
		{States: []openbits.FileState{openbits.FileQueued, openbits.FileError, openbits.FileInvalid, openbits.FileQueued}, Limit: 3},
		{States: []openbits.FileState{openbits.FileDropped, "unheard_of"}, From: 100, Limit: 2},
		{States: []openbits.FileState{"unheard_of"}},
	} {
		var want []int
		for i := q.From; i <= 400; i++ {
			if s, ok := states[i]; ok && (len(q.States) == 0 || slices.Contains(q.States, s)) {
				want = append(want, i)
			}
		}
		b.same(fmt.Sprintf("files of %+v", q), list(q), want)
	}
	page, err := b.Files(ctx, jobID(1), openbits.FileQuery{From: -5, Limit: 1})
	b.same("from before the first", page, openbits.FilePage{Files: []openbits.File{newFile(1, 0)}, Next: 2})
	b.same("Files' error", err, nil)
	_, err = b.Files(ctx, jobID(1), openbits.FileQuery{Limit: -1})
	b.kind(err, openbits.KindInvalidArgument)
	b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: newJob(3)}}})
	page, err = b.Files(ctx, jobID(3), openbits.FileQuery{})
	b.same("no files", page, openbits.FilePage{Next: -1})
	b.same("Files' error", err, nil)
}

func testCounts(t *testing.T, open Open) {
	b := start(t, open)
	ctx := context.Background()
	jobs, err := b.CountJobs(ctx)
	b.same("jobs", jobs, map[openbits.State]int{})
	b.same("CountJobs' error", err, nil)
	b.add(1, 2, 3)
	j, f := newJob(2), newFile(1, 1)
	j.State, f.State = openbits.StateError, openbits.FileError
	b.commit(openbits.Change{Jobs: []openbits.Job{j}, NewFiles: []openbits.File{f, newFile(1, 2)}})
	jobs, err = b.CountJobs(ctx)
	b.same("jobs", jobs, map[openbits.State]int{openbits.StateQueued: 2, openbits.StateError: 1})
	b.same("CountJobs' error", err, nil)
	files, err := b.CountFiles(ctx, jobID(1))
	b.same("files", files, map[openbits.FileState]int{openbits.FileQueued: 2, openbits.FileError: 1})
	b.same("CountFiles' error", err, nil)
	b.commit(openbits.Change{NewJobs: []openbits.JobRow{{Job: newJob(4)}}})
	files, err = b.CountFiles(ctx, jobID(4))
	b.same("no files", files, map[openbits.FileState]int{})
	b.same("CountFiles' error", err, nil)
}
