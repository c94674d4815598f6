// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/engine/enginetest"
)

// routes is a store whose routes cannot be read while err is set.
type routes struct {
	engine.Store
	err atomic.Pointer[openbits.Error]
}

func (s *routes) Route(ctx context.Context, id string) (openbits.Route, error) {
	if err := s.err.Load(); err != nil {
		return openbits.Route{}, err
	}
	return s.Store.Route(ctx, id)
}

// A job does not fail because the queue cannot be read for a moment, as when too many files are open.
func TestQueueCannotBeRead(t *testing.T) {
	store := new(routes)
	store.err.Store(&openbits.Error{Op: "read", Object: "the queue", Kind: openbits.KindLocalFile, File: -1})
	inWorld(t, func(o *engine.Options) {
		store.Store = o.Store
		o.Store = store
	}, func(w *world) {
		w.put("a", enginetest.Page{Body: body(100)})
		id := w.create(file("a"))
		w.is(id, openbits.StateQueued)
		store.err.Store(nil)
		w.after(openbits.DefaultRetryDelay)
		w.is(id, openbits.StateAcknowledged)
	})
}

// stuck is a disk that cannot delete the parts in one folder.
type stuck struct {
	*enginetest.Disk
	folder string
}

func (d stuck) Discard(ctx context.Context, places []openbits.Place) error {
	for _, p := range places {
		if p.Folder.Path == d.folder {
			return &openbits.Error{Op: "remove", Object: p.Path(), Kind: openbits.KindWriteDenied, File: -1}
		}
	}
	return d.Disk.Discard(ctx, places)
}

// Bytes of one job that cannot be deleted keep nobody else's on the disk.
func TestSweepGoesOn(t *testing.T) {
	inWorld(t, func(o *engine.Options) { o.Sink = stuck{o.Sink.(*enginetest.Disk), "/other"} }, func(w *world) {
		w.disk.Mkdir("/other")
		w.put("a", slow(100_000, time.Hour))
		w.put("b", slow(100_000, time.Hour))
		first := w.create(file("a"))
		second := w.create(func(n *openbits.NewJob) {
			n.Files = append(n.Files, openbits.NewFile{URL: site + "b", Folder: "/other", Name: "b"})
		})
		w.after(time.Minute)
		w.act(second, openbits.ActionCancel)
		w.act(first, openbits.ActionCancel)
		w.noParts()
		if n := len(w.disk.Parts("/other")); n != 1 {
			t.Errorf("%d part files are in the folder from which none can be deleted", n)
		}
	})
}

// A file whose publication was not answered for is not given up while its volume is away: it may stand there.
func TestPublishedOnAVolumeThatIsAway(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("a", enginetest.Page{Body: body(100)})
		fail := func(c *openbits.Change) error {
			if len(c.Files) == 1 && c.Files[0].State == openbits.FilePublished {
				return errFullQueue
			}
			return nil
		}
		id := w.create(file("a"), keep)
		w.store.onCommit.Store(&fail)
		_, err := w.Act(w.ctx, id, openbits.ActionComplete)
		w.fails(err, openbits.KindDiskFull)
		w.store.onCommit.Store(nil)
		w.disk.Unmount(folder)
		w.act(id, openbits.ActionCancel)
		w.after(time.Minute)
		w.disk.Mount(folder)
		w.after(2 * openbits.MaxRetryDelay)
		if f := w.fileOf(id, 0); f.State != openbits.FilePublished {
			t.Errorf("the file is %s, and stands under its name", f.State)
		}
		w.published("a")
	})
}
