// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "github.com/openbits/openbits"

// filling reports whether the window that was taken back at once is yet to be filled. A sender that was held for long begins with little and doubles it each
// round; its bursts stand in the queue, which they leave empty in between, and bring less than the link carries.
func (c *Controller) filling() bool {
	return !c.in.Blind && c.now < c.fillUntil && c.in.Lost == 0 &&
		c.rates.over(c.rtt)*c.rtt.Seconds() < filledShare*c.window && c.noise.leastOver(c.rtt) < c.cruiseAt()
}

// comeBack takes back what was given up. One step stands in the queue for a moment, because
// credit goes out with the acknowledgements of a burst: that bounds the step.
func (c *Controller) comeBack() {
	t, tc := c.yieldAt(), c.cruiseAt()
	full := c.full()
	if c.mayCut() {
		limit := 2 * t
		if c.bold || c.rival == openbits.RivalNone {
			limit = 4 * t
		}
		switch {
		case c.in.Queue > limit, c.noise.leastOver(c.rtt) > t && c.window > c.floor():
			c.yield()
			return
		case !c.bold && c.noise.leastOver(c.rtt) > tc*8/5:
			if c.now < c.shareAfter || !c.noise.known || !c.polite {
				c.yield()
			} else {
				c.share()
			}
			return
		}
	}
	if c.now < c.round {
		return
	}
	c.round = c.now + c.rtt
	if !c.bold && c.in.Queue > t/2 {
		return
	}
	unit := max(t, c.in.Base/8).Seconds() * c.capacity.rate
	step := 0.7 * unit
	switch {
	case c.bold && c.drained:
		step = nearlyFull * full
		c.leapt, c.fillUntil = c.now, c.now+fillRounds*c.in.Base
	case c.bold:
		step = 0.45 * full
	case c.now-c.lastYield < recent:
		step = 0.3 * unit
	}
	c.window = min(c.window+max(step, float64(c.in.Segment)), max(c.most(), c.window, step), max(nearlyFull*full, c.window))
	if c.window >= 0.85*full {
		c.enter(phaseCruise)
		if c.bold {
			c.bold, c.drained = false, false
			c.lastCut = c.now + returnRounds*c.rtt // what was taken back at once comes in bursts that stand in the queue
		}
	}
}
