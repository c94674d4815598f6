// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/queue/sqlite"
)

const (
	wreckJobs  = 300
	wreckFiles = 5 // of each job
)

// fleet makes a queue of jobs with files and secrets, and closes it.
func fleet(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s := open(t, dir, sqlite.Options{})
	var c openbits.Change
	for n := range wreckJobs {
		j := benchJob(n)
		j.State, j.NextFile, j.FilesTotal = openbits.StateSuspended, wreckFiles, wreckFiles
		c.NewJobs = append(c.NewJobs, openbits.JobRow{Job: j, Route: openbits.Route{CA: fmt.Sprint("pem ", n)}})
		c.Events = append(c.Events, openbits.Event{Type: openbits.EventCreated, JobID: j.ID, File: -1, Time: j.Created})
		for i := range wreckFiles {
			f := benchFile(j.ID, i)
			f.URL += "?token=" + fmt.Sprint(n)
			c.NewFiles = append(c.NewFiles, f)
		}
	}
	must(t, s.Commit(context.Background(), &c))
	must(t, s.SetMeta(context.Background(), "limit", "1000"))
	must(t, s.Close())
	return dir
}

// survivors opens a damaged queue and checks what it kept: every job and file is as it was, or is told to be lost.
func survivors(t *testing.T, dir string) *sqlite.Recovery {
	t.Helper()
	before, err := os.ReadFile(filepath.Join(dir, sqlite.FileName))
	must(t, err)
	ctx := context.Background()
	s, r, err := sqlite.Open(ctx, dir, sqlite.Options{})
	must(t, err)
	defer s.Close()
	if r == nil {
		t.Fatal("the damage was not noticed")
	}
	if kept, err := os.ReadFile(r.Quarantined); err != nil || string(kept) != string(before) {
		t.Errorf("the damaged database was not kept as it was: %v", err)
	}
	if r.Err == nil {
		t.Error("the recovery does not say what was wrong")
	}
	jobs, files := 0, 0
	for n := range wreckJobs {
		want := benchJob(n)
		got, err := s.Job(ctx, want.ID)
		if errors.Is(err, openbits.KindNotFound) {
			continue
		}
		must(t, err)
		jobs++
		page, err := s.Files(ctx, want.ID, openbits.FileQuery{})
		must(t, err)
		files += len(page.Files)
		for _, f := range page.Files {
			want := benchFile(want.ID, f.Index)
			if f.URL != want.URL+"?token="+fmt.Sprint(n) || f.Place != want.Place || f.State != want.State {
				t.Errorf("file %+v is not as it was", f)
			}
		}
		state := openbits.StateSuspended
		if len(page.Files) < wreckFiles {
			state = openbits.StateError
			if got.Error == nil || got.Error.Kind != openbits.KindDatabaseCorrupt || got.Reason.Code != openbits.ReasonFailed {
				t.Errorf("job %d lost files without a word: %+v", n, got)
			}
		}
		if got.Name != want.Name || got.State != state || got.FilesTotal != len(page.Files) || got.Turn != want.Turn {
			t.Errorf("job %d is %+v, with %d files", n, got, len(page.Files))
		}
	}
	if jobs != r.Jobs || files != r.Files || jobs*wreckFiles-files != r.LostFiles {
		t.Errorf("%d jobs and %d files are there, and recovery says %+v", jobs, files, r)
	}
	t.Logf("%+v", *r)
	works(t, s)
	must(t, s.Close())
	must(t, open(t, dir, sqlite.Options{}).Close()) // and is whole from now on
	if left, _ := filepath.Glob(filepath.Join(dir, sqlite.FileName+".[crns]*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return r
}

// works checks that a queue can be used and that its sequence goes on.
func works(t *testing.T, s *sqlite.Store) {
	t.Helper()
	ctx := context.Background()
	last, err := s.LastEvent(ctx)
	must(t, err)
	j := benchJob(wreckJobs + 7)
	c := openbits.Change{
		NewJobs: []openbits.JobRow{{Job: j}}, NewFiles: []openbits.File{benchFile(j.ID, 0)},
		Events: []openbits.Event{{Type: openbits.EventCreated, JobID: j.ID, File: -1}},
	}
	must(t, s.Commit(ctx, &c))
	if c.Events[0].Seq != last+1 {
		t.Errorf("after event %d comes %d", last, c.Events[0].Seq)
	}
	events, oldest, err := s.Events(ctx, 0, 10_000)
	must(t, err)
	for i, e := range events {
		if e.Seq != oldest+int64(i) {
			t.Fatalf("event %d has sequence %d, the oldest is %d", i, e.Seq, oldest)
		}
	}
	must(t, s.Commit(ctx, &openbits.Change{Remove: []string{j.ID}}))
}

func harm(t *testing.T, dir string, change func(content []byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, sqlite.FileName)
	content, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, change(content), 0o600))
}

func TestGarbagePage(t *testing.T) {
	template := fleet(t)
	r := rand.New(rand.NewPCG(1, 1))
	content, err := os.ReadFile(filepath.Join(template, sqlite.FileName))
	must(t, err)
	pages := len(content) / 4096
	best := 0
	for range 12 {
		page := 1 + r.IntN(pages-1)
		t.Run(fmt.Sprint("page", page), func(t *testing.T) {
			dir := clone(t, template)
			harm(t, dir, func(content []byte) []byte {
				for i := page * 4096; i < (page+1)*4096; i++ {
					content[i] = byte(r.Uint32())
				}
				return content
			})
			best = max(best, survivors(t, dir).Jobs)
		})
	}
	if best < wreckJobs*9/10 {
		t.Errorf("the best rescue kept %d of %d jobs", best, wreckJobs)
	}
}

func TestGarbageHeader(t *testing.T) {
	template := fleet(t)
	for _, length := range []int{16, 100, 4096} {
		dir := clone(t, template)
		harm(t, dir, func(content []byte) []byte {
			copy(content, strings.Repeat("garbage ", length/8+1)[:length])
			return content
		})
		if r := survivors(t, dir); r.Jobs != wreckJobs || r.LostFiles != 0 {
			t.Errorf("of a queue whose first %d bytes are garbage is left: %+v", length, r)
		}
	}
}

func TestTruncated(t *testing.T) {
	template := fleet(t)
	info, err := os.Stat(filepath.Join(template, sqlite.FileName))
	must(t, err)
	for _, percent := range []int64{0, 1, 10, 50, 90, 99} {
		t.Run(fmt.Sprint(percent), func(t *testing.T) {
			dir := clone(t, template)
			must(t, os.Truncate(filepath.Join(dir, sqlite.FileName), info.Size()*percent/100))
			if r := survivors(t, dir); percent == 99 && r.Jobs < wreckJobs/2 {
				t.Errorf("99%% of the file gave %+v", r)
			}
		})
	}
}

func TestNotADatabase(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, sqlite.FileName), []byte("this is a text\n"), 0o600))
	if r := survivors(t, dir); r.Jobs != 0 {
		t.Errorf("recovery %+v", r)
	}
}

// TestLogWithoutDatabase: the database is gone, and its log still holds everything.
func TestLogWithoutDatabase(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, sqlite.Options{})
	j := benchJob(0)
	j.State, j.NextFile, j.FilesTotal = openbits.StateSuspended, 1, 1
	must(t, s.Commit(context.Background(), &openbits.Change{
		NewJobs: []openbits.JobRow{{Job: j}}, NewFiles: []openbits.File{benchFile(j.ID, 0)},
	}))
	after := clone(t, dir) // as kill -9 leaves it
	must(t, s.Close())
	must(t, os.Remove(filepath.Join(after, sqlite.FileName)))
	s, r, err := sqlite.Open(context.Background(), after, sqlite.Options{})
	must(t, err)
	defer s.Close()
	if r == nil || r.Jobs != 1 || r.Files != 1 {
		t.Errorf("recovery %+v", r)
	}
	works(t, s)
}

// TestRebuildInterrupted: a crash at each step of a rebuilding is settled by the next start.
func TestRebuildInterrupted(t *testing.T) {
	const aside = sqlite.FileName + ".damaged-20260301T000000Z"
	template := fleet(t)
	for name, stage := range map[string]func(dir string) error{
		"decided": func(string) error { return nil },
		"set aside": func(dir string) error {
			return os.Rename(filepath.Join(dir, sqlite.FileName), filepath.Join(dir, aside))
		},
		"half copied": func(dir string) error {
			for _, name := range []string{".new", ".new-wal", ".copy", ".copy-shm"} {
				if err := os.WriteFile(filepath.Join(dir, sqlite.FileName+name), []byte("half"), 0o600); err != nil {
					return err
				}
			}
			return os.Rename(filepath.Join(dir, sqlite.FileName), filepath.Join(dir, aside))
		},
	} {
		dir := clone(t, template)
		harm(t, dir, func(content []byte) []byte { copy(content, "garbage"); return content })
		must(t, os.WriteFile(filepath.Join(dir, sqlite.FileName+".rebuild"), []byte(aside), 0o600))
		must(t, stage(dir))
		s, r, err := sqlite.Open(context.Background(), dir, sqlite.Options{})
		must(t, err)
		if r == nil || r.Jobs != wreckJobs || r.Quarantined != filepath.Join(dir, aside) {
			t.Errorf("%s: recovery %+v", name, r)
		}
		must(t, s.Close())

		// The last step alone was missing.
		must(t, os.WriteFile(filepath.Join(dir, sqlite.FileName+".rebuild"), []byte(aside), 0o600))
		works(t, open(t, dir, sqlite.Options{}))
	}
}

// clone copies the files of a queue.
func clone(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(filepath.Join(dir, "state"), os.DirFS(from)))
	return filepath.Join(dir, "state")
}
