// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/engine/enginetest"
)

// one adds a single file of its own host that takes d to arrive.
func (w *world) one(name string, d time.Duration) option {
	url := "http://" + name + ".example/" + name
	w.servers.Put(url, slow(10_000, d))
	return at(url, name)
}

// running counts the jobs that hold a place.
func (w *world) running(ids []string) (n int) {
	for _, id := range ids {
		if w.job(id).State.Active() {
			n++
		}
	}
	return n
}

func TestForegroundAllAtOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		var ids []string
		for i := range 40 {
			ids = append(ids, w.create(w.one(fmt.Sprintf("fg%d", i), time.Minute), priority(openbits.PriorityForeground)))
		}
		background := w.create(w.one("bg", time.Minute), priority(openbits.PriorityLow))
		if n := w.running(ids); n != 40 {
			t.Errorf("%d of 40 foreground jobs run", n)
		}
		w.is(background, openbits.StateTransferring)
		w.after(2 * time.Minute)
		for _, id := range append(ids, background) {
			w.is(id, openbits.StateAcknowledged)
		}
	})
}

// TestForegroundHasAnEnd: beyond ForegroundJobs even they wait for their turn, which keeps memory bounded.
func TestForegroundHasAnEnd(t *testing.T) {
	inWorld(t, func(o *engine.Options) { o.ForegroundJobs = 3 }, func(w *world) {
		var ids []string
		for i := range 5 {
			ids = append(ids, w.create(w.one(fmt.Sprintf("fg%d", i), time.Minute), priority(openbits.PriorityForeground)))
		}
		if n := w.running(ids); n != 3 {
			t.Errorf("%d foreground jobs run, want 3", n)
		}
		w.is(ids[4], openbits.StateQueued, openbits.ReasonTurn)
		w.after(61 * time.Second)
		if n := w.running(ids[3:]); n != 2 {
			t.Errorf("%d of the last two run, want 2", n)
		}
		w.after(time.Minute)
	})
}

func TestStrictPriority(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		low := w.create(w.one("low", time.Minute), priority(openbits.PriorityLow))
		w.is(low, openbits.StateTransferring)
		w.after(10 * time.Second)
		normal := w.create(w.one("normal", time.Minute))
		w.is(low, openbits.StateQueued, openbits.ReasonPriority)
		w.is(normal, openbits.StateTransferring)
		high := w.create(w.one("high", time.Minute), priority(openbits.PriorityHigh))
		w.is(normal, openbits.StateQueued, openbits.ReasonPriority)
		w.is(low, openbits.StateQueued, openbits.ReasonPriority)
		w.is(high, openbits.StateTransferring)
		w.after(61 * time.Second)
		w.is(high, openbits.StateAcknowledged)
		w.is(normal, openbits.StateTransferring)
		w.is(low, openbits.StateQueued, openbits.ReasonPriority)
		w.after(61 * time.Second)
		w.is(normal, openbits.StateAcknowledged)
		w.is(low, openbits.StateTransferring)
		// Its first ten seconds were kept.
		w.after(51 * time.Second)
		w.is(low, openbits.StateAcknowledged)
		w.published("low", "normal", "high")
	})
}

// TestWhatWaitsDoesNotBlock: jobs that cannot run do not keep lower levels from running.
func TestWhatWaitsDoesNotBlock(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		high := priority(openbits.PriorityHigh)
		refused := "http://refused.example/x"
		w.servers.Trouble("refused.example", enginetest.Fail(openbits.KindConnectFailure, refused))
		w.servers.Put("http://done.example/x", enginetest.Page{Body: body(10)})
		transient := w.create(high, at(refused, "transient"))
		failed := w.create(high, at("http://none.example/x", "failed"))
		transferred := w.create(high, at("http://done.example/x", "done"), keep)
		parkedJob := w.create(high, w.one("parked", time.Minute), parked)
		w.is(transient, openbits.StateTransientError, openbits.ReasonRetry)
		w.is(failed, openbits.StateError, openbits.ReasonFailed)
		w.is(transferred, openbits.StateTransferred, openbits.ReasonNeedsComplete)
		w.is(parkedJob, openbits.StateSuspended, openbits.ReasonNotStarted)
		low := w.create(w.one("low", 2*time.Second), priority(openbits.PriorityLow))
		w.is(low, openbits.StateTransferring)
		w.after(3 * time.Second)
		w.is(low, openbits.StateAcknowledged)
		w.act(transient, openbits.ActionCancel)
	})
}

func TestBackgroundLimitAndTurn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		var ids []string
		for i := range 10 {
			ids = append(ids, w.create(w.one(fmt.Sprintf("j%d", i), time.Minute)))
			w.after(time.Second)
		}
		for i, id := range ids {
			if i < 4 {
				w.is(id, openbits.StateTransferring)
			} else {
				w.is(id, openbits.StateQueued, openbits.ReasonTurn)
			}
		}
		w.after(50500 * time.Millisecond) // the first ended after a minute: the fifth has its place
		w.is(ids[0], openbits.StateAcknowledged)
		w.is(ids[4], openbits.StateTransferring)
		w.is(ids[5], openbits.StateQueued)
		w.after(5 * time.Minute)
		for _, id := range ids {
			w.is(id, openbits.StateAcknowledged)
		}
	})
}

// TestSlices: above the limit each job has a slice and then goes to the end of the line; nobody waits for ever.
func TestSlices(t *testing.T) {
	inWorld(t, func(o *engine.Options) { o.BackgroundJobs = 2 }, func(w *world) {
		var ids []string
		for i := range 6 {
			ids = append(ids, w.create(w.one(fmt.Sprintf("j%d", i), 20*time.Minute)))
		}
		run := func() (list []int) {
			for i, id := range ids {
				if w.job(id).State.Active() {
					list = append(list, i)
				}
			}
			return list
		}
		w.after(time.Second)
		for round, want := range [][]int{{0, 1}, {2, 3}, {4, 5}, {0, 1}, {2, 3}, {4, 5}, {0, 1}, {2, 3}, {4, 5}, {0, 1}, {2, 3}, {4, 5}} {
			if got := run(); !slices.Equal(got, want) {
				t.Errorf("in slice %d the jobs %v run, want %v", round, got, want)
			}
			w.after(openbits.DefaultSlice)
		}
		w.after(5 * time.Minute) // each change of turns costs a chunk that was under way
		for _, id := range ids {
			w.is(id, openbits.StateAcknowledged)
		}
	})
}

// TestNoSlicesWithRoom: while nobody waits, jobs keep their places.
func TestNoSlicesWithRoom(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.create(w.one("only", time.Hour))
		for range 3 {
			w.create(w.one(newID()[:8], time.Hour))
		}
		w.after(61 * time.Minute)
		want := []openbits.State{openbits.StateQueued, openbits.StateConnecting, openbits.StateTransferring, openbits.StateAcknowledged}
		if got := w.states(id); !slices.Equal(got, want) {
			t.Errorf("the job went through %v", got)
		}
	})
}

func TestChangingPriority(t *testing.T) {
	inWorld(t, func(o *engine.Options) { o.BackgroundJobs = 1 }, func(w *world) {
		change := func(id string, p openbits.Priority) {
			if _, err := w.Change(w.ctx, id, openbits.JobChange{Priority: &p}); err != nil {
				t.Fatal(err)
			}
			w.after(0)
		}
		a := w.create(w.one("a", time.Minute))
		b := w.create(w.one("b", time.Minute))
		c := w.create(w.one("c", time.Minute))
		w.is(b, openbits.StateQueued, openbits.ReasonTurn)

		change(c, openbits.PriorityHigh) // a queued one comes forward
		w.is(a, openbits.StateQueued, openbits.ReasonPriority)
		w.is(c, openbits.StateTransferring)

		change(c, openbits.PriorityLow) // a running one steps back; the others keep their order
		w.is(c, openbits.StateQueued, openbits.ReasonPriority)
		w.is(a, openbits.StateTransferring)

		change(b, openbits.PriorityForeground)
		w.is(a, openbits.StateTransferring)
		w.is(b, openbits.StateTransferring)

		change(a, openbits.PriorityForeground) // it leaves its background place to the next
		w.is(a, openbits.StateTransferring)
		w.is(c, openbits.StateTransferring)
		w.after(3 * time.Minute)
		w.published("a", "b", "c")
	})
}

func TestFilesAndConnections(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		// One host gets 8 connections, whatever the job could use.
		for i := range 40 {
			w.put(fmt.Sprintf("f%d", i), slow(1000, time.Minute))
		}
		id := w.create(files(40))
		if now, _ := w.servers.Going("example.org"); now != openbits.MaxConnectionsPerHost {
			t.Errorf("the job has %d connections to its host, want %d", now, openbits.MaxConnectionsPerHost)
		}
		// A second job cannot have more of them.
		other := w.create(func(n *openbits.NewJob) {
			for i := range 4 {
				w.put(fmt.Sprintf("g%d", i), slow(1000, time.Minute))
				file(fmt.Sprintf("g%d", i))(n)
			}
		})
		w.is(other, openbits.StateConnecting, openbits.ReasonHostBusy)
		w.after(10 * time.Minute)
		w.is(id, openbits.StateAcknowledged)
		w.is(other, openbits.StateAcknowledged)
		if _, most := w.servers.Going("example.org"); most != openbits.MaxConnectionsPerHost {
			t.Errorf("the host saw %d connections at most", most)
		}
	})
}

// TestFilesPerJob: over many hosts, a job moves 16 files at a time.
func TestFilesPerJob(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.create(func(n *openbits.NewJob) {
			for i := range 40 {
				w.one(fmt.Sprintf("h%d", i), time.Minute)(n)
			}
		})
		if now, _ := w.servers.Going(""); now != 16 {
			t.Errorf("%d files move at once, want 16", now)
		}
		w.after(4 * time.Minute)
		w.is(id, openbits.StateAcknowledged)
		if _, most := w.servers.Going(""); most != 16 {
			t.Errorf("%d files moved at once at most, want 16", most)
		}
	})
}

// TestForegroundFirstInLine: a free connection goes to a foreground job before older background ones.
func TestForegroundFirstInLine(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for i := range 20 {
			w.put(fmt.Sprintf("f%d", i), slow(1000, time.Minute))
		}
		w.put("urgent", slow(1000, time.Second))
		w.create(files(8), priority(openbits.PriorityForeground)) // which give none away
		w.create(func(n *openbits.NewJob) {
			for i := range 12 {
				file(fmt.Sprintf("f%d", 8+i))(n)
			}
		})
		urgent := w.create(file("urgent"), priority(openbits.PriorityForeground))
		w.is(urgent, openbits.StateConnecting, openbits.ReasonHostBusy)
		w.after(60*time.Second + time.Second/2)
		w.is(urgent, openbits.StateTransferring)
		w.after(5 * time.Minute)
	})
}
