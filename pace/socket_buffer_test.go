// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeBuffers is a system that allows buffers up to most bytes.
type fakeBuffers struct {
	known
	err           error
	most          int
	receive, send int
}

func (b *fakeBuffers) know() (known, error) { return b.known, b.err }

func (b *fakeBuffers) receiveBuffer(bytes int) error {
	if bytes > b.most {
		return errTooLarge
	}
	b.receive = bytes
	return b.err
}

func (b *fakeBuffers) sendBuffer(bytes int) error {
	b.send = bytes
	return b.err
}

// TestBufferSocketReads: what the system does not tell is worked out, and the round trip of what arrives is not made up.
func TestBufferSocketReads(t *testing.T) {
	system := &fakeBuffers{most: 1 << 20, known: known{
		rtt: 30 * time.Millisecond, received: 14480, acked: 3000, outOfOrder: 3, resent: 2, receiveSegment: 1448, sendSegment: 1000,
	}}
	s := &bufferSocket{system: system}
	if err := s.offer(50_000); err != nil {
		t.Fatal(err)
	}
	want := reading{
		sendRTT: 30 * time.Millisecond, minRTT: 30 * time.Millisecond, received: 14480, acked: 3000, segments: 10, data: 10, sent: 3,
		outOfOrder: 3, resent: 2, segmentSize: 1448, sendSize: 1000, window: 50_000, blind: true,
	}
	same := func(when string) {
		t.Helper()
		got, err := s.read()
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(reading{})); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", when, err, diff)
		}
	}
	same("at first")
	system.rtt, want.sendRTT = 80*time.Millisecond, 80*time.Millisecond
	same("with a queue the least round trip is the former")
	system.known.minRTT, want.minRTT = 20*time.Millisecond, 20*time.Millisecond
	same("the system knows the least round trip")
	system.known, want = known{}, reading{minRTT: 20 * time.Millisecond, segmentSize: segmentGuess, sendSize: segmentGuess, window: 50_000, blind: true}
	same("nothing is known")
	system.err = errors.New("closed")
	if _, err := s.read(); !errors.Is(err, system.err) {
		t.Errorf("a closed connection: %v", err)
	}
}

// TestBufferSocketLimit: a window that the system does not allow becomes one that it does, and is not asked for again.
func TestBufferSocketLimit(t *testing.T) {
	system := &fakeBuffers{most: 70_000}
	s := &bufferSocket{system: system}
	for _, test := range []struct{ offer, want int }{{10_000, 10_000}, {200_000, 50_000}, {1 << 30, 50_000}, {3000, 3000}, {0, 1}} {
		if err := s.offer(test.offer); err != nil || system.receive != test.want || s.window != test.want {
			t.Errorf("offering %d: %d bytes are set, %d are known, %v; want %d", test.offer, system.receive, s.window, err, test.want)
		}
	}
	system.most = 0
	if err := s.offer(9); !errors.Is(err, errTooLarge) {
		t.Errorf("a system that allows nothing: %v", err)
	}
	if s.insist() || s.handle() != "receive buffer" {
		t.Errorf("it insists, or governs by the %s", s.handle())
	}
}

// TestBufferSocketPace: what is under way to the other end is the rate by the round trip, and never less than the floor.
func TestBufferSocketPace(t *testing.T) {
	system := &fakeBuffers{known: known{rtt: 50 * time.Millisecond, sendSegment: 1000}, send: -1}
	s := &bufferSocket{system: system}
	for _, test := range []struct {
		rate, want int
		known      bool
	}{{1_000_000, -1, false}, {1_000_000, 50_000, true}, {1, floorSegments * 1000, true}} {
		if test.known {
			if _, err := s.read(); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.pace(test.rate); err != nil || system.send != test.want {
			t.Errorf("at %d bytes per second %d may be under way, %v; want %d", test.rate, system.send, err, test.want)
		}
	}
}

func TestSequence(t *testing.T) {
	var s sequence
	for _, test := range []struct {
		number uint32
		want   int64
	}{{1<<32 - 10, 0}, {1<<32 - 10, 0}, {5, 15}, {1 << 31, 1<<31 + 10}, {1<<31 - 4, 1<<31 + 6}, {1<<32 - 6, 1<<32 + 4}, {0, 1<<32 + 10}} {
		if got := s.add(test.number); got != test.want {
			t.Errorf("at number %d there were %d bytes, want %d", test.number, got, test.want)
		}
	}
}
