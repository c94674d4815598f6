// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"sync/atomic"
	"time"
)

// idleWatch finds out when a service that was started on demand is not needed any more.
type idleWatch struct {
	after  time.Duration
	jobs   func(context.Context) (idle bool, err error)
	open   atomic.Int64 // connections
	served atomic.Int64 // changes of open, to notice clients that come and go between two looks
}

// idleLooks is how often, within the time that it may be idle, a service looks whether it is.
const idleLooks = 6

func newIdleWatch(after time.Duration, jobs func(context.Context) (bool, error)) *idleWatch {
	return &idleWatch{after: after, jobs: jobs}
}

// clients is told how many connections are open.
func (w *idleWatch) clients(open int) {
	w.open.Store(int64(open))
	w.served.Add(1)
}

// watch closes the channel when nobody was connected and no job was to move for the whole time.
// With a time of 0 that never happens.
func (w *idleWatch) watch(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	if w.after <= 0 {
		return done
	}
	go func() {
		tick := time.NewTicker(max(w.after/idleLooks, time.Millisecond))
		defer tick.Stop()
		since, seen := time.Now(), w.served.Load()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			idle, err := w.jobs(ctx)
			now := w.served.Load()
			if err != nil || !idle || w.open.Load() > 0 || now != seen {
				since, seen = time.Now(), now
				continue
			}
			if time.Since(since) >= w.after {
				close(done)
				return
			}
		}
	}()
	return done
}
