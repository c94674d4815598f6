// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netlab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Namespace is a network namespace without a name. A thread that is in it keeps it.
type Namespace struct {
	path  string // of the namespace, in /proc
	tasks chan func()
	done  chan struct{}
}

// NewNamespace makes an empty network namespace, to be ended by Close.
func NewNamespace() (*Namespace, error) {
	n := &Namespace{tasks: make(chan func()), done: make(chan struct{})}
	ready := make(chan error)
	go n.keep(ready)
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("cannot make a network namespace: %w", err)
	}
	return n, nil
}

// keep is the thread of the namespace. It is never unlocked, so that it ends with this function.
func (n *Namespace) keep(ready chan<- error) {
	defer close(n.done)
	runtime.LockOSThread()
	err := unix.Unshare(unix.CLONE_NEWNET)
	n.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
	ready <- err
	for task := range n.tasks {
		task()
	}
}

// Close ends the thread of the namespace and with it the programs that were started in it.
func (n *Namespace) Close() {
	close(n.tasks)
	<-n.done
}

// Do runs f on a thread in the namespace. It must be short, as others wait for their turn.
func (n *Namespace) Do(f func() error) error {
	result := make(chan error, 1)
	n.tasks <- func() { result <- f() }
	return <-result
}

// Start starts a program in the namespace. It gets a process group of its own and dies with this process.
func (n *Namespace) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL // bound to the thread that starts it, which is the one that stays
	return n.Do(cmd.Start)
}

// Run runs a program in the namespace, with text as its standard input.
func (n *Namespace) Run(input string, argv ...string) error {
	return n.Do(func() error {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Stdin = strings.NewReader(input)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(string(out)))
		}
		return nil
	})
}

// Set writes a setting of the namespace beneath /proc/sys/net.
func (n *Namespace) Set(name, value string) error {
	return n.Do(func() error { return os.WriteFile("/proc/sys/net/"+name, []byte(value), 0) })
}

// Socket options that are asked for before a connection is made.
type Socket struct {
	Congestion string // congestion control; empty: the namespace's default
}

// control sets the options of a socket that is not connected yet.
func (s Socket) control(_, _ string, raw syscall.RawConn) error {
	if s.Congestion == "" {
		return nil
	}
	var err error
	outer := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, s.Congestion)
	})
	if err != nil {
		err = fmt.Errorf("cannot use the congestion control %s: %w", s.Congestion, err)
	}
	return errors.Join(outer, err)
}

// Dial connects from within the namespace, to a numeric address. Many can be under way at a time.
func (n *Namespace) Dial(ctx context.Context, network, address string, s Socket) (net.Conn, error) {
	type dialed struct {
		conn net.Conn
		err  error
	}
	result := make(chan dialed, 1)
	go func() {
		runtime.LockOSThread() // for good: the thread must not return to the others
		if err := enter(n.path); err != nil {
			result <- dialed{nil, err}
			return
		}
		d := net.Dialer{Control: s.control}
		conn, err := d.DialContext(ctx, network, address)
		result <- dialed{conn, err}
	}()
	r := <-result
	return r.conn, r.err
}

// Listen listens for TCP connections in the namespace.
func (n *Namespace) Listen(address string, s Socket) (l net.Listener, err error) {
	err = n.Do(func() (err error) {
		config := net.ListenConfig{Control: s.control}
		l, err = config.Listen(context.Background(), "tcp4", address)
		return err
	})
	return l, err
}

// ListenPacket opens a UDP socket in the namespace.
func (n *Namespace) ListenPacket(address string) (c net.PacketConn, err error) {
	err = n.Do(func() (err error) {
		c, err = net.ListenPacket("udp4", address)
		return err
	})
	return c, err
}

func enter(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
}
