// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/dial"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpget"
)

// dialer records the connections that are made and for which priority.
type dialer struct {
	mu    sync.Mutex
	calls []openbits.Priority
}

func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d.mu.Lock()
	d.calls = append(d.calls, dial.PriorityOf(ctx))
	d.mu.Unlock()
	return new(dial.Dialer).DialContext(ctx, network, addr)
}

// TestConnections: connections are used again, but never across the border between foreground
// and background, nor between routes; Reset gives them up.
func TestConnections(t *testing.T) {
	authority := newAuthority(t)
	for name, opt := range map[string]testlab.Options{"HTTP/1.1": {}, "HTTP/2": {Authority: authority}} {
		origin := startOrigin(t, opt)
		origin.Put("/f.bin", testlab.File{Content: content})
		origin.Handle("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
		origin.Handle("/moved", redirectTo(302, "/f.bin"))
		d := &dialer{}
		m := newMover(t, httpget.Options{Dial: d.dial})
		one, other := &openbits.Route{CA: authority.PEM}, &openbits.Route{CA: authority.PEM, Headers: []openbits.Header{{Name: "X", Value: "1"}}}
		get := func(p openbits.Priority, r *openbits.Route, path string) {
			t.Helper()
			err := m.Move(context.Background(), openbits.Transfer{Priority: p, URL: origin.URL + path, Route: r}, emptyPart())
			if err != nil && !errors.Is(err, openbits.KindHTTP(404)) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for range 3 {
			get(openbits.PriorityLow, one, "/f.bin")
			get(openbits.PriorityNormal, one, "/gone")
			get(openbits.PriorityHigh, &openbits.Route{CA: authority.PEM}, "/moved")
		}
		want := []openbits.Priority{openbits.PriorityLow}
		check := func(step string) {
			t.Helper()
			if !slices.Equal(d.calls, want) {
				t.Errorf("%s, %s: connections made for %v, want %v", name, step, d.calls, want)
			}
		}
		check("background")
		get(openbits.PriorityForeground, one, "/f.bin")
		want = append(want, openbits.PriorityForeground)
		check("foreground")
		get(openbits.PriorityForeground, one, "/f.bin")
		get(openbits.PriorityNormal, other, "/f.bin")
		want = append(want, openbits.PriorityNormal)
		check("other route")
		m.Reset()
		get(openbits.PriorityHigh, one, "/f.bin")
		want = append(want, openbits.PriorityHigh)
		check("after Reset")
	}
}

// countedConn tells when it is closed.
type countedConn struct {
	net.Conn
	once   sync.Once
	closed func()
}

func (c *countedConn) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}

// TestNothingLeft: after Reset no connection is left open, whatever became of the downloads.
func TestNothingLeft(t *testing.T) {
	authority := newAuthority(t)
	for _, opt := range []testlab.Options{{Stall: time.Second}, {Stall: time.Second, Authority: authority}} {
		origin := startOrigin(t, opt)
		var open sync.WaitGroup
		m := httpget.New(httpget.Options{
			Timeouts: httpget.Timeouts{Idle: 50 * time.Millisecond},
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := new(dial.Dialer).DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				open.Add(1)
				return &countedConn{Conn: conn, closed: open.Done}, nil
			},
		})
		for i, fault := range testlab.Faults {
			path := "/" + string(fault) + ".bin"
			origin.Put(path, testlab.File{
				Content: content, Plan: testlab.Steps(testlab.Step{Fault: fault, At: 1000, Status: 404}),
			})
			route := &openbits.Route{CA: authority.PEM, Headers: []openbits.Header{{Name: "X", Value: string(fault)}}}
			ctx, cancel := context.WithCancel(context.Background())
			part := emptyPart()
			part.Hook = func(testlab.Op, int64) error {
				if i%3 == 0 {
					cancel()
				}
				return nil
			}
			_ = m.Move(ctx, openbits.Transfer{URL: origin.URL + path, Route: route}, part)
			cancel()
		}
		m.Reset()
		open.Wait() // a leak ends in the time limit of the test
	}
}

// proxy is a forwarding HTTP proxy that wants a user and password, and refuses to connect to port 1.
func proxy(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(forward)}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

func forward(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Proxy-Authorization") != "Basic dTpw" { // u:p
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	if r.Method != http.MethodConnect {
		r.RequestURI = ""
		r.Header.Del("Proxy-Authorization")
		r.Header.Set("Via", "proxy")
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		for name, values := range resp.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
		return
	}
	if strings.HasSuffix(r.Host, ":1") {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	target, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer target.Close()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(target, conn) }()
	_, _ = io.Copy(conn, target)
}

func TestProxies(t *testing.T) {
	authority := newAuthority(t)
	plain := startOrigin(t, testlab.Options{})
	secure := startOrigin(t, testlab.Options{Authority: authority})
	addr, dead := proxy(t), closedPort(t)
	for _, c := range []struct {
		name  string
		url   string
		proxy openbits.Proxy
		kind  openbits.Kind
		via   bool
	}{
		{"http", plain.URL, openbits.Proxy{HTTP: "http://u:p@" + addr}, "", true},
		{"https", secure.URL, openbits.Proxy{HTTPS: "http://u:p@" + addr}, "", false},
		{"http exempt", plain.URL, openbits.Proxy{HTTP: "http://" + dead, No: "127.0.0.1"}, "", false},
		{"only for https", plain.URL, openbits.Proxy{HTTPS: "http://" + dead}, "", false},
		{"http without password", plain.URL, openbits.Proxy{HTTP: addr}, openbits.KindHTTP(407), false},
		{"https without password", secure.URL, openbits.Proxy{HTTPS: addr}, openbits.KindHTTP(407), false},
		{"https refused", "https://127.0.0.1:1", openbits.Proxy{HTTPS: "http://u:p@" + addr}, openbits.KindProxyFailure, false},
		{"http, dead proxy", plain.URL, openbits.Proxy{HTTP: "http://" + dead}, openbits.KindProxyFailure, false},
		{"https, dead proxy", secure.URL, openbits.Proxy{HTTPS: "http://" + dead}, openbits.KindProxyFailure, false},
		{"dead SOCKS", plain.URL, openbits.Proxy{HTTP: "socks5://" + dead}, openbits.KindProxyFailure, false},
		{"other kind", plain.URL, openbits.Proxy{HTTP: "socks4://" + addr}, openbits.KindInvalidProxyInfo, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, o := range []*testlab.Origin{plain, secure} {
				o.Put("/f.bin", testlab.File{Content: content})
				o.Forget()
			}
			m := newMover(t, httpget.Options{})
			part := emptyPart()
			route := &openbits.Route{CA: authority.PEM, Proxy: c.proxy}
			err := m.Move(context.Background(), openbits.Transfer{URL: c.url + "/f.bin", Route: route}, part)
			if openbits.KindOf(err) != c.kind {
				t.Fatalf("%v, want kind %q", err, c.kind)
			}
			if err != nil {
				if openbits.AsError(err).Hint == "" {
					t.Errorf("%v comes without a hint", err)
				}
				return
			}
			got := append(plain.Requests(), secure.Requests()...)[0].Header
			if !content.Is(part.Bytes()) || (got.Get("Via") != "") != c.via || got.Get("Proxy-Authorization") != "" {
				t.Errorf("the origin got %v", got)
			}
		})
	}
}

// TestSilentProxy: a SOCKS proxy that says nothing is not waited for without end.
func TestSilentProxy(t *testing.T) {
	const limit = 20 * time.Millisecond
	m := newMover(t, httpget.Options{Timeouts: httpget.Timeouts{Connect: limit, TLS: limit, Header: limit}})
	route := &openbits.Route{Proxy: openbits.Proxy{HTTP: "socks5://" + rawServer(t, "")}}
	err := m.Move(context.Background(), openbits.Transfer{URL: "http://127.0.0.1:1/f", Route: route}, emptyPart())
	if !errors.Is(err, openbits.KindTimeout) {
		t.Errorf("%v, want timeout", err)
	}
}

// TestEnvironment: the service's own proxy settings mean nothing to a job.
func TestEnvironment(t *testing.T) {
	for _, name := range []string{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://proxy.invalid:3128")
	}
	var asked string
	m := newMover(t, httpget.Options{Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
		asked = addr
		return nil, errors.New("no connection is allowed")
	}})
	if err := m.Move(context.Background(), openbits.Transfer{URL: "http://origin.example/f"}, emptyPart()); err == nil || asked != "origin.example:80" {
		t.Errorf("error %v after a connection to %q", err, asked)
	}
}
