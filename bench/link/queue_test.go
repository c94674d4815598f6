// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// stream are packets of 1250 bytes of one flow, one every so often.
func stream(flow uint32, every, until time.Duration) (list []arrival) {
	for at := time.Duration(0); at < until; at += every {
		list = append(list, arrival{at, Packet{Size: 1250, Flow: flow, Class: Class(flow)}})
	}
	return list
}

// merge sorts two lists of arrivals into one.
func merge(a, b []arrival) (list []arrival) {
	for len(a) > 0 || len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].at <= b[0].at {
			list, a = append(list, a[0]), a[1:]
		} else {
			list, b = append(list, b[0]), b[1:]
		}
	}
	return list
}

// waits is the longest wait of the packets that came in a time.
func waits(l *Line, from, to time.Duration) (longest time.Duration) {
	for _, b := range l.Log.Bins()[from/BinWidth : to/BinWidth] {
		longest = max(longest, b.Longer)
	}
	return longest
}

func TestCodelShortensAStandingQueue(t *testing.T) {
	// A fifth too much for 20 s; then as much as fits.
	list := stream(0, 833*time.Microsecond, 20*time.Second)
	fifo, codel := NewLine(Config{Rate: 10 * mega, Limit: 250_000}), NewLine(Config{Rate: 10 * mega, Limit: 250_000, Queue: Codel})
	play(fifo, list)
	play(codel, list)
	if w := waits(fifo, 18*time.Second, 19*time.Second); w < 190*ms {
		t.Errorf("drop-tail: the longest wait is %v, want the whole buffer of 200 ms", w)
	}
	if w := waits(codel, 18*time.Second, 19*time.Second); w > 100*ms {
		t.Errorf("CoDel: the longest wait is still %v after 18 s", w)
	}
}

func TestCodelLeavesBurstsAlone(t *testing.T) {
	var list []arrival
	for at := time.Duration(0); at < 5*time.Second; at += 200 * ms {
		list = append(list, burst(at, 50)...) // 50 ms of queue that is gone at once
	}
	l := NewLine(Config{Rate: 10 * mega, Limit: 250_000, Queue: Codel})
	if got := play(l, list); len(got) != len(list) {
		t.Errorf("%d of %d passed", len(got), len(list))
	}
}

func TestFairQueueing(t *testing.T) {
	const until = 10 * time.Second
	t.Run("greedy flows share", func(t *testing.T) {
		l := NewLine(Config{Rate: 10 * mega, Limit: 250_000, Queue: Fair})
		play(l, merge(stream(0, ms/3, until), stream(1, ms, until)))
		a := total(l, func(b Bin) int64 { return b.Bytes[0] })
		b := total(l, func(b Bin) int64 { return b.Bytes[1] })
		if r := float64(a) / float64(b); r < 0.9 || r > 1.15 {
			t.Errorf("the shares are %d and %d bytes", a, b)
		}
	})
	t.Run("a light flow does not wait", func(t *testing.T) {
		l := NewLine(Config{Rate: 10 * mega, Limit: 250_000, Queue: Fair})
		for _, p := range play(l, merge(stream(0, ms/2, until), stream(1, 20*ms, until))) {
			if wait := p.Due() - p.Came(); p.Flow == 1 && wait > 3*ms+1 {
				t.Fatalf("a packet of the light flow took %v", wait)
			}
		}
		if n := total(l, func(b Bin) int64 { return b.Drops[1] }); n > 0 {
			t.Errorf("%d packets of the light flow were dropped", n)
		}
	})
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Spec
	}{
		{"dsl", Spec{Name: "dsl", Down: 20, Up: 5, RTT: 40 * ms, Buffer: 250 * ms}},
		{"20:5:40:250", Spec{Name: "20:5:40:250", Down: 20, Up: 5, RTT: 40 * ms, Buffer: 250 * ms}},
		{"0.5:0.5:1s:2s:0.1%:3", Spec{Name: "0.5:0.5:1s:2s:0.1%:3", Down: 0.5, Up: 0.5, RTT: time.Second, Buffer: 2 * time.Second, Loss: 0.001, Jitter: 3 * ms}},
	} {
		got, err := Parse(c.in)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("Parse(%q): %v\n%s", c.in, err, diff)
		}
	}
	for in, want := range map[string]string{
		"dls": "no link is called", "20:5": "2 fields", "20:x:40:250": `up: "x"`, "20:5:-1:250": `rtt: "-1"`,
		"20:5:40:250:99": "loss", "0:5:40:250": "down", "1:1:1:1:1:1:1": "7 fields",
	} {
		if _, err := Parse(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want something with %q", in, err, want)
		}
	}
}

func TestLines(t *testing.T) {
	spec, err := Parse("20:5:40:250:1:3")
	if err != nil {
		t.Fatal(err)
	}
	down, up := spec.Lines(4)
	want := Config{Rate: 20 * mega, Limit: 625_000, Delay: 20 * ms, Jitter: 3 * ms, Loss: 0.01, Seed: down.Seed}
	if diff := cmp.Diff(want, down); diff != "" {
		t.Error("down (-want +got)\n", diff)
	}
	if up.Rate != 5*mega || up.Limit != 156_250 || up.Seed == down.Seed {
		t.Errorf("up: %+v", up)
	}
}
