// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

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

// namespace is a network of its own in which functions can be run.
type namespace struct {
	path string
	work chan func()
}

// newNamespace makes one. It lasts as long as its thread, until the test ends.
func newNamespace(t *testing.T) *namespace {
	t.Helper()
	n := &namespace{work: make(chan func())}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		n.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
		made <- unix.Unshare(unix.CLONE_NEWNET)
		for f := range n.work {
			f()
		}
	}()
	t.Cleanup(func() { close(n.work) })
	if err := <-made; err != nil {
		t.Skipf("cannot make a network namespace: %v", err)
	}
	return n
}

func (n *namespace) do(t *testing.T, f func() error) {
	t.Helper()
	done := make(chan error)
	n.work <- func() { done <- f() }
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func (n *namespace) ip(t *testing.T, line string) {
	t.Helper()
	n.do(t, func() error {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
		return nil
	})
}

// connect joins two namespaces with a cable, and answers both ends of a connection over it.
func connect(t *testing.T) (near, far net.Conn) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("the command ip is not installed")
	}
	a, b := newNamespace(t), newNamespace(t)
	a.ip(t, "link add pace0 type veth peer name pace1 netns "+b.path)
	for dev, n := range map[string]*namespace{"pace0": a, "pace1": b} {
		n.ip(t, "addr add 192.0.2.1"+dev[4:]+"/24 dev "+dev)
		n.ip(t, "link set "+dev+" up")
	}
	var l net.Listener
	b.do(t, func() (err error) {
		l, err = net.Listen("tcp", "192.0.2.11:0")
		return err
	})
	t.Cleanup(func() { l.Close() })
	a.do(t, func() (err error) {
		near, err = net.Dial("tcp", l.Addr().String())
		return err
	})
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

func clampOf(t *testing.T, conn net.Conn) (clamp int) {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var err2 error
	err = raw.Control(func(fd uintptr) { clamp, err2 = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP) })
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return clamp
}

// TestGoverned: the window of a background connection is the governor's, and its bytes arrive; a foreground one is left alone.
func TestGoverned(t *testing.T) {
	if how, ok := Supported(); !ok {
		t.Skip("connections cannot be governed here: " + how)
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
	const size = 8 << 20
	go func() {
		_, _ = far.Write(make([]byte, size))
		_ = far.Close()
	}()
	n, err := io.Copy(io.Discard, conn)
	if n != size || err != nil {
		t.Errorf("%d of %d bytes arrived: %v", n, size, err)
	}
	if err := conn.Close(); err != nil || len(g.flows) != 0 {
		t.Errorf("after Close the governor has %d connections: %v", len(g.flows), err)
	}
}

func TestCounters(t *testing.T) {
	const dev = "Inter-|   Receive    |  Transmit\n face |bytes    packets|bytes\n    lo: 100 2 0 0\n  eth0:4414 27251 0 0\nwlan0: 86 1 0\n"
	for _, test := range []struct {
		text       string
		interfaces []string
		want       int64
	}{
		{dev, []string{"eth0"}, 4414},
		{dev, []string{"wlan0", "eth0"}, 4500},
		{dev, []string{"eth0", "eth1"}, -1},
		{dev, nil, -1},
		{"", []string{"eth0"}, -1},
	} {
		if got := receivedBytes([]byte(test.text), test.interfaces); got != test.want {
			t.Errorf("%q received %d bytes, want %d", test.interfaces, got, test.want)
		}
	}
	const snmp = "Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens\nTcp: 1 200 120000 -1 5174 12\nUdp: 1\n"
	if got := activeOpens([]byte(snmp)); got != 5174 {
		t.Errorf("%d active opens", got)
	}
	for _, broken := range []string{"", "Tcp: ", "Tcp: 1 2", "Tcp: 1 200 120000 -1 x"} {
		if got := activeOpens([]byte(broken)); got != -1 {
			t.Errorf("%q has %d active opens", broken, got)
		}
	}
	if arrived, opens := openHostCounters().read([]string{"lo"}); arrived < 0 || opens < 0 {
		t.Errorf("this computer's counters are %d and %d", arrived, opens)
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
