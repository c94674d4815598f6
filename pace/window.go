// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

// The rules by which the window shrinks and grows.

const (
	// afterCut spaces cuts: 1.5 round trips and this, since a cut shows one round trip later.
	afterCut = 10 * time.Millisecond
	// standing is how long a queue must stand, with next to nothing of ours in it, to be somebody else's for sure.
	standing = 1500 * time.Millisecond
	// shortQuiet, longQuiet and longestQuiet bound the time to wait after somebody was there.
	shortQuiet, longQuiet, longestQuiet = 120 * time.Millisecond, 400 * time.Millisecond, 1200 * time.Millisecond
	// recent is how long somebody who was there is expected to come back.
	recent = 3 * time.Second
)

// cutFactors bound what is left of the window after the first cut, the second in a row, and each
// further one. The first may be for noise of our own; a queue that survives a cut is somebody else's.
var cutFactors = [...]float64{0.75, 0.5, 0.25}

// watchQueue notices that a queue that was not ours has emptied.
func (c *Controller) watchQueue() {
	switch {
	case c.in.Queue > c.yieldAt():
		if c.overSince < 0 {
			c.overSince = c.now
		}
	case c.in.Queue <= c.yieldAt()/2 && c.overSince >= 0:
		if c.now-c.overSince > standing && c.window <= 2*c.floor() {
			c.departed = true
			c.quietUntil = c.now + c.in.Base
		}
		c.overSince = -1
	}
}

// hold makes way for a foreground transfer on this host, which the counters show before any queue does.
func (c *Controller) hold() {
	c.window = c.floor()
	c.started = c.capacity.rate > 0
	c.proven, c.calm, c.cuts = true, 0, 0
	c.round = c.now // growth may begin as soon as the hold ends
}

// mustCut reports whether the window has to shrink now.
func (c *Controller) mustCut() bool {
	if c.now < c.lastCut+c.rtt*3/2+afterCut {
		return false
	}
	if c.in.Lost > 0 {
		return true
	}
	limit := c.yieldAt()
	switch {
	case c.proven && c.window < 0.85*c.full():
		limit *= 2 // the large steps of a fast growth stand in the queue for a moment
	case c.now < c.lastCut+2*c.in.Base+afterCut*2:
		limit = max(c.cruiseAt()*8/5, limit/2)
	}
	return c.in.Queue > limit
}

// cut shrinks the window to what would leave no more than the queue to keep, or by more.
func (c *Controller) cut() {
	if c.cuts > 0 && c.now > c.lastCut+3*c.rtt+4*afterCut {
		c.cuts = 0
	}
	fit := float64(c.in.Base+c.cruiseAt()) / float64(c.rtt)
	if !c.started {
		// The first queue of the start is our own: it tells what the link carries.
		c.started, c.lastCut = true, c.now
		c.window = min(c.window, max(c.rates.over(c.rtt), c.window/c.rtt.Seconds()/2)*(c.in.Base+c.cruiseAt()).Seconds())
		return
	}
	c.lastCut, c.calm = c.now, 0
	if c.in.Queue < c.yieldAt()/2 { // lost without a queue
		c.window *= cutFactors[0]
		return
	}
	c.window *= min(fit, cutFactors[min(c.cuts, len(cutFactors)-1)])
	c.cuts++
	c.proven = false
	if c.cuts == 2 {
		c.yielded()
	}
	c.round = c.now + c.rtt
}

// yielded sets how long to stay away from somebody who was there.
func (c *Controller) yielded() {
	quiet := min(max(4*c.in.Base, shortQuiet), longQuiet)
	if c.now-c.lastYield < recent {
		quiet = min(max(2*c.quiet, quiet), longestQuiet)
	}
	c.quiet, c.lastYield, c.departed = quiet, c.now, false
	c.quietUntil = c.now + quiet
}

// grow is called once each round trip in which nothing spoke against it.
func (c *Controller) grow() {
	t, tc := c.yieldAt(), c.cruiseAt()
	// A window that the senders do not fill says nothing about the link.
	limit := 2*c.rates.over(max(c.rtt, 4*TickInterval))*c.rtt.Seconds() + float64(16*c.in.Segment)
	switch {
	case !c.started:
		if c.in.Queue > t*6/10 {
			c.cut()
			return
		}
		c.window = min(2*c.window, max(limit, c.window))
	case c.window < 0.85*c.full():
		c.regrow(limit)
	default:
		c.proven = false
		c.cruise(t, tc, limit)
	}
}

// regrow takes back what was given up. One step stands in the queue for a moment, because
// credit goes out with the acknowledgements of a burst: that bounds the step.
func (c *Controller) regrow(limit float64) {
	t := c.yieldAt()
	if !c.proven {
		if c.in.Queue > t/2 {
			c.quietUntil = max(c.quietUntil, c.now+min(c.quiet, c.rtt))
			return
		}
		if c.now < c.quietUntil {
			return
		}
	}
	step := 0.7 * t.Seconds() * c.capacity.rate
	switch {
	case c.proven:
		step = min(c.window*2, 2*t.Seconds()*c.capacity.rate)
	case c.departed:
		step = t.Seconds() * c.capacity.rate
	case c.now-c.lastYield < recent:
		step *= 0.4
	}
	c.window = min(c.window+max(step, float64(c.in.Segment)), max(limit, c.window), 0.92*c.full())
}

// cruise keeps a small queue on a link that is ours alone.
func (c *Controller) cruise(t, tc time.Duration, limit float64) {
	gain := 0.5 * float64(tc-c.in.Queue) / float64(c.rtt)
	next := c.window * (1 + min(max(gain, -1./8), 1./8))
	if c.in.Queue < tc/2 {
		c.calm++
	} else {
		c.calm = 0
	}
	if c.calm >= 5 { // the link carries more than was thought
		next += 0.4 * t.Seconds() * c.capacity.rate
	}
	if next > c.window {
		next = max(min(next, limit), c.window)
	}
	c.window = next
}
