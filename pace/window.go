// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"math"
	"time"

	"github.com/openbits/openbits"
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
	// recent is how long somebody who was there is expected to come back.
	recent = 3 * time.Second
)

const (
	// asideShare of the link is used while it is found out whether somebody is there.
	asideShare = 0.25
	// asideRounds is for how many round trips: by then a sender in its slow start has filled what it was left.
	asideRounds = 4
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

// watchQueue notices that a queue that was not ours has emptied.
func (c *Controller) watchQueue() {
	switch {
	case c.in.Queue > c.yieldAt():
		if c.overSince < 0 {
			c.overSince = c.now
		}
	case c.in.Queue <= c.cruiseAt()/2 && c.overSince >= 0:
		if c.now-c.overSince > standing && c.window <= 2*c.floor() {
			c.bold = true
			c.capacity.rate = max(c.capacity.rate, c.undoubted)
			c.quietUntil = c.now
		}
		c.overSince = -1
	}
}

// hold makes way for a foreground transfer on this host, which the counters show before any queue does.
func (c *Controller) hold() {
	c.window = c.floor()
	if c.capacity.rate == 0 {
		return // the start goes on afterwards
	}
	if c.phase != phaseFloor || c.rival != openbits.RivalHost {
		c.enter(phaseFloor)
		c.rival, c.calm = openbits.RivalHost, 0
	}
	c.bold, c.quietUntil = true, c.now
}

// mayCut reports whether what the last cut did can be seen by now.
func (c *Controller) mayCut() bool { return c.now >= c.lastCut+c.rtt*3/2+afterCut }

// start doubles the window each round until the link is full.
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
	c.window = min(2*c.window, max(c.most(), c.window))
}

// settle takes what arrives for what the link carries.
func (c *Controller) settle() {
	c.lastCut, c.calm = c.now, 0
	rate := max(c.rates.over(c.rtt), c.window/c.rtt.Seconds()/2)
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
		intruded = c.intrusion.add(c.elapsed, c.in.Delivered, c.rates.over(max(4*TickInterval, c.rtt)), c.in.Queue, c.noise.lasting()+c.in.Skew)
	} else {
		c.intrusion.forget()
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
			c.step()
			return
		}
	}
	if c.now < c.round {
		return
	}
	c.round = c.now + c.rtt
	if c.crowded(tc) {
		return
	}
	c.adjust(t, tc)
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
	if c.shared || c.now-c.since < max(4*c.rtt, 2*capacityTime) || c.noise.leastOver(c.rtt) < tc*3/5 || rate > c.crowdedShare()*c.capacity.rate {
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

// notShared says that whoever had a part of the link wanted more: the next time that is found out later.
func (c *Controller) notShared() {
	if !c.shared {
		return
	}
	c.shared = false
	if c.now-c.sharedAt > longShared {
		c.shareWait = 0
	}
	c.shareWait = min(max(2*c.shareWait, firstShareWait), lastShareWait)
	c.shareAfter = c.now + c.shareWait
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

// step stands aside: most of the link is left at once, for two round trips, early enough that a sender in its slow
// start does not take our queue for the end of the link. If there is any queue then it is somebody else's.
func (c *Controller) step() {
	c.lastCut, c.calm = c.now, 0
	c.filled = 0
	if c.standing() > c.yieldAt() && c.window > c.full()/4 {
		c.filled = c.rates.over(c.rtt)
	}
	c.window = min(c.window, asideShare*c.full())
	c.enter(phaseAside)
	c.notShared()
	c.rival, c.bold, c.asideQueue = openbits.RivalNetwork, false, 0
}

// alone says that nobody was there after all. A queue that made us look was our own, then: the link carries less than was thought.
func (c *Controller) alone() {
	c.intrusion.wasFalse()
	if c.filled > 0 {
		c.capacity.rate = min(max(c.filled, c.capacity.rate/2), c.capacity.rate)
		c.filled = 0
	}
}

// standAside finds out whether somebody is there.
func (c *Controller) standAside() {
	passed := c.now - c.since
	if passed > c.rtt*5/4+afterCut {
		c.asideQueue = max(c.asideQueue, c.in.Queue)
	}
	switch {
	case c.asideQueue > c.cruiseAt()*8/5+c.intrusion.forgiven(), passed > c.in.Base && c.in.Queue > 4*c.yieldAt():
		c.yield()
	case passed > asideRounds*c.in.Base+2*afterCut:
		c.alone()
		c.enter(phaseReturn)
		if !c.known {
			c.before, c.plateau = 0, 0
			c.enter(phaseStart)
		}
	}
}

// yield leaves the link to somebody else on the network, and sets for how long.
func (c *Controller) yield() {
	quiet := min(max(8*c.in.Base, shortQuiet), longQuiet)
	if c.now-c.lastYield < recent {
		quiet = min(max(2*c.quiet, quiet), longestQuiet)
	} else {
		c.undoubted = c.capacity.rate
	}
	c.filled = 0
	if c.window > c.full()/4 {
		c.filled = c.rates.over(c.rtt)
	}
	c.notShared()
	c.quiet, c.lastYield = quiet, c.now
	c.quietUntil = c.now + quiet
	c.window = c.floor()
	c.lastCut, c.real, c.bold, c.trickle = c.now, false, false, trickle{}
	c.enter(phaseFloor)
	c.rival = openbits.RivalNetwork
}

// wait stays at the floor until nobody is there any more.
func (c *Controller) wait() {
	c.window = c.floor()
	if c.in.Trip >= 0 {
		c.longer = c.flat.add(c.now, c.in.Trip, c.noise.lasting(), c.yieldAt()/2)
	}
	settled := c.since + c.rtt*5/4 + standingTime
	if c.rival == openbits.RivalNetwork && c.now > settled && c.standing() > c.yieldAt()/2 {
		c.real = true
		c.quietUntil = max(c.quietUntil, c.now+min(c.quiet, c.rtt))
	}
	c.trickle.add(c.now, c.in.Delivered, settled)
	if c.now < c.quietUntil {
		return
	}
	flat := c.noise.flat(min(c.now-settled, shortQuiet), max(c.cruiseAt(), 2*c.packetTime())+time.Millisecond)
	c.noise.learn()
	if c.rival == openbits.RivalNetwork && !c.bold {
		seen, tc := min(c.now-settled, shortQuiet), c.cruiseAt()
		queue, least := c.trickle.queue(c.floor(), c.in.Base+floorSegments*c.packetTime()), c.noise.leastOver(seen)
		switch {
		case queue <= tc*3/5+c.noise.lasting()*2/5: // nobody who fills the link
			c.polite = true
		case flat && c.now >= c.shareAfter && least > c.packetTime()+tc/3 && least < c.yieldAt()*2/3, c.now > c.since+patience && least < c.yieldAt()/2:
			// Whoever is there keeps a queue as small as ours: it yields, too.
			c.polite = true
			c.share()
			return
		default:
			c.real, c.polite, c.trickle = true, false, trickle{}
			c.quietUntil = c.now + c.quiet
			return
		}
		if !c.real {
			c.alone()
		}
	}
	if !c.known { // it was too early to look for others
		c.before, c.plateau = 0, 0
		c.enter(phaseStart)
		return
	}
	c.enter(phaseReturn)
	c.round = c.now
}

// share takes a part of a link from somebody who gives it, slowly: who is there must not take us for somebody in a hurry.
func (c *Controller) share() {
	c.shared, c.sharedAt = true, c.now
	c.enter(phaseCruise)
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
	case c.bold:
		step = 0.45 * full
	case c.now-c.lastYield < recent:
		step = 0.3 * unit
	}
	c.window = min(c.window+max(step, float64(c.in.Segment)), max(c.most(), c.window, step), max(nearlyFull*full, c.window))
	if c.window >= 0.85*full {
		c.enter(phaseCruise)
		if c.bold {
			c.bold, c.lastCut = false, c.now+c.rtt // what was taken back at once stands in the queue for a moment
		}
	}
}
