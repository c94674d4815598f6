// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"slices"
	"time"
)

const (
	// frame is what a packet adds to the bytes it carries: Ethernet, IP and TCP with timestamps.
	frame = 14 + 20 + 32
	// movingTime is how long after its last bytes a connection has a share of the window.
	movingTime = 500 * time.Millisecond
	// asleep is a time between ticks after which all has to be found out anew: the computer was suspended.
	asleep = 2 * time.Second
	// freshTime is how long a round trip that was measured is believed; two of them if those are longer.
	freshTime = 50 * time.Millisecond
	// ackedPackets are acknowledged together (RFC 9293, section 3.8.6.3).
	ackedPackets = 2
	// openSegments is the least share of a connection that reads, beside the floor: with fewer connections the others wait.
	openSegments = 4
	// overlooked is by how much the window may be larger than twice what was asked for: what was offered once cannot be taken back.
	overlooked = 64 << 10
	// turnTime is how long a connection reads while others wait; eight round trips if those are longer. Servers give up after a minute or so.
	turnTime = time.Second
)

// group is the connections that share a narrow place in one direction, and the one window they have.
type group struct {
	key     groupKey
	control *Controller
	flows   []*flow // those that have their turn first

	turn    time.Duration // when the turns change
	ticked  time.Duration
	moving  int
	queue   time.Duration // that was measured last
	foreign ledger
	report  report
}

func newGroup(k groupKey) *group {
	g := &group{key: k, control: NewController()}
	g.control.Paced = k.up
	return g
}

func (g *group) join(f *flow) {
	f.group = g
	g.flows = append(g.flows, f)
	g.foreign.reset()
}

func (g *group) leave(f *flow) {
	g.flows = slices.DeleteFunc(g.flows, func(other *flow) bool { return other == f })
	g.foreign.reset()
	f.gate.set(false)
}

// restart says that nothing moved for a while.
func (g *group) restart() {
	g.control.Restart()
	g.foreign.reset()
}

// rest opens all gates: nothing moves.
func (g *group) rest() {
	for _, f := range g.flows {
		f.gate.set(false)
	}
	g.moving = 0
}

// tick asks the controller and applies its window. It reports whether bytes moved.
func (g *group) tick(clock func() time.Duration, host hostCounters) bool {
	if len(g.flows) == 0 {
		return false
	}
	// The connections are read before and after the counters: what moves in between is neither surely theirs nor surely others'.
	if now := clock(); g.ticked > 0 && now-g.ticked > asleep {
		g.restart()
		g.ticked = now
	}
	before := g.own()
	counted, known := host.read(g.key.iface)
	now := clock()
	s, after := g.observe(now)
	s.Skew = clock() - now
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

// own is how many bytes these connections moved over the interface.
func (g *group) own() (sum int64) {
	for _, f := range g.flows {
		r, err := f.socket.read()
		if err != nil {
			continue
		}
		sum += r.onWire(g.key.up)
	}
	return sum
}

// onWire is how many bytes the connection moved over the interface since it was opened.
func (r reading) onWire(up bool) int64 {
	if up {
		return r.sentBytes + frame*r.sent
	}
	// Bytes behind a gap count only when it is filled, their segments at once.
	return max(r.received+frame*r.segments, r.data*int64(r.segmentSize+frame))
}

// observe reads the connections. own is how many bytes they moved over the interface.
func (g *group) observe(now time.Duration) (s Sample, own int64) {
	elapsed := now - g.ticked
	g.ticked = now
	var bases, queues time.Duration
	measured := 0
	g.moving, s.Trip = 0, -1
	for _, f := range g.flows {
		r, err := f.socket.read()
		if err != nil {
			continue
		}
		own += r.onWire(g.key.up)
		moved, rtt := f.take(now, elapsed, r, g.key.up)
		single := trip(f.last.rtt, r.rtt)
		s.Delivered += moved
		if g.key.up {
			s.Lost += r.resent - f.last.resent
		} else {
			s.Lost += r.outOfOrder - f.last.outOfOrder
		}
		f.last = r
		if !f.moves(now) {
			continue
		}
		g.moving++
		s.Segment = max(s.Segment, r.segmentSize)
		base := f.base.value()
		bases += base
		if f.paused == 0 && now-f.moved <= max(2*base, freshTime) && now-f.resumed > 2*base {
			if single > 0 && !g.key.up && !r.blind {
				s.Trip = max(single-base, 0)
			}
			queues += max(rtt-base, 0)
			measured++
		}
	}
	if g.moving > 0 {
		s.Base = bases / time.Duration(g.moving)
	}
	if measured > 0 {
		s.Queue = queues / time.Duration(measured)
		if g.key.up { // a packet is acknowledged with the next one, and both take their time
			s.Queue = max(s.Queue-ackedPackets*g.control.packetTime(), 0)
		}
		g.queue = s.Queue
	}
	s.Queue = g.queue
	return s, own
}

// moves reports whether the connection has a share of the window: bytes moved lately, or it waits for its turn.
func (f *flow) moves(now time.Duration) bool { return f.paused != 0 || now-f.moved < movingTime }

// take notes what moved since the last reading, and answers it with the round trip.
func (f *flow) take(now, elapsed time.Duration, r reading, up bool) (moved int64, rtt time.Duration) {
	received, acked := r.received-f.last.received, r.acked-f.last.acked
	fade := max(1-elapsed.Seconds(), 0)
	f.recvd = int64(float64(f.recvd)*fade) + received
	f.acked = int64(float64(f.acked)*fade) + acked
	moved, rtt = received, r.rtt
	switch {
	case up:
		if n := r.segments - f.last.segments; n > 0 && f.last.sendRTT > 0 {
			f.trip = meanTrip(f.last.sendRTT, r.sendRTT, n)
		}
		moved, rtt = acked, f.trip
	case r.blind:
		rtt = f.blind.add(now, received, r.window)
	}
	if moved > 0 {
		f.moved = now
	}
	if f.paused == 0 && !up && !r.blind { // what was worked out may be too small: the handshake has to do
		f.base.add(now, rtt)
	}
	return moved, rtt
}

// apply divides the window.
func (g *group) apply(now time.Duration, window int, s Sample) {
	least := floorSegments * s.Segment
	open := min(max(window/(openSegments*s.Segment), 1), g.moving)
	if g.key.up {
		open, least = g.moving, 0 // a rate can be as small as one likes
	}
	if now >= g.turn {
		g.turn = now + max(turnTime, 8*s.Base)
		g.rotate(now, open)
	}
	var weights int
	left := open
	for _, f := range g.flows {
		if left > 0 && f.moves(now) {
			left--
			weights += int(f.weight.Load())
		}
	}
	for _, f := range g.flows {
		share, shut := least, false
		if f.moves(now) {
			shut = open == 0
			if !shut {
				open--
				share = max(window*int(f.weight.Load())/weights, least)
			}
		}
		f.set(now, share, shut, g.key.up, s.Base+g.control.cruiseAt())
	}
}

// rotate lets others have their turn, when not all have one.
func (g *group) rotate(now time.Duration, open int) {
	if open >= g.moving {
		return
	}
	var first, rest []*flow
	for _, f := range g.flows {
		if len(first) < open && f.moves(now) {
			first = append(first, f)
		} else {
			rest = append(rest, f)
		}
	}
	g.flows = append(rest, first...)
}

// set applies a share. It is set again each time: receive buffer autotuning overwrites it (Linux, tcp_rcv_space_adjust).
func (f *flow) set(now time.Duration, share int, shut, up bool, least time.Duration) {
	switch {
	case shut && f.paused == 0:
		f.paused = now
		f.gate.set(true)
	case !shut && f.paused != 0:
		f.paused, f.moved, f.resumed = 0, now, now
		f.gate.set(false)
	}
	// Both fail on a connection that is being closed.
	if up {
		_ = f.socket.pace(int(float64(share) / max(f.trip, least).Seconds()))
		return
	}
	_ = f.socket.offer(share)
	f.check(now, share)
}

// check notices that the kernel does not do as asked.
func (f *flow) check(now time.Duration, share int) {
	switch {
	case f.last.window <= 2*share+overlooked || f.last.rtt == 0:
		f.over = 0
	case f.over == 0:
		f.over = now
	case now-f.over > max(time.Second, 8*f.last.rtt) && f.socket.insist():
		f.over, f.insisted = 0, true
	}
}
