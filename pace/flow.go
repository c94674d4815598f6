// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"net"
	"net/netip"
	"time"
)

// flow is a connection that is governed.
type flow struct {
	net.Conn
	governor *Governor
	socket   socket
	server   netip.Addr
	iface    string
	base     *baseDelay
	last     reading
	moved    time.Duration // when its last bytes arrived
}

// NetConn is the connection below.
func (f *flow) NetConn() net.Conn { return f.Conn }

func (f *flow) Read(p []byte) (int, error) {
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
	f.governor.remove(f)
	return f.Conn.Close()
}
