// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix && !solaris

package pace

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// lowerEffort is the DSCP of traffic that gives way (RFC 8622), in the place it has in the traffic class.
const lowerEffort = 1 << 2

// mark lets routers that know of it serve what we send last. Without the mark nothing is lost.
func mark(raw syscall.RawConn, remote net.Addr) {
	level, option := unix.IPPROTO_IPV6, unix.IPV6_TCLASS
	if a, ok := remote.(*net.TCPAddr); ok && a.IP.To4() != nil {
		level, option = unix.IPPROTO_IP, unix.IP_TOS
	}
	_ = setOption(raw, level, option, lowerEffort)
}

// setOption sets a socket's option that is a number.
func setOption(raw syscall.RawConn, level, option, value int) (err error) {
	cerr := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), level, option, value) })
	return errors.Join(cerr, err)
}
