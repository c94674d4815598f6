// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup_test

import (
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/openbits/openbits/bitsup"
)

// fenced is a site in a folder of a folder that must not change, with links that lead there.
func fenced(t *testing.T, o bitsup.Options) (s *site, check func()) {
	t.Helper()
	outside := t.TempDir()
	o.Dir = filepath.Join(outside, "served")
	for _, err := range []error{
		os.Mkdir(o.Dir, 0o700),
		os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600),
		os.Mkdir(filepath.Join(o.Dir, "sub"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOOS != "windows" {
		for name, to := range map[string]string{
			"out": "..", "abs": outside, "file": "../secret", "dangling": "../made", "self": ".", "state": bitsup.StateDir,
		} {
			if err := os.Symlink(to, filepath.Join(o.Dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	s = newSite(t, o)
	return s, func() {
		t.Helper()
		entries, err := os.ReadDir(outside)
		if err != nil || len(entries) != 2 {
			t.Errorf("outside the folder there is %v, %v", entries, err)
		}
		if b, err := os.ReadFile(filepath.Join(outside, "secret")); err != nil || string(b) != "secret" {
			t.Errorf("the file outside holds %q, %v", b, err)
		}
	}
}

// TestTraversal tries to get out of the folder, or into what is kept in it, in every spelling.
func TestTraversal(t *testing.T) {
	for _, c := range []struct {
		target string
		status int
	}{
		{"/../secret", 400},
		{"/sub/../../secret", 400},
		{"/%2e%2e/secret", 400},
		{"/%2E%2E%2fsecret", 400},
		{"/..%2fsecret", 400},
		{"/sub%2f..%2f..%2fsecret", 400},
		{"/%252e%252e/secret", 400},
		{"/%252e%252e%252fsecret", 400},
		{"/%25252e%25252e%25252fsecret", 400},
		{"/..\\secret", 400},
		{"/..%5csecret", 400},
		{"/%5c..%5c..%5csecret", 400},
		{"/sub\\..\\..\\secret", 400},
		{"/%255c%255c..%255csecret", 400},
		{"/./x", 400},
		{"/sub/./x", 400},
		{"//secret", 400},
		{"/sub//x", 400},
		{"/sub/", 400},
		{"/%00secret", 400},
		{"/x%00.txt", 400},
		{"/x%0d%0aX:y", 400},
		{"/x%7f", 400},
		{"/%ff%fe", 400},
		{"/%c0%ae%c0%ae/secret", 400},
		{"/%e0%80%ae%e0%80%ae/secret", 400},
		{"/C:/secret", 400},
		{"/C:%5csecret", 400},
		{"/c%3a/secret", 400},
		{"/%5c%5cserver%5cshare%5cx", 400},
		{"/%5c%5c%3f%5cC:%5cx", 400},
		{"/x:stream", 400},
		{"/x::$DATA", 400},
		{"/x%3a%3a$DATA", 400},
		{"/NUL", 400},
		{"/nul.txt", 400},
		{"/CON", 400},
		{"/sub/com1.log", 400},
		{"/LPT%C2%B9", 400},
		{"/conin$", 400},
		{"/x.", 400},
		{"/x%20", 400},
		{"/%20x", 400},
		{"/x%3f", 400},
		{"/x%2a", 400},
		{"/x%7cy", 400},
		{"/" + strings.Repeat("x", 256), 400},
		{"/" + strings.Repeat("x", 2300), 400},
		{"/" + strings.Repeat("x/", 70) + "x", 400},
		{"/...", 403},
		{"/.hidden", 403},
		{"/%2ehidden", 403},
		{"/sub/.hidden", 403},
		{"/" + bitsup.StateDir + "/uploads/x", 403},
		{"/" + strings.ToUpper(bitsup.StateDir) + "/x", 403},
		{"/%2ebits-serve/uploads/x", 403},
		{"/out/made", 403},
		{"/abs/made", 403},
		{"/self/out/made", 403},
		{"/out/served/made", 403},
		{"/file", 403},     // exists
		{"/dangling", 403}, // a link is there
		{"/state/x", 403},
		{"http://h/../secret", 400},
		{"http://h", 400},
	} {
		t.Run(c.target[:min(len(c.target), 40)], func(t *testing.T) {
			if runtime.GOOS == "windows" && c.status == 403 && !strings.Contains(c.target, ".") {
				t.Skip("there are no links")
			}
			s, check := fenced(t, bitsup.Options{})
			g := s.dial().send(createPacket(c.target))
			if g.headers.Get("BITS-Packet-Type") != "" {
				g.want(t, c.status)
			} else if g.status != 400 { // net/http refused it before
				t.Errorf("answered %d", g.status)
			}
			check()
		})
	}
}

// TestTraversalWhenAllowed: with everything that can be allowed, still nothing leads out.
func TestTraversalWhenAllowed(t *testing.T) {
	for _, target := range []string{"/out/made", "/out/new/made", "/abs/made", "/self/out/made", "/file", "/dangling", "/sub/../out/x", "/state/x", "/state/uploads/x"} {
		t.Run(target, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("there are no links")
			}
			s, check := fenced(t, bitsup.Options{Overwrite: true, MakeFolders: true})
			w := s.dial()
			g := w.send(createPacket(target))
			if g.status == 200 { // a link may be replaced, what it leads to may not
				id := g.headers.Get("BITS-Session-Id")
				w.fragment(target, id, 0, 3, "abc")
				w.close(target, id).want(t, 200)
			}
			check()
			if _, err := os.Lstat(s.path(bitsup.StateDir + "/x")); err == nil {
				t.Error("there is a file among the server's own")
			}
		})
	}
}

// signed signs in whoever has a header X-User.
func signed(o bitsup.Options) bitsup.Options {
	o.User = func(r *http.Request) string { return r.Header.Get("X-User") }
	return o
}

func as(user, packet string) string {
	return strings.Replace(packet, "Host:", "X-User: "+user+"\r\nHost:", 1)
}

// TestSessionsOfOthers: a session is for its user alone, and nobody else learns that it exists; not after a restart, either.
func TestSessionsOfOthers(t *testing.T) {
	s := newSite(t, signed(bitsup.Options{}))
	w := s.dial()
	id := w.send(as("alice", createPacket("/a"))).want(t, 200).headers.Get("BITS-Session-Id")
	w.send(as("alice", fragmentPacket("/a", id, 0, 10, "01234"))).want(t, 200, 5)
	for range 2 {
		w = s.dial()
		for _, user := range []string{"bob", "", "ALICE"} {
			w.send(as(user, fragmentPacket("/a", id, 5, 10, "xxxxx"))).want(t, 500)
			w.send(as(user, plainPacket("Cancel-Session", "/a", id))).want(t, 500)
			g := w.send(as(user, plainPacket("Close-Session", "/a", id))).want(t, 500)
			if g.headers.Get("BITS-Error-Code") != "0x8020001F" {
				t.Errorf("%q is told %s", user, g.headers.Get("BITS-Error-Code"))
			}
		}
		s.restart()
	}
	s.dial().send(as("alice", fragmentPacket("/a", id, 5, 10, "56789"))).want(t, 200, 10)
	s.is("a", "0123456789")
}

// TestLyingLengths: a body that ends early acknowledges nothing, and what follows one that goes on is no packet.
func TestLyingLengths(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	w := s.dial()
	id := w.create("/a")
	w.fragment("/a", id, 0, 10, "01234").want(t, 200, 5)
	w.write(request("/a", "56", "BITS-Packet-Type: Fragment", "BITS-Session-Id: "+id, "Content-Range: bytes 5-9/10", "Content-Length: 5"))
	if err := w.conn.Close(); err != nil {
		t.Fatal(err)
	}
	s.absent("a")
	// What the dead connection had sent may come to the session after this: then it is the newer request, and the client comes again.
	for last := (got{}); last.status == 0 || last.status == 503; {
		w = s.dial()
		if last = w.fragment("/a", id, 0, 10, "xxxxx"); last.status == 503 {
			continue
		}
		last.want(t, 416, 5)
		w.write(request("/a", "56789and more", "BITS-Packet-Type: Fragment", "BITS-Session-Id: "+id, "Content-Range: bytes 5-9/10", "Content-Length: 5"))
		if last = w.read(); last.status != 503 {
			last.want(t, 200, 10)
		}
	}
	s.is("a", "0123456789")
	if err := w.conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if g, err := w.tryRead(); err == nil && g.status != 400 {
		t.Errorf("what follows the body is answered %d", g.status)
	}
}

// TestSilentClient: a client that stops sending is let go, and its session goes on.
func TestSilentClient(t *testing.T) {
	s := newSite(t, bitsup.Options{BodyTimeout: 1}) // the shortest there is
	w := s.dial()
	id := w.create("/a")
	w.write(request("/a", "012", "BITS-Packet-Type: Fragment", "BITS-Session-Id: "+id, "Content-Range: bytes 0-9/10", "Content-Length: 10"))
	if g, err := w.tryRead(); err == nil {
		g.want(t, 408)
	}
	if _, err := w.in.ReadByte(); err == nil {
		t.Error("the connection goes on")
	}
	s.stop()
	s.options.BodyTimeout = 0
	s.start()
}

// TestNewerRequest: when a client comes again, what its dead connection was sending does not keep it out.
func TestNewerRequest(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	dead := s.dial()
	id := dead.create("/a")
	dead.fragment("/a", id, 0, 10, "01").want(t, 200, 2)
	dead.write(request("/a", "234", "BITS-Packet-Type: Fragment", "BITS-Session-Id: "+id, "Content-Range: bytes 2-9/10", "Content-Length: 8"))
	g := s.dial().fragment("/a", id, 2, 10, "23456789")
	for g.status == 503 { // the dead connection's request came to the session after this one
		g = s.dial().fragment("/a", id, 2, 10, "23456789")
	}
	g.want(t, 200, 10)
	s.is("a", "0123456789")
}

var creates = flag.Int("creates", 20_000, "how many sessions TestManySessions creates; 1000000 is the full form")

// TestManySessions: a flood of Create-Sessions costs a bounded number of sessions and no file, and locks nobody out.
func TestManySessions(t *testing.T) {
	s := newSite(t, bitsup.Options{Sessions: 100, ClientSessions: 20, Overwrite: true})
	w := s.dial()
	open := w.create("/open")
	w.fragment("/open", open, 0, 10, "01234").want(t, 200, 5)
	from := func(address, packet string) *http.Response {
		r, err := http.NewRequest(bitsup.Method, "/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr, r.RequestURI = address, r.URL.Path
		r.Header.Set("BITS-Packet-Type", packet)
		r.Header.Set("BITS-Supported-Protocols", bitsup.Protocol)
		r.Header.Set("Content-Length", "0")
		answer := httptest.NewRecorder()
		s.server.ServeHTTP(answer, r)
		return answer.Result()
	}
	const header = "BITS-Session-Id" // spelled as on the wire, which http.Header.Get does not find here
	var id string
	for name, values := range from("192.0.2.1:1", "Create-Session").Header {
		if name == header {
			id = values[0]
		}
	}
	for i := range *creates {
		if got := from("192.0.2.2:1", "Create-Session").StatusCode; got != 200 {
			t.Fatalf("session %d is answered %d", i, got)
		}
	}
	if fresh, open, _ := s.server.Counts(); fresh != 21 || open != 1 {
		t.Errorf("one client has left %d new and %d open sessions, want 21 and 1", fresh, open)
	}
	if names := s.staged(""); len(names) != 2 {
		t.Errorf("there are files of sessions that received nothing: %q", names)
	}
	// The one of another client is not among those that were forgotten.
	w = s.dial() // the full form takes longer than a connection may
	w.fragment("/x", id, 0, 3, "abc").want(t, 200, 3)
	for i := range *creates / 10 {
		from(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&0xff, i&0xff), "Create-Session")
	}
	if fresh, _, _ := s.server.Counts(); fresh != 100 {
		t.Errorf("many clients have left %d new sessions, want 100", fresh)
	}
	s.dial().fragment("/open", open, 5, 10, "56789").want(t, 200, 10)
}

// TestTooManyOpen: who has too many uploads begun gets no more, but is told to come again.
func TestTooManyOpen(t *testing.T) {
	s := newSite(t, signed(bitsup.Options{Sessions: 3, ClientSessions: 2}))
	w := s.dial()
	begin := func(user, target string, status int) string {
		t.Helper()
		id := w.send(as(user, createPacket(target))).want(t, 200).headers.Get("BITS-Session-Id")
		g := w.send(as(user, fragmentPacket(target, id, 0, 4, "ab"))).want(t, status)
		if status == 503 && (g.headers.Get("Retry-After") == "" || g.headers.Get("BITS-Error-Code") != "0x80070045") {
			t.Errorf("the client is told %s", g.head)
		}
		return id
	}
	first := begin("alice", "/1", 200)
	begin("alice", "/2", 200)
	begin("alice", "/3", 503)
	begin("bob", "/4", 200)
	begin("carol", "/5", 503)
	w.send(as("alice", plainPacket("Cancel-Session", "/1", first))).want(t, 200)
	begin("carol", "/5", 200)
}

// TestCommitRace: what another program puts under the name meanwhile is not replaced.
func TestCommitRace(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	w := s.dial()
	id := w.create("/a")
	w.fragment("/a", id, 0, 10, "01234").want(t, 200, 5)
	if err := os.WriteFile(s.path("a"), []byte("was here"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.fragment("/a", id, 5, 10, "56789").want(t, 403)
	s.is("a", "was here")
	if err := os.Remove(s.path("a")); err != nil {
		t.Fatal(err)
	}
	w.fragment("/a", id, 5, 10, "56789").want(t, 200, 10)
	s.is("a", "0123456789")
}

// TestNothingHalfWritten: until the last fragment nothing is to be seen, and what is staged nobody else on the machine can read.
func TestNothingHalfWritten(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	w := s.dial()
	id := w.create("/a")
	w.fragment("/a", id, 0, 10, "01234").want(t, 200, 5)
	var seen []string
	err := filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == bitsup.StateDir {
			return fs.SkipDir
		}
		seen = append(seen, name)
		return err
	})
	if err != nil || len(seen) != 1 {
		t.Errorf("to be seen are %q, %v", seen, err)
	}
	info, err := os.Stat(s.path(bitsup.StateDir))
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of what is unfinished has the mode %v, %v", info.Mode(), err)
	}
}
