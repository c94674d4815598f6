// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package dial

import (
	"net"
	"testing"
)

// at is a connection that claims to have a local address.
type at struct {
	net.Conn
	ip string
}

func (a at) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(a.ip), Port: 1} }

func TestCloseOrphans(t *testing.T) {
	var d Dialer
	conns := map[string]net.Conn{}
	for _, ip := range []string{"198.51.100.1", "198.51.100.2", "2001:db8::1", "127.0.0.9"} {
		near, far := net.Pipe()
		defer far.Close()
		conns[ip] = d.register.add(at{near, ip})
	}
	closed := d.register.add(at{conns["127.0.0.9"].(*conn).Conn.(at).Conn, "198.51.100.3"})
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	have := []net.Addr{&net.IPNet{IP: net.ParseIP("198.51.100.2"), Mask: net.CIDRMask(24, 32)}}
	if n := d.closeOthers(have); n != 2 {
		t.Errorf("%d connections were closed, want those of 198.51.100.1 and 2001:db8::1", n)
	}
	if n := len(d.register.open); n != 2 {
		t.Errorf("%d connections are open, want those of 198.51.100.2 and 127.0.0.9", n)
	}
	if n, err := d.CloseOrphans(); err != nil || n != 1 {
		t.Errorf("CloseOrphans answers %d, %v; this computer does not have 198.51.100.2", n, err)
	}
}
