// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package sock is the service's door: a unix socket, or a named pipe on Windows,
// that only its owner can open, and on which every connection comes with the
// kernel's word about who is at the other end.
//
// A listener made by Listen or Wrap never hands out a connection without that
// word: where the kernel does not give it, the connection is closed.
package sock

import (
	"context"
	"net"
)

// Peer is the process at the other end of a connection, as the kernel tells it.
type Peer struct {
	UID     string // user id in decimal on Unix, SID on Windows; never empty
	PID     int    // 0 where the system does not tell
	Program string // path of its executable, empty when it cannot be read; for the record only
}

// Conn is a connection whose peer is known.
type Conn struct {
	net.Conn
	peer Peer
}

// Peer is who is at the other end.
func (c *Conn) Peer() Peer { return c.peer }

// PeerOf is the peer of a connection that a listener of this package accepted;
// ok is false for any other connection.
func PeerOf(c net.Conn) (p Peer, ok bool) {
	known, ok := c.(*Conn)
	if !ok || known.peer.UID == "" {
		return Peer{}, false
	}
	return known.peer, true
}

// Wrap makes a listener that was opened elsewhere, such as by systemd, tell its peers.
func Wrap(l net.Listener) net.Listener { return &listener{Listener: l, identify: identify} }

// Dial connects to the service at path.
func Dial(ctx context.Context, path string) (net.Conn, error) { return dial(ctx, path) }

type listener struct {
	net.Listener
	identify func(net.Conn) (Peer, error)
}

// Accept waits for the next connection whose peer the kernel names. A peer that is gone
// before it could be asked for is nobody's error: the next one is waited for.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := l.identify(c)
		if err != nil || peer.UID == "" {
			_ = c.Close()
			continue
		}
		return &Conn{Conn: c, peer: peer}, nil
	}
}
