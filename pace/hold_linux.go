// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// heldBuffer is the receive buffer of a connection that nobody reads, in bytes, of which the kernel makes twice as much: it keeps 2,304 bytes for
	// a packet of 1,500, so that the floor's two fit, and then the window is shut. A buffer of full size takes two segments
	// each round trip until it is full, with 128 KiB or more.
	heldBuffer = 2304
	// usualMost is net.core.rmem_max where it cannot be read: Linux's default, in bytes.
	usualMost = 212992
)

// hold makes the receive buffer small, or as large as it was, with the kernel in charge of it again (SO_BUF_LOCK, Linux 5.15;
// a size that was set is not tuned any more). A buffer that has grown beyond what may be set stays as it is.
func (s *tcpSocket) hold(on bool) {
	if s.buffer {
		return // it follows the window already
	}
	_ = s.raw.Control(func(fd uintptr) { // fails on a connection that is being closed
		if on {
			s.shrink(int(fd))
		} else {
			s.grow(int(fd))
		}
	})
}

func (s *tcpSocket) shrink(fd int) {
	size, err1 := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	locks, err2 := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BUF_LOCK)
	if err1 != nil || err2 != nil || size <= 2*heldBuffer || size/2 > mostBuffer() {
		return
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, heldBuffer) == nil {
		s.held, s.locks = size, locks
	}
}

func (s *tcpSocket) grow(fd int) {
	if s.held == 0 {
		return
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, s.held/2)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BUF_LOCK, s.locks)
	s.held = 0
}

// mostBuffer is the largest receive buffer that may be set, in bytes before they are doubled.
var mostBuffer = sync.OnceValue(func() int {
	b, err := os.ReadFile("/proc/sys/net/core/rmem_max")
	if err != nil {
		return usualMost
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || n <= 0 {
		return usualMost
	}
	return n
})
