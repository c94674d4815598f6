// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import "time"

// window is the time over which a speed is averaged; least is the shortest time that makes one.
const (
	window = 6 * time.Second
	least  = 400 * time.Millisecond
)

// Speed is a moving average of a growing count. The zero value is ready.
type Speed struct{ samples []sample }

type sample struct {
	at    time.Time
	count int64
}

// Add notes the count at a moment. A count below the one before, as after a restart, begins anew.
func (s *Speed) Add(at time.Time, count int64) {
	if n := len(s.samples); n > 0 && count < s.samples[n-1].count {
		s.samples = s.samples[:0]
	}
	s.samples = append(s.samples, sample{at, count})
	for len(s.samples) > 2 && at.Sub(s.samples[1].at) >= window {
		s.samples = s.samples[1:]
	}
}

// Reset forgets what was noted, as after a pause.
func (s *Speed) Reset() { s.samples = s.samples[:0] }

// PerSecond is the speed at a moment, or -1 while it is not known.
func (s *Speed) PerSecond(now time.Time) int64 {
	if len(s.samples) < 2 {
		return -1
	}
	first, last := s.samples[0], s.samples[len(s.samples)-1]
	span := last.at.Sub(first.at)
	// Without news the speed falls: the bytes of the window are spread over the time that has passed.
	if silent := now.Sub(last.at); silent > time.Second {
		span += silent
	}
	if span < least {
		return -1
	}
	return int64(float64(last.count-first.count) / span.Seconds())
}

// Left is the time that the rest takes at a speed, or -1 when that is not known.
func Left(done, total, perSecond int64) time.Duration {
	if total < 0 || perSecond <= 0 {
		return -1
	}
	return time.Duration(float64(max(0, total-done)) / float64(perSecond) * float64(time.Second))
}
