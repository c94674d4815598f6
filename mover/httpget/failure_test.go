// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpget"
)

// rawServer answers each connection with the text, after it read a request, and closes it.
// Without a text it says nothing until the test ends.
func rawServer(t *testing.T, text string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { close(done); l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if text == "" {
					<-done
					return
				}
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = io.WriteString(conn, text)
				}
			}()
		}
	}()
	return l.Addr().String()
}

// closedPort is an address on loopback where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestUnreachable(t *testing.T) {
	unknown := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "gone.example", IsNotFound: true}}
	}
	for _, c := range []struct {
		name string
		opt  httpget.Options
		url  string
		kind openbits.Kind
		text string
	}{
		{"refused", httpget.Options{}, "http://" + closedPort(t) + "/f", openbits.KindConnectFailure, "refused"},
		{"unknown name", httpget.Options{Dial: unknown}, "https://u:hidden@gone.example/f?hidden", openbits.KindNameNotResolved, "gone.example"},
		{"not a URL", httpget.Options{}, "http://[::1/f", openbits.KindInvalidArgument, ""},
		{"not HTTP", httpget.Options{}, "ftp://a.example/f", openbits.KindInvalidArgument, ""},
		{"no host", httpget.Options{}, "http:///f", openbits.KindInvalidArgument, ""},
		{"one byte", httpget.Options{}, "http://" + rawServer(t, "\x00") + "/f", openbits.KindInvalidServerResponse, ""},
		{"cut in the header", httpget.Options{}, "http://" + rawServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n") + "/f", openbits.KindConnectionClosed, ""},
		{"not an answer", httpget.Options{}, "http://" + rawServer(t, "220 mail.example ESMTP\r\n\r\n") + "/f", openbits.KindInvalidServerResponse, ""},
		{"two lengths", httpget.Options{}, "http://" + rawServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n012345") + "/f", openbits.KindInvalidServerResponse, ""},
		{"bad chunk", httpget.Options{}, "http://" + rawServer(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") + "/f", openbits.KindInvalidServerResponse, ""},
		{"chunks cut", httpget.Options{}, "http://" + rawServer(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n") + "/f", openbits.KindConnectionClosed, ""},
		{"endless header", httpget.Options{}, "http://" + rawServer(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 300<<10)+"\r\n\r\n") + "/f", openbits.KindInvalidServerResponse, ""},
		{"silent", httpget.Options{Timeouts: httpget.Timeouts{Header: 50 * time.Millisecond}}, "http://" + rawServer(t, "") + "/f", openbits.KindTimeout, "does not answer"},
		{"silent in the handshake", httpget.Options{Timeouts: httpget.Timeouts{TLS: 50 * time.Millisecond}}, "https://" + rawServer(t, "") + "/f", openbits.KindTimeout, "does not answer"},
		{"no TLS", httpget.Options{}, strings.Replace(startOrigin(t, testlab.Options{}).URL, "http:", "https:", 1), openbits.KindTLS, "does not speak TLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMover(t, c.opt)
			err := m.Move(context.Background(), openbits.Transfer{URL: c.url, Index: 3}, emptyPart())
			e := openbits.AsError(err)
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) || e.File != 3 || e.Op != "fetch" {
				t.Errorf("%v (%+v), want kind %s with %q", err, e, c.kind, c.text)
			}
			if strings.Contains(err.Error()+e.Hint, "hidden") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	authority := newAuthority(t)
	good := startOrigin(t, testlab.Options{Authority: authority})
	expired := startOrigin(t, testlab.Options{Authority: authority, Leaf: testlab.Leaf{Expired: true}})
	stranger := startOrigin(t, testlab.Options{Authority: authority, Leaf: testlab.Leaf{Hosts: []string{"other.example"}}})
	mutual := startOrigin(t, testlab.Options{Authority: authority, ClientCerts: true})
	cert, key, err := authority.Issue(testlab.Leaf{Client: true})
	if err != nil {
		t.Fatal(err)
	}
	trusting := openbits.Route{CA: authority.PEM}
	for _, c := range []struct {
		name   string
		origin *testlab.Origin
		route  openbits.Route
		kind   openbits.Kind
		text   string
	}{
		{"extra CA", good, trusting, "", ""},
		{"client certificate", mutual, openbits.Route{CA: authority.PEM, Cert: cert, Key: key}, "", ""},
		{"unknown issuer", good, openbits.Route{}, openbits.KindTLS, "signed by CN=testlab authority"},
		{"expired", expired, trusting, openbits.KindTLS, "is valid from"},
		{"other name", stranger, trusting, openbits.KindTLS, "other.example"},
		{"no client certificate", mutual, trusting, openbits.KindTLS, "certificate required"},
		{"bad CA", good, openbits.Route{CA: "nonsense"}, openbits.KindInvalidArgument, "CA"},
		{"bad key", good, openbits.Route{Cert: cert, Key: "nonsense"}, openbits.KindInvalidArgument, "client certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.origin.Put("/f.bin", testlab.File{Content: content})
			part := emptyPart()
			m := newMover(t, httpget.Options{})
			err := m.Move(context.Background(), openbits.Transfer{URL: c.origin.URL + "/f.bin", Route: &c.route}, part)
			if openbits.KindOf(err) != c.kind || err != nil && !strings.Contains(err.Error(), c.text) {
				t.Fatalf("%v, want kind %q with %q", err, c.kind, c.text)
			}
			if err != nil {
				if openbits.AsError(err).Hint == "" {
					t.Errorf("%v comes without a hint", err)
				}
				return
			}
			if !content.Is(part.Bytes()) || c.origin.Requests()[0].Proto != "HTTP/2.0" {
				t.Errorf("%d bytes over %s", len(part.Bytes()), c.origin.Requests()[0].Proto)
			}
		})
	}
}

func TestStall(t *testing.T) {
	authority := newAuthority(t)
	for name, opt := range map[string]testlab.Options{"HTTP/1.1": {}, "HTTP/2": {Authority: authority}} {
		origin := startOrigin(t, opt)
		origin.Put("/f.bin", testlab.File{Content: content, Plan: testlab.Steps(testlab.Step{Fault: testlab.FaultStall, At: 1000})})
		m := newMover(t, httpget.Options{Timeouts: httpget.Timeouts{Idle: 500 * time.Millisecond}})
		part := emptyPart()
		err := m.Move(context.Background(), openbits.Transfer{URL: origin.URL + "/f.bin", Route: &openbits.Route{CA: authority.PEM}}, part)
		if !errors.Is(err, openbits.KindTimeout) || part.Held().Offset != 1000 {
			t.Errorf("%s: error %v, %d bytes held, want timeout and 1000", name, err, part.Held().Offset)
		}
	}
}

// TestSlowPart: a part may take longer than the network may be silent.
func TestSlowPart(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	origin.Put("/f.bin", testlab.File{Content: content})
	const idle = 500 * time.Millisecond
	part := emptyPart()
	part.Hook = func(op testlab.Op, held int64) error {
		if op == testlab.OpWrite && held == 0 {
			<-time.After(2 * idle) // the slowness itself
		}
		return nil
	}
	m := newMover(t, httpget.Options{Timeouts: httpget.Timeouts{Idle: idle}})
	err := m.Move(context.Background(), openbits.Transfer{URL: origin.URL + "/f.bin"}, part)
	if err != nil || !content.Is(part.Bytes()) {
		t.Errorf("error %v", err)
	}
}

// deadConn stops bringing bytes when it is told so, as a connection does whose network is gone.
type deadConn struct {
	net.Conn
	dead *atomic.Bool
}

func (c *deadConn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || !c.dead.Load() {
			return n, err
		}
	}
}

// TestDeadHTTP2: a dead HTTP/2 connection is found by its pings, long before the body counts as silent.
func TestDeadHTTP2(t *testing.T) {
	authority := newAuthority(t)
	origin := startOrigin(t, testlab.Options{Authority: authority})
	origin.Put("/f.bin", testlab.File{Content: content, Plan: testlab.Steps(testlab.Step{Fault: testlab.FaultStall, At: 1000})})
	var dead atomic.Bool
	m := newMover(t, httpget.Options{
		Timeouts: httpget.Timeouts{Ping: 50 * time.Millisecond},
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			return &deadConn{Conn: conn, dead: &dead}, err
		},
	})
	part := emptyPart()
	part.Hook = func(op testlab.Op, _ int64) error {
		if op == testlab.OpBegin {
			dead.Store(true)
		}
		return nil
	}
	err := m.Move(context.Background(), openbits.Transfer{URL: origin.URL + "/f.bin", Route: &openbits.Route{CA: authority.PEM}}, part)
	if !errors.Is(err, openbits.KindConnectionClosed) {
		t.Errorf("%v, want connection_closed", err)
	}
}

func TestPartErrors(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	origin.Put("/f.bin", testlab.File{Content: content})
	full := &openbits.Error{Op: "write", Object: "/tmp/x", Kind: openbits.KindDiskFull}
	for _, failing := range []testlab.Op{testlab.OpBegin, testlab.OpWrite, testlab.OpEnd} {
		part := emptyPart()
		part.Hook = func(op testlab.Op, _ int64) error {
			if op == failing {
				return full
			}
			return nil
		}
		if err := move(t, origin.URL+"/f.bin", part); err != error(full) {
			t.Errorf("%s: %v, want the part's own error", failing, err)
		}
	}
}

// TestCancel: the end of the context ends Move whatever it waits for.
func TestCancel(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	reached := make(chan struct{}, 8)
	wait := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.Header().Set("Content-Length", "100")
			_ = http.NewResponseController(w).Flush()
		}
		reached <- struct{}{}
		<-r.Context().Done()
	}
	origin.Handle("/header", wait)
	origin.Handle("/body", wait)
	for _, path := range []string{"/header", "/body"} {
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-reached; cancel() }()
		m := newMover(t, httpget.Options{})
		err := m.Move(ctx, openbits.Transfer{URL: origin.URL + path}, emptyPart())
		if err != context.Canceled {
			t.Errorf("%s: %v, want context.Canceled", path, err)
		}
	}
}
