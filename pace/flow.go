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
	gate     gate
	weight   atomic.Int32

	// Guarded by governor.mu.
	group    *group
	base     *baseDelay
	last     reading
	moved    time.Duration // when its last bytes moved
	paused   time.Duration // when its gate was closed
	resumed  time.Duration // when it was opened: before, nothing was measured
	recvd    int64         // bytes lately, fading
	acked    int64
	trip     time.Duration // mean round trip of what was sent and acknowledged last
	blind    blindTrip
	over     time.Duration // since when more is offered than was asked for; 0: it is not
	insisted bool          // what offer did was not heeded
}

// weights are the shares of the priorities in the common window.
var weights = map[openbits.Priority]int32{openbits.PriorityHigh: 4, openbits.PriorityNormal: 2, openbits.PriorityLow: 1}

func newFlow(g *Governor, conn net.Conn, s socket, r reading, p openbits.Priority) *flow {
	f := &flow{Conn: conn, governor: g, socket: s, last: r}
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
	f.governor.wake()
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
	return f.acked > 4*f.recvd
}

var _ openbits.Carrier = (*flow)(nil)
