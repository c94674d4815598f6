// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

const (
	// TickInterval is how often a controller is asked while bytes move. It is a small part of any round trip over the Internet.
	TickInterval = 5 * time.Millisecond
	// yieldDelay is the queueing delay above which somebody else is taken to be there.
	yieldDelay = 10 * time.Millisecond
	// cruiseDelay is the queue that a background transfer keeps while it is alone: enough for
	// the link never to run dry, less than what makes a cubic sender leave its slow start (4 ms, HyStart).
	cruiseDelay = 3 * time.Millisecond
	// yieldPackets and cruisePackets are the same for slow links, in packets on the wire.
	yieldPackets, cruisePackets = 6, 2.5
	// stall is a time between samples in which the computer had no time for us.
	stall = 4 * TickInterval
	// slowestPacket bounds the time of a packet that is reckoned with: 2 Mbit/s.
	slowestPacket = 6 * time.Millisecond
	// packetSize is a full packet on the wire, in bytes.
	packetSize = 1500
	// floorSegments is the least window of a connection: with less, the kernel has no
	// full-size segments to measure a round trip by, and some servers give up.
	floorSegments = 2
	// startSegments is the window of a connection that begins (RFC 6928).
	startSegments = 10
)

// Sample is what was observed in one tick, over all connections that share a window.
type Sample struct {
	Base      time.Duration // round trip without any queue
	Queue     time.Duration // round trip now, less Base: the queueing delay
	Delivered int64         // bytes that arrived for these connections since the sample before
	Lost      int64         // segments that arrived out of order since then
	Counted   bool          // Foreign and Opens are known
	Foreign   int64         // bytes that arrived for others on this host since then; what was counted too early is taken off again
	Opens     int64         // connections that others on this host began to open since then
	Flows     int           // connections that share the window
	Segment   int           // bytes in a full segment
}

// Controller decides how many bytes background connections may have under way together, so that
// they use what others leave and get out of the way as soon as others come. It is arithmetic on
// samples and their times: it has no clock, no sockets and no goroutines.
//
// The window is the one signal that a receiver can give its senders at once (RFC 9840,
// rLEDBAT). The rules differ from RFC 6817 and LEDBAT++ in keeping a queue of 3 ms and not of 60 to 100.
type Controller struct {
	now   time.Duration
	in    Sample
	rtt   time.Duration
	rates rateHistory

	capacity capacity
	host     hostForeground
	noise    noise

	started  bool // the start, which doubles the window each round, is over
	window   float64
	offered  float64 // what was offered; it follows window in small steps
	round    time.Duration
	calm     int  // rounds in which there was no queue although the window seems full
	proven   bool // the counters of this host say that the foreground has gone
	departed bool // a queue that was not ours has gone

	bold       bool    // growth may be fast: whoever was there has gone
	probing    bool    // growing beyond what the link was thought to carry
	returning  bool    // nobody was there
	aside      bool    // finding out whether somebody is there
	undoubted  float64 // the link's rate before the last yields
	lastGrowth time.Duration
	lastCut    time.Duration
	lastYield  time.Duration
	quiet      time.Duration // as long as it is now
	quietUntil time.Duration
	overSince  time.Duration // since when the queue is over the threshold; negative: it is not
}

// NewController returns a controller for connections that begin.
func NewController() *Controller {
	return &Controller{overSince: -1, lastCut: -time.Hour, lastYield: -time.Hour}
}

// Step takes the sample of time now, which only grows, and answers the window in bytes for all connections together.
func (c *Controller) Step(now time.Duration, s Sample) int64 {
	elapsed := now - c.now
	c.now, c.in = now, s
	c.noise.own = min(max(noisy, 2*timeOfPacket(c.capacity.most)), 2*noisy)
	c.noise.add(now, max(s.Queue, 0), s.Base, c.window <= 4*c.floor())
	c.in.Queue = c.noise.filter(max(s.Queue, 0))
	c.rtt = s.Base + c.in.Queue
	c.rates.add(now, s.Delivered)
	if c.window < c.floor() {
		c.window = max(c.floor(), float64(startSegments*s.Segment))
		c.offered = c.window
	}
	c.capacity.update(elapsed, c.rates.over(capacityTime), c.offered, c.rtt, c.aging())
	c.watchQueue()
	if elapsed > stall {
		// We were kept from running, and what came late looks like a queue: look again before a cut.
		c.lastCut = now
	}

	switch {
	case c.host.holds(now, s, c.capacity.rate):
		c.hold()
	case c.mustCut():
		c.cut()
	case now >= c.round:
		c.round = now + c.rtt
		c.grow()
	}
	c.window = max(c.window, c.floor())
	c.follow(elapsed)
	return int64(c.offered)
}

// Restart says that nothing moved for a while: what the network looks like has to be found out anew.
func (c *Controller) Restart() {
	c.started, c.window, c.offered, c.bold, c.aside = false, 0, 0, false, false
	c.rates = rateHistory{}
}

// floor is the least window in bytes.
func (c *Controller) floor() float64 {
	return float64(max(c.in.Flows, 1) * floorSegments * c.in.Segment)
}

// full is the window that just fills the link, without a queue.
func (c *Controller) full() float64 { return c.capacity.rate * c.in.Base.Seconds() }

// aging is over which time the estimate of the capacity fades, 0 for not at all: who stands aside
// learns nothing, and where a queue stands in the way of a window that should not fill the link, it is wrong.
func (c *Controller) aging() time.Duration {
	switch {
	case !c.started || c.window <= 2*c.floor():
		return 0
	case c.window < 0.85*c.full() && c.in.Queue > c.cruiseAt():
		return decayTime / 10
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
	return max(yieldDelay, yieldPackets*c.packetTime()) + 2*c.noise.lasting()
}

// cruiseAt is the queueing delay to keep.
func (c *Controller) cruiseAt() time.Duration {
	return max(cruiseDelay, time.Duration(cruisePackets*float64(c.packetTime()))) + c.noise.lasting()
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
