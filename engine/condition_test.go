// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// waits counts how often a job began to wait.
func (w *world) waits(id string) (n int) {
	for _, s := range w.states(id) {
		if s == openbits.StateTransientError {
			n++
		}
	}
	return n
}

func TestDiskFull(t *testing.T) {
	tests := map[string]enginetest.Page{
		"found before the first byte": {Body: body(3 << 20), ETag: `"v1"`},
		"found while writing":         {Body: body(3 << 20), ETag: `"v1"`, Unsized: true},
	}
	for name, page := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.put("f0", page)
				w.disk.SetRoom(2 << 20)
				id := w.create(files(1))
				j := w.is(id, openbits.StateTransientError, openbits.ReasonDiskFull)
				if j.ErrorCount != 0 || j.Reason.Hint == "" || !strings.Contains(j.Reason.Text, folder) {
					t.Errorf("%d errors were counted, the reason is %+v", j.ErrorCount, j.Reason)
				}
				attempts := len(w.servers.Calls(""))
				w.after(2 * day)
				w.is(id, openbits.StateTransientError, openbits.ReasonDiskFull)
				if n := w.waits(id); n != 1 {
					t.Errorf("the job began to wait %d times", n)
				}
				if n := len(w.servers.Calls("")); n != attempts {
					t.Errorf("%d attempts were made at a full disk", n-attempts)
				}
				w.machine.ChangeNetwork() // does not help
				w.after(time.Second)
				if n := w.waits(id); n != 1 {
					t.Errorf("a network made the job begin to wait again: %d times", n)
				}
				w.disk.SetRoom(4 << 20)
				w.after(16 * time.Second)
				w.is(id, openbits.StateAcknowledged)
				w.holds("f0", page.Body)
			})
		})
	}
}

// TestDiskFullDoesNotSpread: another job on the same full disk that needs less room goes on.
func TestDiskFullDoesNotSpread(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("big", enginetest.Page{Body: body(3 << 20)})
		w.put("small", enginetest.Page{Body: body(1000)})
		w.disk.SetRoom(2 << 20)
		big := w.create(file("big"))
		small := w.create(file("small"))
		w.is(big, openbits.StateTransientError, openbits.ReasonDiskFull)
		w.is(small, openbits.StateAcknowledged)
	})
}

func TestFolderMissing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(2<<20, 100*time.Second))
		id := w.create(files(1))
		w.after(50 * time.Second)
		w.act(id, openbits.ActionSuspend)
		w.disk.Unmount(folder)
		w.act(id, openbits.ActionResume)
		j := w.is(id, openbits.StateTransientError, openbits.ReasonFolderMissing)
		if j.ErrorCount != 0 || !strings.Contains(j.Reason.Hint, folder) || j.Reason.Text == "" {
			t.Errorf("%d errors were counted, the reason is %+v", j.ErrorCount, j.Reason)
		}
		w.after(2 * day)
		if n := w.waits(id); n != 1 {
			t.Errorf("the job began to wait %d times", n)
		}
		w.disk.Mount(folder)
		w.after(time.Minute + 10*time.Second)
		w.is(id, openbits.StateAcknowledged)
		w.holds("f0", body(2<<20))
		if calls := w.servers.Calls(site + "f0"); calls[len(calls)-1].From < 1_000_000 {
			t.Errorf("the last attempt began at %d", calls[len(calls)-1].From)
		}
	})
}

// TestFolderMissingAtTheEnd: the folder may go away before the file can be published.
func TestFolderMissingAtTheEnd(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(1000, 10*time.Second))
		id := w.create(files(1))
		w.after(5 * time.Second)
		w.disk.Unmount(folder)
		w.after(time.Minute)
		w.is(id, openbits.StateTransientError, openbits.ReasonFolderMissing)
		w.disk.Mount(folder)
		w.after(time.Minute)
		w.is(id, openbits.StateAcknowledged)
		w.holds("f0", body(1000))
	})
}

// TestResumeTriesNow: an owner who made room need not wait for the next look.
func TestResumeTriesNow(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(3 << 20)})
		w.disk.SetRoom(2 << 20)
		id := w.create(files(1))
		w.act(id, openbits.ActionResume)
		w.is(id, openbits.StateTransientError, openbits.ReasonDiskFull)
		w.disk.SetRoom(4 << 20)
		w.act(id, openbits.ActionResume)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestConditionOverCalls: suspend, cancel and complete end the wait; nothing takes the job up afterwards.
func TestConditionOverCalls(t *testing.T) {
	for _, a := range []openbits.Action{openbits.ActionSuspend, openbits.ActionCancel, openbits.ActionComplete} {
		inWorld(t, nil, func(w *world) {
			w.put("f0", enginetest.Page{Body: body(3 << 20)})
			w.disk.SetRoom(2 << 20)
			id := w.create(files(1))
			w.is(id, openbits.StateTransientError, openbits.ReasonDiskFull)
			j := w.act(id, a)
			w.disk.SetRoom(4 << 20)
			w.after(time.Hour)
			w.is(id, j.State)
			if len(w.disk.Files(folder)) > 0 {
				t.Errorf("after %s the file was published", a)
			}
		})
	}
}

func TestCaptivePortal(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1000)})
		w.script("f0", enginetest.Attempt{Err: enginetest.Fail(openbits.KindCaptivePortal, site)})
		id := w.create(files(1))
		j := w.is(id, openbits.StateTransientError, openbits.ReasonCaptivePortal)
		if j.Reason.Hint == "" || j.Reason.Until.IsZero() {
			t.Errorf("the reason is %+v", j.Reason)
		}
		w.after(10 * time.Second)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestConditionOutlivesAFailedCommit: when the queue cannot note that the wait ended, the next look ends it.
func TestConditionOutlivesAFailedCommit(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(3 << 20)})
		w.disk.SetRoom(2 << 20)
		id := w.create(files(1))
		w.is(id, openbits.StateTransientError, openbits.ReasonDiskFull)
		failures := 0
		fail := func(*openbits.Change) error {
			if failures++; failures > 1 {
				return nil
			}
			return &openbits.Error{Op: "write", Object: "the queue", Kind: openbits.KindDiskFull, Context: openbits.ContextQueueManager, File: -1}
		}
		w.store.onCommit.Store(&fail)
		w.disk.SetRoom(4 << 20)
		w.after(time.Minute)
		if failures == 0 {
			t.Fatal("nothing was committed")
		}
		w.is(id, openbits.StateAcknowledged)
	})
}
