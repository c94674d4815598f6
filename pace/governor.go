// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
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
	// movingTime is how long after its last bytes a connection has a share of the window.
	movingTime = 500 * time.Millisecond
	// measurable is the least round trip that can be governed: the kernel measures whole milliseconds,
	// and a path that short is a local network, which seldom is the narrow place.
	measurable = 2 * time.Millisecond
	// maxServers bounds the base delays that are remembered.
	maxServers = 256
)

// socket reads and sets what a governor needs of one connection.
type socket interface {
	read() (reading, error)
	clamp(bytes int) error // the largest window to offer
}

// reading is what the kernel knows of a connection. Counts are since it was opened.
type reading struct {
	rtt         time.Duration // round trip of the bytes that arrive, 0: not known yet
	minRTT      time.Duration // least round trip of what was sent: the handshake
	received    int64         // bytes
	segments    int64
	data        int64 // segments with data
	outOfOrder  int64 // segments
	segmentSize int   // bytes
}

// hostCounters counts what arrives at this host. Both counts are since it started; negative: not known.
type hostCounters interface {
	read(interfaces []string) (arrived, opens int64)
}

// Governor makes background connections yield to everything else that uses the same
// link. It shares one window among all it was given. While none of them moves it does nothing at all.
type Governor struct {
	epoch   time.Time
	sockets func(net.Conn) (socket, error)
	host    hostCounters
	least   time.Duration // connections with a shorter round trip are not governed
	running atomic.Bool

	mu         sync.Mutex
	control    *Controller
	flows      map[*flow]struct{}
	bases      map[netip.Addr]*baseDelay
	interfaces []string
	arrived    int64 // counters at the last tick
	opens      int64
	fresh      bool // the counters of the last tick are of no use
	lastMove   time.Duration
}

// NewGovernor returns a governor for connections of this computer; Supported says whether it can do anything.
func NewGovernor() *Governor {
	return &Governor{
		epoch: time.Now(), sockets: openSocket, host: openHostCounters(), least: measurable,
		control: NewController(), flows: make(map[*flow]struct{}), bases: make(map[netip.Addr]*baseDelay),
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
	s, err := g.sockets(conn)
	if err != nil {
		return conn
	}
	r, err := s.read()
	if err != nil || r.minRTT < g.least {
		return conn
	}
	if err := s.clamp(startSegments * r.segmentSize); err != nil {
		return conn
	}
	f := &flow{Conn: conn, governor: g, socket: s, server: remote, last: r}
	g.add(f, interfaceOf(local))
	return f
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

func (g *Governor) add(f *flow, iface string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f.iface = iface
	f.base = g.baseOf(f.server)
	f.base.add(g.now(), f.last.minRTT)
	f.moved = g.now()
	g.flows[f] = struct{}{}
	g.changed()
}

func (g *Governor) remove(f *flow) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.flows, f)
	g.changed()
}

// changed notes which interfaces the flows use.
func (g *Governor) changed() {
	g.interfaces, g.fresh = g.interfaces[:0], true
	seen := make(map[string]bool, 1)
	for f := range g.flows {
		if !seen[f.iface] {
			seen[f.iface] = true
			g.interfaces = append(g.interfaces, f.iface)
		}
	}
}

// baseOf is the base delay of a server, which outlives its connections.
func (g *Governor) baseOf(server netip.Addr) *baseDelay {
	if b, ok := g.bases[server]; ok {
		return b
	}
	for old := range g.bases {
		if len(g.bases) < maxServers {
			break
		}
		delete(g.bases, old) // any: it is learned again
	}
	b := new(baseDelay)
	b.began = g.now()
	g.bases[server] = b
	return b
}

func (g *Governor) now() time.Duration { return time.Since(g.epoch) }

// wake starts the clock when bytes begin to move.
func (g *Governor) wake() {
	if g.running.Load() || !g.running.CompareAndSwap(false, true) {
		return
	}
	g.mu.Lock()
	g.control.Restart()
	g.fresh, g.lastMove = true, g.now()
	g.mu.Unlock()
	go g.run()
}

// run ticks until nothing has moved for a while.
func (g *Governor) run() {
	ticker := time.NewTicker(TickInterval)
	defer ticker.Stop()
	for range ticker.C {
		if !g.tick(g.now()) {
			return
		}
	}
}
