// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sdnotify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain plays the service in a process of its own when a test asks for it.
func TestMain(m *testing.M) {
	if os.Getenv("OPENBITS_SDNOTIFY_CHILD") != "" {
		if err := child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child takes over its sockets, tells that it is ready, answers one caller, and stops.
func child() error {
	if os.Getenv("LISTEN_PID") == "self" {
		os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	}
	listeners, err := Listeners()
	if err != nil {
		return err
	}
	n := FromEnv()
	if len(listeners) != 1 {
		return fmt.Errorf("%d listeners", len(listeners))
	}
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "NOTIFY_SOCKET"} {
		if value, ok := os.LookupEnv(name); ok {
			return fmt.Errorf("%s=%s is left for children", name, value)
		}
	}
	// A child must not inherit the socket: whatever is still open there is not ours.
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, firstFD, syscall.F_GETFD, 0); errno == 0 {
		flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, firstFD, syscall.F_GETFD, 0)
		if flags&syscall.FD_CLOEXEC == 0 {
			return fmt.Errorf("descriptor %d is inherited by children", firstFD)
		}
	}
	if err := n.Ready(); err != nil {
		return err
	}
	if err := n.Status("two\nlines"); err != nil {
		return err
	}
	conn, err := listeners[0].Accept()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "hello"); err != nil {
		return err
	}
	if err := conn.Close(); err != nil {
		return err
	}
	return n.Stopping()
}

// manager is the receiving end of NOTIFY_SOCKET.
func manager(t *testing.T) (string, *net.UnixConn) {
	t.Helper()
	// The path of a socket is short (108 bytes), that of t.TempDir may not be.
	dir, err := os.MkdirTemp("", "sd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return path, conn
}

func receive(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func testBinary(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

func TestActivation(t *testing.T) {
	notify, conn := manager(t)
	path := filepath.Join(filepath.Dir(notify), "service")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.CommandContext(t.Context(), testBinary(t))
	cmd.ExtraFiles = []*os.File{file}
	cmd.Env = append(os.Environ(), "OPENBITS_SDNOTIFY_CHILD=1", "LISTEN_PID=self", "LISTEN_FDS=1",
		"LISTEN_FDNAMES=bits.socket", "NOTIFY_SOCKET="+notify)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		if err != nil {
			conn.Close() // nobody will tell any more
		}
		ended <- err
	}()
	for _, want := range []string{"READY=1", "STATUS=two lines"} {
		if got := receive(t, conn); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	caller, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	if answer, err := io.ReadAll(caller); string(answer) != "hello" {
		t.Errorf("the service answered %q, %v", answer, err)
	}
	if got := receive(t, conn); got != "STOPPING=1" {
		t.Errorf("got %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestSystemd: the same with systemd's own program as the manager.
func TestSystemd(t *testing.T) {
	program, err := exec.LookPath("systemd-socket-activate")
	if err != nil {
		t.Skip("systemd-socket-activate is not installed")
	}
	notify, conn := manager(t)
	path := filepath.Join(filepath.Dir(notify), "service")
	cmd := exec.CommandContext(t.Context(), program, "-l", path,
		"-E", "OPENBITS_SDNOTIFY_CHILD=1", "-E", "NOTIFY_SOCKET="+notify, testBinary(t))
	cmd.Env = append(os.Environ(), "OPENBITS_SDNOTIFY_CHILD=1", "NOTIFY_SOCKET="+notify)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// It says "Listening on … as 3." when the socket is there.
	buf := make([]byte, 4096)
	n, err := stderr.Read(buf)
	if err != nil || !strings.Contains(string(buf[:n]), "Listening on") {
		t.Fatalf("systemd-socket-activate: %v: %s", err, buf[:n])
	}
	rest := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(stderr)
		conn.SetReadDeadline(time.Now()) // whatever was told lies in the socket by now
		rest <- string(text)
	}()
	caller, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	if answer, err := io.ReadAll(caller); string(answer) != "hello" {
		t.Errorf("the service answered %q, %v", answer, err)
	}
	text := <-rest
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, text)
	}
	conn.SetReadDeadline(time.Time{})
	for _, want := range []string{"READY=1", "STATUS=two lines", "STOPPING=1"} {
		if got := receive(t, conn); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	for name, value := range map[string]string{"none": "", "vsock": "vsock:2:1234", "relative": "run/notify"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NOTIFY_SOCKET", value)
			n := FromEnv()
			if n != nil {
				t.Fatalf("FromEnv() = %v", n)
			}
			if err := n.Ready(); err != nil {
				t.Errorf("Ready: %v", err)
			}
		})
	}
	t.Run("gone", func(t *testing.T) {
		t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "n"))
		if err := FromEnv().Ready(); err == nil || !strings.HasPrefix(err.Error(), "cannot notify") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAbstractAddress(t *testing.T) {
	name := "@openbits-test-" + strconv.Itoa(os.Getpid())
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Skipf("this system has no abstract addresses: %v", err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", name)
	if err := FromEnv().Ready(); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, conn); got != "READY=1" {
		t.Errorf("got %q", got)
	}
}

func TestListenersOfOthers(t *testing.T) {
	me := strconv.Itoa(os.Getpid())
	for name, test := range map[string]struct {
		pid, fds string
		fails    bool
	}{
		"none":             {"", "", false},
		"another process":  {strconv.Itoa(os.Getppid()), "1", false},
		"no sockets":       {me, "0", false},
		"not a number":     {me, "one", true},
		"far too many":     {me, "100000", true},
		"negative":         {me, "-1", true},
		"pid with a blank": {" " + me, "1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("LISTEN_PID", test.pid)
			t.Setenv("LISTEN_FDS", test.fds)
			list, err := Listeners()
			if len(list) != 0 || (err != nil) != test.fails {
				t.Errorf("got %v, %v", list, err)
			}
			if _, ok := os.LookupEnv("LISTEN_FDS"); ok {
				t.Error("LISTEN_FDS is left for children")
			}
		})
	}
}

// TestNotASocket: a manager that hands something else over is told so.
func TestNotASocket(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, testBinary(t))
	cmd.ExtraFiles = []*os.File{file}
	cmd.Env = append(os.Environ(), "OPENBITS_SDNOTIFY_CHILD=1", "LISTEN_PID=self", "LISTEN_FDS=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "cannot take over socket 3") {
		t.Errorf("got %v: %s", err, out)
	}
}
