// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits"
)

func TestLoopbackIsUntouched(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	g := NewGovernor()
	g.least = 0
	if got := g.Wrap(conn, openbits.PriorityNormal); got != conn {
		t.Errorf("a connection of this computer to itself became a %T", got)
	}
	if len(g.flows) != 0 || g.running.Load() {
		t.Error("the governor has something to do")
	}
}

// optionOf reads an option of a connection that is a number.
func optionOf(t *testing.T, conn *net.TCPConn, level, option int) (value int) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var err2 error
	err = raw.Control(func(fd uintptr) { value, err2 = unix.GetsockoptInt(int(fd), level, option) })
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return value
}

func clampOf(t *testing.T, conn *net.TCPConn) int {
	t.Helper()
	return optionOf(t, conn, unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP)
}

// TestGoverned: the window of a background connection is the governor's, and its bytes arrive; a foreground one is left alone.
func TestGoverned(t *testing.T) {
	if !clampWorks() {
		t.Skip("the window is not governed by the clamp here")
	}
	near, far := connect(t)
	g := NewGovernor()
	g.least = 0
	free := clampOf(t, near)
	if got := g.Wrap(near, openbits.PriorityForeground); got != near || clampOf(t, near) != free {
		t.Fatal("a foreground connection is governed")
	}
	conn := g.Wrap(near, openbits.PriorityLow)
	if conn == near {
		t.Fatal("a background connection is not governed")
	}
	if got := clampOf(t, near); got >= free || got < 5000 {
		t.Errorf("the window is clamped to %d bytes before the first data, to %d without a governor", got, free)
	}
	const size = 4 << 20
	go func() {
		_, _ = far.Write(make([]byte, size))
		_ = far.Close()
	}()
	n, err := io.Copy(io.Discard, conn)
	if n != size || err != nil {
		t.Errorf("%d of %d bytes arrived: %v", n, size, err)
	}
	if err := conn.Close(); err != nil {
		t.Errorf("it cannot be closed: %v", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.flows) != 0 {
		t.Errorf("after Close the governor has %d connections", len(g.flows))
	}
}

// TestMarked: what a governed connection sends is of the lower effort class, over IPv4 and IPv6.
func TestMarked(t *testing.T) {
	for _, test := range []struct {
		address       string
		level, option int
	}{
		{"127.0.0.1", unix.IPPROTO_IP, unix.IP_TOS},
		{"::1", unix.IPPROTO_IPV6, unix.IPV6_TCLASS},
	} {
		t.Run(test.address, func(t *testing.T) {
			l, err := net.Listen("tcp", net.JoinHostPort(test.address, "0"))
			if err != nil {
				t.Skipf("this computer has no address %s: %v", test.address, err)
			}
			defer l.Close()
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := openSocket(conn); err != nil {
				t.Fatal(err)
			}
			if got := optionOf(t, conn.(*net.TCPConn), test.level, test.option); got != lowerEffort {
				t.Errorf("its traffic class is %#x, want %#x", got, lowerEffort)
			}
		})
	}
	if _, err := openSocket(&net.UnixConn{}); !errors.Is(err, errNotGoverned) {
		t.Errorf("a connection that is not TCP: %v", err)
	}
}

// TestReceiveBufferLimits: as the handle, the receive buffer bounds the window of a connection on which data flow, and lets it grow again.
func TestReceiveBufferLimits(t *testing.T) {
	near, far := connect(t)
	opened, err := openSocket(near)
	if err != nil {
		t.Fatal(err)
	}
	s := opened.(*tcpSocket)
	s.buffer = false
	if !s.insist() || s.insist() || s.handle() != "receive buffer" {
		t.Fatalf("the socket does not insist, or insists twice; it governs by the %s", s.handle())
	}
	go func() { // until the connection is closed
		for buf := make([]byte, 64<<10); ; {
			if _, err := far.Write(buf); err != nil {
				return
			}
		}
	}()
	// widest is the widest window while some bytes arrive, after as many as were asked for before.
	widest := func(offer int) (widest int) {
		t.Helper()
		const bytes = 1 << 20
		buf := make([]byte, 16<<10)
		for n := 0; n < 2*bytes; {
			if err := s.offer(offer); err != nil {
				t.Fatal(err)
			}
			read, err := near.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.read()
			if err != nil {
				t.Fatal(err)
			}
			if n += read; n > bytes {
				widest = max(widest, r.window)
			}
		}
		return widest
	}
	wide := widest(150_000)
	if wide == 0 {
		t.Skip("this kernel does not tell the window")
	}
	narrow, again := widest(20_000), widest(150_000)
	// As much as the buffer is large, which Linux makes twice what it is asked for.
	if narrow > 2*20_000*4/5 || wide <= 50_000 || again <= 50_000 {
		t.Errorf("offered 150000, 20000, 150000 bytes, the window was up to %d, %d, %d", wide, narrow, again)
	}
}

func TestKernelRelease(t *testing.T) {
	for release, want := range map[string]bool{
		"5.17.0": true, "5.16.20-generic": false, "6.1.0-13-amd64": true, "6.18.44": true, "4.19.0": false, "7-x": false, "": false, "5.17-rc1": true,
	} {
		if atLeast(release, 5, 17) != want {
			t.Errorf("%q is at least 5.17: %v", release, !want)
		}
	}
}

// stillSocket is a connection on which nothing happens.
type stillSocket struct{}

func (stillSocket) read() (reading, error) { return reading{}, nil }
func (stillSocket) offer(int) error        { return nil }
func (stillSocket) pace(int) error         { return nil }
func (stillSocket) hold(bool)              {}
func (stillSocket) insist() bool           { return false }
func (stillSocket) handle() string         { return "nothing" }

// TestGate: while its gate is shut a connection's reader waits although bytes are there, until the gate opens, a deadline passes, or it is closed.
func TestGate(t *testing.T) {
	for name, test := range map[string]struct {
		wake func(f *flow)
		want error
	}{
		"opened":             {func(f *flow) { f.gate.set(false) }, nil},
		"closed":             {func(f *flow) { _ = f.Close() }, net.ErrClosed},
		"deadline":           {func(f *flow) { _ = f.SetDeadline(time.Now().Add(time.Minute)) }, os.ErrDeadlineExceeded},
		"read deadline":      {func(f *flow) { _ = f.SetReadDeadline(time.Now().Add(time.Minute)) }, os.ErrDeadlineExceeded},
		"deadline that past": {func(f *flow) { _ = f.SetReadDeadline(time.Now().Add(-time.Minute)) }, os.ErrDeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGovernor()
				g.running.Store(true) // nothing ticks
				near, far := net.Pipe()
				defer far.Close()
				f := newFlow(g, near, stillSocket{}, reading{}, openbits.PriorityNormal)
				g.add(f, netip.MustParseAddr("192.0.2.1"), "")
				defer f.Close()
				f.gate.set(true)
				go func() { _, _ = far.Write([]byte("x")) }()
				done := make(chan error, 1)
				go func() {
					_, err := f.Read(make([]byte, 1))
					done <- err
				}()
				synctest.Wait()
				select {
				case err := <-done:
					t.Fatalf("the reader did not wait: %v", err)
				default:
				}
				test.wake(f)
				if err := <-done; !errors.Is(err, test.want) {
					t.Errorf("%v, want %v", err, test.want)
				}
			})
		})
	}
}
