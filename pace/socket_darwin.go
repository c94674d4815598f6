// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

const (
	// trafficClass is SO_TRAFFIC_CLASS, and backgroundSystem its value SO_TC_BK_SYS, "System-Initiated Background": bsd/sys/socket.h of
	// XNU (github.com/apple-oss-distributions/xnu; lately bsd/sys/socket_private.h). Programs of Apple's whose source is open, such as
	// mDNSResponder, use them.
	trafficClass     = 0x1086
	backgroundSystem = 100
)

// Supported says in what way background connections can be governed here, or why they cannot.
func Supported() (how string, ok bool) {
	return "by the background traffic class of the system", true
}

var errNotGoverned = errors.New("cannot govern this connection: the system does not take its traffic class")

// leaveToSystem puts the connection into the background traffic class, for which no privilege is asked. XNU then sends by LEDBAT++ and sets the receive window by rLEDBAT
// (set_tcp_stream_priority in bsd/netinet/in_tclass.c; the sysctls net.inet.tcp.bg_target_qdelay, ledbat_plus_plus and rledbat).
// It does so always for this class alone: in the other background class, SO_TC_BK, only while it knows of foreground on this computer.
func leaveToSystem(conn net.Conn) (handle string, ok bool) {
	c, ok := tcpBelow(conn)
	if !ok {
		return "", false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return "", false
	}
	mark(raw, c.RemoteAddr())
	if err := setOption(raw, unix.SOL_SOCKET, trafficClass, backgroundSystem); err != nil {
		return "", false
	}
	return "background traffic class", true
}

// openSocket is asked for what the system refused to govern.
func openSocket(net.Conn) (socket, error) { return nil, errNotGoverned }
