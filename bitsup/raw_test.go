// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbits/openbits/bitsup"
)

// site is a server with its folder.
type site struct {
	t       *testing.T
	dir     string
	options bitsup.Options
	server  *bitsup.Server
	http    *httptest.Server
	ahead   atomic.Int64 // of the time, nanoseconds
}

func newSite(t *testing.T, o bitsup.Options) *site {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s := &site{t: t, dir: o.Dir, options: o}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *site) start() {
	s.t.Helper()
	server, err := bitsup.Start(s.options, func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) })
	if err != nil {
		s.t.Fatal(err)
	}
	s.server, s.http = server, httptest.NewServer(server)
}

func (s *site) stop() {
	s.http.CloseClientConnections()
	s.http.Close()
	if err := s.server.Close(); err != nil {
		s.t.Error(err)
	}
}

// restart is a new server for the same folder.
func (s *site) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

func (s *site) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// is checks the content of a published file.
func (s *site) is(name, want string) {
	s.t.Helper()
	got, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Error(err)
	} else if string(got) != want {
		s.t.Errorf("%s holds %d bytes %.40q, want %d bytes %.40q", name, len(got), got, len(want), want)
	}
}

// absent checks that nothing has a name.
func (s *site) absent(name string) {
	s.t.Helper()
	if _, err := os.Lstat(s.path(name)); !os.IsNotExist(err) {
		s.t.Errorf("%s is there (%v)", name, err)
	}
}

// wire is a connection on which packets are sent as bytes.
type wire struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// hung is far beyond what any answer takes.
const hung = 2 * time.Minute

func (s *site) dial() *wire {
	s.t.Helper()
	return dial(s.t, s.http.Listener.Addr().String())
}

func dial(t *testing.T, address string) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(hung)) // so that a fault names the test instead of stopping all
	return &wire{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// got is an answer as it came.
type got struct {
	status  int
	headers http.Header
	body    string
	line    string
	head    string // all lines of headers, as spelled
}

// send writes text and reads one answer. Lines of text end with \n; "@" lines are not needed.
func (w *wire) send(text string) got {
	w.t.Helper()
	w.write(text)
	return w.read()
}

func (w *wire) write(text string) {
	w.t.Helper()
	if _, err := io.WriteString(w.conn, text); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) read() got {
	w.t.Helper()
	g, err := w.tryRead()
	if err != nil {
		w.t.Fatalf("no answer: %v", err)
	}
	return g
}

func (w *wire) tryRead() (got, error) {
	var g got
	var head bytes.Buffer
	for {
		line, err := w.in.ReadString('\n')
		if err != nil {
			return g, err
		}
		if head.WriteString(line); line == "\r\n" {
			break
		}
	}
	g.line, g.head, _ = strings.Cut(head.String(), "\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(io.MultiReader(&head, w.in)), nil)
	if err != nil {
		return g, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, max(resp.ContentLength, 0)))
	g.status, g.headers, g.body = resp.StatusCode, resp.Header, string(body)
	return g, err
}

// request makes the bytes of a packet. Headers are lines without their ends.
func request(target, body string, headers ...string) string {
	lines := append([]string{"BITS_POST " + target + " HTTP/1.1", "Host: server.example", "Accept: */*", "User-Agent: Microsoft BITS/7.8"}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

func createPacket(target string) string {
	return request(target, "", "BITS-Packet-Type: Create-Session", "BITS-Supported-Protocols: "+bitsup.Protocol, "Content-Length: 0")
}

func fragmentPacket(target, session string, first, total int, body string) string {
	return request(target, body, "BITS-Packet-Type: Fragment", "BITS-Session-Id: "+session,
		fmt.Sprintf("Content-Range: bytes %d-%d/%d", first, first+len(body)-1, total), fmt.Sprintf("Content-Length: %d", len(body)))
}

func plainPacket(kind, target, session string) string {
	return request(target, "", "BITS-Packet-Type: "+kind, "BITS-Session-Id: "+session, "Content-Length: 0")
}

// want checks status and, where given, the offset of an answer.
func (g got) want(t *testing.T, status int, received ...int) got {
	t.Helper()
	if g.status != status {
		t.Errorf("answered %d, want %d\n%s\n%s", g.status, status, g.line, g.head)
	}
	if len(received) > 0 && g.headers.Get("BITS-Received-Content-Range") != fmt.Sprint(received[0]) {
		t.Errorf("received %q, want %d", g.headers.Get("BITS-Received-Content-Range"), received[0])
	}
	return g
}

// create opens a session.
func (w *wire) create(target string) string {
	w.t.Helper()
	return w.send(createPacket(target)).want(w.t, 200).headers.Get("BITS-Session-Id")
}

func (w *wire) fragment(target, session string, first, total int, body string) got {
	w.t.Helper()
	return w.send(fragmentPacket(target, session, first, total, body))
}

func (w *wire) close(target, session string) got {
	w.t.Helper()
	return w.send(plainPacket("Close-Session", target, session))
}

func (w *wire) cancel(target, session string) got {
	w.t.Helper()
	return w.send(plainPacket("Cancel-Session", target, session))
}

// staged lists what sessions keep, by the ending of their names.
func (s *site) staged(suffix string) []string {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(s.dir, bitsup.StateDir, "uploads", "*"+suffix))
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

// scribble writes into the file of the only session with this ending, as a crash may.
func (s *site) scribble(suffix string, at int64, text string) {
	s.t.Helper()
	f, err := os.OpenFile(s.staged(suffix)[0], os.O_WRONLY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = f.WriteAt([]byte(text), at)
	if err := errors.Join(err, f.Close()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) deleteStaged(suffix string) {
	s.t.Helper()
	for _, name := range s.staged(suffix) {
		if err := os.Remove(name); err != nil {
			s.t.Fatal(err)
		}
	}
}
