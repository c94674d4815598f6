// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const (
	ms   = time.Millisecond
	mega = 1e6
)

// arrival is a packet that comes at a time.
type arrival struct {
	at time.Duration
	p  Packet
}

// burst are n packets of 1250 bytes that arrive at once: at 10 Mbit/s each takes a millisecond.
func burst(at time.Duration, n int) (list []arrival) {
	for range n {
		list = append(list, arrival{at, Packet{Size: 1250}})
	}
	return list
}

// play hands packets to a line, asking for what is due whenever Next says so, and to the end.
func play(l *Line, list []arrival) (out []Packet) {
	until := func(t time.Duration) {
		for {
			next, ok := l.Next()
			if !ok || next > t {
				return
			}
			for p, ok := l.Due(next); ok; p, ok = l.Due(next) {
				out = append(out, p)
			}
		}
	}
	for _, a := range list {
		until(a.at)
		l.Arrive(a.at, a.p)
	}
	until(math.MaxInt64)
	return out
}

func dues(list []Packet) (out []time.Duration) {
	for _, p := range list {
		out = append(out, p.Due())
	}
	return out
}

func total(l *Line, of func(Bin) int64) (sum int64) {
	for _, b := range l.Log.Bins() {
		sum += of(b)
	}
	return sum
}

func TestRateAndDelay(t *testing.T) {
	l := NewLine(Config{Rate: 10 * mega, Limit: 1 << 20, Delay: 20 * ms})
	got := dues(play(l, append(burst(5*ms, 3), burst(100*ms, 1)...)))
	if diff := cmp.Diff([]time.Duration{26 * ms, 27 * ms, 28 * ms, 121 * ms}, got); diff != "" {
		t.Error("arrival at the far end (-want +got)\n", diff)
	}
	bins := l.Log.Bins()
	if bins[0].Bytes[Foreground] != 3*1250 || bins[10].Bytes[Foreground] != 1250 {
		t.Errorf("bytes in the first and the eleventh 10 ms: %d and %d", bins[0].Bytes[Foreground], bins[10].Bytes[Foreground])
	}
	if b := bins[0]; b.Waits != 3 || b.Wait != 3*ms || b.Longer != 2*ms || b.Mean() != ms {
		t.Errorf("waits in the first 10 ms: %+v", b)
	}
}

func TestLimit(t *testing.T) {
	// The packet that is being sent counts with what is left of it: half, when the others come.
	l := NewLine(Config{Rate: 10 * mega, Limit: 625 + 4*1250})
	var dropped []Packet
	l.OnDrop = func(p Packet) { dropped = append(dropped, p) }
	got := play(l, append(burst(0, 1), burst(ms/2, 6)...))
	if len(got) != 5 || len(dropped) != 2 {
		t.Errorf("%d passed and %d were dropped, want 5 and 2", len(got), len(dropped))
	}
	if n := total(l, func(b Bin) int64 { return b.Drops[Foreground] }); n != 2 {
		t.Errorf("the log has %d drops, want 2", n)
	}
}

func TestChangeOfRate(t *testing.T) {
	for _, c := range []struct {
		name    string
		changes []Change
		want    []time.Duration
	}{
		{"none", nil, []time.Duration{ms, 2 * ms, 3 * ms, 4 * ms}},
		{"to half within a packet", []Change{{1500 * time.Microsecond, 5 * mega}}, []time.Duration{ms, 2500 * time.Microsecond, 4500 * time.Microsecond, 6500 * time.Microsecond}},
		{"and back", []Change{{ms, 5 * mega}, {3 * ms, 10 * mega}}, []time.Duration{ms, 3 * ms, 4 * ms, 5 * ms}},
		{"down for a while", []Change{{ms, 0}, {50 * ms, 10 * mega}}, []time.Duration{ms, 51 * ms, 52 * ms, 53 * ms}},
	} {
		l := NewLine(Config{Rate: 10 * mega, Limit: 1 << 20, Changes: c.changes})
		if diff := cmp.Diff(c.want, dues(play(l, burst(0, 4)))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestLimitAfterChangeOfRate(t *testing.T) {
	l := NewLine(Config{Rate: 10 * mega, Limit: 5000, Changes: []Change{{ms, mega}}})
	got := play(l, append(burst(0, 1), burst(2*ms, 9)...))
	if len(got) != 1+4 {
		t.Errorf("%d passed, want 5: the limit is in bytes, whatever the rate", len(got))
	}
}

func TestLoss(t *testing.T) {
	const n = 50_000
	l := NewLine(Config{Rate: 1000 * mega, Limit: 1 << 30, Loss: 0.1, Seed: 7})
	got := play(l, burst(0, n))
	// Six standard deviations of a binomial distribution.
	if lost := float64(n - len(got)); math.Abs(lost-0.1*n) > 6*math.Sqrt(n*0.1*0.9) {
		t.Errorf("%g of %d were lost, want about a tenth", lost, n)
	}
	if last, want := got[len(got)-1].Due(), time.Duration(len(got))*10*time.Microsecond; last != want {
		t.Errorf("the last is through at %v, want %v: what is lost takes no time", last, want)
	}
}

func TestJitter(t *testing.T) {
	const n = 20_000
	var list []arrival
	for k := range n {
		list = append(list, burst(time.Duration(k)*100*ms, 1)...) // far apart, so that order costs nothing
	}
	got := play(NewLine(Config{Rate: 10 * mega, Limit: 1 << 20, Delay: 10 * ms, Jitter: 3 * ms, Seed: 3}), list)
	var sum time.Duration
	for k, p := range got {
		sum += p.Due() - list[k].at - 11*ms
	}
	if mean := sum / n; mean < 2800*time.Microsecond || mean > 3200*time.Microsecond {
		t.Errorf("mean jitter is %v, want about 3 ms", mean)
	}
	close := play(NewLine(Config{Rate: 10 * mega, Limit: 1 << 20, Delay: 10 * ms, Jitter: 3 * ms, Seed: 3}), burst(0, 500))
	if !slices.IsSorted(dues(close)) {
		t.Error("packets overtake each other")
	}
}

// TestProperties checks what holds for any packets: nothing gets lost uncounted, order is kept, the rate is never
// exceeded, the queue never longer than its limit, and being asked late changes nothing.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Config{
			Rate:   rapid.Float64Range(0.1, 100).Draw(t, "mbit") * mega,
			Limit:  rapid.IntRange(3000, 100_000).Draw(t, "limit"),
			Delay:  time.Duration(rapid.IntRange(0, 100).Draw(t, "delay")) * ms,
			Jitter: time.Duration(rapid.IntRange(0, 5).Draw(t, "jitter")) * ms,
			Loss:   rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "loss"),
			Queue:  rapid.SampledFrom([]Queue{Fifo, Codel, Fair}).Draw(t, "queue"),
		}
		var list []arrival
		at := time.Duration(0)
		for range rapid.IntRange(1, 300).Draw(t, "packets") {
			at += time.Duration(rapid.IntRange(0, 3000).Draw(t, "pause")) * time.Microsecond
			list = append(list, arrival{at, Packet{
				Size: rapid.IntRange(40, 1500).Draw(t, "size"), Flow: uint32(rapid.IntRange(0, 3).Draw(t, "flow")),
			}})
		}
		onTime, late := NewLine(c), NewLine(c)
		got := play(onTime, list)
		for _, a := range list {
			late.Arrive(a.at, a.p)
		}
		var lateGot []Packet
		for p, ok := late.Due(math.MaxInt64); ok; p, ok = late.Due(math.MaxInt64) {
			lateGot = append(lateGot, p)
		}
		if diff := cmp.Diff(dues(got), dues(lateGot)); diff != "" {
			t.Fatal("asked late, it differs (-on time +late)\n", diff)
		}
		if diff := cmp.Diff(onTime.Log.Bins(), late.Log.Bins()); diff != "" {
			t.Fatal("asked late, the log differs (-on time +late)\n", diff)
		}
		if drops := total(onTime, func(b Bin) int64 { return b.Drops[Foreground] }); int(drops)+len(got) != len(list) {
			t.Fatalf("%d arrived, %d passed and %d were dropped", len(list), len(got), drops)
		}
		if !slices.IsSorted(dues(got)) {
			t.Fatal("packets overtake each other at the far end")
		}
		for _, b := range onTime.Log.Bins() {
			if passed := float64(b.Bytes[Foreground]) * 8; passed > c.Rate*BinWidth.Seconds()+1500*8 {
				t.Fatalf("%g bits passed in 10 ms at %g bit/s", passed, c.Rate)
			}
			if most := time.Duration(float64(c.Limit+1500) * 8 / c.Rate * 1e9); c.Queue == Fifo && b.Longer > most {
				t.Fatalf("a packet waited %v, the buffer is worth %v", b.Longer, most)
			}
		}
	})
}
