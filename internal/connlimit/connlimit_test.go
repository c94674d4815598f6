// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package connlimit

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// address is where a connection of a fake listener comes from.
type address struct {
	net.Conn
	from string
}

func (a address) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(a.from))
}

// fake is a listener that is given its connections.
type fake struct{ conns chan net.Conn }

func (f fake) Accept() (net.Conn, error) {
	c, ok := <-f.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (f fake) Close() error   { return nil }
func (f fake) Addr() net.Addr { return &net.TCPAddr{} }

func TestLimits(t *testing.T) {
	f := fake{make(chan net.Conn, 20)}
	m := &Limiter{Total: 5, PerAddress: 2}
	l := m.Listen(f)
	give := func(from string) (far net.Conn) {
		near, far := net.Pipe()
		f.conns <- address{near, from}
		return far
	}
	accept := func() net.Conn {
		t.Helper()
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	closed := func(far net.Conn) {
		t.Helper()
		if _, err := far.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("it is not closed: %v", err)
		}
	}
	give("192.0.2.1:1")
	give("192.0.2.1:2")
	refused := give("192.0.2.1:3")
	give("[2001:db8::1]:1")
	give("[2001:db8::2]:1")
	refused6 := give("[2001:db8::3]:1")
	give("[::ffff:127.0.0.1]:1")
	first := accept()
	for range 4 {
		accept()
	}
	closed(refused)
	closed(refused6)
	if m.Open() != 5 {
		t.Errorf("%d connections are open, want 5", m.Open())
	}
	// The sixth waits until one has ended.
	give("192.0.2.1:4")
	accepted := make(chan net.Conn)
	go func() {
		c, _ := l.Accept()
		accepted <- c
	}()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	_ = first.Close() // counts once
	if c := <-accepted; c.RemoteAddr().String() != "192.0.2.1:4" {
		t.Errorf("accepted was %v", c.RemoteAddr())
	}
	give("192.0.2.2:1")
	waiting := make(chan error)
	go func() {
		_, err := l.Accept()
		waiting <- err
	}()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; err != net.ErrClosed { //nolint:errorlint // as it is
		t.Errorf("a listener that is closed says %v", err)
	}
}

// TestFewerThanListeners: a listener without connections holds no place that another needs.
func TestFewerThanListeners(t *testing.T) {
	m := &Limiter{Total: 1}
	idle := m.Listen(fake{make(chan net.Conn)})
	go func() { _, _ = idle.Accept() }()
	busy := fake{make(chan net.Conn, 2)}
	l := m.Listen(busy)
	for range 2 {
		near, _ := net.Pipe()
		busy.conns <- address{near, "192.0.2.1:1"}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if n := m.Open(); n != 1 {
			t.Errorf("%d connections are open, want 1", n)
		}
		_ = c.Close()
	}
}

// TestTransfers: whatever way bytes take, all of them arrive.
func TestTransfers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &Limiter{Total: 10, PerAddress: 10, Patience: time.Hour}
	limited := m.Listen(l)
	t.Cleanup(func() { _ = limited.Close() })
	content := bytes.Repeat([]byte("0123456789abcdef"), 3*step/16+1)
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for way, send := range map[string]func(w net.Conn, f *os.File) (int64, error){
		"write":     func(w net.Conn, _ *os.File) (int64, error) { n, err := w.Write(content); return int64(n), err },
		"read from": func(w net.Conn, f *os.File) (int64, error) { return w.(io.ReaderFrom).ReadFrom(f) },
		"limited": func(w net.Conn, f *os.File) (int64, error) {
			r := &io.LimitedReader{R: f, N: int64(len(content))}
			n, err := w.(io.ReaderFrom).ReadFrom(r)
			if r.N != 0 {
				t.Errorf("%d bytes are said to be left", r.N)
			}
			return n, err
		},
	} {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan []byte)
		go func() {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Error(err)
			}
			b, _ := io.ReadAll(c)
			got <- b
		}()
		c, err := limited.Accept()
		if err != nil {
			t.Fatal(err)
		}
		n, err := send(c, f)
		if n != int64(len(content)) || err != nil {
			t.Errorf("%s: %d bytes, %v", way, n, err)
		}
		_ = c.Close()
		_ = f.Close()
		if b := <-got; !bytes.Equal(b, content) {
			t.Errorf("%s: %d bytes arrived of %d", way, len(b), len(content))
		}
	}
	if m.Open() != 0 {
		t.Errorf("%d connections are open", m.Open())
	}
}
