// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"time"

	"github.com/openbits/openbits"
)

const (
	// TickInterval is how often a controller is asked while bytes move. It is a small part of any round trip over the Internet.
	TickInterval = 5 * time.Millisecond
	// yieldDelay is the queueing delay above which somebody else is taken to be there.
	yieldDelay = 10 * time.Millisecond
	// cruiseDelay is the queue that a background transfer keeps while it is alone: enough for
	// the link never to run dry, less than what makes a cubic sender leave its slow start (4 ms, HyStart).
	cruiseDelay = 2500 * time.Microsecond
	// yieldPackets and cruisePackets are the same for slow links, in packets on the wire.
	yieldPackets, cruisePackets = 6, 2.5
	// stall is a time between samples in which the computer had no time for us.
	stall = 4 * TickInterval
	// standingTime is over which a queue must stand to be one: longer than the time between two frames of a video.
	standingTime = 40 * time.Millisecond
	// meanTime is over which the queueing delay of a noisy path is averaged.
	meanTime = 250 * time.Millisecond
	// slowestPacket bounds the time of a packet that is reckoned with: 2 Mbit/s.
	slowestPacket = 6 * time.Millisecond
	// packetSize is a full packet on the wire, in bytes.
	packetSize = 1500
	// floorSegments is the least window: with less, the kernel has no
	// full-size segments to measure a round trip by, and some servers give up.
	floorSegments = 2
	// startSegments is the window of a connection that begins (RFC 6928).
	startSegments = 10
)

// Sample is what was observed in one tick, over all connections that share a window.
type Sample struct {
	Base      time.Duration // round trip without any queue
	Queue     time.Duration // round trip now, less Base: the queueing delay
	Trip      time.Duration // queueing delay of a single round trip that was measured now; negative: none
	Delivered int64         // bytes that arrived for these connections since the sample before
	Skew      time.Duration // how long before the time of the sample the first connection was read
	Lost      int64         // segments that arrived out of order since then
	Segment   int           // bytes in a full segment
	Blind     bool          // round trips are worked out from window and rate

	Counted     bool  // what others on this host do is known
	ForeignLow  int64 // bytes that others on this host moved, at least and
	ForeignHigh int64 // at most, since some time in the past that is the same as long as Counted holds
	Opens       int64 // connections that others on this host began to open since the sample before
}

// phase is what a Controller is at.
type phase int

const (
	phaseStart  phase = iota // finding out what the link carries: the window doubles each round
	phaseCruise              // filling the link, with a small queue
	phaseAside               // somebody may be there: most of the link is left, to find out
	phaseFloor               // somebody is there
	phaseReturn              // taking back what was given up
)

// Controller decides how many bytes background connections may have under way together, so that
// they use what others leave and get out of the way as soon as others come. It is arithmetic on
// samples and their times: it has no clock, no sockets and no goroutines.
//
// The window is the one signal that a receiver can give its senders at once (RFC 9840,
// rLEDBAT). The rules differ from RFC 6817 and LEDBAT++ in keeping a queue of 2.5 ms and not of 60 to 100, and in
// noticing others by the bytes that are missing when the link was full, which shows a round trip or more before any queue does.
type Controller struct {
	// Paced says that the window is held by a rate, so that a queue grows for as long as the rate is too high.
	Paced bool

	now     time.Duration
	elapsed time.Duration // since the sample before
	skew    time.Duration // by how much that is uncertain
	in      Sample
	rtt     time.Duration
	rates   rateHistory

	capacity  capacity
	host      hostForeground
	noise     noise
	intrusion intrusion
	trickle   trickle
	flat      flat
	longer    time.Duration // by which the path was found to be longer

	phase   phase
	since   time.Duration // of the phase
	window  float64
	offered float64 // what was offered; it follows window in small steps
	round   time.Duration
	mean    time.Duration // of the queueing delay, lately
	lastCut time.Duration

	calm      int           // rounds in which there was no queue although the window seems full
	probed    time.Duration // when the window last grew beyond what the link was thought to carry
	before    float64       // rate of the round before, in phaseStart
	known     bool          // what the link carries was seen
	fullFor   time.Duration // for how long the link was full
	plateau   int           // rounds in a row in which more under way did not bring more, in phaseStart
	unfilled  int           // rounds in a row in which the window was larger than what the servers fill
	undoubted float64       // the link's rate before the last yields

	rival                 openbits.Rival // who has the link, in phaseAside and phaseFloor
	bold                  bool           // whoever was there has gone: growth may be fast
	drained               bool           // so long a queue has gone that it is sure
	leapt                 time.Duration  // when the whole link was taken back at once
	fillUntil             time.Duration  // until when the senders may take to fill it; 0: nothing is filled
	real                  bool           // a queue that was not ours was seen at the floor
	burst                 bool           // bytes that were missing all at once are why we stand aside
	asideQueue            time.Duration  // the longest queue in the second round of phaseAside
	filled                float64        // the rate when a queue made us look for somebody else
	shared                bool           // somebody who keeps no queue has a part of the link, and we have the rest
	polite                bool           // at the floor it was seen that nobody fills the link
	sharedAt              time.Duration  // since when
	shareWait, shareAfter time.Duration  // when that did not last: how long and until when it is not tried again
	lastYield             time.Duration
	quiet                 time.Duration // as long as it is now
	quietUntil            time.Duration
	overSince             time.Duration // since when the queue is over the threshold; negative: it is not
}

// NewController returns a controller for connections that begin.
func NewController() *Controller {
	return &Controller{overSince: -1, probed: -time.Hour, lastCut: -time.Hour, lastYield: -time.Hour, leapt: -time.Hour}
}

// Step takes the sample of time now, which only grows, and answers the window in bytes for all connections together.
func (c *Controller) Step(now time.Duration, s Sample) int64 {
	elapsed := now - c.now
	c.observe(now, elapsed, s)
	switch {
	case c.host.holds(now, s, c.capacity.rate, c.standing() < c.yieldAt()/2):
		c.hold()
	case c.phase == phaseStart:
		c.start()
	case c.phase == phaseCruise:
		c.cruise()
	case c.phase == phaseAside:
		c.standAside()
	case c.phase == phaseFloor:
		c.wait()
	case c.phase == phaseReturn:
		c.comeBack()
	}
	c.window = max(c.window, c.floor())
	c.follow(elapsed)
	return int64(c.offered)
}

// observe takes in what is known of time now.
func (c *Controller) observe(now, elapsed time.Duration, s Sample) {
	c.skew = c.in.Skew + s.Skew
	c.now, c.elapsed, c.in = now, elapsed, s
	queue := max(s.Queue, 0)
	c.noise.packet = c.packetTime()
	c.noise.add(queue)
	if s.Trip >= 0 && c.tripCounts() {
		c.noise.trip(s.Trip)
	}
	c.in.Queue = c.noise.filter(queue)
	c.mean += time.Duration(float64(queue-c.mean) * min(elapsed.Seconds()/meanTime.Seconds(), 1))
	c.rtt = s.Base + c.in.Queue
	c.rates.add(now, s.Delivered)
	if c.window < c.floor() {
		c.window = max(c.floor(), float64(startSegments*s.Segment))
		c.offered = c.window
	}
	c.capacity.update(elapsed, c.rates.over(capacityTime), c.offered, c.rtt, c.aging())
	c.watchQueue()
	if elapsed > stall {
		// We were kept from running. What came late looks like a queue now, and what was acknowledged late like somebody else a round trip later.
		c.lastCut = now
		c.intrusion.forget()
	}
}

// tripCounts reports whether a single round trip tells of noise: little of ours is under way, at the floor or because we take noise for a queue.
func (c *Controller) tripCounts() bool {
	switch c.phase {
	case phaseFloor:
		return c.rival == openbits.RivalNetwork && c.now > c.since+c.rtt*5/4
	case phaseCruise:
		return c.rates.over(c.rtt)*TickInterval.Seconds() < 3*float64(c.in.Segment)
	}
	return false
}

// standing is the queue that did not go away for a while: packets of others that come now and then are not in it.
func (c *Controller) standing() time.Duration { return c.noise.leastOver(max(standingTime, c.rtt/2)) }

// enter begins a phase.
func (c *Controller) enter(p phase) {
	if p == phaseCruise {
		c.intrusion.begin()
	}
	if p == phaseFloor || p == phaseCruise {
		c.noise.trips, c.flat = c.noise.trips[:0], flat{}
	}
	c.phase, c.since = p, c.now
	c.round = c.now + c.rtt
}

// Longer answers by how much the path without any queue was found to be longer than Base, since it was asked last.
func (c *Controller) Longer() time.Duration {
	longer := c.longer
	c.longer = 0
	return longer
}

// floor is the least window in bytes.
func (c *Controller) floor() float64 { return float64(floorSegments * c.in.Segment) }

// full is the window that just fills the link, without a queue.
func (c *Controller) full() float64 {
	return c.capacity.rate * (c.in.Base + c.noise.lasting()).Seconds() // noise is on the way too
}

// aging is over which time the estimate of the capacity fades, 0 for not at all: who stands aside
// learns nothing, and where a queue stands in the way of a window that should not fill the link, it is wrong.
func (c *Controller) aging() time.Duration {
	switch {
	case c.phase == phaseStart || c.phase == phaseFloor || c.window <= 2*c.floor():
		return 0
	}
	return decayTime
}

// packetTime is how long a full packet takes on the link.
func (c *Controller) packetTime() time.Duration { return timeOfPacket(c.capacity.rate) }

func timeOfPacket(rate float64) time.Duration {
	if rate == 0 {
		return 0
	}
	return min(time.Duration(packetSize/rate*float64(time.Second)), slowestPacket)
}

// yieldAt is the queueing delay above which the window is cut.
func (c *Controller) yieldAt() time.Duration {
	return max(yieldDelay, yieldPackets*c.packetTime()) + 5*c.noise.lasting()/2
}

// cruiseAt is the queueing delay to keep.
func (c *Controller) cruiseAt() time.Duration {
	packets := float64(cruisePackets)
	if c.Paced { // there are no bursts to be kept apart
		packets = 1
	}
	return max(cruiseDelay, time.Duration(packets*float64(c.packetTime()))) + c.noise.lasting()
}

// follow lets the offered window fall at once and rise in steps, so that no burst leaves the sender.
func (c *Controller) follow(elapsed time.Duration) {
	if c.window <= c.offered || c.capacity.rate == 0 {
		c.offered = c.window
		return
	}
	step := max(0.7*c.capacity.rate*elapsed.Seconds(), float64(c.in.Segment))
	c.offered = min(c.window, c.offered+step)
}
