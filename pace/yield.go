// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"time"

	"github.com/openbits/openbits"
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
			c.bold, c.drained = true, c.now > c.leapt+leapAgain
			c.capacity.rate = max(c.capacity.rate, c.undoubted)
			c.quietUntil = c.now
		}
		c.overSince = -1
	}
}

// hold makes way for a foreground transfer on this host, which the counters show before any queue does.
func (c *Controller) hold() {
	c.window, c.fillUntil = c.floor(), 0
	if c.capacity.rate == 0 {
		return // the start goes on afterwards
	}
	if c.phase != phaseFloor || c.rival != openbits.RivalHost {
		c.enter(phaseFloor)
		c.rival, c.calm = openbits.RivalHost, 0
	}
	c.bold, c.quietUntil = true, c.now
}

// step stands aside: most of the link is left at once, for some round trips, early enough that a sender in its slow
// start does not take our queue for the end of the link. If there is any queue then it is somebody else's.
// burst says that bytes are missing all at once.
func (c *Controller) step(burst bool) {
	c.lastCut, c.calm = c.now, 0
	c.filled, c.fillUntil = 0, 0
	if c.standing() > c.yieldAt() && c.window > c.full()/4 {
		c.filled = c.rates.over(c.rtt)
	}
	c.window = min(c.window, asideShare*c.full())
	c.enter(phaseAside)
	c.intrusion.forget()
	c.burst = burst && !c.in.Blind
	c.notShared()
	c.rival, c.bold, c.asideQueue = openbits.RivalNetwork, false, 0
}

// alone says that nobody was there after all. A queue that made us look was our own, then: the link carries less than was thought.
func (c *Controller) alone() {
	c.intrusion.wasFalse()
	c.noise.wasTooLow()
	if c.filled > 0 {
		c.capacity.rate = min(max(c.filled, c.capacity.rate/2), c.capacity.rate)
		c.filled = 0
	}
}

// standAside finds out whether somebody is there.
func (c *Controller) standAside() {
	passed := c.now - c.since
	c.burst = c.burst && c.in.Lost == 0 // behind a lost segment nothing arrives in order
	if passed > c.rtt*5/4+afterCut {
		c.asideQueue = max(c.asideQueue, c.in.Queue)
	}
	switch {
	case c.burst && passed < c.rtt+TickInterval && c.intrusion.goesOn(c.arrivals(), max(passed-c.rtt, 0)):
		c.yield()
	case c.asideQueue > c.cruiseAt()*8/5+c.intrusion.forgiven(), passed > c.in.Base && c.in.Queue > 4*c.yieldAt():
		c.yield()
	case passed > asideRounds*c.in.Base+2*afterCut && c.noise.leastOver(c.rtt) > c.cruiseAt()*3/5:
		c.yield() // a queue that stands although most of the link was left
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
	if c.phase != phaseAside {
		c.filled = 0
	}
	if c.window > 2*asideShare*c.full() { // else the rate is that of standing aside
		c.filled = c.rates.over(c.rtt)
	}
	c.notShared()
	c.quiet, c.lastYield = quiet, c.now
	c.quietUntil = c.now + quiet
	c.window, c.fillUntil = c.floor(), 0
	c.lastCut, c.real, c.bold, c.drained, c.trickle = c.now, false, false, false, trickle{}
	c.enter(phaseFloor)
	c.rival = openbits.RivalNetwork
}

// wait stays at the floor until nobody is there any more.
func (c *Controller) wait() {
	c.window = c.floor()
	if c.in.Trip >= 0 && c.rival == openbits.RivalNetwork { // else the counters explain the queue
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
	quietBefore := c.noise.lasting() == 0
	c.noise.learn()
	if quietBefore && c.noise.lasting() > 0 && c.fullFor < sureTime { // what was taken for the end of the link was noise
		c.known = false
	}
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
