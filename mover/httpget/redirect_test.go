// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpget"
)

func redirectTo(status int, target string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", target)
		w.WriteHeader(status)
	}
}

func TestRedirects(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	origin.Put("/files/f.bin", testlab.File{Content: content})
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, target := range []string{"f.bin", "/files/f.bin", origin.URL + "/files/f.bin", origin.Other + "/files/f.bin#x"} {
			origin.Handle("/files/start", redirectTo(status, target))
			part := emptyPart()
			if err := move(t, origin.URL+"/files/start", part); err != nil || !content.Is(part.Bytes()) {
				t.Errorf("%d to %s: error %v", status, target, err)
			}
		}
	}
	for _, r := range origin.Requests() {
		if r.Header.Get("Referer") != "" {
			t.Errorf("a Referer was sent: %v", r.Header)
		}
	}
}

func TestRedirectsRefused(t *testing.T) {
	authority := newAuthority(t)
	secure := startOrigin(t, testlab.Options{Authority: authority})
	m := newMover(t, httpget.Options{})
	for _, c := range []struct {
		target string
		kind   openbits.Kind
	}{
		{"http://127.0.0.1:1/f", openbits.KindRedirectRefused},
		{"ftp://127.0.0.1/f", openbits.KindRedirectRefused},
		{"file:///etc/passwd", openbits.KindRedirectRefused},
		{"javascript:alert(1)", openbits.KindRedirectRefused},
		{"", openbits.KindInvalidServerResponse},
		{"https://", openbits.KindInvalidServerResponse},
		{"https://%zz/", openbits.KindInvalidServerResponse},
	} {
		secure.Handle("/start", redirectTo(302, c.target))
		transfer := openbits.Transfer{URL: secure.URL + "/start", Route: &openbits.Route{CA: authority.PEM}}
		if err := m.Move(context.Background(), transfer, emptyPart()); !errors.Is(err, c.kind) {
			t.Errorf("redirect to %q: %v, want %s", c.target, err, c.kind)
		}
	}
}

// TestExpiredTarget: the target of a redirect that has expired is resolved anew from the file's own URL.
func TestExpiredTarget(t *testing.T) {
	for _, status := range []int{401, 403, 404, 410} {
		origin := startOrigin(t, testlab.Options{})
		origin.Put("/new.bin", testlab.File{Content: content})
		asked := 0
		origin.Handle("/old.bin", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		origin.Handle("/f.bin", func(w http.ResponseWriter, r *http.Request) {
			asked++
			target := "/new.bin"
			if asked == 2 { // the answer of a cache
				target = "/old.bin"
			}
			if asked == 3 && r.Header.Get("Cache-Control") != "no-cache" {
				t.Errorf("asked again with %v, want no-cache", r.Header)
			}
			http.Redirect(w, r, target, http.StatusFound)
		})
		part := held(t, origin, "/f.bin", 1000)
		if err := move(t, origin.URL+"/f.bin", part); err != nil || part.Begins()[0].Offset != 1000 || asked != 3 {
			t.Errorf("%d: error %v, begins %v, asked %d times", status, err, part.Begins(), asked)
		}
		origin.Handle("/f.bin", redirectTo(302, "/old.bin"))
		origin.Forget()
		part.Cut(1000)
		part = testlab.NewMemPart(part.Bytes()[:1000], part.Held())
		if err := move(t, origin.URL+"/f.bin", part); !errors.Is(err, openbits.KindHTTP(status)) || len(origin.Requests()) != 4 {
			t.Errorf("%d for good: error %v after %d requests, want 4", status, err, len(origin.Requests()))
		}
	}
}

// TestSecretsStay: headers, users and credentials reach the origins they belong to, and no other.
func TestSecretsStay(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	origin.Put("/f.bin", testlab.File{Content: content})
	origin.Handle("/other", redirectTo(302, origin.Other+"/back"))
	origin.Handle("/back", redirectTo(302, origin.URL+"/f.bin"))
	own, other := strings.TrimPrefix(origin.URL, "http://"), strings.TrimPrefix(origin.Other, "http://")
	basic := func(user, password string) string {
		req := http.Request{Header: http.Header{}}
		req.SetBasicAuth(user, password)
		return req.Header.Get("Authorization")
	}
	for _, c := range []struct {
		name        string
		user        string
		route       openbits.Route
		own, others string
	}{
		{name: "nothing"},
		{name: "URL", user: "u:p%40@", own: basic("u", "p@")},
		{name: "header", route: openbits.Route{Headers: []openbits.Header{{Name: "authorization", Value: "Bearer x"}}}, own: "Bearer x"},
		{name: "any host", route: openbits.Route{Credentials: []openbits.Credential{{User: "a", Password: "b"}}}, own: basic("a", "b")},
		{name: "host", route: openbits.Route{Credentials: []openbits.Credential{{Host: "127.0.0.1", User: "a", Password: "b"}}}, own: basic("a", "b")},
		{name: "host and port", route: openbits.Route{Credentials: []openbits.Credential{{Host: own, User: "a"}}}, own: basic("a", "")},
		{name: "the other one", route: openbits.Route{Credentials: []openbits.Credential{{Host: other, User: "o", Password: "q"}}}, others: basic("o", "q")},
		{
			name: "URL before credential", user: "u:p@",
			route: openbits.Route{Credentials: []openbits.Credential{{Host: own, User: "a"}, {Host: other, User: "o"}}},
			own:   basic("u", "p"), others: basic("o", ""),
		},
		{
			name: "header before URL", user: "u:p@",
			route: openbits.Route{Headers: []openbits.Header{{Name: "Authorization", Value: "Token t"}}}, own: "Token t",
		},
	} {
		origin.Forget()
		c.route.Headers = append(c.route.Headers, openbits.Header{Name: "X-Key", Value: "1"}, openbits.Header{Name: "x-key", Value: "2"},
			openbits.Header{Name: "User-Agent", Value: "mine"}, openbits.Header{Name: "Cookie", Value: "c=1"}, openbits.Header{Name: "Host", Value: "virtual.example"})
		m := newMover(t, httpget.Options{})
		url := strings.Replace(origin.URL, "http://", "http://"+c.user, 1) + "/other"
		if err := m.Move(context.Background(), openbits.Transfer{URL: url, Route: &c.route}, emptyPart()); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		list := origin.Requests()
		if len(list) != 3 {
			t.Fatalf("%s: %d requests, want 3", c.name, len(list))
		}
		for i, r := range list {
			h := r.Header
			if i == 1 {
				if h.Get("Authorization") != c.others || h.Get("X-Key") != "" || h.Get("Cookie") != "" || h.Get("User-Agent") != "openbits" || r.Host != other {
					t.Errorf("%s: the other origin got host %s and %v", c.name, r.Host, h)
				}
				continue
			}
			if h.Get("Authorization") != c.own || len(h.Values("X-Key")) != 2 || h.Get("Cookie") != "c=1" || h.Get("User-Agent") != "mine" || r.Host != "virtual.example" {
				t.Errorf("%s: the own origin got host %s and %v, want authorization %q", c.name, r.Host, h, c.own)
			}
		}
	}
}

func TestReservedHeaders(t *testing.T) {
	m := newMover(t, httpget.Options{Dial: noDial(t)})
	for _, h := range []openbits.Header{
		{Name: "range", Value: "bytes=0-1"},
		{Name: "If-Range", Value: `"a"`},
		{Name: "Accept-Encoding", Value: "gzip"},
		{Name: "Connection", Value: "close"},
		{Name: "Proxy-Authorization", Value: "x"},
		{Name: "Content-Length", Value: "1"},
		{Name: "", Value: "x"},
		{Name: "A B", Value: "x"},
		{Name: "X", Value: "a\r\nRange: bytes=0-1"},
	} {
		route := &openbits.Route{Headers: []openbits.Header{h}}
		err := m.Move(context.Background(), openbits.Transfer{URL: "http://origin.invalid/", Route: route}, emptyPart())
		if !errors.Is(err, openbits.KindInvalidArgument) {
			t.Errorf("header %q: %v, want invalid_argument", h.Name, err)
		}
	}
}

func TestStatuses(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	for _, c := range []struct {
		status int
		retry  string
		after  time.Duration
		hint   bool
	}{
		{status: 300},
		{status: 400},
		{status: 401, hint: true},
		{status: 403, hint: true},
		{status: 404, hint: true},
		{status: 407, hint: true},
		{status: 410, hint: true},
		{status: 416},
		{status: 418},
		{status: 429, retry: "7", after: 7 * time.Second, hint: true},
		{status: 503, retry: "Sun, 01 Mar 2026 12:00:30 GMT", after: 30 * time.Second, hint: true},
		{status: 500, retry: "900000", after: 24 * time.Hour},
		{status: 599},
	} {
		origin.Handle("/f", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Sun, 01 Mar 2026 12:00:00 GMT")
			if c.retry != "" {
				w.Header().Set("Retry-After", c.retry)
			}
			http.Error(w, "no", c.status)
		})
		err := move(t, origin.URL+"/f", emptyPart())
		e := openbits.AsError(err)
		if !errors.Is(err, openbits.KindHTTP(c.status)) || e.After != c.after || (e.Hint != "") != c.hint || e.Op != "fetch" {
			t.Errorf("%d: %+v", c.status, e)
		}
	}
}

// TestPages: pages that may well be the file are stored.
func TestPages(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	serve := func(path string, header ...string) {
		origin.Handle(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			_, _ = w.Write([]byte("<html>"))
		})
	}
	serve("/page.html")
	serve("/folder/")
	serve("/release-1.2")
	serve("/tagged.bin", "ETag", `"x"`)
	serve("/attached.bin", "Content-Disposition", `attachment; filename="a.bin"`)
	origin.Handle("/moved.php", redirectTo(302, origin.Other+"/page.html"))
	for _, path := range []string{"/page.html", "/folder/", "/release-1.2", "/tagged.bin", "/attached.bin", "/moved.php"} {
		if err := move(t, origin.URL+path, emptyPart()); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	serve("/plain.zip")
	origin.Handle("/moved.xyz", redirectTo(302, origin.Other+"/page.html"))
	for _, path := range []string{"/plain.zip", "/moved.xyz"} {
		if err := move(t, origin.URL+path, emptyPart()); !errors.Is(err, openbits.KindCaptivePortal) {
			t.Errorf("%s: %v, want captive_portal", path, err)
		}
	}
}
