// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netlab

import (
	"io"
	"net/netip"
	"os/exec"
	"syscall"
	"testing"

	"github.com/openbits/openbits/bench/link"
)

// open makes a connected laboratory, or skips where there cannot be one.
func open(t *testing.T, spec string) *Lab {
	t.Helper()
	if err := Check(); err != nil {
		t.Skip("no laboratory on this machine: ", err)
	}
	l, err := New()
	if err != nil {
		t.Skip("no laboratory on this machine: ", err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := link.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	down, up := s.Lines(1)
	if err := l.Connect(StartClock(), down, up); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLabCarriesAndClassifies(t *testing.T) {
	l := open(t, "50:50:2:50")
	const size = 100_000
	for _, host := range []*Namespace{l.Client, l.Other} {
		for _, server := range []netip.Addr{ForegroundServer, BackgroundServer} {
			listener, err := l.Server.Listen(netip.AddrPortFrom(server, 80).String(), Socket{Congestion: "reno"})
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Write(make([]byte, size))
				_ = conn.Close()
			}()
			conn, err := host.Dial(t.Context(), "tcp4", listener.Addr().String(), Socket{})
			if err != nil {
				t.Fatal(err)
			}
			if data, err := io.ReadAll(conn); err != nil || len(data) != size {
				t.Errorf("%d bytes arrived, %v", len(data), err)
			}
			_ = conn.Close()
			_ = listener.Close()
		}
	}
	l.Disconnect()
	down, _ := l.Logs()
	var sum [link.Classes]int64
	for _, b := range down {
		for c, n := range b.Bytes {
			sum[c] += n
		}
	}
	for _, c := range []link.Class{link.Foreground, link.Background} {
		if sum[c] < 2*size || sum[c] > 2*size*12/10 {
			t.Errorf("class %d: the link carried %d bytes for %d of content", c, sum[c], 2*size)
		}
	}
	if sum[link.Second] != 0 || sum[link.Other] != 0 {
		t.Errorf("the link carried bytes of nobody: %v", sum)
	}
}

func TestProgramsEndWithTheLab(t *testing.T) {
	l := open(t, "50:50:2:50")
	cmd := exec.Command("sleep", "1000")
	if err := l.Client.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
		t.Errorf("the program ended by %v, want SIGKILL", cmd.ProcessState)
	}
}
