// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin && !windows && !freebsd && !netbsd

package pace

import (
	"errors"
	"net"
)

// Supported says in what way background connections can be governed here, or why they cannot. On OpenBSD the receive buffer could be
// set, but the bytes that arrived are told to root alone, and round trips only through TCP_INFO: golang.org/x/sys has no call for that,
// and OpenBSD answers no system calls but those of its C library. The other systems were not looked into.
func Supported() (how string, ok bool) {
	return "not governed: this system does not tell the round trip of a connection to a program without C", false
}

var errNotGoverned = errors.New("background connections cannot be governed on this system")

// openSocket marks what is sent, and does no more.
func openSocket(conn net.Conn) (socket, error) {
	if c, ok := tcpBelow(conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			mark(raw, c.RemoteAddr())
		}
	}
	return nil, errNotGoverned
}

// leaveToSystem makes the system let a connection yield, where it can do that by itself.
func leaveToSystem(net.Conn) (handle string, ok bool) { return "", false }
