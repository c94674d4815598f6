// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
)

func addr(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(n >> 8), byte(n)}) }

// fakeSocket is a connection of which the test says what the kernel knows.
type fakeSocket struct {
	reading
	offered, rate int
	insisted      bool
	deaf          bool // it offers what it likes
	held          bool
}

func (s *fakeSocket) read() (reading, error) { return s.reading, nil }
func (s *fakeSocket) pace(rate int) error    { s.rate = rate; return nil }
func (s *fakeSocket) handle() string         { return "test" }
func (s *fakeSocket) hold(on bool)           { s.held = on }

func (s *fakeSocket) offer(bytes int) error {
	s.offered = bytes
	if !s.deaf {
		s.window = bytes
	}
	return nil
}

func (s *fakeSocket) insist() bool {
	first := !s.insisted
	s.insisted = true
	return first
}

type fakeCounters struct {
	counted
	missing bool
}

func (c *fakeCounters) read(string) (counted, bool) { return c.counted, !c.missing }

// rig is a governor of fake connections whose clock the test moves.
type rig struct {
	*Governor
	now     time.Duration
	host    *fakeCounters
	sockets []*fakeSocket
	flows   []*flow
}

func newRig(n int) *rig {
	r := &rig{Governor: NewGovernor(), host: new(fakeCounters), now: time.Second}
	r.Governor.host, r.Governor.clock = r.host, func() time.Duration { return r.now }
	r.running.Store(true)
	for range n {
		r.open(openbits.PriorityNormal)
	}
	return r
}

func (r *rig) open(p openbits.Priority) {
	s := &fakeSocket{reading: reading{rtt: 40 * ms, minRTT: 40 * ms, segmentSize: segment, sendSize: segment}}
	f := newFlow(r.Governor, nil, s, s.reading, p)
	r.sockets, r.flows = append(r.sockets, s), append(r.flows, f)
	r.add(f, addr(1), "eth0")
}

// run lets ticks pass in which 6250 bytes (10 Mbit/s) arrive over the first connections.
func (r *rig) run(ticks, moving int) (going bool) {
	for range ticks {
		r.now += TickInterval
		for _, s := range r.sockets[:moving] {
			s.received += int64(6250 / moving)
			s.segments += int64(5 / moving)
			r.host.received += int64(6250/moving) + header4*int64(5/moving)
		}
		if going = r.tick(); !going {
			break
		}
	}
	return going
}

// TestShares: those of one priority have the same, a higher one has more, and no two segments are lacking.
func TestShares(t *testing.T) {
	r := newRig(2)
	r.open(openbits.PriorityHigh)
	r.run(200, 3)
	a, b, c := r.sockets[0].offered, r.sockets[1].offered, r.sockets[2].offered
	if a != b || c < 3*a/2 || a < floorSegments*segment {
		t.Errorf("the shares are %d, %d and for a higher priority %d", a, b, c)
	}
	r.flows[2].Serve(openbits.PriorityLow)
	r.run(5, 3)
	if a, b, c := r.sockets[0].offered, r.sockets[1].offered, r.sockets[2].offered; 3*c > 2*(a+b) {
		t.Errorf("after it turned low it has %d, the two normal ones %d and %d", c, a, b)
	}
}

// TestTurns: beside somebody else one connection reads at a time, and each has its turn.
func TestTurns(t *testing.T) {
	r := newRig(4)
	r.run(200, 4)
	had := map[int]bool{}
	for range 1200 {
		r.host.received += 20000 // somebody else on this computer
		r.run(1, 4)
		open := 0
		for n, f := range r.flows {
			if !f.gate.shut {
				open++
				had[n] = true
			}
			if r.sockets[n].held != f.gate.shut && r.now > 3*time.Second {
				t.Fatalf("its gate is shut: %v, its sender is stopped: %v", f.gate.shut, r.sockets[n].held)
			}
			if r.sockets[n].offered != floorSegments*segment {
				t.Fatalf("beside a foreground a window of %d", r.sockets[n].offered)
			}
		}
		if open != 1 && len(had) > 0 && r.now > 3*time.Second {
			t.Fatalf("%d connections read at a time", open)
		}
	}
	if len(had) != 4 {
		t.Errorf("only %d of 4 had their turn in 6 s", len(had))
	}
	for _, f := range r.flows[:3] {
		f.gate.end()
		r.remove(f)
	}
	r.run(2, 4)
	if r.flows[3].gate.shut || r.sockets[3].held {
		t.Error("the last one that is left does not read")
	}
}

// TestRests: when nothing moves, the governor's clock stops, and no gate is shut.
func TestRests(t *testing.T) {
	r := newRig(2)
	if !r.run(100, 2) {
		t.Fatal("the clock stopped while bytes moved")
	}
	r.host.received += 50000
	r.run(1, 2)
	if !r.run(int(idleAfter/TickInterval)-2, 0) {
		t.Fatal("the clock stopped too soon")
	}
	if r.run(50, 0) {
		t.Error("the clock goes on although nothing moves")
	}
	for n, f := range r.flows {
		if f.gate.shut {
			t.Errorf("connection %d waits for a turn that nobody gives", n)
		}
	}
}

// TestSleep: after a time in which the computer slept all is found out anew.
func TestSleep(t *testing.T) {
	r := newRig(1)
	r.run(400, 1)
	before := r.sockets[0].offered
	r.now += time.Hour
	r.run(1, 1)
	if after := r.sockets[0].offered; after >= before || after > 2*startSegments*segment {
		t.Errorf("a window of %d before the sleep, %d after it", before, after)
	}
}

// TestUploads: a connection that sends gets a rate, and is told from those that receive.
func TestUploads(t *testing.T) {
	r := newRig(1)
	s := r.sockets[0]
	s.sendRTT = 40 * ms
	for range 300 {
		r.now += TickInterval
		s.acked += 6250
		s.sentBytes += 6250
		s.sent += 5
		s.segments += 2
		r.host.sent += 6250 + 5*header4
		r.tick()
	}
	if !r.flows[0].group.key.up || s.rate < 100e3 {
		t.Fatalf("it sends, and its group is %+v, its rate %d", r.flows[0].group.key, s.rate)
	}
	if got := r.flows[0].Transport().Handle; got != "sending rate" {
		t.Errorf("it is governed by %q", got)
	}
	for range 40 {
		r.host.sent += 20000
		r.now += TickInterval
		r.tick()
	}
	if want := 2*segment*1000/40 + 2000; s.rate > want {
		t.Errorf("beside another upload it sends %d bytes a second, want %d at most", s.rate, want)
	}
}

// TestDeaf: a window that the kernel does not heed is set in another way, and people are told.
func TestDeaf(t *testing.T) {
	r := newRig(1)
	r.sockets[0].deaf, r.sockets[0].window = true, 1<<20
	r.run(600, 1)
	if !r.sockets[0].insisted {
		t.Error("a window of 1 MiB in place of what was asked for was not noticed")
	}
	if notes := r.flows[0].Transport().Notes; len(notes) != 1 {
		t.Errorf("people are told %q", notes)
	}
}

// TestTransport: what people are told.
func TestTransport(t *testing.T) {
	r := newRig(2)
	r.run(600, 2)
	got := r.flows[0].Transport()
	got.Since, got.Window, got.Queue = time.Time{}, 0, 0
	want := openbits.Transport{
		Mode: openbits.TransportAlone, Interface: "eth0", Handle: "test", Connections: 2, Rate: 1250000, Foreign: 0,
		Capacity: got.Capacity, Base: 40 * ms,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("people are told (-want +got):\n%s", diff)
	}
	if got.Capacity < 1000000 {
		t.Errorf("the path carries %d bytes a second", got.Capacity)
	}
	began := r.wall()
	for range 400 {
		r.host.received += 20000
		r.run(1, 2)
	}
	got = r.flows[0].Transport()
	if got.Mode != openbits.TransportYielding || got.Rival != openbits.RivalHost || got.Foreign < 3e6 || began.Sub(got.Since).Abs() > 3*time.Second {
		t.Errorf("beside a foreground people are told %+v", got)
	}
	r.host.missing = true
	r.run(300, 2)
	got = r.flows[0].Transport()
	if got.Foreign != openbits.Unknown || len(got.Notes) != 1 {
		t.Errorf("without counters people are told %+v", got)
	}
}

// TestNoCounters: without the host's counters the queue alone decides.
func TestNoCounters(t *testing.T) {
	r := newRig(1)
	r.host.missing = true
	r.run(400, 1)
	open := r.sockets[0].offered
	r.sockets[0].rtt = 240 * ms
	r.run(300, 1)
	if r.sockets[0].offered != floorSegments*segment || open <= 2*floorSegments*segment {
		t.Errorf("a window of %d, with a queue of 200 ms one of %d", open, r.sockets[0].offered)
	}
}

// TestIdleIsNotDeaf: a connection that is kept for later keeps the window that it had.
func TestIdleIsNotDeaf(t *testing.T) {
	r := newRig(2)
	r.sockets[1].deaf, r.sockets[1].window = true, 1<<20
	r.run(1000, 1)
	if r.sockets[1].insisted {
		t.Error("a window that nobody uses was taken for one that the kernel does not heed")
	}
}

// TestHandshakes: a connection that has received next to nothing never waits, and no other one for long.
func TestHandshakes(t *testing.T) {
	r := newRig(12)
	r.run(300, 12)
	shut := make([]time.Duration, len(r.flows))
	for range 6000 { // 30 s beside somebody else
		r.host.received += 20000
		r.run(1, 12)
		for n, f := range r.flows {
			if !f.gate.shut {
				shut[n] = 0
			} else if shut[n] += TickInterval; shut[n] > 2*longestWait {
				t.Fatalf("connection %d waits for %v", n, shut[n])
			}
		}
	}
	r.open(openbits.PriorityNormal)
	r.sockets[12].received = 3000
	r.run(20, 12)
	if r.flows[12].gate.shut {
		t.Error("a connection has to wait while it shakes hands")
	}
}

// TestStale: a counter that is brought up to date now and then only is not believed, and people are told.
func TestStale(t *testing.T) {
	r := newRig(1)
	for n := range 1200 {
		r.now += TickInterval
		r.sockets[0].received += 6250
		r.sockets[0].segments += 5
		if n%200 == 199 { // each second
			r.host.received += 200 * (6250 + 5*header4)
		}
		r.tick()
	}
	got := r.flows[0].Transport()
	if got.Mode == openbits.TransportYielding || len(got.Notes) == 0 {
		t.Errorf("with a counter that follows late people are told %+v", got)
	}
}

// TestVersion6: the longer headers of IPv6 are ours, too.
func TestVersion6(t *testing.T) {
	r := newRig(1)
	r.flows[0].header = header6
	for range 1000 {
		r.now += TickInterval
		r.sockets[0].received += 6250
		r.sockets[0].segments += 5
		r.host.received += 6250 + 5*header6
		r.tick()
	}
	if got := r.flows[0].Transport(); got.Foreign != 0 || got.Mode != openbits.TransportAlone {
		t.Errorf("over IPv6 others have %d bytes a second, mode %s", got.Foreign, got.Mode)
	}
}
