// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package fileserve

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// shelf is a server whose clock is far ahead, so that no file counts as just changed.
type shelf struct {
	t      *testing.T
	dir    string
	server *Server
	hashed chan struct{}
}

func newShelf(t *testing.T, cache string) *shelf {
	t.Helper()
	s := &shelf{t: t, dir: t.TempDir(), hashed: make(chan struct{})}
	s.open(cache)
	t.Cleanup(func() { _ = s.server.Close() })
	return s
}

func (s *shelf) open(cache string) {
	s.t.Helper()
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = &Server{root: root, allow: "GET, HEAD"}
	s.server.tags = newTags(root, cache, slog.New(slog.DiscardHandler), func() time.Time { return time.Now().Add(time.Hour) })
	hashed := make(chan struct{}, 100)
	s.server.tags.mu.Lock()
	s.server.tags.hashed = func() { hashed <- struct{}{} }
	s.server.tags.mu.Unlock()
	s.hashed = hashed
}

func (s *shelf) put(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) get(method, target string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	return w.Result()
}

func tagOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return `"sha256-` + hex.EncodeToString(sum[:]) + `"`
}

// TestTags: the first answer does not wait for the hash, the next has it, and a change makes another one.
func TestTags(t *testing.T) {
	s := newShelf(t, "cache")
	for _, content := range []string{"0123456789", "abcdefghij"} {
		s.put("f", content)
		for _, method := range []string{"HEAD", "GET"} {
			r := s.get(method, "/f")
			if r.StatusCode != 200 || r.Header.Get("Etag") != "" || r.Header.Get("Last-Modified") == "" || r.Header.Get("Accept-Ranges") != "bytes" || r.ContentLength != 10 {
				t.Errorf("%s before the hash is there: %d %v", method, r.StatusCode, r.Header)
			}
			if method == "HEAD" {
				<-s.hashed
				break // of the two, the one that is first asks for the hash
			}
		}
		r := s.get("HEAD", "/f")
		if r.Header.Get("Etag") != tagOf(content) {
			t.Errorf("the tag is %s, want %s", r.Header.Get("Etag"), tagOf(content))
		}
		r = s.get("GET", "/f", "Range", "bytes=2-4", "If-Range", tagOf(content))
		if b, _ := io.ReadAll(r.Body); r.StatusCode != 206 || string(b) != content[2:5] || r.Header.Get("Content-Range") != "bytes 2-4/10" {
			t.Errorf("a range is %d %q %v", r.StatusCode, b, r.Header)
		}
		if r = s.get("GET", "/f", "Range", "bytes=2-4", "If-Range", tagOf("another")); r.StatusCode != 200 {
			t.Errorf("a range of another version is %d", r.StatusCode)
		}
		if r = s.get("GET", "/f", "If-None-Match", tagOf(content)); r.StatusCode != 304 {
			t.Errorf("what is known already is %d", r.StatusCode)
		}
		if r = s.get("GET", "/f", "Range", "bytes=10-"); r.StatusCode != 416 {
			t.Errorf("a range behind the end is %d", r.StatusCode)
		}
	}
	// The next server knows it.
	if err := s.server.Close(); err != nil {
		t.Fatal(err)
	}
	s.open("cache")
	if got := s.get("HEAD", "/f").Header.Get("Etag"); got != tagOf("abcdefghij") {
		t.Errorf("after a restart the tag is %q", got)
	}
}

// TestJustChanged: a file that was changed a moment ago, and may change again within the same tick of its clock, is not hashed.
func TestJustChanged(t *testing.T) {
	s := newShelf(t, "")
	s.server.tags.mu.Lock()
	s.server.tags.now = time.Now
	s.server.tags.mu.Unlock()
	s.put("f", "x")
	s.get("GET", "/f")
	s.server.tags.mu.Lock()
	defer s.server.tags.mu.Unlock()
	if len(s.server.tags.waiting) != 0 {
		t.Error("it waits to be hashed")
	}
}

// TestTorn: a torn line of the cache is passed over.
func TestTorn(t *testing.T) {
	s := newShelf(t, "cache")
	s.put("f", "x")
	s.get("GET", "/f")
	<-s.hashed
	if err := s.server.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(s.dir, "cache"))
	if err != nil {
		t.Fatal(err)
	}
	s.put("cache", `{"Device":1`+"\n"+string(data)+`{"Dev`)
	s.open("cache")
	if got := s.get("HEAD", "/f").Header.Get("Etag"); got != tagOf("x") {
		t.Errorf("the tag is %q", got)
	}
}

// TestNotServed: nothing hidden, nothing outside, no listings, no other methods.
func TestNotServed(t *testing.T) {
	s := newShelf(t, "")
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.put(".hidden", "secret")
	if err := os.MkdirAll(filepath.Join(s.dir, ".bits-serve", "uploads"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.put(".bits-serve/uploads/x.data", "secret")
	if err := os.Mkdir(filepath.Join(s.dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	targets := []string{
		"/", "/folder", "/folder/", "/missing", "/.hidden", "/%2ehidden", "/.bits-serve/uploads/x.data", "/folder/../.hidden", "/..%2f..%2fetc/passwd",
		"/%2e%2e/%2e%2e/etc/passwd", "/%252e%252e/x", "/..%5c..%5cx", "//etc/passwd", "/x%00", "/folder/%2e%2e/.hidden",
	}
	if runtime.GOOS != "windows" {
		if err := os.Symlink(outside, filepath.Join(s.dir, "link")); err != nil {
			t.Fatal(err)
		}
		targets = append(targets, "/link")
	}
	for _, target := range targets {
		for _, method := range []string{"GET", "HEAD"} {
			if r := s.get(method, target); r.StatusCode != 404 {
				b, _ := io.ReadAll(r.Body)
				t.Errorf("%s %s is %d %q", method, target, r.StatusCode, b)
			}
		}
	}
	s.put("f", "x")
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"} {
		if r := s.get(method, "/f"); r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s is %d, allowed %q", method, r.StatusCode, r.Header.Get("Allow"))
		}
	}
	if r := s.get("GET", "/f"); r.Header.Get("Content-Type") != "application/octet-stream" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a browser may take it for a page: %v", r.Header)
	}
}
