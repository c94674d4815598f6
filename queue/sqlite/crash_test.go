// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/queue/sqlite"
)

// writerEnv makes this binary a writer on the queue in the folder it names.
const writerEnv = "OPENBITS_TEST_QUEUE_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerEnv); dir != "" {
		writeUntilKilled(dir)
	}
	// The key of these tests is the one in the folder.
	os.Unsetenv("CREDENTIALS_DIRECTORY")
	code := m.Run()
	os.RemoveAll(benchDir())
	os.Exit(code)
}

// numbered is commit n: a job with two files and two events.
func numbered(n int) *openbits.Change {
	j := benchJob(n)
	return &openbits.Change{
		NewJobs:  []openbits.JobRow{{Job: j}},
		NewFiles: []openbits.File{benchFile(j.ID, 0), benchFile(j.ID, 1)},
		Events: []openbits.Event{
			{Type: openbits.EventCreated, JobID: j.ID, File: -1, Time: j.Created}, {Type: openbits.EventChanged, JobID: j.ID, File: -1},
		},
	}
}

// writeUntilKilled prints the number of each commit once it was answered.
func writeUntilKilled(dir string) {
	ctx := context.Background()
	s, _, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	last, err := s.LastEvent(ctx)
	for n := int(last / 2); err == nil; n++ {
		if err = s.Commit(ctx, numbered(n)); err == nil {
			fmt.Println(n)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

func TestKill(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	must(t, err)
	r := rand.New(rand.NewPCG(3, 3))
	for range 8 {
		cmd := exec.Command(exe, "-test.run=^$")
		cmd.Env = append(os.Environ(), writerEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		acked := -1
		for range 1 + r.IntN(120) {
			if lines.Scan() {
				if acked, err = strconv.Atoi(lines.Text()); err != nil {
					t.Errorf("the writer says: %s", lines.Text())
				}
			}
		}
		must(t, cmd.Process.Kill())
		for lines.Scan() { // what it still said before it died counts
			acked, err = strconv.Atoi(lines.Text())
			must(t, err)
		}
		_ = cmd.Wait() // killed
		s := open(t, dir, sqlite.Options{})
		if n := prefix(t, s); n < acked+1 || n > acked+2 {
			t.Errorf("%d commits are there, %d were answered", n, acked+1)
		}
		must(t, s.Close())
	}
}

// prefix checks that the queue holds the first commits and nothing else, and counts them.
func prefix(t *testing.T, s *sqlite.Store) int {
	t.Helper()
	ctx := context.Background()
	page, err := s.Jobs(ctx, openbits.JobQuery{Limit: 100_000})
	must(t, err)
	events, _, err := s.Events(ctx, 0, 100_000)
	must(t, err)
	n := len(page.Jobs)
	if len(events) != 2*n {
		t.Errorf("%d jobs and %d events", n, len(events))
	}
	for i, j := range page.Jobs {
		if want := benchJob(n - 1 - i); j.ID != want.ID || j.Name != want.Name {
			t.Fatalf("job %d is %+v", i, j)
		}
		files, err := s.Files(ctx, j.ID, openbits.FileQuery{})
		must(t, err)
		if len(files.Files) != 2 || events[2*(n-1-i)].JobID != j.ID || events[2*(n-1-i)].Seq != int64(2*(n-1-i)+1) {
			t.Fatalf("job %s has %d files and event %+v", j.ID, len(files.Files), events[2*(n-1-i)])
		}
	}
	return n
}

// TestTornLog cuts the log where a loss of power might, and finds an unbroken beginning of the commits.
func TestTornLog(t *testing.T) {
	const commits = 120
	dir := t.TempDir()
	s := open(t, dir, sqlite.Options{})
	for n := range commits {
		must(t, s.Commit(context.Background(), numbered(n)))
	}
	crashed := clone(t, dir)
	must(t, s.Close())
	log := filepath.Join(crashed, sqlite.FileName+"-wal")
	whole, err := os.ReadFile(log)
	must(t, err)
	r := rand.New(rand.NewPCG(4, 4))
	seen := map[int]bool{}
	for i := range 40 {
		dir := clone(t, crashed)
		cut := whole[:r.IntN(len(whole)+1)]
		torn := append([]byte(nil), cut...)
		if i%2 == 0 { // the last blocks were never written
			for at := max(0, len(torn)-4096); at < len(torn); at++ {
				torn[at] = byte(r.Uint32())
			}
		}
		must(t, os.WriteFile(filepath.Join(dir, sqlite.FileName+"-wal"), torn, 0o600))
		s := open(t, dir, sqlite.Options{})
		seen[prefix(t, s)] = true
		must(t, s.Close())
	}
	if len(seen) < 10 {
		t.Errorf("the cuts left only %d different numbers of commits", len(seen))
	}
}
