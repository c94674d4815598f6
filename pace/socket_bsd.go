// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build freebsd || netbsd

package pace

import (
	"errors"
	"net"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tcpInfo is struct tcp_info of FreeBSD and NetBSD (netinet/tcp.h), which have the same layout. Most fields without a name
// are there for Linux's sake and always 0.
type tcpInfo struct {
	state, _, _, _, _, options  uint8
	scales, _                   uint8
	rto, _                      uint32
	sendSegment, receiveSegment uint32
	_, _, _, _, _               uint32
	_, _, lastReceived, _       uint32
	_, _                        uint32
	rtt, rttVariance            uint32 // microseconds
	sendThreshold, sendWindow   uint32
	_, _, _                     uint32
	receiveWindow               uint32
	offeredWindow, _            uint32
	sendNext, receiveNext       uint32 // sequence numbers
	_                           uint32
	resent, outOfOrder          uint32 // segments
	_                           uint32
	_                           [26]uint32
}

// Its size is a part of the systems' interface: what is added takes the place of padding.
var _ [236]byte = [unsafe.Sizeof(tcpInfo{})]byte{}

// Supported says in what way background connections can be governed here, or why they cannot.
func Supported() (how string, ok bool) { return "by the receive buffer", true }

var errNotGoverned = errors.New("cannot govern this connection")

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
	return &bufferSocket{system: &bsdBuffers{raw: raw}}, nil
}

// bsdBuffers is a connection of which the kernel keeps what is under way, in either direction, within its buffers.
type bsdBuffers struct {
	raw            syscall.RawConn
	received, sent sequence
}

func (b *bsdBuffers) know() (known, error) {
	info, err := b.info()
	if err != nil {
		return known{}, err
	}
	return known{
		rtt:      time.Duration(info.rtt) * time.Microsecond,
		received: b.received.add(info.receiveNext), acked: b.sent.add(info.sendNext),
		outOfOrder: int64(info.outOfOrder), resent: int64(info.resent),
		receiveSegment: int(info.receiveSegment), sendSegment: int(info.sendSegment),
	}, nil
}

// info asks for TCP_INFO. golang.org/x/sys has no call for it here.
func (b *bsdBuffers) info() (info tcpInfo, err error) {
	cerr := b.raw.Control(func(fd uintptr) {
		size := uint32(unsafe.Sizeof(info))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.IPPROTO_TCP, tcpInfoOption,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		if errno != 0 {
			err = errno
		}
	})
	return info, errors.Join(cerr, err)
}

// receiveBuffer also turns off that the kernel sizes the buffer itself (SB_AUTOSIZE).
func (b *bsdBuffers) receiveBuffer(bytes int) error { return b.set(unix.SO_RCVBUF, bytes) }

func (b *bsdBuffers) sendBuffer(bytes int) error { return b.set(unix.SO_SNDBUF, bytes) }

func (b *bsdBuffers) set(option, bytes int) error {
	err := setOption(b.raw, unix.SOL_SOCKET, option, bytes)
	if errors.Is(err, unix.ENOBUFS) { // more than kern.ipc.maxsockbuf or kern.sbmax
		return errTooLarge
	}
	return err
}

// leaveToSystem makes the system let a connection yield, where it can do that by itself.
func leaveToSystem(net.Conn) (handle string, ok bool) { return "", false }
