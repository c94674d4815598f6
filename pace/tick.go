// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

// frame is what a packet adds to the bytes it carries: Ethernet, IP and TCP with timestamps.
const frame = 14 + 20 + 32

// tick reads all connections, asks the controller and applies its window. It answers false
// when the clock may stop.
func (g *Governor) tick(now time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	// The counters are read first: what arrives in between is then taken for ours too soon, not for others'.
	arrived, opens := g.host.read(g.interfaces)
	s, own := g.observe(now)
	if s.Delivered > 0 {
		g.lastMove = now
	}
	if now-g.lastMove > idleAfter || len(g.flows) == 0 {
		g.running.Store(false)
		return false
	}
	g.countForeign(&s, arrived, opens, own)
	if s.Base <= 0 || s.Segment <= 0 {
		return true
	}
	share := int(g.control.Step(now, s)) / max(s.Flows, 1)
	least := floorSegments * s.Segment
	for f := range g.flows {
		window := least
		if now-f.moved < movingTime || s.Flows == 0 {
			window = max(share, least)
		}
		// Set again each time: receive buffer autotuning overwrites it (Linux, tcp_rcv_space_adjust).
		_ = f.socket.clamp(window) // fails on a connection that is being closed
	}
	return true
}

// observe reads the connections. own is how many bytes they had of what arrived at the interfaces.
func (g *Governor) observe(now time.Duration) (s Sample, own int64) {
	var bases time.Duration
	s.Queue = -1
	for f := range g.flows {
		r, err := f.socket.read()
		if err != nil {
			continue
		}
		arrived := r.received - f.last.received
		if arrived > 0 {
			f.moved = now
		}
		s.Delivered += arrived
		s.Lost += r.outOfOrder - f.last.outOfOrder
		// Bytes behind a gap count only when it is filled, their segments at once.
		own += max(arrived+frame*(r.segments-f.last.segments), (r.data-f.last.data)*int64(r.segmentSize+frame))
		f.last = r
		f.base.add(now, r.rtt)
		if now-f.moved >= movingTime {
			continue
		}
		s.Flows++
		s.Segment = max(s.Segment, r.segmentSize)
		base := f.base.value()
		bases += base
		if queue := max(r.rtt-base, 0); s.Queue < 0 || queue < s.Queue {
			s.Queue = queue
		}
	}
	if s.Flows > 0 {
		s.Base = bases / time.Duration(s.Flows)
	}
	s.Queue = max(s.Queue, 0)
	return s, own
}

// countForeign fills in what arrived for others on this host.
func (g *Governor) countForeign(s *Sample, arrived, opens, own int64) {
	if arrived >= 0 && g.arrived >= 0 && !g.fresh {
		s.Counted, s.Foreign = true, arrived-g.arrived-own
		if opens >= 0 && g.opens >= 0 {
			s.Opens = max(opens-g.opens, 0)
		}
	}
	g.arrived, g.opens, g.fresh = arrived, opens, false
}
