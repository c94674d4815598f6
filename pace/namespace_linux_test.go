// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// namespace is a network of its own in which functions can be run.
type namespace struct {
	path string
	work chan func()
}

// newNamespace makes one. It lasts as long as its thread, until the test ends.
func newNamespace(tb testing.TB) *namespace {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("only root can make network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		tb.Skip("the command ip is not installed")
	}
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
	tb.Cleanup(func() { close(n.work) })
	if err := <-made; err != nil {
		tb.Skipf("cannot make a network namespace: %v", err)
	}
	return n
}

// do runs f on the namespace's thread.
func (n *namespace) do(tb testing.TB, f func() error) {
	tb.Helper()
	done := make(chan error)
	n.work <- func() { done <- f() }
	if err := <-done; err != nil {
		tb.Fatal(err)
	}
}

func (n *namespace) ip(tb testing.TB, line string) {
	tb.Helper()
	n.do(tb, func() error {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
		return nil
	})
}

// batch runs many of the commands that ip takes, one a line.
func (n *namespace) batch(tb testing.TB, lines string) {
	tb.Helper()
	n.do(tb, func() error {
		command := exec.Command("ip", "-batch", "-")
		command.Stdin = strings.NewReader(lines)
		out, err := command.CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip -batch: %w: %s", err, out)
		}
		return nil
	})
}

// connect joins two namespaces with a cable, and answers both ends of a connection over it. The near end's interface is pace0.
func connect(tb testing.TB) (near, far *net.TCPConn) {
	tb.Helper()
	a, b := newNamespace(tb), newNamespace(tb)
	a.ip(tb, "link add pace0 type veth peer name pace1 netns "+b.path)
	for dev, n := range map[string]*namespace{"pace0": a, "pace1": b} {
		n.ip(tb, "addr add 192.0.2.1"+dev[4:]+"/24 dev "+dev)
		n.ip(tb, "addr add 2001:db8::"+dev[4:]+"a/64 dev "+dev+" nodad")
		n.ip(tb, "link set "+dev+" up")
	}
	return a.dial(tb, b, "192.0.2.11")
}

// dial opens a connection to an address of another namespace.
func (n *namespace) dial(tb testing.TB, to *namespace, address string) (near, far *net.TCPConn) {
	tb.Helper()
	var l net.Listener
	to.do(tb, func() (err error) {
		l, err = net.Listen("tcp", net.JoinHostPort(address, "0"))
		return err
	})
	defer l.Close()
	n.do(tb, func() error {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			near = conn.(*net.TCPConn)
		}
		return err
	})
	conn, err := l.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	far = conn.(*net.TCPConn)
	tb.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}
