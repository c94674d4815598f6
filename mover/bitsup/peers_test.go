// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"net/url"
	"strings"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// large is several times what nginx lets through at once (client_max_body_size 1m).
var large = testlab.Content{Seed: 8, Size: 8 << 20}

// TestThroughNginx: a real reverse proxy, which holds fragments back until they are whole or passes them on as they come, and
// answers 413 to those that are larger than it likes.
func TestThroughNginx(t *testing.T) {
	nginx := testlab.StartPeer(t, "nginx")
	for _, way := range []string{"buffered", "unbuffered"} {
		for _, base := range []string{nginx.URL, nginx.TLS} {
			s := startReceiver(t, testlab.ReceiverOptions{}, nil)
			u, _ := url.Parse(s.URL)
			tr := transfer(base + "/" + way + "/" + u.Port() + "/in/x.bin")
			tr.Route = &openbits.Route{CA: nginx.CA}
			src := &testlab.MemSource{Content: large}
			if err := newMover(t).Send(t.Context(), tr, src); err != nil {
				t.Fatalf("%s, %s: %v", way, base, err)
			}
			arrived(t, s, "/in/x.bin", large)
			if s.Bytes() != large.Size {
				t.Errorf("%s: %d bytes reached the server for %d", way, s.Bytes(), large.Size)
			}
			// 0: on a slow machine no fragment grows as large as what nginx refuses.
			if limit := loadSession(src.Saves()[len(src.Saves())-1]).Cap; limit != 0 && (limit < 512<<10 || limit > 1<<20) {
				t.Errorf("%s: fragments were held to %d bytes", way, limit)
			}
		}
	}
}

// TestThroughProxies: real proxies with a password, on the way to a plain server.
func TestThroughProxies(t *testing.T) {
	for _, name := range testlab.ProxyPeers {
		t.Run(name, func(t *testing.T) {
			proxy := testlab.StartPeer(t, name)
			s := startReceiver(t, testlab.ReceiverOptions{User: testlab.PeerUser}, nil)
			tr := transfer(s.URL + "/in/x.bin")
			tr.Route = &openbits.Route{
				Proxy:       openbits.Proxy{HTTP: proxy.URL, HTTPS: proxy.URL},
				Credentials: []openbits.Credential{{User: testlab.PeerUser, Password: testlab.PeerPassword}},
			}
			if err := newMover(t).Send(t.Context(), tr, &testlab.MemSource{Content: large}); err != nil {
				t.Fatal(err)
			}
			arrived(t, s, "/in/x.bin", large)

			route := *tr.Route
			route.Credentials = nil
			tr.Route = &route
			if err := newMover(t).Send(t.Context(), tr, &testlab.MemSource{Content: large}); openbits.KindOf(err) != openbits.KindHTTP(401) {
				t.Errorf("without the server's password: %v", err)
			}
			wrong := strings.Replace(proxy.URL, testlab.PeerPassword, "wrong", 1)
			if wrong == proxy.URL {
				return
			}
			route.Proxy = openbits.Proxy{HTTP: wrong, HTTPS: wrong}
			err := newMover(t).Send(t.Context(), tr, &testlab.MemSource{Content: large})
			if kind := openbits.KindOf(err); kind != openbits.KindHTTP(407) && kind != openbits.KindHTTP(401) && kind != openbits.KindInvalidProxyInfo {
				t.Errorf("with a wrong password for the proxy: %v", err)
			}
		})
	}
}
