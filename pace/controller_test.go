// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"testing"
	"time"
)

const ms = time.Millisecond

// links are the common narrow places; shallow and dslx have small buffers.
var links = map[string]func() *link{
	"dsl":     func() *link { return newLink(20, 40*ms, 250*ms) },
	"cable":   func() *link { return newLink(100, 20*ms, 100*ms) },
	"slow":    func() *link { return newLink(5, 100*ms, 500*ms) },
	"shallow": func() *link { return newLink(100, 20*ms, 20*ms) },
	"dslx":    func() *link { return newLink(20, 40*ms, 30*ms) },
}

// alone is the part of a link that an ordinary sender uses between two times: far away, its congestion control is the limit.
func alone(build func() *link, from, to time.Duration) float64 {
	l := build()
	s := (&sender{link: l, left: -1}).begin()
	l.run(from)
	before := s.delivered
	l.run(to)
	return float64(s.delivered-before) * packetSize / segment / l.rate / (to - from).Seconds()
}

func TestAlone(t *testing.T) {
	for name, build := range links {
		t.Run(name, func(t *testing.T) {
			l := build()
			b := startBackground(l, nil)
			l.run(20 * time.Second)
			share, p50, p95 := b.use(5*time.Second, 20*time.Second)
			share /= alone(build, 5*time.Second, 20*time.Second)
			t.Logf("use %.1f %%, queue %v and %v, %d drops", 100*share, p50, p95, l.drops)
			packet := b.control.packetTime()
			if share < 0.97 {
				t.Errorf("used %.1f %% of an idle link", 100*share)
			}
			if p50 > max(4*ms, 3*packet) || p95 > max(6*ms, 5*packet) {
				t.Errorf("kept a queue of %v, and %v for 5 %% of the time", p50, p95)
			}
		})
	}
}

// TestYields: somebody else comes and goes, on this host (where counters tell) or behind the same link.
func TestYields(t *testing.T) {
	const comes, goes, end = 8 * time.Second, 18 * time.Second, 30 * time.Second
	for name, build := range links {
		for _, where := range []string{"same host", "other host"} {
			t.Run(name+", "+where, func(t *testing.T) {
				l := build()
				var received *int
				if where == "same host" {
					received = new(int)
				}
				b := startBackground(l, received)
				l.run(comes)
				fg := (&sender{link: l, left: -1}).begin()
				b.opens++
				var count func()
				count = func() {
					if received != nil {
						*received = fg.delivered
						l.at(l.now+ms, count)
					}
				}
				count()
				l.run(goes)
				fg.stopped = true
				kept := float64(fg.delivered) * packetSize / segment / l.rate / (goes - comes).Seconds()
				kept /= alone(build, 0, goes-comes)
				l.run(end)
				beside, _, _ := b.use(comes+time.Second, goes)
				back, _, _ := b.use(goes+l.buffer+2*time.Second, end)
				back /= alone(build, 2*time.Second, end-goes)
				t.Logf("foreground had %.1f %%, background %.2f %% beside it and %.1f %% afterwards", 100*kept, 100*beside, 100*back)
				least := 0.82 // what is lost is lost in the first two round trips, to HyStart
				if where == "same host" {
					least = 0.97
				}
				if kept < least {
					t.Errorf("left the foreground %.1f %%", 100*kept)
				}
				if beside > 0.15 {
					t.Errorf("took %.1f %% beside a foreground", 100*beside)
				}
				if back < 0.85 {
					t.Errorf("took back %.1f %%", 100*back)
				}
			})
		}
	}
}

// TestFetches: short transfers on other hosts take about as long as without a background.
func TestFetches(t *testing.T) {
	for name, build := range links {
		t.Run(name, func(t *testing.T) {
			mean := func(with bool) time.Duration {
				l := build()
				if with {
					startBackground(l, nil)
				}
				l.run(8 * time.Second)
				var sum time.Duration
				for range 20 {
					began, done := l.now, time.Duration(0)
					(&sender{link: l, left: 70, done: func() { done = l.now - began }}).begin()
					l.run(began + 1200*ms)
					if done == 0 {
						t.Fatal("a fetch did not end")
					}
					sum += done
				}
				return sum / 20
			}
			alone, beside := mean(false), mean(true)
			t.Logf("%v alone, %v beside the background", alone, beside)
			if beside > alone*13/10 {
				t.Errorf("a fetch takes %v instead of %v", beside, alone)
			}
		})
	}
}

func TestRateChange(t *testing.T) {
	l := newLink(50, 30*ms, 100*ms)
	b := startBackground(l, nil)
	for i, mbit := range []float64{50, 10, 80} {
		l.rate = mbit * 1e6 / 8
		from := time.Duration(i) * 15 * time.Second
		l.run(from + 15*time.Second)
		share, p50, _ := b.use(from+6*time.Second, from+15*time.Second)
		t.Logf("%v Mbit/s: use %.1f %%, queue %v", mbit, 100*share, p50)
		if share < 0.9 || p50 > 6*ms {
			t.Errorf("after a change to %v Mbit/s: use %.1f %%, queue %v", mbit, 100*share, p50)
		}
	}
}

// TestLatecomer: who begins beside a foreground takes its queue for the path's own delay, and yet stays out of the way.
func TestLatecomer(t *testing.T) {
	l := newLink(20, 40*ms, 250*ms)
	fg := (&sender{link: l, left: -1}).begin()
	l.run(4 * time.Second)
	b := startBackground(l, nil)
	l.run(18 * time.Second)
	beside, _, _ := b.use(6*time.Second, 18*time.Second)
	fg.stopped = true
	l.run(30 * time.Second)
	after, _, _ := b.use(22*time.Second, 30*time.Second)
	t.Logf("%.1f %% beside, %.1f %% afterwards", 100*beside, 100*after)
	if beside > 0.2 || after < 0.9 {
		t.Errorf("used %.1f %% beside the foreground and %.1f %% afterwards", 100*beside, 100*after)
	}
}

func TestJitter(t *testing.T) {
	l := newLink(50, 30*ms, 100*ms)
	l.jitter = 3 * ms
	b := startBackground(l, nil)
	l.run(30 * time.Second)
	share, p50, p95 := b.use(10*time.Second, 30*time.Second)
	t.Logf("use %.1f %%, queue %v and %v", 100*share, p50, p95)
	if share < 0.5 {
		t.Errorf("used %.1f %% of a link with noise", 100*share)
	}
}

// TestStaleRoundTrip: at the floor too few packets come for a new measurement. An old high one must not keep the window there.
func TestStaleRoundTrip(t *testing.T) {
	c := NewController()
	now := time.Duration(0)
	step := func(n int, queue time.Duration, delivered, foreign int64) (window int64) {
		for range n {
			now += TickInterval
			window = c.Step(now, Sample{Base: 40 * ms, Queue: queue, Delivered: delivered, Counted: true, Foreign: foreign, Flows: 1, Segment: segment})
		}
		return window
	}
	step(400, 3*ms, 12500, 0)
	if held := step(200, 200*ms, 0, 12500); held != floorSegments*segment {
		t.Fatalf("offered %d bytes beside a foreground", held)
	}
	step(60, 200*ms, 0, 0) // the foreground has gone, the measurement has not
	if back := step(100, 0, 6000, 0); back < 60000 {
		t.Errorf("half a second after the queue has gone the window is %d", back)
	}
}

// TestLocalOpens: connections after which nothing arrives from outside are not made way for again and again.
func TestLocalOpens(t *testing.T) {
	var h hostForeground
	now, held := time.Duration(0), 0
	for i := range 2000 {
		now += TickInterval
		s := Sample{Base: 40 * ms, Counted: true, Foreign: 0}
		if i%20 == 0 {
			s.Opens = 1
		}
		if h.holds(now, s, 1e6) {
			held++
		}
	}
	if held == 0 || held > 200 {
		t.Errorf("held for %d of 2000 ticks", held)
	}
	if !h.holds(now, Sample{Base: 40 * ms, Counted: true, Foreign: 50000}, 1e6) {
		t.Error("bytes of others do not count any more")
	}
}

func TestBaseDelay(t *testing.T) {
	var b baseDelay
	b.add(0, 40*ms)
	b.add(time.Second, 50*ms)
	if got := b.value(); got != 40*ms {
		t.Errorf("base delay %v", got)
	}
	for m := range 2 * baseMinutes { // the route became longer
		b.add(time.Duration(m+1)*time.Minute, 60*ms)
	}
	if got := b.value(); got != 60*ms {
		t.Errorf("base delay %v, ten minutes after it became 60 ms", got)
	}
	b.add(time.Hour, 0)
	if got := b.value(); got != 0 {
		t.Errorf("base delay %v after half an hour without any", got)
	}
}
