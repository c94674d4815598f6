// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package connlimit bounds the connections of a server: how many there are, how many of one address, and how long a
// peer may take to accept what is sent to it.
package connlimit

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Limiter is shared by the listeners of a server. Its fields are not changed after Listen.
type Limiter struct {
	Total      int           // connections; further ones wait, one of each listener and the rest to be accepted
	PerAddress int           // connections of one address (of a /64 with IPv6), which are closed at once when there are more; loopback is exempt, where proxies are
	Patience   time.Duration // how long a peer may take to accept 64 KiB

	once sync.Once
	room chan struct{}

	mu   sync.Mutex
	from map[netip.Prefix]int
}

// step is how much is written within the patience.
const step = 64 << 10

// Listen bounds the connections of l.
func (m *Limiter) Listen(l net.Listener) net.Listener {
	m.once.Do(func() {
		m.room = make(chan struct{}, m.Total)
		m.from = map[netip.Prefix]int{}
	})
	return &listener{Listener: l, limiter: m, done: make(chan struct{})}
}

type listener struct {
	net.Listener
	limiter *Limiter
	once    sync.Once
	done    chan struct{}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// Accept takes a connection first and then waits for room for it: a listener that has none to give holds no place.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.limiter.room <- struct{}{}:
		case <-l.done:
			_ = c.Close()
			return nil, net.ErrClosed
		}
		where := prefix(c.RemoteAddr())
		if l.limiter.admit(where) {
			return &conn{Conn: c, limiter: l.limiter, from: where}, nil
		}
		<-l.limiter.room
		_ = c.Close()
	}
}

func prefix(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

func (m *Limiter) admit(from netip.Prefix) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.PerAddress > 0 && m.from[from] >= m.PerAddress && from.IsValid() && !from.Addr().IsLoopback() {
		return false
	}
	m.from[from]++
	return true
}

func (m *Limiter) leave(from netip.Prefix) {
	m.mu.Lock()
	if m.from[from]--; m.from[from] == 0 {
		delete(m.from, from)
	}
	m.mu.Unlock()
	<-m.room
}

// Open is the number of connections.
func (m *Limiter) Open() int { return len(m.room) }

// conn gives up a peer that does not accept anything. One that is slow has the patience again for each step.
type conn struct {
	net.Conn
	limiter *Limiter
	from    netip.Prefix
	once    sync.Once
}

func (c *conn) Close() error {
	c.once.Do(func() { c.limiter.leave(c.from) })
	return c.Conn.Close()
}

func (c *conn) extend() error {
	if c.limiter.Patience <= 0 {
		return nil
	}
	return c.SetWriteDeadline(time.Now().Add(c.limiter.Patience))
}

func (c *conn) Write(p []byte) (n int, err error) {
	for {
		if err := c.extend(); err != nil {
			return n, err
		}
		m, err := c.Conn.Write(p[:min(step, len(p))])
		n, p = n+m, p[m:]
		if err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// ReadFrom keeps sendfile(2) possible: package net uses it for a file in a LimitedReader.
func (c *conn) ReadFrom(r io.Reader) (n int64, err error) {
	to, ok := c.Conn.(io.ReaderFrom)
	if !ok {
		return io.Copy(struct{ io.Writer }{c}, r)
	}
	left := int64(-1)
	if limited, ok := r.(*io.LimitedReader); ok {
		r, left = limited.R, limited.N
		defer func() { limited.N -= n }()
	}
	for left != 0 {
		if err := c.extend(); err != nil {
			return n, err
		}
		chunk := int64(step)
		if left > 0 {
			chunk = min(step, left)
		}
		m, err := to.ReadFrom(io.LimitReader(r, chunk))
		n += m
		if left > 0 {
			left -= m
		}
		if err != nil || m < chunk {
			return n, err
		}
	}
	return n, nil
}
