// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"testing"
	"time"
)

// TestFilling: after a return in one step, bursts of a sender that is yet to fill the window are no reason to stand aside, but the signs of somebody else are.
func TestFilling(t *testing.T) {
	const rate, rtt = 1e6, 100 * ms
	for _, tt := range []struct {
		name   string
		change func(c *Controller, rest *time.Duration, brings *float64)
		stays  bool
	}{
		{"bursts with pauses", func(*Controller, *time.Duration, *float64) {}, true},
		{"its time is over", func(c *Controller, _ *time.Duration, _ *float64) { c.fillUntil = c.now }, false},
		{"nothing was taken back", func(c *Controller, _ *time.Duration, _ *float64) { c.fillUntil = 0 }, false},
		{"a loss", func(c *Controller, _ *time.Duration, _ *float64) { c.in.Lost = 1 }, false},
		{"a queue that stands", func(_ *Controller, rest *time.Duration, _ *float64) { *rest = 40 * ms }, false},
		{"the window is full", func(_ *Controller, _ *time.Duration, brings *float64) { *brings = rate }, false},
		{"no timestamps", func(c *Controller, _ *time.Duration, _ *float64) { c.in.Blind = true }, false},
	} {
		c := NewController()
		c.phase, c.rtt, c.now, c.window, c.capacity.rate = phaseCruise, rtt, 10*time.Second, rate*rtt.Seconds(), rate
		c.in = Sample{Base: rtt, Queue: 50 * ms, Trip: -1, Segment: 1448}
		c.fillUntil = c.now + time.Second
		rest, brings := time.Duration(0), rate/2.
		tt.change(c, &rest, &brings)
		for at := c.now - time.Second; at <= c.now; at += TickInterval {
			c.rates.add(at, int64(brings*TickInterval.Seconds()))
			queue := 50 * ms
			if at%(50*ms) == 0 {
				queue = rest
			}
			c.noise.add(queue)
		}
		c.overSince = c.now - time.Second
		c.cruise()
		if stays := c.phase == phaseCruise; stays != tt.stays {
			t.Errorf("%s: it stays %v, want %v", tt.name, stays, tt.stays)
		}
	}
}
