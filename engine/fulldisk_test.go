// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// full is a storm in which the operations of some kinds find no room while the answer's flag is set.
func full(t *testing.T, origin *testlab.Origin, context openbits.Context, ops ...diskOp) (*storm, *atomic.Bool) {
	t.Helper()
	w := newStorm(t, t.TempDir(), origin, nil)
	on := new(atomic.Bool)
	w.setPlan(func(op diskOp, _ string) *strike {
		for _, o := range ops {
			if op == o && on.Load() {
				return &strike{err: &openbits.Error{Op: string(op), Object: "it", Kind: openbits.KindDiskFull, Context: context, Err: syscall.ENOSPC, File: -1}}
			}
		}
		return nil
	})
	return w, on
}

func (w *storm) request(origin *testlab.Origin, files int) openbits.NewJob {
	n := openbits.NewJob{ID: newID(), Settings: openbits.DefaultSettings(), Start: true, Owner: openbits.Owner{ID: "1000"}}
	n.Settings.AutoComplete = true
	for i := range files {
		name := fmt.Sprintf("f%d", i)
		origin.Put("/"+name, testlab.File{Content: testlab.Content{Seed: uint64(i), Size: 40_000 << i}})
		n.Files = append(n.Files, openbits.NewFile{URL: origin.URL + "/" + name, Folder: w.dir, Name: name})
	}
	return n
}

func (w *storm) finished(id string) {
	w.t.Helper()
	w.settle()
	j, err := w.Job(w.ctx, id)
	if err != nil || j.State != openbits.StateAcknowledged || j.FilesDone != j.FilesTotal {
		w.t.Errorf("the job is %s with %d of %d files, error %v, job's error %v", j.State, j.FilesDone, j.FilesTotal, err, j.Error)
	}
	w.check()
}

// TestQueueFull: while the queue cannot be written nothing is answered, and nothing that was answered is lost. The
// service goes on when there is room again.
func TestQueueFull(t *testing.T) {
	origin := startOrigin(t)
	for _, began := range []time.Duration{0, 500 * time.Millisecond, 2 * time.Second, 6 * time.Second} {
		inStorm(t, func(t *testing.T) {
			w, on := full(t, origin, openbits.ContextQueueManager, opCommit)
			defer w.end()
			n := w.request(origin, 6)
			n.Settings.Limit = 300_000
			if _, _, err := w.Create(w.ctx, n); err != nil {
				t.Fatal(err)
			}
			time.Sleep(began)
			on.Store(true)
			time.Sleep(time.Hour)
			other := w.request(origin, 1)
			other.Files[0].Name = "other"
			if _, _, err := w.Create(w.ctx, other); !errors.Is(err, openbits.KindDiskFull) {
				t.Errorf("a job is created without room in the queue: %v", err)
			}
			if _, err := w.Act(w.ctx, n.ID, openbits.ActionCancel); !errors.Is(err, openbits.KindDiskFull) {
				t.Errorf("a job is cancelled without room in the queue: %v", err)
			}
			if _, err := w.Job(w.ctx, other.ID); !errors.Is(err, openbits.KindNotFound) {
				t.Errorf("a job that was refused is there: %v", err)
			}
			on.Store(false)
			w.finished(n.ID)
		})
	}
}

// TestDestinationFull: a full volume is a typed pause. The job says so, counts no error, and goes on by itself.
func TestDestinationFull(t *testing.T) {
	origin := startOrigin(t)
	for _, op := range []diskOp{opOpen, opReserve, opWrite, opSync, opPrepare, opRename} {
		inStorm(t, func(t *testing.T) {
			w, on := full(t, origin, openbits.ContextLocalFile, op)
			defer w.end()
			on.Store(true)
			n := w.request(origin, 6)
			n.Settings.Limit = 200_000 // so that there are checkpoints
			if _, _, err := w.Create(w.ctx, n); err != nil {
				t.Fatal(err)
			}
			paused := false
			for range 600 {
				time.Sleep(time.Second)
				synctest.Wait()
				j, err := w.Job(w.ctx, n.ID)
				if err != nil {
					t.Fatal(err)
				}
				if j.ErrorCount > 0 || j.State == openbits.StateError {
					t.Fatalf("%s: %d errors are counted, the job is %s", op, j.ErrorCount, j.State)
				}
				paused = paused || j.State == openbits.StateTransientError && j.Reason.Code == openbits.ReasonDiskFull && j.Error.Kind == openbits.KindDiskFull
			}
			if !paused {
				t.Errorf("%s: the job never said that the disk is full", op)
			}
			on.Store(false)
			w.finished(n.ID)
		})
	}
}

// TestBothFull: a job whose volume has room again is not forgotten because the queue could not note it then.
func TestBothFull(t *testing.T) {
	origin := startOrigin(t)
	inStorm(t, func(t *testing.T) {
		w := newStorm(t, t.TempDir(), origin, nil)
		defer w.end()
		struck := opReserve
		w.setPlan(func(op diskOp, _ string) *strike {
			if op != struck {
				return nil
			}
			return &strike{err: &openbits.Error{Op: string(op), Kind: openbits.KindDiskFull, Context: openbits.ContextLocalFile, Err: syscall.ENOSPC, File: -1}}
		})
		n := w.request(origin, 6)
		if _, _, err := w.Create(w.ctx, n); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if j, err := w.Job(w.ctx, n.ID); err != nil || j.State != openbits.StateTransientError {
			t.Fatalf("the job is %s (%v)", j.State, err)
		}
		w.mu.Lock()
		struck = opCommit
		w.mu.Unlock()
		time.Sleep(time.Hour)
		w.setPlan(nil)
		w.finished(n.ID)
	})
}
