// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"math"
	"time"
)

// The rules by which the window shrinks and grows.

const (
	// afterCut spaces cuts: 1.5 round trips and this, since a cut shows one round trip later.
	afterCut = 10 * time.Millisecond
	// standing is how long a queue must stand, with next to nothing of ours in it, to be somebody else's for sure.
	standing = 1500 * time.Millisecond
	// shortQuiet, longQuiet and longestQuiet bound the time to wait after somebody was there.
	shortQuiet, longQuiet, longestQuiet = 300 * time.Millisecond, 500 * time.Millisecond, 1500 * time.Millisecond
	// calmRounds without a queue say that the estimate of the link's rate is too low.
	calmRounds = 5
	// recent is how long somebody who was there is expected to come back.
	recent = 3 * time.Second
)

const (
	// asideShare of the link is used while it is found out whether somebody is there.
	asideShare = 0.4
	// lossFactor is what a loss without a queue leaves of the window, as in CUBIC (RFC 9438).
	lossFactor = 0.7
	// doubtFactor is what having to yield leaves of the estimate of the link's rate, which may be the reason.
	doubtFactor = 0.85
)

// watchQueue notices that a queue that was not ours has emptied.
func (c *Controller) watchQueue() {
	switch {
	case c.in.Queue > c.yieldAt():
		if c.overSince < 0 {
			c.overSince = c.now
		}
	case c.in.Queue <= c.yieldAt()/2 && c.overSince >= 0:
		if c.now-c.overSince > standing && c.window <= 2*c.floor() {
			c.departed, c.bold = true, true
			c.capacity.rate = max(c.capacity.rate, c.undoubted)
			c.quietUntil = c.now + c.in.Base
		}
		c.overSince = -1
	}
}

// hold makes way for a foreground transfer on this host, which the counters show before any queue does.
func (c *Controller) hold() {
	c.window = c.floor()
	c.started = c.capacity.rate > 0
	c.proven, c.bold, c.aside, c.calm = true, true, false, 0
	c.round = c.now // growth may begin as soon as the hold ends
}

// mustCut reports whether the window has to shrink now.
func (c *Controller) mustCut() bool {
	if c.now < c.lastCut+c.rtt*3/2+afterCut {
		return false
	}
	return c.in.Lost > 0 || c.in.Queue > c.limit()
}

// limit is the queueing delay that calls for a cut now.
func (c *Controller) limit() time.Duration {
	t := c.yieldAt()
	// A burst of ours stands in the queue for a moment in each round, until the window is full. A queue
	// that never empties in a round is another's, or the link is full.
	standing := c.noise.leastOver(c.rtt)
	switch {
	case !c.started && standing > t/2, c.aside && c.noise.leastOver(c.rtt/2) > c.cruiseAt()*2/3:
		return 0
	case !c.started || c.aside || c.bold:
		return 4 * t
	case c.window >= 0.85*c.full():
		return t
	case standing > c.cruiseAt()*8/5:
		return 0
	}
	return 2 * t
}

// cut shrinks the window. At the first sign of somebody else it leaves most of the link at once, for two round trips:
// early enough that a sender in its slow start does not take our queue for the end of the link. If there is any queue
// left by then it is somebody else's, and the window falls to the floor; if not, it comes back quickly.
func (c *Controller) cut() {
	if !c.started || c.probing {
		// The queue that comes of growing into the unknown is our own: it tells what the link carries.
		c.started, c.probing, c.lastCut, c.calm = true, false, c.now, 0
		c.round = c.now + c.rtt
		c.window = min(c.window, max(c.rates.over(c.rtt), c.window/c.rtt.Seconds()/2)*(c.in.Base+c.cruiseAt()).Seconds())
		return
	}
	c.lastCut, c.calm = c.now, 0
	c.round = c.now + c.rtt
	if c.in.Queue < c.cruiseAt() { // lost without a queue
		c.window *= lossFactor
		return
	}
	again := c.aside || c.bold || c.window < 0.7*c.full()
	c.proven, c.bold, c.aside, c.returning = false, false, false, false
	if !again {
		c.aside = true
		c.window = min(c.window, asideShare*c.full())
		c.quietUntil = c.now + 2*c.rtt + 2*afterCut
		return
	}
	if c.window > c.floor() {
		c.yielded()
	}
	c.window = c.floor()
}

// yielded sets how long to stay away from somebody who was there.
func (c *Controller) yielded() {
	quiet := min(max(8*c.in.Base, shortQuiet), longQuiet)
	if c.now-c.lastYield < recent {
		quiet = min(max(2*c.quiet, quiet), longestQuiet)
	}
	if c.now-c.lastYield > recent {
		c.undoubted = c.capacity.rate
	}
	c.capacity.rate *= doubtFactor
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
		c.window = min(2*c.window, max(limit, c.window))
	case c.window < 0.85*c.full():
		c.regrow(limit)
	default:
		c.proven, c.bold, c.departed, c.returning = false, false, false, false
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
	if c.aside { // two round trips without any queue: nobody was there
		c.aside, c.returning = false, true
	}
	// Where round trips are long, many small steps would take for ever.
	unit := max(t, c.in.Base/8).Seconds() * c.capacity.rate
	step := 0.7 * unit
	switch {
	case c.bold:
		step = min(2*c.window, 2*unit)
	case c.returning:
		step = unit
	case c.now-c.lastYield < recent:
		step = 0.3 * unit
	}
	c.lastGrowth = c.now
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
		c.probing = c.probing && c.in.Queue > tc
	}
	if c.calm >= calmRounds { // the link carries more than was thought, and likely much more
		more := 0.4 * t.Seconds() * c.capacity.rate * math.Exp2(float64(c.calm-calmRounds))
		next += min(more, c.window/4)
		c.probing = true
	}
	if next > c.window {
		next = max(min(next, limit), c.window)
	}
	c.window = next
}
