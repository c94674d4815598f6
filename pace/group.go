// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"slices"
	"time"
)

const (
	// movingTime is how long after its last bytes a connection has a share of the window; two round trips if those are longer.
	movingTime = 500 * time.Millisecond
	// asleep is a time between ticks after which all has to be found out anew: the computer was suspended.
	asleep = 2 * time.Second
	// freshTime is how long a round trip that was measured is believed; two of them if those are longer.
	freshTime = 50 * time.Millisecond
	// ackedPackets are acknowledged together (RFC 9293, section 3.8.6.3).
	ackedPackets = 2
)

// group is the connections that share a narrow place in one direction, and the one window they have.
type group struct {
	key     groupKey
	control *Controller
	flows   []*flow // those that have their turn first
	hidden  bool    // others on this computer may use the same card without being counted

	turn    time.Duration // when the turns change
	ticked  time.Duration
	trip    time.Duration // the longest round trip that was measured lately
	moving  int
	queue   time.Duration // that was measured last
	gone    int64         // bytes on the wire of connections that left
	foreign ledger
	report  report
}

func newGroup(k groupKey) *group {
	g := &group{key: k, control: NewController(), hidden: sharesCard(k.iface)}
	g.control.Paced = k.up
	return g
}

func (g *group) join(f *flow) {
	f.group = g
	f.origin = f.onWire(f.last)
	g.flows = append(g.flows, f)
}

func (g *group) leave(f *flow) {
	g.flows = slices.DeleteFunc(g.flows, func(other *flow) bool { return other == f })
	g.gone += f.onWire(f.last) - f.origin
	f.free()
}

// restart says that nothing moved for a while, or that time was lost: all has to be found out anew but what noise there is.
func (g *group) restart() {
	noise := g.control.noise
	g.control = NewController()
	g.control.noise, g.control.Paced = noise, g.key.up
	g.foreign.reset()
	g.queue, g.trip, g.ticked, g.report = 0, 0, 0, report{}
}

// rest opens all gates: nothing moves.
func (g *group) rest() {
	for _, f := range g.flows {
		f.free()
	}
	g.moving, g.report = 0, report{}
}

// patience is how long a group waits for bytes before it is taken to be at rest.
func (g *group) patience() time.Duration { return 4 * g.trip }

// tick asks the controller and applies its window. It reports whether bytes moved.
func (g *group) tick(clock func() time.Duration, host hostCounters) bool {
	if len(g.flows) == 0 {
		return false
	}
	if now := clock(); g.ticked > 0 && now-g.ticked > asleep {
		g.restart()
	}
	// The connections are read before and after the counters: what moves in between is neither surely theirs nor surely others'.
	before := g.own()
	counted, known := host.read(g.key.iface)
	now, s, after := g.observe(clock)
	if known {
		s.Counted = g.foreign.add(&s, counted.bytes(g.key.up), before, after)
		s.Opens = g.foreign.opened(counted.opens)
	} else {
		g.foreign.reset()
	}
	g.report.add(now, s, g.control)
	if s.Base <= 0 || s.Segment <= 0 || g.moving == 0 {
		return s.Delivered > 0
	}
	g.apply(now, int(g.control.Step(now, s)), s)
	if longer := g.control.Longer(); longer > 0 {
		g.lengthen(longer)
	}
	trace(g.control, s, g.moving)
	return s.Delivered > 0
}

// lengthen adds to the base delays of the servers: the route is another one.
func (g *group) lengthen(longer time.Duration) {
	done := make(map[*baseDelay]bool)
	for _, f := range g.flows {
		if !done[f.base] {
			done[f.base] = true
			f.base.reset(f.base.value() + longer)
		}
	}
}

// own reads the connections and answers how many bytes they moved over the interface.
func (g *group) own() int64 {
	sum := g.gone
	for _, f := range g.flows {
		if r, err := f.socket.read(); err == nil { // else it is being closed, and what is known has to do
			f.next = r
		}
		sum += f.onWire(f.next) - f.origin
	}
	return sum
}

// observe reads the connections and takes in what they show. now is when the last one was read, for a busy computer may pause
// anywhere; own is how many bytes they moved over the interface.
func (g *group) observe(clock func() time.Duration) (now time.Duration, s Sample, own int64) {
	began := clock()
	own = g.own()
	now = clock()
	s.Skew = now - began
	elapsed := now - g.ticked
	if g.ticked == 0 {
		elapsed = 0
	}
	g.ticked = now
	var bases, queues time.Duration
	measured := 0
	g.moving, g.trip, s.Trip = 0, 0, -1
	for _, f := range g.flows {
		o := f.take(now, elapsed, g.key.up)
		s.Delivered += o.moved
		s.Lost += o.lost
		if !f.moves(now) {
			continue
		}
		g.moving++
		s.Segment = max(s.Segment, f.last.segmentSize)
		s.Blind = s.Blind || f.last.blind
		base := f.base.value()
		bases += base
		g.trip = max(g.trip, o.rtt, base)
		if o.rtt <= 0 || f.paused != 0 || now-f.moved > max(2*base, freshTime) || now-f.resumed <= 2*base {
			continue // not measured yet, or not lately
		}
		if o.single > 0 {
			s.Trip = max(o.single-base, 0)
		}
		queues += max(o.rtt-base, 0)
		measured++
	}
	if g.moving > 0 {
		s.Base = bases / time.Duration(g.moving)
	}
	if measured > 0 {
		g.queue = queues / time.Duration(measured)
		if g.key.up { // a packet is acknowledged with the next one, and both take their time
			g.queue = max(g.queue-ackedPackets*g.control.packetTime(), 0)
		}
	}
	s.Queue = g.queue
	return now, s, own
}
