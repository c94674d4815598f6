// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// finishing brings a job to where its first file is being published, which takes ten seconds, while the second is
// whole and waits for that, and the third is still moving.
func (w *world) finishing() string {
	w.put("f0", enginetest.Page{Body: body(1000)})
	w.put("f1", slow(2000, time.Second))
	w.put("f2", slow(200_000, time.Minute))
	w.disk.OnPublish(func([]string) { time.Sleep(10 * time.Second) })
	id := w.create(files(3))
	w.after(2 * time.Second)
	w.is(id, openbits.StateTransferring)
	return id
}

// TestCancelWhilePublishing: what is on its way to its name arrives there, nothing follows after the cancel.
func TestCancelWhilePublishing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.finishing()
		w.act(id, openbits.ActionCancel)
		w.after(time.Minute)
		w.is(id, openbits.StateCancelled)
		w.published("f0")
		for i, want := range []openbits.FileState{openbits.FilePublished, openbits.FileDropped, openbits.FileDropped} {
			if f := w.fileOf(id, i); f.State != want {
				t.Errorf("file %d is %s, want %s", i, f.State, want)
			}
		}
	})
}

func TestSuspendWhilePublishing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.finishing()
		w.act(id, openbits.ActionSuspend)
		w.after(time.Minute)
		w.is(id, openbits.StateSuspended)
		w.act(id, openbits.ActionResume)
		w.after(2 * time.Minute)
		w.is(id, openbits.StateAcknowledged)
		w.published("f0", "f1", "f2")
		for i := range 2 {
			if n := len(w.servers.Calls(site + fmt.Sprintf("f%d", i))); n != 1 {
				t.Errorf("f%d was fetched %d times", i, n)
			}
		}
	})
}

func TestCompleteWhilePublishing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.finishing()
		w.act(id, openbits.ActionComplete)
		w.after(time.Minute)
		w.is(id, openbits.StateAcknowledged)
		w.published("f0", "f1")
	})
}

func TestCloseWhilePublishing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.finishing()
		w.Close()
		w.disk.OnPublish(nil)
		w.reopen("boot-2")
		w.after(2 * time.Minute)
		w.is(id, openbits.StateAcknowledged)
		w.published("f0", "f1", "f2")
	})
}

// TestExpiryWhilePublishing is like a cancel.
func TestExpiryWhilePublishing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(1000, 89*day+23*time.Hour+59*time.Minute+55*time.Second))
		w.disk.OnPublish(func([]string) { time.Sleep(10 * time.Second) })
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.MaxDownloadTime = 100 * day }))
		w.after(90*day + time.Minute)
		w.is(id, openbits.StateCancelled, openbits.ReasonExpired)
		w.noParts()
		if f := w.fileOf(id, 0); f.State != openbits.FilePublished || len(w.disk.Files(folder)) != 1 {
			t.Errorf("the file is %s, %d are there", f.State, len(w.disk.Files(folder)))
		}
	})
}

// TestRemovingWhilePublishing waits for the publication and is refused.
func TestRemovingWhilePublishing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.finishing()
		_, err := w.RemoveFile(w.ctx, id, 0)
		w.fails(err, openbits.KindInvalidState)
		w.after(2 * time.Minute)
		w.is(id, openbits.StateAcknowledged)
		w.published("f0", "f1", "f2")
	})
}

// TestRemovingTheLastFailedFile: a job without files waits for its owner, not for a file that is gone.
func TestRemovingTheLastFailedFile(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.create(files(1))
		w.is(id, openbits.StateError)
		if _, err := w.RemoveFile(w.ctx, id, 0); err != nil {
			t.Fatal(err)
		}
		w.after(0)
		if j := w.is(id, openbits.StateSuspended, openbits.ReasonNotStarted); j.Error != nil {
			t.Errorf("its error is %v", j.Error)
		}
		w.published()
		w.put("f1", enginetest.Page{Body: body(10)})
		if _, err := w.AddFiles(w.ctx, id, -1, more("f1")); err != nil {
			t.Fatal(err)
		}
		w.act(id, openbits.ActionResume)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestRemovingTheWaitingFile: what is left decides, without waiting for the removed file's time.
func TestRemovingTheWaitingFile(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(10)})
		w.script("f1", enginetest.Attempt{Err: enginetest.Fail(openbits.KindHTTP(500), site)})
		id := w.create(files(2), settings(func(s *openbits.Settings) { s.RetryDelay = time.Hour }))
		w.is(id, openbits.StateTransientError)
		if _, err := w.RemoveFile(w.ctx, id, 1); err != nil {
			t.Fatal(err)
		}
		w.after(0)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestAddingToAWaitingJob: a new file does not wait for an old one's time.
func TestAddingToAWaitingJob(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("new", enginetest.Page{Body: body(10)})
		w.script("f0", enginetest.Attempt{Err: enginetest.Fail(openbits.KindHTTP(500), site)})
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.RetryDelay = time.Hour }))
		w.is(id, openbits.StateTransientError)
		if _, err := w.AddFiles(w.ctx, id, -1, more("new")); err != nil {
			t.Fatal(err)
		}
		w.after(0)
		if f := w.fileOf(id, 1); f.State != openbits.FilePublished {
			t.Errorf("the new file is %s", f.State)
		}
		w.is(id, openbits.StateTransientError, openbits.ReasonRetry)
		if n := len(w.servers.Calls(site + "f0")); n != 1 {
			t.Errorf("the old file was tried %d times", n)
		}
	})
}
