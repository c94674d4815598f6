// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package queuetest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/queue/memory"
	"github.com/openbits/openbits/queue/queuetest"
	"github.com/openbits/openbits/queue/sqlite"
)

// TestTwins applies random changes, many of which must be refused, to both queues: they agree after each.
func TestTwins(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			dir := t.TempDir()
			open := func() *sqlite.Store {
				s, _, err := sqlite.Open(context.Background(), dir, sqlite.Options{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				return s
			}
			disk, ram := open(), memory.New()
			r := &random{rand.New(rand.NewPCG(seed, 9))}
			refused := 0
			for step := range 100 {
				c := r.change()
				d := *c
				d.Events = append([]openbits.Event(nil), c.Events...)
				want, got := ram.Commit(context.Background(), c), disk.Commit(context.Background(), &d)
				if fmt.Sprint(want) != fmt.Sprint(got) || openbits.KindOf(want) != openbits.KindOf(got) {
					t.Fatalf("step %d: memory says %v, sqlite says %v\n%+v", step, want, got, c)
				}
				if want != nil {
					refused++
				}
				if step%40 == 39 {
					if err := disk.Close(); err != nil {
						t.Fatal(err)
					}
					disk = open()
				}
				if diff := cmp.Diff(dump(t, ram), dump(t, disk)); diff != "" {
					t.Fatalf("step %d: after %+v\n(-memory +sqlite):\n%s", step, c, diff)
				}
			}
			if refused < 10 || refused > 90 {
				t.Errorf("%d of 100 changes were refused", refused)
			}
		})
	}
}

// random makes changes over so few jobs, files and paths that they meet all the time.
type random struct{ *rand.Rand }

func (r *random) id() string { return fmt.Sprint("job ", r.IntN(5)) }

func (r *random) job() openbits.Job {
	j := openbits.Job{
		ID: r.id(), Name: fmt.Sprint(r.IntN(100)), Type: openbits.TypeDownload, Turn: r.Int64N(9),
		State: openbits.States[r.IntN(len(openbits.States))], Priority: openbits.Priorities[r.IntN(4)],
	}
	if r.IntN(6) == 0 {
		j.Type = openbits.TypeUpload
	}
	if r.IntN(2) == 0 {
		j.NextTry, j.Expires = time.UnixMicro(r.Int64N(99)), time.UnixMicro(r.Int64N(99))
		j.Ended, j.Warned = time.UnixMicro(r.Int64N(99)), r.IntN(2) == 0
	}
	return j
}

func (r *random) file() openbits.File {
	f := openbits.File{
		JobID: r.id(), Index: r.IntN(3), URL: fmt.Sprintf("https://h/%d?%d", r.IntN(9), r.IntN(9)),
		Place: openbits.Place{
			Folder: openbits.Folder{Path: fmt.Sprint("/", r.IntN(2)), Volume: fmt.Sprint(r.IntN(2))}, Name: fmt.Sprint(r.IntN(3)),
		},
		State: openbits.FileStates[r.IntN(len(openbits.FileStates))], BytesDone: r.Int64N(9),
	}
	if r.IntN(2) == 0 {
		f.Checkpoint = &openbits.Checkpoint{Segments: []openbits.Segment{{Start: 0, End: r.Int64N(9)}}}
	}
	return f
}

func (r *random) change() *openbits.Change {
	c := &openbits.Change{}
	for range 1 + r.IntN(3) {
		switch r.IntN(9) {
		case 0, 1:
			c.NewJobs = append(c.NewJobs, openbits.JobRow{Job: r.job(), Route: openbits.Route{CA: fmt.Sprint(r.IntN(9))}})
		case 2, 3:
			c.Jobs = append(c.Jobs, r.job())
		case 4, 5:
			c.NewFiles = append(c.NewFiles, r.file())
		case 6:
			c.Files = append(c.Files, r.file())
		case 7:
			c.Renewed = append(c.Renewed, r.file())
		case 8:
			if r.IntN(3) == 0 {
				c.Remove = append(c.Remove, r.id())
			}
		}
	}
	c.Events = []openbits.Event{{JobID: r.id(), Time: time.UnixMicro(1)}}
	return c
}

// dump is everything a queue answers.
func dump(t *testing.T, s queuetest.Store) map[string]any {
	t.Helper()
	ctx := context.Background()
	all := map[string]any{}
	keep := func(what string, value any, err error) {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		all[what] = value
	}
	jobs, err := s.Jobs(ctx, openbits.JobQuery{Limit: 1000})
	keep("jobs", jobs, err)
	byTurn, err := s.Jobs(ctx, openbits.JobQuery{Limit: 1000, ByTurn: true})
	keep("by turn", byTurn, err)
	counts, err := s.CountJobs(ctx)
	keep("counts", counts, err)
	agenda, err := s.Agenda(ctx)
	keep("agenda", agenda, err)
	expiring, err := s.Expiring(ctx, time.UnixMicro(50).Add(openbits.KeepFinal), 1000)
	keep("expiring", expiring, err)
	last, err := s.LastEvent(ctx)
	keep("last event", last, err)
	for _, j := range jobs.Jobs {
		route, err := s.Route(ctx, j.ID)
		keep("route "+j.ID, route, err)
		files, err := s.Files(ctx, j.ID, openbits.FileQuery{Limit: 1000})
		keep("files "+j.ID, files, err)
		counts, err := s.CountFiles(ctx, j.ID)
		keep("counts "+j.ID, counts, err)
	}
	for i := range 6 {
		path := fmt.Sprintf("/%d/%d", i/3, i%3)
		holder, err := s.Jobs(ctx, openbits.JobQuery{Path: path})
		keep("holder "+path, holder, err)
	}
	return all
}
