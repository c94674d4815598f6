// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"errors"
	"math"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// quickBytes is the window up to which every segment is acknowledged at once: the floor of an Ethernet path.
	quickBytes = floorSegments * 1460
	// unsentBytes is how much may wait in the kernel to be sent: little, so that it is we who decide what is sent next.
	unsentBytes = 64 << 10
	// withTimestamps is TCPI_OPT_TIMESTAMPS of linux/tcp.h.
	withTimestamps = 1
)

// Supported says in what way background connections can be governed here, or why they cannot.
func Supported() (how string, ok bool) {
	if clampWorks() {
		return "by the receive window", true
	}
	return "by the receive buffer: this kernel is older than Linux 5.17", true
}

// clampWorks reports whether TCP_WINDOW_CLAMP changes the window of a connection on which data flow: since Linux 5.17.
func clampWorks() bool { return kernelAtLeast(5, 17) }

// kernelAtLeast compares the version of the running kernel.
func kernelAtLeast(major, minor int) bool {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return false
	}
	return atLeast(unix.ByteSliceToString(name.Release[:]), major, minor)
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
type tcpSocket struct {
	raw    syscall.RawConn
	buffer bool // the window is set by the size of the receive buffer
	paced  bool
	held   int // size of the receive buffer before it was made small; 0: it is not
	locks  int // and which of its buffers the kernel did not tune
}

// openSocket governs the system's connection below conn, and marks what it sends.
func openSocket(conn net.Conn) (socket, error) {
	c, ok := tcpBelow(conn)
	if !ok {
		return nil, errNotGoverned
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	mark(raw, c.RemoteAddr())
	return &tcpSocket{raw: raw, buffer: !clampWorks()}, nil
}

func (s *tcpSocket) read() (r reading, err error) {
	cerr := s.raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		r = reading{
			rtt:     time.Duration(info.Rcv_rtt) * time.Microsecond,
			sendRTT: time.Duration(info.Rtt) * time.Microsecond, minRTT: leastRTT(info),
			received: int64(info.Bytes_received), acked: int64(info.Bytes_acked), outOfOrder: int64(info.Rcv_ooopack), resent: int64(info.Total_retrans),
			segments: int64(info.Segs_in), data: int64(info.Data_segs_in), sent: int64(info.Segs_out), sentBytes: int64(info.Bytes_sent),
			segmentSize: max(int(info.Rcv_mss), int(info.Advmss)-12, 536), sendSize: int(info.Snd_mss),
			window: int(info.Rcv_wnd), blind: info.Options&withTimestamps == 0,
		}
	})
	return r, errors.Join(cerr, err)
}

// leastRTT is the least round trip of what was sent, or the only one while the kernel knows none.
func leastRTT(info *unix.TCPInfo) time.Duration {
	if info.Min_rtt == 0 || info.Min_rtt == math.MaxUint32 {
		return time.Duration(info.Rtt) * time.Microsecond
	}
	return time.Duration(info.Min_rtt) * time.Microsecond
}

func (s *tcpSocket) offer(bytes int) error {
	if s.buffer {
		// The kernel makes the buffer twice as large, up to twice net.core.rmem_max, and offers 5/8 of it. Since Linux 6.6 it may be more, up to
		// all of it, when the packets come in large pieces (tcp_measure_rcv_mss): then up to 8/5 of what was meant is offered.
		return s.set(unix.SOL_SOCKET, unix.SO_RCVBUF, max(bytes*4/5, 1))
	}
	if err := s.set(unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP, bytes); err != nil || bytes > quickBytes {
		return err
	}
	// With so little under way the sender must not wait for a delayed acknowledgement. The kernel leaves this mode by itself.
	return s.set(unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
}

func (s *tcpSocket) pace(bytesPerSecond int) error {
	if !s.paced {
		s.paced = true
		if err := s.set(unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsentBytes); err != nil {
			return err
		}
	}
	return s.set(unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, min(max(bytesPerSecond, 1), math.MaxUint32))
}

// insist uses the receive buffer from now on.
func (s *tcpSocket) insist() bool {
	if s.buffer {
		return false
	}
	s.buffer = true
	return true
}

func (s *tcpSocket) handle() string {
	if s.buffer {
		return "receive buffer"
	}
	return "receive window"
}

func (s *tcpSocket) set(level, option, value int) error {
	return setOption(s.raw, level, option, value)
}

// leaveToSystem makes the system let a connection yield, where it can do that by itself. Linux cannot, for what is received.
func leaveToSystem(net.Conn) (handle string, ok bool) { return "", false }
