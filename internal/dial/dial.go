// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package dial is the one place where connections to servers and proxies are made.
//
// Everything that opens a connection on behalf of a job does so through a Dialer, with a
// context that carries the job's priority (WithPriority). That makes it the seam at which
// background connections can be governed: a dialler that wraps this one sees every
// connection, and for which kind of work it is made, while TLS and HTTP above notice nothing.
package dial

import (
	"context"
	"net"
	"syscall"
	"time"

	"github.com/openbits/openbits"
)

// DefaultTimeout is how long an attempt to connect may take, name resolution included.
const DefaultTimeout = 30 * time.Second

// Func opens a connection; Dialer.DialContext is one.
type Func func(ctx context.Context, network, addr string) (net.Conn, error)

// Dialer opens connections. The zero value works. Where a name has addresses of both
// families they race, the second starting 300 ms after the first (RFC 6555), so that a
// broken IPv6 costs no more than that.
type Dialer struct {
	Timeout time.Duration // 0: DefaultTimeout
	// Wrap, when set, gets every new connection and answers the one to use. The system's own is behind its NetConn method.
	Wrap func(conn net.Conn, p openbits.Priority) net.Conn
	// Opening, when set, is called before each attempt to connect, of which there may be two for one connection.
	Opening func(p openbits.Priority)

	register register
}

// DialContext connects to addr, as net.Dialer does.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	limit := d.Timeout
	if limit == 0 {
		limit = DefaultTimeout
	}
	plain := net.Dialer{Timeout: limit}
	if d.Opening != nil {
		plain.Control = func(string, string, syscall.RawConn) error {
			d.Opening(PriorityOf(ctx))
			return nil
		}
	}
	raw, err := plain.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn := d.register.add(raw)
	if d.Wrap != nil {
		conn = d.Wrap(conn, PriorityOf(ctx))
	}
	return conn, nil
}

type priorityKey struct{}

// WithPriority says in ctx for work of which priority a connection is made. A connection
// may be used again for other work, but never across the border between foreground and background.
func WithPriority(ctx context.Context, p openbits.Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

// PriorityOf is the priority that ctx carries, or normal when it carries none.
func PriorityOf(ctx context.Context) openbits.Priority {
	if p, ok := ctx.Value(priorityKey{}).(openbits.Priority); ok {
		return p
	}
	return openbits.PriorityNormal
}
