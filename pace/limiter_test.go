// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbits/openbits/pace"
)

// took is how long n bytes in pieces of size take to pass.
func took(t *testing.T, l *pace.Limiter, n, size int) time.Duration {
	t.Helper()
	began := time.Now()
	for n > 0 {
		part := min(n, size)
		if err := l.Wait(t.Context(), part); err != nil {
			t.Fatal(err)
		}
		n -= part
	}
	return time.Since(began)
}

// near reports whether got is want but for the time of one burst.
func near(got, want, burst time.Duration) bool { return (got - want).Abs() <= burst+time.Millisecond }

func TestRateHolds(t *testing.T) {
	for _, rate := range []int{1 << 10, 100 << 10, 10 << 20, 1 << 30} {
		for _, size := range []int{1000, 32 << 10, 1 << 20, 64 << 20} {
			synctest.Test(t, func(t *testing.T) {
				l := pace.NewLimiter(int64(rate))
				if rate/size > 1<<10 {
					size = rate >> 10 // a minute in crumbs would take an hour to compute
				}
				want := 60 * time.Second
				burst := max(pace.BurstTime, time.Second*pace.MinBurst/time.Duration(rate))
				if got := took(t, l, rate*60, size); !near(got, want, burst) {
					t.Errorf("%d B/s in pieces of %d: a minute's bytes took %v", rate, size, got)
				}
			})
		}
	}
}

func TestNoLimit(t *testing.T) {
	for _, rate := range []int64{0, -1} {
		synctest.Test(t, func(t *testing.T) {
			l := pace.NewLimiter(rate)
			if got := took(t, l, 1<<40, 1<<30); got != 0 {
				t.Errorf("rate %d: took %v", rate, got)
			}
			if l.Rate() != 0 {
				t.Errorf("Rate() = %d", l.Rate())
			}
		})
	}
}

func TestShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, each = 1 << 20, 5 << 20
		l := pace.NewLimiter(rate)
		ends := make([]time.Duration, 4)
		began := time.Now()
		var group sync.WaitGroup
		for i := range ends {
			group.Go(func() {
				if err := l.Wait(t.Context(), each); err != nil {
					t.Error(err)
				}
				ends[i] = time.Since(began)
			})
		}
		group.Wait()
		for i, end := range ends {
			// Turns are a tenth of a second: none is much ahead of the others.
			if !near(end, 20*time.Second, time.Second) {
				t.Errorf("waiter %d of 4 ended after %v, want about 20s", i, end)
			}
		}
	})
}

// TestSetRateWakes: whoever waits under a low rate goes on under the new one at once.
func TestSetRateWakes(t *testing.T) {
	for name, test := range map[string]struct {
		rate int64
		want time.Duration
	}{
		"faster": {1 << 20, time.Second},
		"none":   {0, 0},
		"slower": {512, 2048 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := pace.NewLimiter(1 << 10)
				took(t, l, pace.MinBurst, pace.MinBurst) // nothing is saved up
				done := make(chan time.Time)
				go func() {
					if err := l.Wait(t.Context(), 1<<20); err != nil {
						t.Error(err)
					}
					done <- time.Now()
				}()
				synctest.Wait()
				began := time.Now()
				l.SetRate(test.rate)
				if got := (<-done).Sub(began); !near(got, test.want, pace.BurstTime) {
					t.Errorf("1 MiB passed %v after SetRate(%d), want %v", got, test.rate, test.want)
				}
			})
		})
	}
}

// TestSetRateGivesNothingAway: neither repeating a rate nor going to and fro lets more pass.
func TestSetRateGivesNothingAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := pace.NewLimiter(1 << 20)
		began := time.Now()
		for i := range 1000 {
			if err := l.Wait(t.Context(), 64<<10); err != nil {
				t.Fatal(err)
			}
			l.SetRate(1<<20 + int64(i%2))
			l.SetRate(l.Rate())
		}
		// 1000 × 64 KiB at 1 MiB/s.
		if got := time.Since(began); !near(got, 62500*time.Millisecond, pace.BurstTime) {
			t.Errorf("took %v, want 62.5s", got)
		}
	})
}

func TestLimitAfterNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := pace.NewLimiter(0)
		l.SetRate(1 << 20)
		if got := took(t, l, 1<<20, 32<<10); !near(got, time.Second, 0) {
			t.Errorf("the first second's bytes took %v", got)
		}
	})
}

// TestCancel: who stops waiting gives the turn back.
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := pace.NewLimiter(1 << 20)
		took(t, l, 1<<20, 1<<20)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		for range 100 {
			if err := l.Wait(ctx, 100<<10); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %v", err)
			}
		}
		if got := took(t, l, 1<<20, 100<<10); got > time.Second {
			t.Errorf("a second's bytes took %v after others gave up", got)
		}
		if err := l.Wait(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait of nothing under a dead context: %v", err)
		}
	})
}
