// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Supported says in what way background connections can be governed here, or why they cannot.
func Supported() (how string, ok bool) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "not governed: the version of the kernel is not known", false
	}
	release := unix.ByteSliceToString(name.Release[:])
	if !atLeast(release, 5, 17) {
		return "not governed: Linux 5.17 or later is needed, this is " + release, false
	}
	return "governed by the receive window", true
}

// atLeast compares a kernel's release, such as 6.1.0-13-amd64.
func atLeast(release string, major, minor int) bool {
	first, rest, _ := strings.Cut(release, ".")
	second, _, _ := strings.Cut(rest, ".")
	a, err1 := strconv.Atoi(first)
	second, _, _ = strings.Cut(second, "-")
	b, err2 := strconv.Atoi(second)
	return err1 == nil && err2 == nil && (a > major || a == major && b >= minor)
}

var errNotGoverned = errors.New("cannot govern this connection")

// tcpSocket is a TCP connection's file descriptor.
type tcpSocket struct{ raw syscall.RawConn }

// openSocket finds the system's connection below conn.
func openSocket(conn net.Conn) (socket, error) {
	if _, ok := Supported(); !ok {
		return nil, errNotGoverned
	}
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			raw, err := c.SyscallConn()
			return tcpSocket{raw}, err
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil, errNotGoverned
		}
	}
}

func (s tcpSocket) read() (r reading, err error) {
	cerr := s.raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		r = reading{
			rtt: time.Duration(info.Rcv_rtt) * time.Microsecond, minRTT: time.Duration(info.Min_rtt) * time.Microsecond,
			received: int64(info.Bytes_received), outOfOrder: int64(info.Rcv_ooopack),
			segments: int64(info.Segs_in), data: int64(info.Data_segs_in), segmentSize: int(max(info.Rcv_mss, info.Advmss-12, 536)),
		}
	})
	return r, errors.Join(cerr, err)
}

func (s tcpSocket) clamp(bytes int) (err error) {
	cerr := s.raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP, bytes)
	})
	return errors.Join(cerr, err)
}
