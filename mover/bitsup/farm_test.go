// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// TestHostID: packets go to the host that the server names, credentials stay, and the URL's host is used again when that is gone for too long.
func TestHostID(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{HostID: "localhost", Fallback: "110"}, nil)
	src := &testlab.MemSource{Content: content}
	tr := transfer(strings.Replace(s.URL, "http://", "http://u:p@", 1) + "/x")
	tr.Route = &openbits.Route{Headers: []openbits.Header{{Name: "X-Token", Value: "secret"}}}
	m := newMover(t)
	if err := m.Send(t.Context(), tr, src); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "/x", content)
	for i, r := range s.Requests() {
		own := r.Header.Get("X-Token") != "" && r.Header.Get("Authorization") != ""
		if i == 0 != own || i > 0 && !strings.HasPrefix(r.Host, "localhost:") || i == 1 && r.Packet != packetPing {
			t.Errorf("%d: %s at %s, with what belongs to the URL's own origin: %v", i, r.Packet, r.Host, own)
		}
	}

	s = startReceiver(t, testlab.ReceiverOptions{HostID: "127.0.0.1:1", Fallback: "110"}, nil)
	src = &testlab.MemSource{Content: content}
	m = newMover(t)
	now := time.Unix(1_000_000, 0)
	m.now = func() time.Time { return now }
	for _, late := range []time.Duration{0, 109 * time.Second} {
		now = time.Unix(1_000_000, 0).Add(late)
		if err := m.Send(t.Context(), transfer(s.URL+"/x"), src); openbits.KindOf(err) != openbits.KindConnectFailure {
			t.Fatalf("after %v: %v", late, err)
		}
	}
	now = now.Add(time.Second)
	if err := m.Send(t.Context(), transfer(s.URL+"/x"), src); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "/x", content)
}

// farm is a server that names a node of its own, localhost, and what each does to a packet.
func farm(t *testing.T, hook func(r *testlab.Received, node bool) *testlab.Reaction) *testlab.Receiver {
	return startReceiver(t, testlab.ReceiverOptions{HostID: "localhost", Fallback: "110"}, func(r *testlab.Received) *testlab.Reaction {
		return hook(r, strings.HasPrefix(r.Host, "localhost:"))
	})
}

// TestFallbackWhileClosing: another node that does not know the session has not closed it. The upload begins anew there.
func TestFallbackWhileClosing(t *testing.T) {
	gone := false
	s := farm(t, func(r *testlab.Received, node bool) *testlab.Reaction {
		switch {
		case node && gone:
			return &testlab.Reaction{Cut: 1}
		case node && r.Packet == packetClose:
			return &testlab.Reaction{Status: 503}
		case !node && r.Packet == packetClose && r.N == 1:
			a := coded(500, "0x8020001F")
			return &a
		case !node && r.Packet == packetCreate && r.N == 1:
			return &testlab.Reaction{Header: map[string]string{"BITS-Host-Id": ""}}
		}
		return nil
	})
	src, m, now := &testlab.MemSource{Content: content}, newMover(t), time.Unix(1_000_000, 0)
	m.now = func() time.Time { return now }
	if err := m.Send(t.Context(), transfer(s.URL+"/x"), src); openbits.KindOf(err) != openbits.KindHTTP(503) {
		t.Fatalf("the node does not close: %v", err)
	}
	gone = true
	if err := m.Send(t.Context(), transfer(s.URL+"/x"), src); openbits.KindOf(err) != openbits.KindConnectionClosed {
		t.Fatalf("the node is gone: %v", err)
	}
	now = now.Add(110 * time.Second)
	if err := m.Send(t.Context(), transfer(s.URL+"/x"), src); err != nil {
		t.Fatal(err)
	}
	created := 0
	for _, p := range packets(s) {
		if p == packetCreate {
			created++
		}
	}
	if created != 2 {
		t.Errorf("%d sessions were created, want one at each node", created)
	}
}

// TestFallbackTimerEnds: a node that came back is not left because it was gone once, long ago.
func TestFallbackTimerEnds(t *testing.T) {
	var state atomic.Value
	state.Store("gone")
	s := farm(t, func(r *testlab.Received, node bool) *testlab.Reaction {
		switch {
		case node && state.Load() == "gone":
			return &testlab.Reaction{Cut: 1}
		case node && state.Load() == "busy" && r.Packet == packetFragment:
			return &testlab.Reaction{Status: 503}
		}
		return nil
	})
	src, m := &testlab.MemSource{Content: content}, newMover(t)
	if err := m.Send(t.Context(), transfer(s.URL+"/x"), src); openbits.KindOf(err) != openbits.KindConnectionClosed {
		t.Fatalf("the node is gone: %v", err)
	}
	if loadSession(src.Session()).Failed == 0 {
		t.Fatal("since when the node is gone is not known")
	}
	state.Store("busy")
	if err := m.Send(t.Context(), transfer(s.URL+"/x"), src); openbits.KindOf(err) != openbits.KindHTTP(503) {
		t.Fatalf("the node is back, and busy: %v", err)
	}
	if since := loadSession(src.Session()).Failed; since != 0 {
		t.Errorf("the node is taken to be gone since %d", since)
	}
}
