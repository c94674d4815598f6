// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTidier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var busy, failing atomic.Bool
		var released atomic.Int32
		idle := func(context.Context) (bool, error) {
			if failing.Load() {
				return false, errors.New("no queue")
			}
			return !busy.Load(), nil
		}
		tidy := newTidier()
		done := make(chan struct{})
		go func() {
			tidy.run(ctx, tidyAfter, idle, func() { released.Add(1) }, slog.New(slog.DiscardHandler))
			close(done)
		}()
		expect := func(when string, want int32) {
			t.Helper()
			synctest.Wait()
			if got := released.Load(); got != want {
				t.Fatalf("%s: released %d times, want %d", when, got, want)
			}
		}
		time.Sleep(tidyAfter)
		expect("after the start", 1)
		time.Sleep(time.Hour)
		expect("when nothing happened", 1)

		tidy.rest()
		time.Sleep(tidyAfter / 2)
		tidy.rest()
		time.Sleep(tidyAfter * 3 / 4)
		expect("while things end one after another", 1)
		time.Sleep(tidyAfter)
		expect("after the last of them", 2)

		busy.Store(true)
		tidy.rest()
		time.Sleep(time.Hour)
		expect("while jobs are to be moved", 2)
		busy.Store(false)
		failing.Store(true)
		tidy.rest()
		time.Sleep(time.Hour)
		expect("when the queue cannot be read", 2)
		cancel()
		<-done
	})
}
