// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"net/netip"
	"time"

	"github.com/openbits/openbits"
)

// service is a background service with some connections: a real Governor on sockets of the model.
type service struct {
	*Governor
	world *world
	class int
	tcps  []*tcp
	host  *simHost
	gates map[*flow]*tcp
	blind bool // servers send no timestamps
}

// simSocket is the client's end of a connection of the model.
type simSocket struct {
	*tcp
	clamped int
	service *service
}

func (s *simSocket) read() (reading, error) {
	return reading{
		rtt: time.Duration(s.rcvRTT) * time.Microsecond, minRTT: s.handshake, received: int64(s.delivered),
		segments: int64(s.segments), data: int64(s.segments), outOfOrder: int64(s.outOfOrder), segmentSize: segment,
		window: s.clamped, blind: s.service.blind,
	}, nil
}

func (s *simSocket) pace(int) error { return nil }
func (s *simSocket) hold(bool)      {}
func (s *simSocket) insist() bool   { return false }
func (s *simSocket) handle() string { return "model" }

func (s *simSocket) offer(bytes int) error {
	s.clamped = bytes
	return nil
}

// simHost is what the counters of a computer say.
type simHost struct {
	tcps    []*tcp
	others  int64 // bytes that did not come over a connection
	opens   int64
	unknown bool
}

func (h *simHost) read(string) (counted, bool) {
	if h.unknown {
		return counted{}, false
	}
	sum := h.others
	for _, t := range h.tcps {
		sum += int64(t.segments) * (segment + header4)
	}
	return counted{received: sum, opens: h.opens}, true
}

// simTrace, when set, is called after each tick.
var simTrace func(*service)

// newService starts n connections of a background service at once.
func newService(w *world, class, n int) *service {
	s := &service{Governor: NewGovernor(), world: w, class: class, host: &simHost{}, gates: make(map[*flow]*tcp)}
	s.Governor.clock = func() time.Duration { return w.now }
	s.Governor.host = s.host
	s.running.Store(true)
	for range n {
		s.open()
	}
	var tick func()
	tick = func() {
		s.running.Store(true)
		s.tick()
		if simTrace != nil {
			simTrace(s)
		}
		for f, t := range s.gates {
			t.freeze(f.gate.shut)
		}
		w.after(TickInterval, tick)
	}
	w.after(TickInterval, tick)
	return s
}

func (s *service) open() *tcp {
	t := &tcp{world: s.world, class: s.class, left: -1}
	sock := &simSocket{tcp: t, clamped: startSegments * segment, service: s}
	t.window = func() int { return sock.clamped }
	s.tcps = append(s.tcps, t)
	s.host.tcps = append(s.host.tcps, t)
	t.begin()
	s.world.after(s.world.down.delay+s.world.up.delay+s.world.down.queued()+2*ms+3*s.world.down.jitter, func() {
		r, _ := sock.read()
		f := newFlow(s.Governor, nil, sock, r, openbits.PriorityNormal)
		s.gates[f] = t
		s.add(f, netip.Addr{}, "eth0")
	})
	return t
}

// foreground starts a download of segments (negative: without end); host is the computer it is on, nil for another one.
func (w *world) foreground(segments int, host *simHost, done func()) *tcp {
	t := &tcp{world: w, class: classForeground, left: segments, done: done}
	if host != nil {
		host.tcps = append(host.tcps, t)
		host.opens++
	}
	return t.begin()
}

// call is a video call: 30 frames of 8.3 kB a second (2 Mbit/s) each way. late gets the delay of each frame's last packet.
func (w *world) call(until time.Duration, host *simHost, late func(time.Duration)) {
	var frame func()
	frame = func() {
		if w.now >= until {
			return
		}
		began := w.now
		for i := range 7 {
			w.up.send(classForeground, 1200, func() {})
			w.down.send(classForeground, 1200, func() {
				if host != nil {
					host.others += 1214
				}
				if i == 6 {
					late(w.now - began - w.down.delay)
				}
			})
		}
		w.after(33333*time.Microsecond, frame)
	}
	frame()
}
