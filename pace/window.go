// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"math"
	"time"
)

// The rules by which the window shrinks and grows, a function for each phase.

const (
	// afterCut spaces cuts: 1.5 round trips and this, since a cut shows one round trip later.
	afterCut = 10 * time.Millisecond
	// standing is how long a queue must stand, with next to nothing of ours in it, to be somebody else's for sure.
	standing = 1500 * time.Millisecond
	// shortQuiet, longQuiet and longestQuiet bound the time to wait after somebody was there.
	shortQuiet, longQuiet, longestQuiet = 300 * time.Millisecond, 500 * time.Millisecond, 1500 * time.Millisecond
	// calmRounds without a queue say that the estimate of the link's rate is too low.
	calmRounds = 5
	// sureTime is how long the link must have been full for its rate to be sure.
	sureTime = 2 * time.Second
	// leapAgain is how long the whole link is not taken back at once again: if the link has become slow, the queue was our own.
	leapAgain = 10 * time.Second
	// recent is how long somebody who was there is expected to come back.
	recent = 3 * time.Second
)

const (
	// asideShare of the link is used while it is found out whether somebody is there.
	asideShare = 0.25
	// asideRounds is for how many round trips: by then a sender in its slow start has filled what it was left.
	asideRounds = 4
	// longPath is the base delay from which on rounds are so long that what the start leaves undone takes seconds. A window that grows by longGrowth a
	// round does not hold a sender back in its own slow start: held back, it spreads its packets over the round, and HyStart takes that for a full link. And
	// the burst that fills the link tells, but for burstShare, what it carries, long before a whole round does.
	longPath   = 120 * time.Millisecond
	longGrowth = 3
	burstShare = 0.92
	// returnRounds is for how many round trips the bursts of a return in one step show: its credit goes out in one, and comes back in the
	// next, and a round trip is measured when it is over.
	returnRounds = 3
	// fillRounds bounds for how many base round trips after a return in one step the senders are given time to fill what was taken back, and filledShare is the part of the
	// window that is enough.
	fillRounds  = 20
	filledShare = 0.85
	// nearlyFull is the part of a full window from which on the queue tells how much more is good.
	nearlyFull = 0.92
	// crowdedShare of the link is what a full link brings at least, unless others use it.
	crowdedShare = 0.85
	// fairSegments are added to a window each round for fairness, or fairRate of a full window each second where that is more.
	fairSegments, fairRate = 0.2, 0.02
	// patience bounds how long a small queue keeps us at the floor.
	patience = 5 * time.Second
	// firstShareWait and lastShareWait bound for how long nothing is shared with somebody who wanted more, longShared is after which sharing has succeeded.
	firstShareWait, lastShareWait, longShared = time.Second, 4 * time.Second, 10 * time.Second
)

// mayCut reports whether what the last cut did can be seen by now.
func (c *Controller) mayCut() bool { return c.now >= c.lastCut+c.rtt*3/2+afterCut }

// start grows the window by the same factor each round until the link is full.
func (c *Controller) start() {
	t := c.yieldAt()
	if c.mayCut() && (c.in.Lost > 0 || c.in.Queue > 4*t || c.noise.leastOver(c.rtt) > t/2) {
		c.settle()
		return
	}
	if c.now < c.round {
		return
	}
	c.round = c.now + c.rtt
	rate := c.rates.over(c.rtt)
	if rate < 1.4*c.before && c.in.Queue > c.cruiseAt() { // more under way does not bring more
		if c.plateau++; c.plateau > 2 || c.in.Queue > t/2 {
			c.settle()
		}
		return
	}
	c.before, c.plateau = rate, 0
	growth := 2.
	if c.in.Base >= longPath {
		growth = longGrowth
	}
	next := min(growth*c.window, max(growth/2*c.most(), c.window))
	if c.unfilled = c.unfilled + 1; next > c.window {
		c.unfilled = 0
	}
	c.window = next
	if c.unfilled >= calmRounds { // the server gives no more
		c.capacity.rate = max(c.capacity.rate, rate)
		c.enter(phaseCruise)
	}
}

// settle takes what arrives for what the link carries.
func (c *Controller) settle() {
	c.lastCut, c.calm = c.now, 0
	rate := c.rates.over(c.rtt)
	if c.in.Base >= longPath {
		rate = max(rate, burstShare*c.rates.over(max(8*TickInterval, c.rtt/4)))
	} else {
		rate = max(rate, c.window/c.rtt.Seconds()/2)
	}
	c.capacity.rate = max(c.capacity.rate, rate)
	c.window = min(c.window, rate*(c.in.Base+c.cruiseAt()).Seconds())
	c.enter(phaseCruise)
}

// most is the largest window that the senders fill; a larger one says nothing about the link.
func (c *Controller) most() float64 {
	return 2*c.rates.over(max(c.rtt, 4*TickInterval))*(c.rtt+2*c.noise.lasting()).Seconds() + float64(16*c.in.Segment)
}

// cruise keeps a small queue on a link that is ours.
func (c *Controller) cruise() {
	t, tc := c.yieldAt(), c.cruiseAt()
	intruded := false
	if c.noise.leastOver(c.rtt) >= tc*3/5 {
		c.known = true
		c.fullFor += c.elapsed
		intruded = c.intrusion.add(c.arrivals())
	} else {
		c.intrusion.forget()
	}
	if c.filling() {
		c.intrusion.forget()
		c.lastCut = max(c.lastCut, c.now)
		return
	}
	if c.mayCut() {
		switch {
		case c.now < c.probed+4*c.rtt && (c.in.Lost > 0 || c.in.Queue > t):
			c.settle() // the queue that comes of growing into the unknown is our own: it tells what the link carries
			return
		case intruded && c.intrusion.insists():
			c.yield()
			return
		case c.standing() > t, c.in.Queue > 3*t, c.in.Lost > 0 && c.in.Queue > tc, intruded:
			c.step(intruded && c.in.Lost == 0)
			return
		}
	}
	if c.now < c.round {
		return
	}
	c.round = c.now + c.rtt
	if len(c.noise.trips) >= noiseSamples {
		c.noise.learn()
	}
	if c.crowded(tc) {
		return
	}
	c.adjust(t, tc)
}

// arrivals are those of this tick.
func (c *Controller) arrivals() arrivals {
	return arrivals{
		elapsed: c.elapsed, delivered: c.in.Delivered, rate: c.rates.over(max(4*TickInterval, c.rtt)),
		queue: c.in.Queue, noise: c.noise.lasting() + c.skew, rtt: c.rtt,
	}
}

// crowdedShare is less where noise makes rates tremble.
func (c *Controller) crowdedShare() float64 {
	if c.noise.lasting() > 0 {
		return crowdedShare * crowdedShare
	}
	return crowdedShare
}

// crowded finds out, once a round, whether a full link brings much less than it did: then others have the rest.
func (c *Controller) crowded(tc time.Duration) bool {
	rate := c.rates.over(max(2*c.rtt, capacityTime))
	if rate > 0.95*c.capacity.rate {
		c.shared = false
	}
	if rate == 0 || c.shared || c.now-c.since < max(4*c.rtt, 2*capacityTime) || c.noise.leastOver(c.rtt) < tc*3/5 || rate > c.crowdedShare()*c.capacity.rate {
		return false
	}
	// Somebody has a part of the link and keeps no queue to speak of: a call, another background service, or a download at
	// its beginning. The rest is free as long as that stays so; whoever wants more gets it, since the queue then makes us shrink.
	if c.now < c.shareAfter || !c.noise.known || !c.polite {
		c.yield() // where it also shows whether there is noise, which looks like somebody
		return true
	}
	c.shared, c.sharedAt = true, c.now
	return false
}

// adjust is called once a round.
func (c *Controller) adjust(t, tc time.Duration) {
	queue, gain := c.in.Queue, 0.5
	if c.noise.lasting() > 0 { // only the mean tells, which is late
		queue, gain = c.mean, 0.2
	} else if c.Paced {
		gain = 0.25
	}
	gain *= float64(tc-queue) / float64(c.rtt)
	next := c.window*(1+min(max(gain, -1./8), 1./8)) + c.fairness()
	if queue < tc/2 && c.in.Lost == 0 {
		c.calm++
	} else {
		c.calm = 0
	}
	if c.calm >= calmRounds { // the link carries more than was thought, and likely much more
		more := 0.4 * t.Seconds() * c.capacity.rate * math.Exp2(float64(c.calm-calmRounds))
		most := c.window / 4
		switch {
		case c.Paced:
			most = c.window / 24
		case c.noise.lasting() > 0:
			most = c.window / 12
		}
		next += min(more, most)
		c.probed = c.now
	}
	if next > c.window {
		next = max(min(next, c.most()), c.window)
	}
	c.window = next
}

// fairness is how many bytes are added each round, whatever the window is. Between several who do so, the
// queue makes all shrink by the same part, so that the smaller ones gain. It must stay below what intrusion.add takes for somebody else, and must not
// make the queue much longer.
func (c *Controller) fairness() float64 {
	return max(fairSegments*float64(c.in.Segment), fairRate*c.rtt.Seconds()*c.full())
}
