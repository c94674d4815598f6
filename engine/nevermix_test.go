// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/testlab"
)

var (
	schedules = flag.Int("schedules", 150, "how many random schedules of faults TestNeverMix runs")
	firstSeed = flag.Uint64("seed", 1, "the seed of the first schedule")
)

// mixTally counts what schedules came to.
type mixTally struct {
	files, published, failed, versions, requests, errors int
	suspended, restarted, crashed, powerCuts             int
	kinds                                                map[openbits.Kind]int
}

// TestNeverMix downloads through the whole service from servers whose faults and versions follow a seed, with owners
// who suspend and resume, crashes and power cuts in between. Whatever is published is one version of the origin's.
func TestNeverMix(t *testing.T) {
	parent, origin := t.TempDir(), startOrigin(t)
	sum := mixTally{kinds: make(map[openbits.Kind]int)}
	for i := range *schedules {
		seed := *firstSeed + uint64(i)
		dir, remove := newFolder(t, parent)
		inStorm(t, func(t *testing.T) { mix(seeded{t, seed}, dir, origin, seed, &sum) })
		remove()
		if t.Failed() {
			return
		}
	}
	t.Logf("%d schedules: %+v", *schedules, sum)
	if sum.published < sum.files/2 {
		t.Errorf("only %d of %d files were published", sum.published, sum.files)
	}
}

// seeded tells with each complaint how to see it again.
type seeded struct {
	*testing.T
	seed uint64
}

func (s seeded) how() string {
	return fmt.Sprintf("seed %d (go test ./engine -run TestNeverMix -seed %d -schedules 1): ", s.seed, s.seed)
}

func (s seeded) Errorf(format string, args ...any) { s.Helper(); s.T.Errorf(s.how()+format, args...) }

func (s seeded) Fatalf(format string, args ...any) { s.Helper(); s.T.Fatalf(s.how()+format, args...) }

// mix runs one job under one schedule.
func mix(t seeded, dir string, origin *testlab.Origin, seed uint64, sum *mixTally) {
	rng := rand.New(rand.NewPCG(seed, 2))
	w := newStorm(t, dir, origin, func(o *engine.Options) {
		o.CheckpointBytes = []int64{32 << 10, 256 << 10, 16 << 20}[rng.IntN(3)]
		o.FilesPerJob = 1 + rng.IntN(4)
	})
	defer w.end()
	n := openbits.NewJob{ID: newID(), Settings: openbits.DefaultSettings(), Start: true, Owner: openbits.Owner{ID: "1000"}}
	n.Settings.AutoComplete = rng.IntN(2) == 0
	n.Settings.Limit = []int64{0, 30_000, 300_000}[rng.IntN(3)]
	for i := range 1 + rng.IntN(5) {
		path := fmt.Sprintf("/%d-%d.bin", seed, i) // a page of HTML in its place is told by the name
		file := mixedFile(rng, seed*100+uint64(i))
		origin.Put(path, file)
		defer origin.Remove(path)
		f := openbits.NewFile{URL: origin.URL + path, Folder: dir, Name: fmt.Sprintf("f%d", i)}
		switch rng.IntN(8) {
		case 0, 1:
			f.Digest.Algorithm = "sha256"
		case 2: // which no later version has
			f.Digest = openbits.Digest{Algorithm: "sha256", Expected: file.Content.SHA256()}
		}
		n.Files = append(n.Files, f)
	}
	origin.Forget()
	attempts := 30
	if _, _, err := w.Create(w.ctx, n); err != nil {
		t.Fatalf("create: %v", err)
	}
	for range 3 + rng.IntN(12) {
		disturb(w, n.ID, rng, sum)
	}
	for w.settle(); attempts > 0 && tryAgain(w, n.ID); w.settle() {
		attempts--
	}
	conclude(w, n.ID, sum)
	sum.requests += len(origin.Requests())
}

// disturb lets some time pass and then does something to the job or the service.
func disturb(w *storm, id string, rng *rand.Rand, sum *mixTally) {
	time.Sleep(time.Duration(rng.Int64N(int64([]time.Duration{time.Millisecond, time.Second, 20 * time.Second}[rng.IntN(3)]))))
	switch rng.IntN(6) {
	case 0:
		sum.suspended++
		_, _ = w.Act(w.ctx, id, openbits.ActionSuspend)
		if rng.IntN(2) == 0 {
			synctest.Wait()
		}
	case 1:
		sum.restarted++
		w.restart()
	case 2:
		sum.crashed++
		w.crash()
		w.revive(false, rng)
	case 3:
		sum.powerCuts++
		w.crash()
		w.revive(true, rng)
	}
	_, _ = w.Act(w.ctx, id, openbits.ActionResume) // refused where it is over
}

// tryAgain resumes a job that failed, and tells whether there was anything to try.
func tryAgain(w *storm, id string) bool {
	j, err := w.Job(w.ctx, id)
	if err != nil {
		w.t.Fatalf("the job is lost: %v", err)
	}
	if j.State != openbits.StateError && j.State != openbits.StateSuspended {
		return false
	}
	if j.State == openbits.StateError && j.Error == nil {
		w.t.Errorf("the job is in error without one")
	}
	if _, err := w.Act(w.ctx, id, openbits.ActionResume); err != nil {
		w.t.Fatalf("a job in state %s cannot be resumed: %v", j.State, err)
	}
	return true
}

// conclude completes the job and looks at what came of it.
func conclude(w *storm, id string, sum *mixTally) {
	j, err := w.Job(w.ctx, id)
	if err != nil {
		w.t.Fatalf("the job is lost: %v", err)
	}
	sum.errors += j.ErrorCount
	for _, f := range w.files(id) {
		if f.Error != nil {
			sum.kinds[f.Error.Kind]++
		}
	}
	if !j.State.Final() {
		if _, err := w.Act(w.ctx, id, openbits.ActionComplete); err != nil {
			w.t.Fatalf("a job in state %s cannot be completed: %v", j.State, err)
		}
	}
	w.settle()
	w.check()
	for _, f := range w.files(id) {
		sum.files++
		sum.versions += len(w.versions(f.URL)) - 1
		if f.State == openbits.FilePublished {
			sum.published++
		} else {
			sum.failed++
		}
	}
}

func mixedFile(rng *rand.Rand, seed uint64) testlab.File {
	size := []int64{0, 1, 5_000, 70_000, 300_000, 1_100_000}[rng.IntN(6)]
	if size > 1 {
		size += rng.Int64N(size)
	}
	return testlab.File{
		Content:    testlab.Content{Seed: seed, Size: size},
		Tag:        []testlab.Tag{testlab.TagStrong, testlab.TagStrong, testlab.TagWeak, testlab.TagNone}[rng.IntN(4)],
		NoModified: rng.IntN(4) == 0,
		NoRanges:   rng.IntN(8) == 0,
		Plan:       testlab.Seeded(seed, size, testlab.Faults...),
	}
}
