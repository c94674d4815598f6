// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"testing"
)

// fakeSocket is a connection of which the test says what the kernel knows.
type fakeSocket struct {
	reading
	window int
}

func (s *fakeSocket) read() (reading, error) { return s.reading, nil }
func (s *fakeSocket) clamp(bytes int) error  { s.window = bytes; return nil }

type fakeCounters struct{ arrived, opens int64 }

func (c *fakeCounters) read([]string) (arrived, opens int64) { return c.arrived, c.opens }

// newFake is a governor with n connections that move at 10 Mbit/s in all, with nothing that ticks but the test.
func newFake(n int) (g *Governor, host *fakeCounters, sockets []*fakeSocket, step func(ticks int, moving int)) {
	g, host = NewGovernor(), new(fakeCounters)
	g.host = host
	g.running.Store(true)
	for range n {
		s := &fakeSocket{reading: reading{rtt: 40 * ms, minRTT: 40 * ms, segmentSize: segment}}
		sockets = append(sockets, s)
		g.add(&flow{governor: g, socket: s, last: s.reading}, "eth0")
	}
	now := g.now()
	return g, host, sockets, func(ticks, moving int) {
		for range ticks {
			now += TickInterval
			for _, s := range sockets[:moving] {
				s.received += int64(6250 / moving)
				host.arrived += int64(6250 / moving)
			}
			if !g.tick(now) {
				break
			}
		}
	}
}

func TestShares(t *testing.T) {
	_, host, sockets, step := newFake(4)
	step(200, 4)
	for _, s := range sockets {
		if s.window != sockets[0].window || s.window < floorSegments*segment {
			t.Errorf("a share of %d, another of %d", s.window, sockets[0].window)
		}
	}
	before := sockets[0].window
	step(200, 1)
	if sockets[0].window <= before || sockets[1].window != floorSegments*segment {
		t.Errorf("the only one that moves has %d, those that rest %d", sockets[0].window, sockets[1].window)
	}
	for range 20 { // somebody else on this host
		host.arrived += 50000
		step(1, 4)
	}
	for _, s := range sockets {
		if s.window != floorSegments*segment {
			t.Errorf("beside a foreground a window of %d", s.window)
		}
	}
}

// TestRests: when nothing moves, the governor's clock stops.
func TestRests(t *testing.T) {
	g, _, _, step := newFake(1)
	step(100, 1)
	if !g.running.Load() {
		t.Fatal("the clock stopped while bytes moved")
	}
	step(int(idleAfter/TickInterval)-1, 0)
	if !g.running.Load() {
		t.Fatal("the clock stopped too soon")
	}
	step(10, 0)
	if g.running.Load() {
		t.Error("the clock goes on although nothing moves")
	}
}

// TestNoCounters: without the host's counters the queue alone decides.
func TestNoCounters(t *testing.T) {
	_, host, sockets, step := newFake(1)
	host.arrived, host.opens = -1, -1
	step(200, 0)
	host.arrived = -1
	for range 400 {
		sockets[0].received += 6250
		step(1, 0)
		host.arrived = -1
	}
	open := sockets[0].window
	sockets[0].rtt = 240 * ms
	for range 300 {
		sockets[0].received += 6250
		step(1, 0)
	}
	if sockets[0].window != floorSegments*segment || open <= 2*floorSegments*segment {
		t.Errorf("a window of %d, with a queue of 200 ms one of %d", open, sockets[0].window)
	}
}
