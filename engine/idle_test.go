// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// quiet checks that the engine asks the queue for nothing while time passes.
func (w *world) quiet(what string, d time.Duration) {
	w.t.Helper()
	before := w.store.calls.Load()
	w.after(d)
	if n := w.store.calls.Load() - before; n != 0 {
		w.t.Errorf("%s, the queue is asked %d times in %v", what, n, d)
	}
}

// TestIdle: an engine with nothing to do does nothing.
func TestIdle(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.quiet("without a job", 400*day)
		w.put("done", enginetest.Page{Body: body(10)})
		w.put("whole", enginetest.Page{Body: body(10)})
		w.create(file("done"))
		w.create(file("whole"), keep)
		w.create(file("parked"), parked)
		w.create(file("failed"))
		w.quiet("with jobs that wait for their owner", day)
		idle, err := w.Idle(w.ctx)
		if err != nil || !idle {
			t.Errorf("idle: %v, error %v", idle, err)
		}
		w.machine.SetOnline(false)
		w.servers.Trouble("example.org", enginetest.Fail(openbits.KindConnectFailure, site))
		w.create(file("offline"))
		w.quiet("with a job that waits for a network", day)
		if idle, err = w.Idle(w.ctx); err != nil || idle {
			t.Errorf("idle while a job waits for a network: %v, error %v", idle, err)
		}
	})
}

// TestLoopTurnsAreFew: a job that moves costs a turn of the loop at each change of state, not by the byte or second.
func TestLoopTurnsAreFew(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(1_000_000, 1000*time.Second))
		id := w.create(files(1))
		before := w.store.calls.Load()
		w.after(900 * time.Second)
		w.is(id, openbits.StateTransferring)
		// A checkpoint every 5 s is a commit each; the rest is for what may happen besides.
		if n := w.store.calls.Load() - before; n > 180+20 {
			t.Errorf("the queue is asked %d times in 15 minutes", n)
		}
	})
}

// TestCloseKeepsEverything: what runs is queued, its bytes are there.
func TestCloseKeepsEverything(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(1_000_000, 100*time.Second))
		id := w.create(files(1))
		w.after(50*time.Second + time.Second/2)
		w.Close()
		j, err := w.queue.Job(w.ctx, id)
		if err != nil || j.State != openbits.StateQueued || j.BytesDone < 490_000 {
			t.Errorf("the job is %s with %d bytes, error %v", j.State, j.BytesDone, err)
		}
		if n, _ := w.servers.Going(""); n != 0 {
			t.Errorf("%d transfers go on", n)
		}
		w.reopen("boot-2")
		w.after(52 * time.Second)
		w.is(id, openbits.StateAcknowledged)
		w.holds("f0", body(1_000_000))
	})
}

// TestLimits: the service's own limit and a job's hold at once, and the service's outlives it.
func TestLimits(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1_000_000), ETag: `"v1"`, Chunk: 1000})
		if err := w.SetLimit(w.ctx, 10_000); err != nil {
			t.Fatal(err)
		}
		id := w.create(files(1))
		w.after(10 * time.Second)
		if n := w.job(id).BytesDone; n < 95_000 || n > 110_000 {
			t.Errorf("%d bytes in 10 s at 10,000 a second", n)
		}
		limit := int64(1000)
		if _, err := w.Change(w.ctx, id, openbits.JobChange{Limit: &limit}); err != nil {
			t.Fatal(err)
		}
		before := w.job(id).BytesDone
		w.after(10 * time.Second)
		if n := w.job(id).BytesDone - before; n < 8000 || n > 16_000 {
			t.Errorf("%d bytes in 10 s at 1,000 a second", n)
		}
		limit = 0
		if _, err := w.Change(w.ctx, id, openbits.JobChange{Limit: &limit}); err != nil {
			t.Fatal(err)
		}
		w.restart("")
		if rate, err := w.Limit(w.ctx); err != nil || rate != 10_000 {
			t.Errorf("after a restart the limit is %d, error %v", rate, err)
		}
		before = w.job(id).BytesDone
		w.after(10 * time.Second)
		if n := w.job(id).BytesDone - before; n < 90_000 || n > 110_000 {
			t.Errorf("%d bytes in 10 s after a restart", n)
		}
		if err := w.SetLimit(w.ctx, 0); err != nil {
			t.Fatal(err)
		}
		w.after(time.Second)
		w.is(id, openbits.StateAcknowledged)
	})
}
