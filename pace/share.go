// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

const (
	// openSegments is the least share of a connection that reads, beside the floor: with fewer connections the others wait.
	openSegments = 4
	// turnTime is how long a connection reads while others wait; eight round trips if those are longer.
	turnTime = time.Second
	// longestWait bounds how long a connection waits for its turn: less than the 15 s after which handshakes and HTTP/2 pings are given up.
	longestWait = 8 * time.Second
	// shakingBytes is how much a connection has received when its handshake is over: before, it never waits.
	shakingBytes = 16 << 10
	// overlooked is by how much the window may be larger than twice what was asked for: what was offered once cannot be taken back.
	overlooked = 64 << 10
)

// apply divides the window.
func (g *group) apply(now time.Duration, window int, s Sample) {
	least := floorSegments * s.Segment
	open := min(max(window/(openSegments*s.Segment), 1), g.moving)
	if g.key.up {
		open, least = g.moving, 0 // a rate can be as small as one likes
	}
	if now >= g.turn {
		g.turn = now + min(max(turnTime, 8*s.Base), longestWait/time.Duration(max(g.moving, 1)))
		g.rotate(now, open)
	}
	reads := g.readers(now, open)
	// A priority has its parts once, however many connections it uses.
	var of [5]int // connections by weight
	for _, f := range g.flows {
		if reads[f] {
			of[f.weight.Load()]++
		}
	}
	parts := 0
	for weight, n := range of {
		if n > 0 {
			parts += weight
		}
	}
	for _, f := range g.flows {
		share := least
		if weight := int(f.weight.Load()); reads[f] && f.moves(now) {
			share = max(window*weight/(parts*of[weight]), least)
		}
		if share > least {
			f.wide = now
		}
		f.set(now, share, f.moves(now) && !reads[f], g.key.up, s.Base+g.control.cruiseAt())
	}
}

// readers are the connections that read now: the first ones that move, and those that are still shaking hands.
func (g *group) readers(now time.Duration, open int) map[*flow]bool {
	reads := make(map[*flow]bool, open)
	for _, f := range g.flows {
		switch {
		case !f.moves(now):
		case open > 0:
			open--
			reads[f] = true
		case f.last.received < shakingBytes:
			reads[f] = true
		}
	}
	return reads
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
	if shut && f.paused == 0 {
		f.paused = now
		f.gate.set(true)
	}
	switch {
	case shut && !f.held && now-f.wide > 2*max(f.last.rtt, f.base.value()): // no more is under way than fits
		f.held = true
		f.socket.hold(true)
	case !shut && f.paused != 0:
		f.free()
		f.moved, f.resumed = now, now
	}
	// Both fail on a connection that is being closed.
	if up {
		_ = f.socket.pace(int(float64(share) / max(f.trip, least).Seconds()))
		return
	}
	f.offered = share
	_ = f.socket.offer(share)
	f.check(now, share)
}

// free lets the connection's program read.
func (f *flow) free() {
	if f.held {
		f.held = false
		f.socket.hold(false)
	}
	f.paused = 0
	f.gate.set(false)
}

// check notices that the kernel does not do as asked. A window changes with the bytes that arrive: one that is not used stays as it was.
func (f *flow) check(now time.Duration, share int) {
	switch {
	case f.last.window <= 2*share+overlooked || f.last.rtt == 0 || f.paused != 0:
		f.over = 0
	case f.over == 0:
		f.over, f.overFrom = now, f.last.received
	case now-f.over > max(time.Second, 8*f.last.rtt) && f.last.received-f.overFrom > int64(f.last.window) && f.socket.insist():
		f.over, f.insisted = 0, true
	}
}
