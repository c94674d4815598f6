// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/openbits/openbits"
)

// socket reads and sets what a governor needs of one connection.
type socket interface {
	read() (reading, error)
	offer(bytes int) error         // the largest window to offer to the sender at the other end
	pace(bytesPerSecond int) error // how fast to send
	hold(on bool)                  // nobody reads: let the sender stop soon; off: as before
	insist() bool                  // what offer does is not heeded: use another way; false: there is none
	handle() string                // by what offer governs, in words
}

// reading is what the kernel knows of a connection. Counts are since it was opened.
type reading struct {
	rtt         time.Duration // round trip of the bytes that arrive, 0: not known yet
	sendRTT     time.Duration // round trip of the bytes that are sent
	minRTT      time.Duration // least round trip of what was sent: at first the handshake
	received    int64         // bytes
	acked       int64         // bytes that the other end has acknowledged
	segments    int64         // that arrived
	data        int64         // segments with data that arrived
	sent        int64         // segments that were sent
	sentBytes   int64         // in them, those that were sent again too
	outOfOrder  int64         // segments
	resent      int64         // segments
	segmentSize int           // bytes
	sendSize    int           // bytes in a segment that is sent
	window      int           // bytes that are offered to the other end
	blind       bool          // there are no timestamps: rtt does not follow the queue
}

// flow is a connection that is governed.
type flow struct {
	net.Conn
	governor *Governor
	socket   socket
	header   int64 // bytes that a packet adds to what it carries
	gate     gate
	weight   atomic.Int32

	// Guarded by governor.mu.
	group    *group
	base     *baseDelay
	last     reading       // of the tick before
	next     reading       // the newest
	origin   int64         // bytes on the wire when it joined its group
	moved    time.Duration // when its last bytes moved
	paused   time.Duration // when its gate was closed
	wide     time.Duration // when it was offered more than the floor last
	held     bool          // its sender is being stopped
	resumed  time.Duration // when it was opened: before, nothing was measured
	recvd    int64         // bytes lately, fading
	acked    int64
	trip     time.Duration // mean round trip of what was sent and acknowledged last
	blind    blindTrip
	offered  int           // the window that was asked for
	over     time.Duration // since when more is offered than was asked for; 0: it is not
	overFrom int64         // bytes received then
	insisted bool          // what offer did was not heeded
}

const (
	// header4 and header6 are what a packet adds to the bytes it carries: Ethernet, IP and TCP with timestamps.
	header4, header6 = 14 + 20 + 32, 14 + 40 + 32
	// sendingBytes is how much a connection has sent within about a second when it is one that sends: more than questions are long.
	sendingBytes = 64 << 10
	// pings is the length up to which what is sent is a ping of HTTP/2 under TLS, for which nobody is woken.
	pings = 64
)

// weights are the shares of the priorities in the common window.
var weights = map[openbits.Priority]int32{openbits.PriorityHigh: 4, openbits.PriorityNormal: 2, openbits.PriorityLow: 1}

func newFlow(g *Governor, conn net.Conn, s socket, r reading, p openbits.Priority) *flow {
	f := &flow{Conn: conn, governor: g, socket: s, header: header4, last: r, next: r}
	f.Serve(p)
	return f
}

// NetConn is the connection below.
func (f *flow) NetConn() net.Conn { return f.Conn }

// Serve says for work of which priority the connection is used from now on.
func (f *flow) Serve(p openbits.Priority) { f.weight.Store(max(weights[p], 1)) }

// Transport tells what is known of the path.
func (f *flow) Transport() openbits.Transport {
	f.governor.mu.Lock()
	defer f.governor.mu.Unlock()
	return f.group.transport(f.governor.clock(), f.governor.wall())
}

func (f *flow) Read(p []byte) (int, error) {
	if err := f.gate.wait(); err != nil {
		return 0, err
	}
	n, err := f.Conn.Read(p)
	if n > 0 {
		f.governor.wake()
	}
	return n, err
}

func (f *flow) Write(p []byte) (int, error) {
	if len(p) > pings {
		f.governor.wake()
	}
	return f.Conn.Write(p)
}

// Close closes the connection.
func (f *flow) Close() error {
	f.gate.end()
	f.governor.remove(f)
	return f.Conn.Close()
}

// SetDeadline also bounds the time at a closed gate.
func (f *flow) SetDeadline(t time.Time) error {
	f.gate.until(t)
	return f.Conn.SetDeadline(t)
}

// SetReadDeadline also bounds the time at a closed gate.
func (f *flow) SetReadDeadline(t time.Time) error {
	f.gate.until(t)
	return f.Conn.SetReadDeadline(t)
}

// sends reports whether the connection mostly sends.
func (f *flow) sends() bool {
	if f.group.key.up {
		return f.acked > f.recvd
	}
	return f.acked > max(4*f.recvd, sendingBytes)
}

// moves reports whether the connection has a share of the window: bytes moved lately, or it waits for its turn.
func (f *flow) moves(now time.Duration) bool {
	return f.paused != 0 || now-f.moved < max(movingTime, 2*max(f.last.rtt, f.base.value()))
}

// onWire is how many bytes the connection moved over the interface since it was opened.
func (f *flow) onWire(r reading) int64 {
	if f.group.key.up {
		return r.sentBytes + f.header*r.sent
	}
	sum := r.received + f.header*r.segments
	if r.outOfOrder > 0 { // bytes behind a gap count only when it is filled, their segments at once
		sum = max(sum, r.data*(int64(r.segmentSize)+f.header))
	}
	return sum
}

// observed is what one connection showed in a tick.
type observed struct {
	moved, lost int64
	rtt         time.Duration // 0: not measured
	single      time.Duration // a single round trip; 0: none
}

// take notes what moved since the last tick.
func (f *flow) take(now, elapsed time.Duration, up bool) (o observed) {
	r, last := f.next, f.last
	f.last = r
	received, acked := r.received-last.received, r.acked-last.acked
	fade := max(1-elapsed.Seconds(), 0)
	f.recvd = int64(float64(f.recvd)*fade) + received
	f.acked = int64(float64(f.acked)*fade) + acked
	o = observed{moved: received, lost: r.outOfOrder - last.outOfOrder, rtt: r.rtt}
	switch {
	case up:
		if n := r.segments - last.segments; n > 0 && last.sendRTT > 0 {
			f.trip = meanTrip(last.sendRTT, r.sendRTT, n)
		}
		o = observed{moved: acked, lost: r.resent - last.resent, rtt: f.trip}
	case r.blind:
		o.rtt = f.blind.add(now, received, f.offered)
	default:
		o.single = trip(last.rtt, r.rtt)
	}
	if o.moved > 0 {
		f.moved = now
	}
	if up || r.blind { // what was worked out may be too small: the kernel's least has to do
		f.base.add(now, r.minRTT)
	} else if f.paused == 0 {
		f.base.add(now, o.rtt)
	}
	return o
}

var _ openbits.Carrier = (*flow)(nil)
