// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpget"
)

// peerContent is several times what a mover writes at once, so that it can be interrupted in between.
var peerContent = testlab.Content{Seed: 11, Size: 4 << 20}

// changed is what a file is later.
var changed = testlab.Content{Seed: 12, Size: peerContent.Size}

const interruptAt = 1 << 20

// put places a version of a file at a peer. Its time is old enough to be a strong validator.
func put(t *testing.T, p *testlab.Peer, name string, c testlab.Content, age time.Duration) string {
	t.Helper()
	path, err := p.Put(name, c, time.Now().Add(-age).Truncate(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOriginPeers: download, interrupt, resume and changed file against real servers.
func TestOriginPeers(t *testing.T) {
	noRanges := map[string]bool{"python": true}
	for _, name := range testlab.OriginPeers {
		t.Run(name, func(t *testing.T) {
			peer := testlab.StartPeer(t, name)
			path := put(t, peer, "f.bin", peerContent, 48*time.Hour)
			empty := put(t, peer, "empty.bin", testlab.Content{}, 48*time.Hour)
			checkPeer(t, peer, peer.URL, path, empty, &openbits.Route{}, !noRanges[name])
		})
	}
	t.Run("nginx over HTTP/2", func(t *testing.T) {
		peer := testlab.StartPeer(t, "nginx")
		path := put(t, peer, "f.bin", peerContent, 48*time.Hour)
		empty := put(t, peer, "empty.bin", testlab.Content{}, 48*time.Hour)
		checkPeer(t, peer, peer.TLS, path, empty, &openbits.Route{CA: peer.CA}, true)
	})
	for _, folder := range []string{"noetag", "noranges"} {
		t.Run("nginx "+folder, func(t *testing.T) {
			peer := testlab.StartPeer(t, "nginx")
			put(t, peer, "f.bin", peerContent, 48*time.Hour)
			put(t, peer, "empty.bin", testlab.Content{}, 48*time.Hour)
			checkPeer(t, peer, peer.URL, "/"+folder+"/f.bin", "/"+folder+"/empty.bin", &openbits.Route{}, folder != "noranges")
		})
	}
}

// checkPeer runs the four cases. The file at path is peerContent first.
func checkPeer(t *testing.T, peer *testlab.Peer, url, path, empty string, route *openbits.Route, ranges bool) {
	t.Helper()
	m := newMover(t, httpget.Options{})
	transfer := openbits.Transfer{Priority: openbits.PriorityNormal, URL: url + path, Route: route}
	get := func(tr openbits.Transfer, part *testlab.MemPart, want testlab.Content) {
		t.Helper()
		if err := m.Move(context.Background(), tr, part); err != nil {
			t.Fatal(err)
		}
		if !part.Ended() || !want.Is(part.Bytes()) {
			t.Fatalf("ended %v; the %d bytes are not the %d of the server", part.Ended(), len(part.Bytes()), want.Size)
		}
	}
	get(transfer, emptyPart(), peerContent)
	nothing := transfer
	nothing.URL = url + empty
	get(nothing, emptyPart(), testlab.Content{})

	part := emptyPart()
	interrupt(t, m, transfer, part, interruptAt)
	kept := part.Held().Offset
	get(transfer, part, peerContent)
	if at := part.Begins()[1].Offset; ranges && at != kept || !ranges && at != 0 {
		t.Errorf("resumed at %d of %d held bytes, the server's ranges: %v", at, kept, ranges)
	}
	tell(t, "interrupted", kept, part)

	part = emptyPart()
	interrupt(t, m, transfer, part, interruptAt)
	kept = part.Held().Offset
	put(t, peer, "f.bin", changed, 24*time.Hour)
	get(transfer, part, changed)
	if at := part.Begins()[1].Offset; at != 0 {
		t.Errorf("the changed file was resumed at %d", at)
	}
	tell(t, "changed", kept, part)
}

// tell logs what the server did, for the table in docs/testing.md.
func tell(t *testing.T, what string, kept int64, part *testlab.MemPart) {
	t.Helper()
	before, after := part.Begins()[0].Validator, part.Begins()[1].Validator
	t.Logf("%s with %d bytes held: went on at %d; validators %+v, then %+v", what, kept, part.Begins()[1].Offset, before, after)
}

// TestProxyPeers: download, interrupt, resume and changed file through real proxies, plain and over TLS.
func TestProxyPeers(t *testing.T) {
	for _, name := range testlab.ProxyPeers {
		t.Run(name, func(t *testing.T) {
			proxy, origin := testlab.StartPeer(t, name), testlab.StartPeer(t, "nginx")
			path := put(t, origin, "f.bin", peerContent, 48*time.Hour)
			route := &openbits.Route{CA: origin.CA, Proxy: openbits.Proxy{HTTP: proxy.URL, HTTPS: proxy.URL}}
			m := newMover(t, httpget.Options{})
			for _, url := range []string{origin.URL, origin.TLS} {
				transfer := openbits.Transfer{Priority: openbits.PriorityNormal, URL: url + path, Route: route}
				part := emptyPart()
				interrupt(t, m, transfer, part, interruptAt)
				kept := part.Held().Offset
				if err := m.Move(context.Background(), transfer, part); err != nil || !peerContent.Is(part.Bytes()) {
					t.Fatalf("%s: error %v, %d bytes", url, err, len(part.Bytes()))
				}
				if at := part.Begins()[1].Offset; at != kept {
					t.Errorf("%s: resumed at %d of %d held bytes", url, at, kept)
				}
				tell(t, "interrupted", kept, part)
				checkPassword(t, m, transfer, proxy)

				part = emptyPart()
				interrupt(t, m, transfer, part, interruptAt)
				kept = part.Held().Offset
				put(t, origin, "f.bin", changed, 24*time.Hour)
				if err := m.Move(context.Background(), transfer, part); err != nil || !changed.Is(part.Bytes()) {
					t.Fatalf("%s: the changed file: error %v, %d bytes", url, err, len(part.Bytes()))
				}
				if at := part.Begins()[1].Offset; at != 0 {
					t.Errorf("%s: the changed file was resumed at %d", url, at)
				}
				tell(t, "changed", kept, part)
				put(t, origin, "f.bin", peerContent, 48*time.Hour)
			}
		})
	}
}

// checkPassword gives a wrong password to proxies that want one.
func checkPassword(t *testing.T, m *httpget.Mover, transfer openbits.Transfer, proxy *testlab.Peer) {
	t.Helper()
	wrong := strings.Replace(proxy.URL, testlab.PeerPassword, "wrong", 1)
	if wrong == proxy.URL {
		return
	}
	kind := openbits.KindHTTP(407)
	switch {
	case strings.HasPrefix(proxy.URL, "socks"):
		kind = openbits.KindInvalidProxyInfo
	case proxy.Name == "tinyproxy" && strings.HasPrefix(transfer.URL, "http:"):
		kind = openbits.KindHTTP(401) // as if the origin had said it
	}
	route := *transfer.Route
	route.Proxy = openbits.Proxy{HTTP: wrong, HTTPS: wrong}
	transfer.Route = &route
	if err := m.Move(context.Background(), transfer, emptyPart()); !errors.Is(err, kind) {
		t.Errorf("with a wrong password: %v, want %s", err, kind)
	}
}
