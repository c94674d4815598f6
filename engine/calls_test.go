// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// stages bring a job of one 1,000,000-byte file f0 to some point of its life.
var stages = map[string]func(w *world, auto bool) string{
	"suspended": func(w *world, auto bool) string {
		return w.create(files(1), parked, settings(func(s *openbits.Settings) { s.AutoComplete = auto }))
	},
	"queued": func(w *world, auto bool) string {
		for i := range 4 {
			w.create(w.one(fmt.Sprintf("above%d", i), time.Hour), priority(openbits.PriorityHigh))
		}
		return w.create(files(1), settings(func(s *openbits.Settings) { s.AutoComplete = auto }))
	},
	"connecting": func(w *world, auto bool) string {
		w.script("f0", enginetest.Attempt{Delay: time.Hour})
		return w.create(files(1), settings(func(s *openbits.Settings) { s.AutoComplete = auto }))
	},
	"transferring": func(w *world, auto bool) string {
		w.script("f0", enginetest.Attempt{Stop: 600_000, Hang: true})
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.AutoComplete = auto }))
		w.after(time.Minute)
		return id
	},
	"transient_error": func(w *world, auto bool) string {
		w.script("f0", enginetest.Attempt{Err: enginetest.Fail(openbits.KindHTTP(500), site)})
		return w.create(files(1), settings(func(s *openbits.Settings) { s.AutoComplete, s.RetryDelay = auto, time.Hour }))
	},
	"error": func(w *world, auto bool) string {
		w.script("f0", enginetest.Attempt{Err: enginetest.Fail(openbits.KindHTTP(404), site)})
		return w.create(files(1), settings(func(s *openbits.Settings) { s.AutoComplete = auto }))
	},
	"transferred": func(w *world, _ bool) string {
		id := w.create(files(1), keep)
		w.after(time.Minute)
		return id
	},
}

// eachStage runs a test for a job at each stage.
func eachStage(t *testing.T, auto bool, fn func(w *world, id string, stage openbits.State)) {
	t.Helper()
	for name, reach := range stages {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.put("f0", slow(1_000_000, 20*time.Second))
				id := reach(w, auto)
				w.is(id, openbits.State(name))
				fn(w, id, openbits.State(name))
			})
		})
	}
}

func (w *world) cancelOthers(id string) {
	page, err := w.Jobs(w.ctx, openbits.JobQuery{States: []openbits.State{openbits.StateQueued, openbits.StateConnecting, openbits.StateTransferring}})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, j := range page.Jobs {
		if j.ID != id {
			w.act(j.ID, openbits.ActionCancel)
		}
	}
}

func TestSuspendAndResumeAtEveryStage(t *testing.T) {
	eachStage(t, true, func(w *world, id string, stage openbits.State) {
		before := w.job(id)
		w.act(id, openbits.ActionSuspend)
		j := w.is(id, openbits.StateSuspended)
		if stage != openbits.StateSuspended && j.Reason.Code != openbits.ReasonSuspended {
			t.Errorf("the reason is %+v", j.Reason)
		}
		if now, _ := w.servers.Going("example.org"); now != 0 {
			t.Errorf("%d transfers go on", now)
		}
		w.cancelOthers(id)
		w.after(2 * time.Hour)
		if j = w.is(id, openbits.StateSuspended); j.BytesDone != before.BytesDone {
			t.Errorf("the job had %d bytes, and while suspended %d", before.BytesDone, j.BytesDone)
		}
		w.act(id, openbits.ActionResume)
		w.after(2 * time.Minute)
		if stage == openbits.StateTransferred {
			w.is(id, openbits.StateTransferred, openbits.ReasonNeedsComplete)
			return
		}
		w.is(id, openbits.StateAcknowledged)
		w.holds("f0", body(1_000_000))
		if calls := w.servers.Calls(site + "f0"); calls[len(calls)-1].From != before.BytesDone {
			t.Errorf("it had %d bytes and went on at %d", before.BytesDone, calls[len(calls)-1].From)
		}
	})
}

func TestResumeAtEveryStage(t *testing.T) {
	eachStage(t, true, func(w *world, id string, stage openbits.State) {
		j, err := w.Act(w.ctx, id, openbits.ActionResume)
		if stage == openbits.StateTransferred {
			w.fails(err, openbits.KindEmpty)
			return
		}
		if err != nil || stage.Runnable() && j.State != stage {
			t.Errorf("the job is %s, error %v", j.State, err)
		}
		if stage.Active() {
			return // and goes on as it was
		}
		w.cancelOthers(id)
		w.after(time.Minute)
		w.is(id, openbits.StateAcknowledged)
	})
}

func TestCancelAtEveryStage(t *testing.T) {
	for _, auto := range []bool{true, false} {
		eachStage(t, auto, func(w *world, id string, _ openbits.State) {
			w.act(id, openbits.ActionCancel)
			j := w.is(id, openbits.StateCancelled, openbits.ReasonCancelled)
			if j.Ended.IsZero() || j.Sweep {
				t.Errorf("it ended at %v, its bytes are still to be deleted: %v", j.Ended, j.Sweep)
			}
			w.cancelOthers(id)
			w.after(2 * time.Hour)
			w.is(id, openbits.StateCancelled)
			w.published()
			if f := w.fileOf(id, 0); f.State != openbits.FileDropped {
				t.Errorf("its file is %s", f.State)
			}
			w.allRefused(id)
			// Its destination is free again.
			again := w.create(files(1))
			w.after(time.Hour + time.Minute)
			w.is(again, openbits.StateAcknowledged)
		})
	}
}

// allRefused checks that every call answers invalid_state for a final job.
func (w *world) allRefused(id string) {
	w.t.Helper()
	name := "x"
	for _, a := range openbits.Actions {
		_, err := w.Act(w.ctx, id, a)
		w.fails(err, openbits.KindInvalidState)
	}
	_, err := w.Change(w.ctx, id, openbits.JobChange{Name: &name})
	w.fails(err, openbits.KindInvalidState)
	_, err = w.AddFiles(w.ctx, id, -1, []openbits.NewFile{{URL: site + "new", Folder: folder, Name: "new"}})
	w.fails(err, openbits.KindInvalidState)
	_, err = w.RenewURL(w.ctx, id, 0, site+"new")
	w.fails(err, openbits.KindInvalidState)
	_, err = w.RemoveFile(w.ctx, id, 0)
	w.fails(err, openbits.KindInvalidState)
	_, err = w.Invalidate(w.ctx, id, 0)
	w.fails(err, openbits.KindInvalidState)
}

func TestCompleteAtEveryStage(t *testing.T) {
	eachStage(t, false, func(w *world, id string, stage openbits.State) {
		j := w.act(id, openbits.ActionComplete)
		if j.State != openbits.StateAcknowledged {
			t.Errorf("complete answers a job that is %s", j.State)
		}
		w.is(id, openbits.StateAcknowledged, openbits.ReasonCompleted)
		w.cancelOthers(id)
		w.after(2 * time.Hour)
		if stage == openbits.StateTransferred {
			w.published("f0")
			w.holds("f0", body(1_000_000))
		} else {
			w.published()
		}
		w.allRefused(id)
	})
}

// TestPartialComplete publishes only what is whole, and deletes the other bytes.
func TestPartialComplete(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1000)})
		w.put("f1", slow(200_000, time.Hour))
		w.put("f2", enginetest.Page{Body: body(2000)})
		w.script("f3", enginetest.Attempt{Err: enginetest.Fail(openbits.KindHTTP(500), site)})
		id := w.create(files(5), keep) // f4 does not exist
		w.after(40 * time.Minute)
		w.is(id, openbits.StateTransferring)
		j := w.act(id, openbits.ActionComplete)
		w.published("f0", "f2")
		if j.FilesDone != 2 || j.FilesTotal != 5 || j.Reason == nil {
			t.Errorf("%d of %d files are done, reason %+v", j.FilesDone, j.FilesTotal, j.Reason)
		}
		for i, want := range []openbits.FileState{openbits.FilePublished, openbits.FileDropped, openbits.FilePublished, openbits.FileDropped, openbits.FileDropped} {
			if f := w.fileOf(id, i); f.State != want {
				t.Errorf("file %d is %s, want %s", i, f.State, want)
			}
		}
	})
}

// TestCompleteCanBeRepeated: a file that cannot be published keeps the job; what was published stays.
func TestCompleteCanBeRepeated(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for i := range 3 {
			w.put(fmt.Sprintf("f%d", i), enginetest.Page{Body: body(1000 + i)})
		}
		id := w.create(files(3), keep)
		w.is(id, openbits.StateTransferred)
		w.disk.Write(folder+"/f1", []byte("somebody else's"))
		for range 2 {
			_, err := w.Act(w.ctx, id, openbits.ActionComplete)
			w.fails(err, openbits.KindFileExists)
			if e := openbits.AsError(err); e.File != 1 {
				t.Errorf("the error is about file %d", e.File)
			}
			w.is(id, openbits.StateTransferred)
		}
		w.holds("f0", body(1000))
		w.holds("f2", body(1002))
		w.holds("f1", []byte("somebody else's"))
		w.disk.Remove(folder + "/f1")
		w.act(id, openbits.ActionComplete)
		w.is(id, openbits.StateAcknowledged)
		w.published("f0", "f1", "f2")
	})
}

// TestOverwrite replaces what stands under the name, and only when it is asked to.
func TestOverwrite(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1000)})
		w.disk.Write(folder+"/f0", []byte("old"))
		_, _, err := w.Create(w.ctx, request(files(1)))
		w.fails(err, openbits.KindFileExists)
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.Overwrite = true }))
		w.is(id, openbits.StateAcknowledged)
		w.holds("f0", body(1000))
	})
}

// TestAutoCompleteWithFailure publishes what it can and ends in error; removing the failed file finishes the job.
func TestAutoCompleteWithFailure(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1000)})
		w.put("f2", slow(2000, time.Minute))
		id := w.create(files(3))
		w.after(2 * time.Minute)
		j := w.is(id, openbits.StateError, openbits.ReasonFailed)
		if j.FilesDone != 2 || j.FilesFailed != 1 || j.Error == nil || j.Error.File != 1 || j.Error.Kind != openbits.KindHTTP(404) {
			t.Errorf("%d files are done, %d failed, error %v", j.FilesDone, j.FilesFailed, j.Error)
		}
		w.holds("f0", body(1000))
		w.holds("f2", body(2000))
		if _, err := w.RemoveFile(w.ctx, id, 1); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		j = w.is(id, openbits.StateAcknowledged, openbits.ReasonCompleted)
		if j.FilesTotal != 2 || j.FilesFailed != 0 || j.Error != nil {
			t.Errorf("%d files, %d failed, error %v", j.FilesTotal, j.FilesFailed, j.Error)
		}
		w.published("f0", "f2")
	})
}

// TestRemovingTheFailedFile: the same without auto_complete ends in transferred.
func TestRemovingTheFailedFile(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1000)})
		id := w.create(files(2), keep)
		w.is(id, openbits.StateError)
		if _, err := w.RemoveFile(w.ctx, id, 1); err != nil {
			t.Fatal(err)
		}
		w.is(id, openbits.StateTransferred, openbits.ReasonNeedsComplete)
	})
}

// TestRemovingARenewedFile: the failed file got another URL, which makes it wait for a resume, and is removed then. Nothing
// is left to wait for.
func TestRemovingARenewedFile(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1000)})
		id := w.create(files(2))
		w.is(id, openbits.StateError)
		if _, err := w.RenewURL(w.ctx, id, 1, site+"elsewhere"); err != nil {
			t.Fatal(err)
		}
		w.is(id, openbits.StateError)
		if _, err := w.RemoveFile(w.ctx, id, 1); err != nil {
			t.Fatal(err)
		}
		if j := w.is(id, openbits.StateAcknowledged, openbits.ReasonCompleted); j.Error != nil {
			t.Errorf("its error is %v", j.Error)
		}
	})
}

// TestRemovingFromAJobThatGaveUp: a job that gave up is not resumed because its owner removes a file.
func TestRemovingFromAJobThatGaveUp(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(1000, time.Hour))
		w.put("f1", slow(1000, time.Hour))
		id := w.create(files(2), settings(func(s *openbits.Settings) { s.MaxDownloadTime = time.Minute }))
		w.after(2 * time.Minute)
		w.is(id, openbits.StateError)
		before := w.states(id)
		if _, err := w.RemoveFile(w.ctx, id, 1); err != nil {
			t.Fatal(err)
		}
		w.after(time.Second)
		if after := w.states(id); len(after) != len(before) {
			t.Errorf("it went through %v", after[len(before):])
		}
		if j := w.is(id, openbits.StateError, openbits.ReasonFailed); j.Error == nil || j.Error.Kind != openbits.KindMaxDownloadTime {
			t.Errorf("its error is %v", j.Error)
		}
	})
}

// TestAllFilesRemoved: a job whose files all go away while it runs does not end by itself.
func TestAllFilesRemoved(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for i := range 3 {
			w.put(fmt.Sprintf("f%d", i), slow(200_000, time.Hour))
		}
		id := w.create(files(3))
		w.after(20 * time.Minute)
		for i := range 3 {
			if _, err := w.RemoveFile(w.ctx, id, i); err != nil {
				t.Fatal(err)
			}
		}
		w.after(time.Minute)
		j := w.is(id, openbits.StateSuspended, openbits.ReasonNotStarted)
		if j.FilesTotal != 0 || j.BytesDone != 0 || j.BytesTotal != 0 {
			t.Errorf("its sums are %d files, %d of %d bytes", j.FilesTotal, j.BytesDone, j.BytesTotal)
		}
		w.published()
		_, err := w.Act(w.ctx, id, openbits.ActionResume)
		w.fails(err, openbits.KindEmpty)
		_, err = w.RemoveFile(w.ctx, id, 1)
		w.fails(err, openbits.KindInvalidState)
	})
}

// TestSuspendAndResumeAtOnce: a resume that comes before the transfers have ended does not start them twice, and what
// the job was active before does not count.
func TestSuspendAndResumeAtOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(1_000_000, 100*time.Minute))
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.MaxDownloadTime = 80 * time.Minute }))
		w.after(50 * time.Minute)
		for _, a := range []openbits.Action{openbits.ActionSuspend, openbits.ActionResume} {
			if _, err := w.Act(w.ctx, id, a); err != nil {
				t.Fatal(err)
			}
		}
		w.after(time.Minute)
		w.is(id, openbits.StateTransferring)
		if _, most := w.servers.Going("example.org"); most != 1 {
			t.Errorf("%d transfers went on at once", most)
		}
		w.after(55 * time.Minute)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestEventsTellTheStory is the record of an ordinary job.
func TestEventsTellTheStory(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1000)})
		id := w.create(files(1), keep)
		w.act(id, openbits.ActionComplete)
		want := []string{
			"job_created suspended", "job_state queued", "job_state connecting", "job_state transferring",
			"file_state transferred", "job_state transferred", "file_state published", "job_state acknowledged",
		}
		if got := w.events(id); !slices.Equal(got, want) {
			t.Errorf("the record is %v", got)
		}
	})
}
