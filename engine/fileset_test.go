// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// TestRenewURL gives a file in motion another URL; its bytes are kept where the new server has the same version.
func TestRenewURL(t *testing.T) {
	for _, tag := range []string{`"v1"`, `"v2"`} {
		inWorld(t, nil, func(w *world) {
			w.put("f0", slow(1_000_000, 100*time.Second))
			moved := slow(1_000_000, 100*time.Second)
			moved.ETag = tag
			w.servers.Put("http://mirror.example/f0", moved)
			id := w.create(files(1))
			w.after(50*time.Second + time.Second/2)
			if _, err := w.RenewURL(w.ctx, id, 0, "http://mirror.example/f0"); err != nil {
				t.Fatal(err)
			}
			w.after(time.Second)
			w.is(id, openbits.StateTransferring)
			if now, _ := w.servers.Going("example.org"); now != 0 {
				t.Error("the old URL is still used")
			}
			if f := w.fileOf(id, 0); f.URL != "http://mirror.example/f0" {
				t.Errorf("the file's URL is %s", f.URL)
			}
			w.after(49 * time.Second)
			if tag == `"v1"` {
				w.is(id, openbits.StateAcknowledged)
			} else {
				w.is(id, openbits.StateTransferring)
				w.after(51 * time.Second)
				w.is(id, openbits.StateAcknowledged)
			}
			w.holds("f0", body(1_000_000))
		})
	}
}

// TestRenewURLOfFailedFile: the owner of a job in error renews the URL and resumes it.
func TestRenewURLOfFailedFile(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.create(files(1))
		w.is(id, openbits.StateError)
		w.put("new", enginetest.Page{Body: body(10)})
		if _, err := w.RenewURL(w.ctx, id, 0, site+"new"); err != nil {
			t.Fatal(err)
		}
		w.act(id, openbits.ActionResume)
		w.is(id, openbits.StateAcknowledged)
		w.published("f0")
		_, err := w.RenewURL(w.ctx, id, 0, site+"newer")
		w.fails(err, openbits.KindInvalidState)
	})
}

// TestRenewURLOfWaitingFile: the new URL is tried at once.
func TestRenewURLOfWaitingFile(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("new", enginetest.Page{Body: body(10)})
		w.script("f0", enginetest.Attempt{Err: enginetest.Fail(openbits.KindHTTP(500), site)})
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.RetryDelay = time.Hour }))
		w.is(id, openbits.StateTransientError)
		if _, err := w.RenewURL(w.ctx, id, 0, site+"new"); err != nil {
			t.Fatal(err)
		}
		w.after(0)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestRenewURLRefused: a whole file keeps its URL, and nonsense is none.
func TestRenewURLRefused(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(10)})
		id := w.create(files(1), keep)
		_, err := w.RenewURL(w.ctx, id, 0, site+"new")
		w.fails(err, openbits.KindInvalidState)
		_, err = w.RenewURL(w.ctx, id, 0, "ftp://example.org/x")
		w.fails(err, openbits.KindInvalidArgument)
		_, err = w.RenewURL(w.ctx, id, 7, site+"new")
		w.fails(err, openbits.KindNotFound)
	})
}

// TestInvalidate: the owner looks at a whole file, refuses it, and gets it anew.
func TestInvalidate(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1000), ETag: `"v1"`})
		w.put("f1", enginetest.Page{Body: body(2000), ETag: `"v1"`})
		id := w.create(files(2), keep)
		w.is(id, openbits.StateTransferred)
		content, _, err := w.Open(w.ctx, id, 0)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(content); err != nil || len(b) != 1000 {
			t.Errorf("the owner reads %d bytes, error %v", len(b), err)
		}
		_ = content.Close()
		if _, err := w.Invalidate(w.ctx, id, 0); err != nil {
			t.Fatal(err)
		}
		j := w.is(id, openbits.StateError, openbits.ReasonFailed)
		if j.Error == nil || j.Error.Kind != openbits.KindValidationFailed || j.Error.File != 0 || j.BytesDone != 2000 {
			t.Errorf("its error is %v, it has %d bytes", j.Error, j.BytesDone)
		}
		_, _, err = w.Open(w.ctx, id, 0)
		w.fails(err, openbits.KindInvalidState)
		w.act(id, openbits.ActionResume)
		w.is(id, openbits.StateTransferred)
		calls := w.servers.Calls(site + "f0")
		if len(calls) != 2 || calls[1].From != 0 || len(w.servers.Calls(site+"f1")) != 1 {
			t.Errorf("there were %d attempts at the refused file, the last from %d", len(calls), calls[len(calls)-1].From)
		}
		w.act(id, openbits.ActionComplete)
		w.published("f0", "f1")
	})
}

// TestInvalidateBarsPublication: completing the job leaves the refused file out.
func TestInvalidateBarsPublication(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1000)})
		w.put("f1", enginetest.Page{Body: body(2000)})
		id := w.create(files(2), keep)
		if _, err := w.Invalidate(w.ctx, id, 0); err != nil {
			t.Fatal(err)
		}
		w.act(id, openbits.ActionComplete)
		w.published("f1")
	})
}

// TestInvalidateWhileMoving: a job that moves other files goes on; in the end it is in error.
func TestInvalidateWhileMoving(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(1000)})
		w.put("f1", slow(1000, time.Minute))
		id := w.create(files(2), keep)
		if _, err := w.Invalidate(w.ctx, id, 0); err != nil {
			t.Fatal(err)
		}
		if j := w.is(id, openbits.StateTransferring); j.Reason != nil {
			t.Errorf("a job that moves has the reason %+v", j.Reason)
		}
		w.after(2 * time.Minute)
		w.is(id, openbits.StateError, openbits.ReasonFailed)
	})
}

// more is a list of files that do not overlap with others.
func more(names ...string) (list []openbits.NewFile) {
	for _, name := range names {
		list = append(list, openbits.NewFile{URL: site + name, Folder: folder, Name: name})
	}
	return list
}

// TestAddFiles adds files to jobs at each stage of their lives.
func TestAddFiles(t *testing.T) {
	for name, reach := range stages {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.put("f0", slow(1_000_000, 20*time.Second))
				w.put("new", enginetest.Page{Body: body(10)})
				id := reach(w, false)
				added, err := w.AddFiles(w.ctx, id, -1, more("new"))
				if err != nil || len(added) != 1 || added[0].Index != 1 {
					t.Fatalf("added %+v, error %v", added, err)
				}
				if j := w.job(id); j.FilesTotal != 2 || j.State != openbits.State(name) && !j.State.Runnable() {
					t.Errorf("the job is %s and has %d files", j.State, j.FilesTotal)
				}
				w.cancelOthers(id)
				if _, err := w.Act(w.ctx, id, openbits.ActionSuspend); err != nil {
					t.Fatal(err)
				}
				w.act(id, openbits.ActionResume)
				w.after(time.Minute)
				w.is(id, openbits.StateTransferred)
				w.act(id, openbits.ActionComplete)
				w.published("f0", "new")
			})
		})
	}
}

// TestAddFilesToARunningJob: it moves them without further ado.
func TestAddFilesToARunningJob(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(1000, time.Minute))
		w.put("new", enginetest.Page{Body: body(10)})
		id := w.create(files(1))
		if _, err := w.AddFiles(w.ctx, id, 1, more("new")); err != nil {
			t.Fatal(err)
		}
		w.after(time.Second)
		if f := w.fileOf(id, 1); f.State != openbits.FilePublished {
			t.Errorf("the new file is %s", f.State)
		}
		w.after(time.Minute)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestRepeatedCalls answer what the first call did.
func TestRepeatedCalls(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		n := request(files(2), parked)
		first, isNew, err := w.Create(w.ctx, n)
		if err != nil || !isNew {
			t.Fatalf("new %v, error %v", isNew, err)
		}
		again, isNew, err := w.Create(w.ctx, n)
		if err != nil || isNew || again.ID != first.ID || again.Created != first.Created {
			t.Errorf("repeated: new %v, job %+v, error %v", isNew, again, err)
		}
		other := n
		other.Name = "another"
		_, _, err = w.Create(w.ctx, other)
		w.fails(err, openbits.KindIDInUse)
		stranger := n
		stranger.Owner.ID = "1001"
		_, _, err = w.Create(w.ctx, stranger)
		w.fails(err, openbits.KindIDInUse)

		for range 2 {
			added, err := w.AddFiles(w.ctx, n.ID, 2, more("a", "b"))
			if err != nil || len(added) != 2 || added[0].Index != 2 || added[1].Index != 3 {
				t.Errorf("added %+v, error %v", added, err)
			}
		}
		added, err := w.AddFiles(w.ctx, n.ID, 3, more("b", "c")) // the end of one call and more
		if err != nil || len(added) != 2 || added[1].Index != 4 {
			t.Errorf("added %+v, error %v", added, err)
		}
		_, err = w.AddFiles(w.ctx, n.ID, 2, more("x", "y"))
		w.fails(err, openbits.KindInvalidArgument)
		hashed := more("a", "b")
		hashed[0].Digest.Algorithm = "sha256"
		_, err = w.AddFiles(w.ctx, n.ID, 2, hashed)
		w.fails(err, openbits.KindInvalidArgument)
		_, err = w.AddFiles(w.ctx, n.ID, 9, more("x"))
		w.fails(err, openbits.KindInvalidArgument)
		if j := w.job(n.ID); j.FilesTotal != 5 || w.count(n.ID, openbits.EventCreated) != 1 {
			t.Errorf("the job has %d files", j.FilesTotal)
		}
	})
}

// TestBusyDestinations: two jobs never write one path, nor does a job replace a file.
func TestBusyDestinations(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(10)})
		holder := w.create(files(1), parked)
		_, _, err := w.Create(w.ctx, request(files(1)))
		w.fails(err, openbits.KindDestinationBusy)
		_, _, err = w.Create(w.ctx, request(file("x"), file("x")))
		w.fails(err, openbits.KindDestinationBusy)
		id := w.create(file("y"), parked)
		_, err = w.AddFiles(w.ctx, id, -1, more("z", "f0"))
		w.fails(err, openbits.KindDestinationBusy)
		if j := w.job(id); j.FilesTotal != 1 {
			t.Errorf("a refused call added %d files", j.FilesTotal-1)
		}
		w.disk.Write(folder+"/there", []byte("x"))
		_, _, err = w.Create(w.ctx, request(file("there")))
		w.fails(err, openbits.KindFileExists)
		_, _, err = w.Create(w.ctx, request(func(n *openbits.NewJob) {
			n.Files = []openbits.NewFile{{URL: site + "x", Folder: "/nowhere", Name: "x"}}
		}))
		w.fails(err, openbits.KindFolderMissing)
		// A file that is removed gives its path back.
		if _, err := w.RemoveFile(w.ctx, holder, 0); err != nil {
			t.Fatal(err)
		}
		w.is(w.create(files(1)), openbits.StateAcknowledged)
	})
}

// TestFileAppearsMeanwhile: what another program wrote is not replaced; the bytes are kept until its owner decides.
func TestFileAppearsMeanwhile(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", slow(200_000, time.Minute))
		id := w.create(files(1))
		w.disk.Write(folder+"/f0", []byte("mine"))
		w.after(2 * time.Minute)
		j := w.is(id, openbits.StateError, openbits.ReasonFailed)
		if j.Error == nil || j.Error.Kind != openbits.KindFileExists {
			t.Errorf("its error is %v", j.Error)
		}
		w.holds("f0", []byte("mine"))
		w.disk.Remove(folder + "/f0")
		w.act(id, openbits.ActionResume)
		w.is(id, openbits.StateAcknowledged)
		if n := len(w.servers.Calls("")); n != 1 {
			t.Errorf("the content was fetched %d times", n)
		}
	})
}

// TestEmptyFiles: files without a byte are files.
func TestEmptyFiles(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for i := range 3 {
			w.put(fmt.Sprintf("f%d", i), enginetest.Page{Body: []byte{}, Unsized: i == 1})
		}
		for _, auto := range []option{keep, func(*openbits.NewJob) {}} {
			id := w.create(files(3), auto, settings(func(s *openbits.Settings) { s.Overwrite = true }))
			if w.job(id).State == openbits.StateTransferred {
				w.act(id, openbits.ActionComplete)
			}
			j := w.is(id, openbits.StateAcknowledged)
			if j.BytesTotal != 0 || j.FilesDone != 3 || len(w.disk.Files(folder)) != 3 {
				t.Errorf("the job has %d bytes, %d files are done, %d there", j.BytesTotal, j.FilesDone, len(w.disk.Files(folder)))
			}
		}
	})
}

// TestEmptyJob cannot be started.
func TestEmptyJob(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		_, _, err := w.Create(w.ctx, request())
		w.fails(err, openbits.KindEmpty)
		id := w.create(parked)
		_, err = w.Act(w.ctx, id, openbits.ActionResume)
		w.fails(err, openbits.KindEmpty)
		_, err = w.Act(w.ctx, newID(), openbits.ActionResume)
		w.fails(err, openbits.KindNotFound)
		_, err = w.Act(w.ctx, id, "dream")
		w.fails(err, openbits.KindInvalidArgument)
	})
}
