// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package pace decides how fast bytes may move. A Limiter holds a rate that
// somebody set: the service's own, or a job's. A Governor makes background
// connections use only what others leave: a Controller, which is pure arithmetic, tells
// it the receive window to offer. docs/yielding.md describes how.
package pace

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	// BurstTime is how much of the rate may pass at once after a pause, which also is
	// how long one waiter goes ahead of the others: a tenth of a second.
	BurstTime = 100 * time.Millisecond
	// MinBurst is the least that passes at once, in bytes: about three packets, so that
	// a low rate is not cut into crumbs.
	MinBurst = 4 << 10
)

// Limiter lets bytes pass at a rate that may change at any time. It is safe for
// concurrent use, and those who share one share its rate in small turns.
type Limiter struct {
	mu  sync.Mutex // held while the setting is replaced
	now atomic.Pointer[setting]
}

// setting is a rate from when it was set until the next one was.
type setting struct {
	rate    int64
	bucket  *rate.Limiter // nil: no limit
	burst   int
	changed chan struct{} // closed when another setting took over
}

// NewLimiter holds bytesPerSecond; 0 or less is no limit.
func NewLimiter(bytesPerSecond int64) *Limiter {
	l := &Limiter{}
	l.now.Store(newSetting(max(bytesPerSecond, 0)))
	return l
}

func newSetting(bytesPerSecond int64) *setting {
	s := &setting{rate: bytesPerSecond, changed: make(chan struct{})}
	if bytesPerSecond > 0 {
		s.burst = int(max(bytesPerSecond/int64(time.Second/BurstTime), MinBurst))
		s.bucket = rate.NewLimiter(rate.Limit(bytesPerSecond), s.burst)
	}
	return s
}

// Rate is the rate in bytes per second; 0 is none.
func (l *Limiter) Rate() int64 { return l.now.Load().rate }

// SetRate changes the rate in bytes per second; 0 or less is no limit. It holds at once,
// also for those who wait: they are asked to wait anew. What was saved up under
// the old rate is kept as far as the new one allows, so that setting a rate gives nothing away.
func (l *Limiter) SetRate(bytesPerSecond int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.now.Load()
	s := newSetting(max(bytesPerSecond, 0))
	if s.rate == old.rate {
		return
	}
	if s.bucket != nil {
		saved := 0
		if old.bucket != nil {
			saved = max(int(old.bucket.Tokens()), 0)
		}
		s.bucket.AllowN(time.Now(), max(s.burst-saved, 0))
	}
	l.now.Store(s)
	close(old.changed)
}

// Wait returns when n more bytes may pass, or with ctx's error. A large n waits in turns,
// so that others get theirs between.
func (l *Limiter) Wait(ctx context.Context, n int) error {
	for n > 0 {
		s := l.now.Load()
		if s.bucket == nil {
			break
		}
		part := min(n, s.burst)
		passed, err := s.wait(ctx, part)
		if err != nil {
			return err
		}
		if passed {
			n -= part
		}
	}
	return ctx.Err()
}

// wait returns false when the setting ended before n bytes could pass.
func (s *setting) wait(ctx context.Context, n int) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	turn := s.bucket.ReserveN(time.Now(), n)
	delay := turn.Delay()
	if delay == 0 {
		return true, nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true, nil
	case <-s.changed:
		turn.Cancel()
		return false, nil
	case <-ctx.Done():
		turn.Cancel()
		return false, ctx.Err()
	}
}
