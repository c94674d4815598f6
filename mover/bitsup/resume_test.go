// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// TestResume: an attempt that ended goes on where the server says it is, after a Ping.
func TestResume(t *testing.T) {
	for name, c := range map[string]struct {
		end  testlab.Reaction // of the second fragment
		skew int64            // what is remembered of what was acknowledged: less, or more
	}{
		"cut":                             {testlab.Reaction{Cut: 1}, 0},
		"acknowledgement lost":            {testlab.Reaction{Drop: true}, 0},
		"remembered less than the server": {testlab.Reaction{Drop: true}, -100_000},
		"remembered more than the server": {testlab.Reaction{Status: 503}, 60_000},
	} {
		t.Run(name, func(t *testing.T) {
			var healed atomic.Bool
			s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
				switch {
				case healed.Load() || r.Packet == packetCreate:
					return nil
				case r.Packet == packetFragment && r.N == 1:
					return &c.end
				case r.N >= 1 || r.Packet == packetPing:
					return &testlab.Reaction{Status: 503} // and stays in trouble for a while
				}
				return nil
			})
			src := &testlab.MemSource{Content: content}
			if err := send(t, s.URL+"/x", src); err == nil {
				t.Fatal("the attempt did not end")
			}
			healed.Store(true)
			src.Resume(src.Session(), max(0, src.Acknowledged()+c.skew))
			before := len(s.Requests())
			if err := send(t, s.URL+"/x", src); err != nil {
				t.Fatal(err)
			}
			arrived(t, s, "/x", content)
			rest := packets(s)[before:]
			if rest[0] != packetPing || rest[1] != packetFragment || slices.Contains(rest, packetCreate) {
				t.Errorf("the resumed attempt sends %v", rest[:2])
			}
			if r := s.Requests()[before+1]; r.Length > minFragment {
				t.Errorf("the first fragment of a resumed attempt has %d bytes", r.Length)
			}
			var again int64
			for _, r := range s.Requests()[before:] {
				again += r.Bytes
			}
			if most := content.Size - startFragment + minFragment; again > most {
				t.Errorf("%d bytes were sent by the resumed attempt, of %d that were left at most", again, most)
			}
		})
	}
}

// TestCloseTwice: a Close-Session whose answer was lost is repeated, and a session that is gone then has been closed.
func TestCloseTwice(t *testing.T) {
	for _, forgets := range []bool{false, true} {
		s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
			if r.Packet == packetClose && r.N <= 1 { // the second is the one that takes another connection
				return &testlab.Reaction{Drop: true}
			}
			return nil
		})
		src := &testlab.MemSource{Content: content}
		first := send(t, s.URL+"/x", src)
		if openbits.KindOf(first) != openbits.KindConnectionClosed {
			t.Fatalf("the first attempt: %v", first)
		}
		if forgets {
			s.Forget()
		}
		if err := send(t, s.URL+"/x", src); err != nil {
			t.Fatal(err)
		}
		if _, times := s.Object("/x"); times != 1 || s.Bytes() != content.Size {
			t.Errorf("the object was made %d times with %d bytes", times, s.Bytes())
		}
	}
}

// TestCloseForgotten: a server without a memory of closed sessions answers the repeated Close-Session of one that it closed.
func TestCloseForgotten(t *testing.T) {
	var s *testlab.Receiver
	s = startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
		switch {
		case r.Packet == packetClose && r.N == 0:
			return &testlab.Reaction{Drop: true}
		case r.Packet == packetClose:
			s.Forget()
		}
		return nil
	})
	if err := send(t, s.URL+"/x", &testlab.MemSource{Content: content}); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "/x", content)
	if s.Bytes() != content.Size {
		t.Errorf("%d bytes were sent for %d", s.Bytes(), content.Size)
	}
}

// TestForgetful: a server that forgets each session is given up, for a while.
func TestForgetful(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
		if r.Packet == packetFragment {
			a := coded(500, "0x8020001F")
			return &a
		}
		return nil
	})
	err := send(t, s.URL+"/x", &testlab.MemSource{Content: content})
	if openbits.KindOf(err) != openbits.KindSessionNotFound {
		t.Errorf("it ends with %v", err)
	}
	if n := len(s.Requests()); n != 2*(maxSessions+1) {
		t.Errorf("%d packets were sent", n)
	}
}

// TestStandstill: a server that acknowledges nothing new is left after a few fragments.
func TestStandstill(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
		if r.Packet == packetFragment {
			a := as(coded(416, "0x0"), "BITS-Received-Content-Range", "0")
			return &a
		}
		return nil
	})
	err := send(t, s.URL+"/x", &testlab.MemSource{Content: content})
	if openbits.KindOf(err) != openbits.KindInvalidServerResponse {
		t.Errorf("it ends with %v", err)
	}
}

// TestTooLargeFragments: 413 shrinks fragments down to 5 KiB, and what was learnt is kept.
func TestTooLargeFragments(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{MaxFragment: 20_000}, nil)
	src := &testlab.MemSource{Content: content}
	if err := send(t, s.URL+"/x", src); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "/x", content)
	if n := loadSession(src.Saves()[1]).Cap; n < 10_000 || n > 65_536 {
		t.Errorf("the saved limit is %d", n)
	}
	s = startReceiver(t, testlab.ReceiverOptions{MaxFragment: 5000}, nil)
	if err := send(t, s.URL+"/x", &testlab.MemSource{Content: content}); openbits.KindOf(err) != openbits.KindTooLarge && openbits.KindOf(err) != openbits.KindHTTP(413) {
		t.Errorf("fragments of 5 KiB are refused: %v", err)
	}
}

// TestServerGoesBack: a server that has less than it had gets what is missing, in as many fragments as that takes.
func TestServerGoesBack(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{MaxFragment: 20_000}, func(r *testlab.Received) *testlab.Reaction {
		if r.Packet == packetFragment && r.N == 0 {
			return &testlab.Reaction{Status: 503}
		}
		return nil
	})
	src := &testlab.MemSource{Content: content}
	if err := send(t, s.URL+"/x", src); openbits.KindOf(err) != openbits.KindHTTP(503) {
		t.Fatalf("the first attempt: %v", err)
	}
	src.Resume(src.Session(), content.Size-50_000) // of which the server knows nothing
	if err := send(t, s.URL+"/x", src); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "/x", content)
}
