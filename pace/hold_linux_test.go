// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stopped answers how many bytes have arrived on a connection that nobody reads, once no more come.
func stopped(t *testing.T, s *tcpSocket) int64 {
	t.Helper()
	var last int64 = -1
	for still := 0; still < 25; time.Sleep(20 * time.Millisecond) {
		r, err := s.read()
		if err != nil {
			t.Fatal(err)
		}
		if r.received == last {
			still++
		} else {
			last, still = r.received, 0
		}
	}
	return last
}

// unread opens a connection over which, once send was called, more comes than any buffer holds; nobody reads it, and its window is the floor.
func unread(t *testing.T) (near *net.TCPConn, s *tcpSocket, send func() (sent chan int64)) {
	t.Helper()
	near, far := connect(t)
	opened, err := openSocket(near)
	if err != nil {
		t.Fatal(err)
	}
	s = opened.(*tcpSocket)
	if err := s.offer(floorSegments * 1448); err != nil {
		t.Fatal(err)
	}
	return near, s, func() chan int64 {
		sent := make(chan int64, 1)
		go func() {
			n, _ := far.Write(make([]byte, 4<<20))
			_ = far.Close()
			sent <- int64(n)
		}()
		return sent
	}
}

// TestHold: the sender of a connection that is held stops after a few packets; let go, all that it sends arrives, and the kernel tunes the buffer as before.
func TestHold(t *testing.T) {
	if !clampWorks() {
		t.Skip("the window is not governed by the clamp here")
	}
	_, free, sendFree := unread(t)
	near, s, send := unread(t)
	size := optionOf(t, near, unix.SOL_SOCKET, unix.SO_RCVBUF)
	s.hold(true)
	s.hold(true) // has nothing to add
	sendFree()
	sent := send()
	held, all := stopped(t, s), stopped(t, free)
	if held > 8*heldBuffer || all < 2*held {
		t.Errorf("%d bytes came over the connection that is held, %d over the other one", held, all)
	}
	s.hold(false)
	if got, locks := optionOf(t, near, unix.SOL_SOCKET, unix.SO_RCVBUF), optionOf(t, near, unix.SOL_SOCKET, unix.SO_BUF_LOCK); got != size || locks != 0 {
		t.Errorf("the receive buffer was %d bytes and is %d, locked: %d", size, got, locks)
	}
	if err := s.offer(1 << 20); err != nil {
		t.Fatal(err)
	}
	got, err := io.Copy(io.Discard, near)
	if n := <-sent; err != nil || got != n || n != 4<<20 {
		t.Errorf("%d bytes of %d arrived: %v", got, n, err)
	}
	t.Logf("held: %d bytes, not held: %d", held, all)
}
