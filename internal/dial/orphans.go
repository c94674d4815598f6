// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package dial

import (
	"net"
	"sync"
)

// register knows the open connections of a Dialer.
type register struct {
	mu   sync.Mutex
	open map[*conn]struct{}
}

// conn is a connection that its Dialer knows until it is closed.
type conn struct {
	net.Conn
	register *register
}

// NetConn is the connection below.
func (c *conn) NetConn() net.Conn { return c.Conn }

// Close closes the connection.
func (c *conn) Close() error {
	c.register.mu.Lock()
	delete(c.register.open, c)
	c.register.mu.Unlock()
	return c.Conn.Close()
}

func (r *register) add(plain net.Conn) net.Conn {
	c := &conn{Conn: plain, register: r}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		r.open = make(map[*conn]struct{})
	}
	r.open[c] = struct{}{}
	return c
}

// CloseOrphans closes the connections whose own address this computer does not have any more, as
// after a change from cable to Wi-Fi: nothing can arrive on them, and nobody would say so
// for a long time. Whoever uses one gets an error and connects again. It answers how many there were.
func (d *Dialer) CloseOrphans() (int, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return 0, err
	}
	return d.closeOthers(addrs), nil
}

// closeOthers closes the connections that have none of the addresses.
func (d *Dialer) closeOthers(addrs []net.Addr) int {
	mine := make(map[string]bool, len(addrs))
	for _, a := range addrs {
		if network, ok := a.(*net.IPNet); ok {
			mine[network.IP.String()] = true
		}
	}
	var orphans []*conn
	d.register.mu.Lock()
	for c := range d.register.open {
		local, ok := c.LocalAddr().(*net.TCPAddr)
		// All of 127.0.0.0/8 is this computer's, though only one address of it is listed.
		if ok && !local.IP.IsLoopback() && !mine[local.IP.String()] {
			orphans = append(orphans, c)
		}
	}
	d.register.mu.Unlock()
	for _, c := range orphans {
		_ = c.Close() // its user learns of it
	}
	return len(orphans)
}
