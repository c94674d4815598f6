// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"context"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/internal/web"
)

// content is larger than a few fragments.
var content = testlab.Content{Seed: 3, Size: 700_000}

func startReceiver(t *testing.T, opt testlab.ReceiverOptions, hook func(*testlab.Received) *testlab.Reaction) *testlab.Receiver {
	t.Helper()
	s, err := testlab.StartReceiver(opt)
	if err != nil {
		t.Fatal(err)
	}
	s.Hook = hook
	t.Cleanup(s.Close)
	return s
}

func newMover(t *testing.T) *Mover {
	t.Helper()
	m := New(Options{Timeouts: web.Timeouts{Connect: 5 * time.Second, Header: 5 * time.Second, Idle: 5 * time.Second}})
	t.Cleanup(m.Reset)
	return m
}

func transfer(url string) openbits.Transfer {
	return openbits.Transfer{Type: openbits.TypeUpload, Priority: openbits.PriorityForeground, URL: url}
}

func send(t *testing.T, url string, src *testlab.MemSource) error {
	t.Helper()
	return newMover(t).Send(context.Background(), transfer(url), src)
}

// packets are the types of the packets that arrived, in their order.
func packets(s *testlab.Receiver) (list []string) {
	for _, r := range s.Requests() {
		list = append(list, r.Packet)
	}
	return list
}

// arrived checks that the object stands there once and whole, and that no session is left.
func arrived(t *testing.T, s *testlab.Receiver, path string, want testlab.Content) {
	t.Helper()
	got, times := s.Object(path)
	if times != 1 || !want.Is(got) {
		t.Errorf("%s was made %d times and has %d bytes, want once and %d", path, times, len(got), want.Size)
	}
	if n := s.Sessions(); n != 0 {
		t.Errorf("%d sessions are open", n)
	}
}

func TestSend(t *testing.T) {
	for _, size := range []int64{1, 4892, 5 << 10, 5<<10 + 1, 64<<10 + 1, 700_000, 9 << 20} {
		s := startReceiver(t, testlab.ReceiverOptions{}, nil)
		c := testlab.Content{Seed: uint64(size), Size: size}
		src := &testlab.MemSource{Content: c}
		if err := send(t, s.URL+"/up/a b.bin?q=1", src); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		arrived(t, s, "/up/a b.bin", c)
		if s.Bytes() != size {
			t.Errorf("%d bytes were sent for %d", s.Bytes(), size)
		}
		for _, r := range s.Requests() {
			if r.Query != "q=1" || r.Length < 0 || r.Packet != packetFragment && r.Length != 0 {
				t.Errorf("%s has the query %q and the length %d", r.Packet, r.Query, r.Length)
			}
			if r.Length > maxFragment || r.Packet == packetFragment && r.Length < min(minFragment, size) {
				t.Errorf("a fragment has %d bytes", r.Length)
			}
		}
		if saves := src.Saves(); len(saves) != 2 || saves[0].ID == "" {
			t.Errorf("saved: %+v", saves)
		}
	}
}

func TestEmptyFile(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{}, nil)
	if err := send(t, s.URL+"/empty", &testlab.MemSource{}); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "/empty", testlab.Content{})
}
