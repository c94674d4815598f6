// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"math"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbits/openbits"
)

const (
	// idleAfter is how long nothing has moved when the governor stops its clock.
	idleAfter = time.Second
	// unpaced is no limit to the rate of a connection (SO_MAX_PACING_RATE, ~0).
	unpaced = math.MaxUint32
	// measurable is the least round trip that can be governed: the kernel measures whole milliseconds,
	// and a path that short is a local network, which seldom is the narrow place.
	measurable = 2 * time.Millisecond
)

// Governor makes background connections yield to everything else that uses the same
// link. Those that leave through the same interface share one window in each direction. While none of them moves it does nothing at all.
type Governor struct {
	clock   func() time.Duration // since some time; it never goes back, and goes on while the computer sleeps
	wall    func() time.Time
	sockets func(net.Conn) (socket, error)
	host    hostCounters
	least   time.Duration // connections with a shorter round trip are not governed
	running atomic.Bool
	opened  atomic.Int64 // connections that the service itself began to open for background jobs

	mu     sync.Mutex
	flows  map[*flow]struct{}
	groups map[groupKey]*group
	bases  baseDelays
	last   time.Duration // when bytes moved
}

// groupKey tells which connections share a narrow place.
type groupKey struct {
	iface string
	up    bool // they send
}

// NewGovernor returns a governor for connections of this computer; Supported says whether it can do anything.
func NewGovernor() *Governor {
	return &Governor{
		clock: sinceBoot(), wall: time.Now,
		sockets: openSocket, host: openHostCounters(), least: measurable,
		flows: make(map[*flow]struct{}), groups: make(map[groupKey]*group),
	}
}

// Wrap governs conn when p is a background priority. Connections that stay on this computer, that are too short to
// measure, or that the system cannot govern are answered as they are.
func (g *Governor) Wrap(conn net.Conn, p openbits.Priority) net.Conn {
	if !p.Background() {
		return conn
	}
	remote, local, ok := endpoints(conn)
	if !ok || remote.IsLoopback() || remote == local {
		return conn
	}
	if handle, ok := leaveToSystem(conn); ok {
		return &systemFlow{Conn: conn, handle: handle}
	}
	s, err := g.sockets(conn)
	if err != nil {
		return &plainFlow{conn, "this system has no way to make the connection yield"}
	}
	r, err := s.read()
	switch {
	case err != nil:
		return &plainFlow{conn, "the kernel does not tell of the connection, so that it cannot be made to yield"}
	case r.minRTT < g.least:
		return &plainFlow{conn, "the other end is less than 2 ms away: such paths are left alone"}
	}
	if err := s.offer(startSegments * r.segmentSize); err != nil && (!s.insist() || s.offer(startSegments*r.segmentSize) != nil) {
		return &plainFlow{conn, "the kernel does not let the window be set, so that the connection cannot be made to yield"}
	}
	f := newFlow(g, conn, s, r, p)
	if remote.Is6() {
		f.header = header6
	}
	g.add(f, remote, interfaceOf(local))
	return f
}

// Opening says that a connection for work of priority p is about to be opened: it is none of others.
func (g *Governor) Opening(p openbits.Priority) {
	if p.Background() {
		g.opened.Add(1)
	}
}

// withoutOwn takes the connections that the service opened itself off what the host counts.
type withoutOwn struct {
	hostCounters
	opened *atomic.Int64
}

func (c withoutOwn) read(iface string) (counted, bool) {
	n, ok := c.hostCounters.read(iface)
	if n.opens >= 0 {
		n.opens -= c.opened.Load()
	}
	return n, ok
}

// endpoints are the addresses of a TCP connection.
func endpoints(conn net.Conn) (remote, local netip.Addr, ok bool) {
	r, ok1 := conn.RemoteAddr().(*net.TCPAddr)
	l, ok2 := conn.LocalAddr().(*net.TCPAddr)
	if !ok1 || !ok2 {
		return remote, local, false
	}
	return r.AddrPort().Addr().Unmap(), l.AddrPort().Addr().Unmap(), true
}

// interfaceOf names the interface that has the address, "" when none has.
func interfaceOf(local netip.Addr) string {
	all, err := net.Interfaces()
	if err != nil {
		return ""
	}
	for _, i := range all {
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.Equal(local.WithZone("").AsSlice()) {
				return i.Name
			}
		}
	}
	return ""
}

func (g *Governor) add(f *flow, server netip.Addr, iface string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	f.base = g.bases.of(server, now)
	f.base.add(now, f.last.minRTT)
	f.moved = now
	g.flows[f] = struct{}{}
	g.group(groupKey{iface: iface}).join(f)
}

// group answers the group of a key, which outlives its connections: what was learned of a link stays true.
func (g *Governor) group(k groupKey) *group {
	if have, ok := g.groups[k]; ok {
		return have
	}
	made := newGroup(k)
	g.groups[k] = made
	return made
}

func (g *Governor) remove(f *flow) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.flows, f)
	f.group.leave(f)
}

// wake starts the clock when bytes begin to move.
func (g *Governor) wake() {
	if g.running.Load() || !g.running.CompareAndSwap(false, true) {
		return
	}
	g.mu.Lock()
	for _, each := range g.groups {
		each.restart()
	}
	g.last = g.clock()
	g.mu.Unlock()
	go g.run()
}

// run ticks until nothing has moved for a while.
func (g *Governor) run() {
	ticker := time.NewTicker(TickInterval)
	defer ticker.Stop()
	for range ticker.C {
		if !g.tick() {
			return
		}
	}
}

// tick lets each group look at its connections and set their windows. It answers false when the clock may stop.
func (g *Governor) tick() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, each := range g.groups {
		if each.tick(g.clock, withoutOwn{g.host, &g.opened}) {
			g.last = g.clock()
		}
	}
	g.sort()
	patience := idleAfter
	for _, each := range g.groups {
		patience = max(patience, each.patience())
	}
	if g.clock()-g.last > patience || len(g.flows) == 0 {
		for _, each := range g.groups {
			each.rest()
		}
		g.running.Store(false)
		return false
	}
	return true
}

// sort moves connections that turned from receiving to sending, or back, to the group of that direction.
func (g *Governor) sort() {
	for f := range g.flows {
		if up := f.sends(); up != f.group.key.up {
			f.group.leave(f)
			if !up {
				_ = f.socket.pace(unpaced)
			}
			g.group(groupKey{f.group.key.iface, up}).join(f)
		}
	}
}
