// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/openbits/openbits/bitsup"
)

// application answers what a test tells it to, and remembers what it was told.
type application struct {
	t      *testing.T
	answer func(w http.ResponseWriter, r *http.Request, body string)
	told   []*http.Request
	bodies []string
	server *httptest.Server
}

func newApplication(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, body string)) *application {
	a := &application{t: t, answer: answer}
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		a.told, a.bodies = append(a.told, r), append(a.bodies, string(b))
		a.answer(w, r, string(b))
	}))
	t.Cleanup(a.server.Close)
	return a
}

func (a *application) behind(mode bitsup.NotifyMode) bitsup.Options {
	u, err := url.Parse(a.server.URL + "/app?key=1")
	if err != nil {
		a.t.Fatal(err)
	}
	return bitsup.Options{NotifyMode: mode, NotifyURL: u}
}

// reply fetches the reply that an answer names.
func (s *site) reply(g got, status int, headers ...string) (string, http.Header) {
	s.t.Helper()
	u, err := url.Parse(g.headers.Get("BITS-Reply-URL"))
	if err != nil || u.Host != "server.example" || u.Scheme != "http" {
		s.t.Fatalf("the reply is at %q, %v", g.headers.Get("BITS-Reply-URL"), err)
	}
	lines := append([]string{"GET " + u.RequestURI() + " HTTP/1.1", "Host: server.example"}, headers...)
	answer := s.dial().send(strings.Join(lines, "\r\n")+"\r\n\r\n").want(s.t, status)
	return answer.body, answer.headers
}

// TestByValue: the application gets the file and answers with the reply, which the client fetches before it closes.
func TestByValue(t *testing.T) {
	app := newApplication(t, func(w http.ResponseWriter, _ *http.Request, body string) {
		fmt.Fprint(w, strings.ToUpper(body))
	})
	s := newSite(t, app.behind(bitsup.NotifyByValue))
	w := s.dial()
	id := w.create("/a?x=y")
	w.fragment("/a?x=y", id, 0, 6, "abc").want(t, 200, 3)
	g := w.fragment("/a?x=y", id, 3, 6, "def").want(t, 200, 6)
	if len(app.told) != 1 || app.bodies[0] != "abcdef" {
		t.Fatalf("the application was told %q", app.bodies)
	}
	r := app.told[0]
	if r.Method != http.MethodPost || r.URL.RequestURI() != "/app?key=1&x=y" || r.ContentLength != 6 ||
		r.Header.Get("BITS-Original-Request-URL") != "http://server.example/a?x=y" {
		t.Errorf("the application was called %s %s, length %d, with %v", r.Method, r.URL, r.ContentLength, r.Header)
	}
	body, headers := s.reply(g, 200)
	if body != "ABCDEF" || headers.Get("ETag") == "" || headers.Get("Accept-Ranges") != "bytes" {
		t.Errorf("the reply is %q with %v", body, headers)
	}
	if part, _ := s.reply(g, 206, "Range: bytes=2-3"); part != "CD" {
		t.Errorf("a part of the reply is %q", part)
	}
	// Without BITS-Copy-File-To-Destination the upload is the application's alone.
	s.absent("a")
	again := w.fragment("/a?x=y", id, 3, 6, "def").want(t, 200, 6)
	if len(app.told) != 1 || again.headers.Get("BITS-Reply-URL") != g.headers.Get("BITS-Reply-URL") {
		t.Errorf("the last fragment again: told %d times, reply at %q", len(app.told), again.headers.Get("BITS-Reply-URL"))
	}
	s.restart()
	if body, _ := s.reply(g, 200); body != "ABCDEF" {
		t.Errorf("after a restart the reply is %q", body)
	}
	s.dial().close("/a", id).want(t, 200)
	s.reply(g, 404)
	if left := s.staged(".reply"); len(left)+len(s.staged(".data")) != 0 {
		t.Errorf("left are %q", left)
	}
}

// TestByReference: the application gets the paths of both files.
func TestByReference(t *testing.T) {
	app := newApplication(t, func(w http.ResponseWriter, r *http.Request, body string) {
		content, err := os.ReadFile(r.Header.Get("BITS-Request-DataFile-Name"))
		if err != nil || body != "" || r.ContentLength != 0 {
			t.Errorf("body %q, length %d, %v", body, r.ContentLength, err)
		}
		if err := os.WriteFile(r.Header.Get("BITS-Response-DataFile-Name"), []byte("re: "+string(content)), 0o600); err != nil {
			t.Error(err)
		}
		w.Header().Set("BITS-Copy-File-To-Destination", "yes")
	})
	s := newSite(t, app.behind(bitsup.NotifyByReference))
	w := s.dial()
	id := w.create("/a")
	g := w.fragment("/a", id, 0, 6, "abcdef").want(t, 200, 6)
	if body, _ := s.reply(g, 200); body != "re: abcdef" {
		t.Errorf("the reply is %q", body)
	}
	s.is("a", "abcdef")
	w.close("/a", id).want(t, 200)
	s.is("a", "abcdef")
}

// TestNoReply: an application need not reply, or may name a reply elsewhere.
func TestNoReply(t *testing.T) {
	const elsewhere = "https://static.example/reply?a=b"
	for _, mode := range []bitsup.NotifyMode{bitsup.NotifyByReference, bitsup.NotifyByValue} {
		for _, static := range []string{"", elsewhere} {
			app := newApplication(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
				w.Header().Set("BITS-Copy-File-To-Destination", "")
				if static != "" {
					w.Header().Set("BITS-Static-Response-URL", static)
				}
			})
			s := newSite(t, app.behind(mode))
			w := s.dial()
			id := w.create("/a")
			g := w.fragment("/a", id, 0, 3, "abc").want(t, 200, 3)
			if got := g.headers.Get("BITS-Reply-URL"); got != static {
				t.Errorf("%s: the reply is at %q, want %q", mode, got, static)
			}
			s.is("a", "abc")
			w.close("/a", id).want(t, 200)
		}
	}
}

// TestApplicationFails: its failure is told as its own, with a status of the same class, and the last fragment asks it again.
func TestApplicationFails(t *testing.T) {
	for app, want := range map[int]int{
		404: 404, 409: 409, 410: 410, 500: 500, 503: 503, 501: 501, 505: 505,
		401: 400, 407: 400, 411: 400, 413: 400, 416: 400, 302: 400, 301: 400, 308: 500, 201: 500, 204: 500, 206: 500, 403: 403,
	} {
		fails := true
		a := newApplication(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
			if fails {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(app)
				return
			}
			w.Header().Set("BITS-Copy-File-To-Destination", "1")
		})
		s := newSite(t, a.behind(bitsup.NotifyByReference))
		w := s.dial()
		id := w.create("/a")
		g := w.fragment("/a", id, 0, 3, "abc").want(t, want)
		if g.headers.Get("BITS-Error-Context") != "0x7" || g.headers.Get("BITS-Error-Code") != fmt.Sprintf("0x%X", 0x80190000+app) {
			t.Errorf("%d is told as %s", app, g.head)
		}
		s.absent("a")
		if app != 403 {
			s.restart() // the file is kept for the next attempt
			w = s.dial()
		}
		fails = false
		g = w.fragment("/a", id, 0, 3, "abc")
		if app == 403 { // the one status after which the application is left alone
			if g.want(t, 403); len(a.told) != 1 {
				t.Errorf("the application was asked %d times", len(a.told))
			}
			continue
		}
		g.want(t, 200, 3)
		s.is("a", "abc")
	}
}

// TestApplicationIsAway: one that is not there, does not answer, or answers nonsense.
func TestApplicationIsAway(t *testing.T) {
	over := make(chan struct{})
	app := newApplication(t, func(w http.ResponseWriter, _ *http.Request, _ string) { <-over })
	t.Cleanup(func() { close(over) })
	o := app.behind(bitsup.NotifyByValue)
	o.NotifyTimeout = 1
	s := newSite(t, o)
	w := s.dial()
	id := w.create("/a")
	if g := w.fragment("/a", id, 0, 3, "abc").want(t, 408); g.headers.Get("BITS-Error-Context") != "0x7" {
		t.Errorf("told %s", g.head)
	}
	for answer, status := range map[string]int{"relative": 400, "ftp://h/x": 400, "http://h/" + strings.Repeat("x", 2200): 400} {
		app := newApplication(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("BITS-Static-Response-URL", answer)
		})
		s := newSite(t, app.behind(bitsup.NotifyByValue))
		w := s.dial()
		id := w.create("/a")
		if g := w.fragment("/a", id, 0, 3, "abc").want(t, status); g.headers.Get("BITS-Error-Context") != "0x7" {
			t.Errorf("%.20s: told %s", answer, g.head)
		}
	}
	o = newApplication(t, func(w http.ResponseWriter, _ *http.Request, _ string) { fmt.Fprint(w, strings.Repeat("x", 100)) }).behind(bitsup.NotifyByValue)
	o.MaxReply = 99
	s = newSite(t, o)
	w = s.dial()
	id = w.create("/a")
	w.fragment("/a", id, 0, 3, "abc").want(t, 502)
	if left := s.staged(".reply"); len(left) != 0 {
		t.Errorf("left is %q", left)
	}
	gone := newApplication(t, nil)
	o = gone.behind(bitsup.NotifyByReference)
	gone.server.Close()
	s = newSite(t, o)
	w = s.dial()
	id = w.create("/a")
	w.fragment("/a", id, 0, 3, "abc").want(t, 502)
	s.absent("a")
}

// TestReplyOfOthers: a reply is for the user of its upload.
func TestReplyOfOthers(t *testing.T) {
	app := newApplication(t, func(w http.ResponseWriter, _ *http.Request, body string) { fmt.Fprint(w, body) })
	s := newSite(t, signed(app.behind(bitsup.NotifyByValue)))
	w := s.dial()
	id := w.send(as("alice", createPacket("/a"))).want(t, 200).headers.Get("BITS-Session-Id")
	g := w.send(as("alice", fragmentPacket("/a", id, 0, 3, "abc"))).want(t, 200, 3)
	s.reply(g, 404)
	s.reply(g, 404, "X-User: bob")
	if body, _ := s.reply(g, 200, "X-User: alice"); body != "abc" {
		t.Errorf("the reply is %q", body)
	}
}

// TestPublicURL: behind a proxy, the reply is where clients can reach it.
func TestPublicURL(t *testing.T) {
	app := newApplication(t, func(w http.ResponseWriter, _ *http.Request, body string) { fmt.Fprint(w, body) })
	o := app.behind(bitsup.NotifyByValue)
	o.PublicURL = &url.URL{Scheme: "https", Host: "files.example:8443"}
	s := newSite(t, o)
	w := s.dial()
	id := w.create("/sp%20ace.bin")
	g := w.fragment("/sp%20ace.bin", id, 0, 3, "abc").want(t, 200, 3)
	if got := g.headers.Get("BITS-Reply-URL"); !strings.HasPrefix(got, "https://files.example:8443/sp%20ace.bin?bits-reply=") {
		t.Errorf("the reply is at %q", got)
	}
}
