// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

// terminal is a pseudo-terminal: what is written to near is read from far as keys, and the other way round.
func terminal(t *testing.T) (near, far *os.File) {
	t.Helper()
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _ = near.Close() })
	n, err := unix.IoctlGetInt(int(near.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(near.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(near.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err != nil {
		t.Fatal(err)
	}
	far, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("the pseudo-terminal cannot be opened: %v", err)
	}
	t.Cleanup(func() { _ = far.Close() })
	return near, far
}

func modes(t *testing.T, f *os.File) unix.Termios {
	t.Helper()
	m, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

// TestTopOnATerminal: it takes the other screen and single keys, and whatever ends it gives both back.
func TestTopOnATerminal(t *testing.T) {
	svc, err := yieldingService()
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.MkdirTemp("", "bits") // short: a socket's path has an end
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	servertest.ServeOn(t, places.In(home).Socket, svc, server.Options{})
	for name, c := range map[string]struct {
		end  func(near *os.File, p *os.Process) error
		code int
	}{
		"q":       {func(near *os.File, _ *os.Process) error { _, err := near.WriteString("q"); return err }, exitDone},
		"Ctrl-C":  {func(near *os.File, _ *os.Process) error { _, err := near.WriteString("\x03"); return err }, exitInterrupted},
		"SIGTERM": {func(_ *os.File, p *os.Process) error { return p.Signal(syscall.SIGTERM) }, exitInterrupted},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := terminal(t)
			before := modes(t, far)
			cmd := exec.CommandContext(t.Context(), "bits", "top", "--interval", "100ms")
			cmd.Stdin, cmd.Stdout, cmd.Stderr = far, far, far
			cmd.Env = append(os.Environ(), "TERM=xterm", "LC_ALL=C.UTF-8", "NO_COLOR=1", places.Home+"="+home)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var seen bytes.Buffer
			read := func(until string) {
				buf := make([]byte, 4096)
				for !strings.Contains(seen.String(), until) {
					n, err := near.Read(buf)
					if seen.Write(buf[:n]); err != nil {
						t.Fatalf("%v before %q; seen %q", err, until, seen.String())
					}
				}
			}
			read("yields to this computer")
			if modes(t, far).Lflag&(unix.ICANON|unix.ECHO) != 0 {
				t.Error("keys come by the line")
			}
			if err := c.end(near, cmd.Process); err != nil {
				t.Fatal(err)
			}
			read("\x1b[?1049l")
			err := cmd.Wait()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) || cmd.ProcessState.ExitCode() != c.code {
				t.Errorf("it ended with %v, want the code %d", err, c.code)
			}
			if text := seen.String(); !strings.HasPrefix(text, "\x1b[?1049h\x1b[?25l") || strings.Contains(text, "\x1b[2J") {
				t.Errorf("it wrote %q", text)
			}
			if diff := cmp.Diff(before, modes(t, far)); diff != "" {
				t.Errorf("the terminal is not what it was (-before +after):\n%s", diff)
			}
		})
	}
}
