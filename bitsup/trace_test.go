// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbits/openbits/bitsup"
)

// player sends the requests of a trace again, as bytes, and compares what it is answered with what was recorded.
type player struct {
	t        *testing.T
	site     *site
	wires    map[int]*wire
	sessions map[string]string // "{session 1}" of the trace: what it is here
}

// TestReplay plays the traces in testdata/traces: those of clients with habits of their own, in the form in which
// "bits serve --trace" records them. Whoever meets a client that this server does not understand adds one.
func TestReplay(t *testing.T) {
	names, err := filepath.Glob("testdata/traces/*.jsonl")
	if err != nil || len(names) == 0 {
		t.Fatal("there are no traces", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			replay(t, newSite(t, bitsup.Options{MakeFolders: true}), data)
		})
	}
}

func replay(t *testing.T, s *site, trace []byte) {
	t.Helper()
	p := player{t: t, site: s, wires: map[int]*wire{}, sessions: map[string]string{}}
	n := 0
	for line := range bytes.Lines(trace) {
		n++
		var e bitsup.Exchange
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			t.Fatalf("line %d: %v", n, err)
		}
		p.play(n, e)
	}
}

func (p *player) play(n int, e bitsup.Exchange) {
	p.t.Helper()
	w := p.wires[e.Connection]
	if w == nil {
		w = p.site.dial()
		p.wires[e.Connection] = w
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\r\nHost: server.example\r\n", e.Request.Method, e.Request.Target, e.Request.Version)
	first := 0
	for _, h := range e.Request.Headers {
		value := h[1]
		if here, ok := p.sessions[value]; ok {
			value = here
		}
		if strings.EqualFold(h[0], "Content-Range") {
			_, _ = fmt.Sscanf(strings.ToLower(value), "bytes %d-", &first)
		}
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], value)
	}
	b.WriteString("\r\n")
	for i := range int(e.Request.Length) { // the content is lost; each byte stands for its place
		b.WriteByte(byte('a' + (first+i)%26))
	}
	g := w.send(b.String())
	if g.status != e.Response.Status {
		p.t.Errorf("line %d: %s is answered %d, was %d\n%s", n, e.Request.Target, g.status, e.Response.Status, g.head)
	}
	for _, h := range e.Response.Headers {
		if !strings.HasPrefix(strings.ToUpper(h[0]), "BITS-") {
			continue
		}
		got := g.headers.Get(h[0])
		if strings.HasPrefix(h[1], "{session ") {
			if was, ok := p.sessions[h[1]]; ok && got != was || got == "" {
				p.t.Errorf("line %d: the session is %q, was %q", n, got, was)
			}
			p.sessions[h[1]] = got
			continue
		}
		if !strings.HasPrefix(h[0], "BITS-Reply") && got != h[1] {
			p.t.Errorf("line %d: %s is %q, was %q", n, h[0], got, h[1])
		}
	}
	if strings.Contains(g.head, "Connection: close\r\n") {
		delete(p.wires, e.Connection)
	}
}

// TestTrace records an upload, finds no secret in the trace, and plays it.
func TestTrace(t *testing.T) {
	var trace bytes.Buffer
	s := newSite(t, bitsup.Options{MakeFolders: true})
	tracer := bitsup.NewTracer(&trace)
	front := httptest.NewServer(tracer.Trace(s.server))
	t.Cleanup(front.Close)
	secrets := []string{"Authorization: Basic c2VjcmV0", "Cookie: secret", "X-Api-Key: secret", "Content-Name: a.bin"}
	with := func(packet string) string {
		return strings.Replace(packet, "Host:", strings.Join(secrets, "\r\n")+"\r\nHost:", 1)
	}
	w := dial(t, front.Listener.Addr().String())
	const target = "/dir/a.bin?token=secret"
	id := w.send(with(createPacket(target))).want(t, 200).headers.Get("BITS-Session-Id")
	w.send(with(fragmentPacket(target, id, 0, 12, "secret"))).want(t, 200, 6)
	w.send(with(fragmentPacket(target, id, 0, 12, "secret"))).want(t, 416, 6)
	w = dial(t, front.Listener.Addr().String())
	w.send(with(request(target, "", "BITS-Packet-Type: Ping", "Content-Length: 0"))).want(t, 200)
	w.send(with(fragmentPacket(target, id, 6, 12, "secret"))).want(t, 200, 12)
	w.send(with(plainPacket("Close-Session", target, id))).want(t, 200)
	front.Close() // and all is recorded
	text := trace.String()
	for _, secret := range []string{"secret", "c2VjcmV0", strings.Trim(id, "{}"), "token"} {
		if strings.Contains(text, secret) {
			t.Errorf("the trace has %q in it:\n%s", secret, text)
		}
	}
	if n := strings.Count(text, "\n"); n != 6 || !strings.Contains(text, `"a.bin"`) {
		t.Errorf("the trace has %d lines, not 6:\n%s", n, text)
	}
	replay(t, newSite(t, bitsup.Options{MakeFolders: true}), trace.Bytes())
}
