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

// clockStore is a store whose writes about the clock fail once left has run out; below zero none does.
type clockStore struct {
	engine.Store
	left atomic.Int64
}

var errFullQueue = &openbits.Error{Op: "save", Object: "the queue", Kind: openbits.KindDiskFull, Context: openbits.ContextQueueManager, File: -1}

func (s *clockStore) take() error {
	if s.left.Load() == 0 {
		return errFullQueue
	}
	s.left.Add(-1)
	return nil
}

func (s *clockStore) Shift(ctx context.Context, d time.Duration) error {
	if err := s.take(); err != nil {
		return err
	}
	return s.Store.Shift(ctx, d)
}

func (s *clockStore) SetMeta(ctx context.Context, key, value string) error {
	if err := s.take(); err != nil {
		return err
	}
	return s.Store.SetMeta(ctx, key, value)
}

// A service that is killed while it notes the time of a new boot does not take the time of the last boot for a
// jump of the clock when it starts again.
func TestKilledWhileNotingTheTime(t *testing.T) {
	for calls := range 4 {
		store := new(clockStore)
		store.left.Store(-1)
		inWorld(t, func(o *engine.Options) {
			store.Store = o.Store
			o.Store = store
		}, func(w *world) {
			id := w.create(file("a"), parked)
			w.after(30 * day)
			want := w.job(id).Expires
			w.Close() // which notes the time
			store.left.Store(int64(calls))
			w.reopen("boot-2")
			w.kill()
			store.left.Store(-1)
			w.reopen("")
			if got := w.job(id).Expires; !got.Equal(want) {
				t.Errorf("killed after %d writes: the end of the job's life moved by %v", calls, got.Sub(want))
			}
		})
	}
}

// No job ages by a jump of the clock, even when the queue cannot be written at that moment.
func TestClockSetWhileQueueIsFull(t *testing.T) {
	clock := new(enginetest.Clock)
	store := new(clockStore)
	store.left.Store(-1)
	inWorld(t, func(o *engine.Options) {
		store.Store = o.Store
		o.Store, o.Now = store, clock.Now
	}, func(w *world) {
		id := w.create(file("a"), parked)
		store.left.Store(0)
		clock.Set(year)
		w.machine.SetClock()
		w.after(time.Minute)
		store.left.Store(-1)
		w.after(time.Minute)
		j := w.is(id, openbits.StateSuspended)
		w.within("what is left of its life", j.Expires.Sub(clock.Now()), 89*day, 90*day)
	})
}
