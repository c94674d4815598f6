// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"errors"
	"net"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// All of this is in mstcpip.h of the Windows SDK.
const (
	// priorityHintCode is SIO_PRIORITY_HINT, of old SIO_SET_PRIORITY_HINT: _WSAIOW(IOC_VENDOR, 24), since NTDDI_WIN10_RS3.
	priorityHintCode = windows.IOC_IN | windows.IOC_VENDOR | 24
	// veryLow is SocketPriorityHintVeryLow of SOCKET_PRIORITY_HINT.
	veryLow = 0
	// tcpInfoCode is SIO_TCP_INFO: _WSAIORW(IOC_VENDOR, 39), since NTDDI_WIN10_RS2.
	tcpInfoCode = windows.IOC_INOUT | windows.IOC_VENDOR | 39
)

// Builds of Windows whose headers have what is used here.
const (
	buildInfo    = 15063 // NTDDI_WIN10_RS2, version 1703: SIO_TCP_INFO
	buildSends   = 16299 // NTDDI_WIN10_RS3, version 1709: the hint, for what is sent
	buildArrives = 20348 // NTDDI_WIN10_FE, Server 2022: PRIORITY_STATUS has a receiver, too
)

// priorityStatus is PRIORITY_STATUS: what the hint did in each direction, to the sender and to the receiver.
type priorityStatus struct{ _, receiver int32 }

// tcpInfo is TCP_INFO_v0. Fields without a name are not needed.
type tcpInfo struct {
	_, segment     uint32
	_              uint64 // time of the connection
	_              uint8  // timestamps are in use
	rtt, minRTT    uint32 // microseconds
	inFlight       uint32
	_, _, _, _     uint32 // windows and buffer
	sent, received uint64 // bytes
	_, resent      uint32 // bytes
	_, _, _        uint32 // of losses
	_              uint8
}

// The size of TCP_INFO_v0.
var _ [88]byte = [unsafe.Sizeof(tcpInfo{})]byte{}

// Supported says in what way background connections can be governed here, or why they cannot.
func Supported() (how string, ok bool) {
	switch build := windows.RtlGetVersion().BuildNumber; {
	case build >= buildArrives:
		return "by the very low priority hint of the system", true
	case build >= buildSends:
		return "by the very low priority hint of the system for what is sent, by the receive buffer for what arrives", true
	case build >= buildInfo:
		return "by the receive buffer, what arrives: this Windows is older than version 1709", true
	}
	return "not governed: this Windows is older than version 1703", false
}

var errNotGoverned = errors.New("cannot govern this connection")

// leaveToSystem gives the connection's traffic the lowest priority: Windows then sends by LEDBAT++, and where it can do that, sets the
// receive window by rLEDBAT. Where it cannot, the answer is false and the receive buffer governs what arrives. The DSCP is not set:
// Windows takes it from policies alone and ignores IP_TOS.
func leaveToSystem(conn net.Conn) (handle string, ok bool) {
	c, ok := tcpBelow(conn)
	if !ok {
		return "", false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return "", false
	}
	if receives, err := hint(raw); err != nil || !receives {
		return "", false
	}
	return "very low priority hint", true
}

// hint answers whether the system now also governs what arrives. What SIO_PRIORITY_HINT answers is not documented but for the
// structure: where it answers nothing, the version decides.
func hint(raw syscall.RawConn) (receives bool, err error) {
	var status priorityStatus
	n, err := control(raw, priorityHintCode, int32(veryLow), &status)
	if err != nil {
		// A version that has no answer may not take room for one.
		var nothing struct{}
		if n, err = control(raw, priorityHintCode, int32(veryLow), &nothing); err != nil {
			return false, err
		}
	}
	if n >= unsafe.Sizeof(status) {
		return status.receiver == veryLow, nil
	}
	return windows.RtlGetVersion().BuildNumber >= buildArrives, nil
}

// control calls WSAIoctl, which does not wait without an OVERLAPPED, and answers how many bytes of out it wrote.
func control[I, O any](raw syscall.RawConn, code uint32, in I, out *O) (n uintptr, err error) {
	cerr := raw.Control(func(fd uintptr) {
		var written uint32
		var answer *byte
		if unsafe.Sizeof(*out) > 0 {
			answer = (*byte)(unsafe.Pointer(out))
		}
		err = windows.WSAIoctl(windows.Handle(fd), code, (*byte)(unsafe.Pointer(&in)), uint32(unsafe.Sizeof(in)),
			answer, uint32(unsafe.Sizeof(*out)), &written, nil, 0)
		n = uintptr(written)
	})
	return n, errors.Join(cerr, err)
}

// openSocket governs the system's connection below conn.
func openSocket(conn net.Conn) (socket, error) {
	c, ok := tcpBelow(conn)
	if !ok {
		return nil, errNotGoverned
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &bufferSocket{system: &windowsBuffers{raw}}, nil
}

// windowsBuffers is a connection whose window is what its receive buffer has room for.
type windowsBuffers struct{ raw syscall.RawConn }

func (b *windowsBuffers) know() (known, error) {
	var info tcpInfo
	if _, err := control(b.raw, tcpInfoCode, uint32(0), &info); err != nil { // version 0 of the structure
		return known{}, err
	}
	segment := max(int64(info.segment), segmentGuess)
	return known{
		rtt: time.Duration(info.rtt) * time.Microsecond, minRTT: time.Duration(info.minRTT) * time.Microsecond,
		received: int64(info.received), acked: int64(info.sent) - int64(info.inFlight), resent: int64(info.resent) / segment,
		receiveSegment: int(segment), sendSegment: int(segment),
	}, nil
}

// receiveBuffer also turns off that the system sizes the window itself.
func (b *windowsBuffers) receiveBuffer(bytes int) (err error) {
	cerr := b.raw.Control(func(fd uintptr) {
		err = windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_RCVBUF, bytes)
	})
	return errors.Join(cerr, err)
}

// sendBuffer does nothing: the buffer does not bound what is under way here, and the hint has made what is sent yield.
func (b *windowsBuffers) sendBuffer(int) error { return nil }
