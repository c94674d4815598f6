// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"testing"
	"time"

	"github.com/openbits/openbits/bench/link"
	"github.com/openbits/openbits/bench/traffic"
)

const ms = time.Millisecond

// course makes a trace of a link of 10 Mbit/s: what share of it foreground and background have until which times.
type course struct {
	until                  time.Duration
	foreground, background float64
	wait                   time.Duration
}

func traceOf(courses ...course) trace {
	const full = 12_500 // bytes in 10 ms
	t := trace{line: link.Config{Rate: 10e6}}
	for _, c := range courses {
		for time.Duration(len(t.bins))*link.BinWidth < c.until {
			var b link.Bin
			b.Bytes[link.Foreground] = int64(full * c.foreground)
			b.Bytes[link.Background] = int64(full * c.background)
			b.Wait, b.Waits = 10*c.wait, 10
			t.bins = append(t.bins, b)
		}
	}
	return t
}

func TestRates(t *testing.T) {
	tr := traceOf(course{until: second, background: 1}, course{until: 2 * second, foreground: 0.75, background: 0.25, wait: 40 * ms})
	for name, c := range map[string]struct{ got, want float64 }{
		"background alone":  {tr.rate(0, second, link.Background), 10},
		"foreground":        {tr.rate(second, 2*second, link.Foreground), 7.5},
		"over both seconds": {tr.rate(0, 2*second, link.Background), 6.25},
		"wait":              {tr.wait(second, 2*second), 40},
		"capacity":          {tr.capacity(0, second), 10},
		"beyond the end":    {tr.rate(5*second, 6*second, link.Background), 0},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s: %g, want %g", name, c.got, c.want)
		}
	}
	tr.line.Changes = []link.Change{{At: second, Rate: 4e6}}
	if got := tr.capacity(0, 2*second); got != 7 {
		t.Errorf("mean capacity after a change is %g, want 7", got)
	}
}

func TestYieldAndReclaim(t *testing.T) {
	tr := traceOf(
		course{until: 1000 * ms, background: 1},
		course{until: 1200 * ms, background: 0.6, foreground: 0.4},
		course{until: 3000 * ms, background: 0.05, foreground: 0.95},
		course{until: 3100 * ms, foreground: 1}, // its own queue
		course{until: 3400 * ms, background: 0.3},
		course{until: 6000 * ms, background: 1},
	)
	// The window may begin a little early, where the mean of its beginning is low enough already.
	if got := tr.yield(second, 3*second); got < 150 || got > 200 {
		t.Errorf("yields in %g ms, want 150 to 200", got)
	}
	if got := tr.reclaim(3*second, 6*second); got < 350 || got > 400 {
		t.Errorf("takes back in %g ms, want 350 to 400", got)
	}
	if got := tr.drained(3*second, 6*second); got != 100 {
		t.Errorf("the foreground's queue is gone after %g ms, want 100", got)
	}
	if got := tr.reclaim(second, 3*second); got != never {
		t.Errorf("takes back in %g ms beside a foreground, want never", got)
	}
	if got := traceOf(course{until: 4 * second, background: 0.5, foreground: 0.5}).yield(second, 4*second); got != never {
		t.Errorf("a half yields in %g ms, want never", got)
	}
	if got := tr.reclaim(5800*ms, 6*second); got != never {
		t.Errorf("takes back in %g ms, though nobody saw it for 500 ms", got)
	}
}

func TestCalm(t *testing.T) {
	tr := traceOf(course{until: second, wait: 5 * ms}, course{until: 1300 * ms, wait: 80 * ms}, course{until: 3 * second, wait: 8 * ms})
	if got := tr.calm(second, 3*second); got != 300 {
		t.Errorf("calm after %g ms, want 300", got)
	}
}

func TestPercentileAndMedian(t *testing.T) {
	list := make([]float64, 100)
	for n := range list {
		list[n] = float64(100 - n)
	}
	for p, want := range map[float64]float64{0: 1, 0.5: 50, 0.95: 95, 0.99: 99, 1: 100} {
		if got := percentile(list, p); got != want {
			t.Errorf("percentile %g is %g, want %g", p, got, want)
		}
	}
	if !math.IsNaN(percentile(nil, 0.5)) || !math.IsNaN(median([]float64{math.NaN()})) {
		t.Error("nothing has a percentile")
	}
	if got := median([]float64{4, math.NaN(), 1, 2, 3}); got != 2.5 {
		t.Errorf("median is %g, want 2.5", got)
	}
}

func TestScore(t *testing.T) {
	s := scenario{acts: []act{{bulk, 4 * second, 8 * second}, {fetch, 10 * second, 12 * second}}, end: 14 * second}
	e := evidence{
		down: traceOf(
			course{until: 4 * second, background: 1, wait: 3 * ms},
			course{until: 8 * second, foreground: 0.9, background: 0.05, wait: 100 * ms},
			course{until: 8200 * ms, foreground: 1},
			course{until: 14 * second, background: 0.9},
		),
		spec: link.Spec{RTT: 40 * ms},
		ping: []traffic.Sample{{At: second, Took: 90 * ms}, {At: 3 * second, Took: 45 * ms}, {At: 3500 * ms, Lost: true}, {At: 5 * second, Took: 150 * ms}},
		acts: [][]traffic.Sample{nil, {{At: 10 * second, Took: 200 * ms}, {At: 11 * second, Took: 900 * ms, Lost: true}}},
	}
	r := &run{Background: "x"}
	s.score(r, e)
	if i := r.Idle; i == nil || i.Use != 100 || i.PingP50 != 5 || i.PingP95 != 5 {
		t.Errorf("alone: %+v, want the second half of the time before the foreground", i)
	}
	b := r.Phases[0]
	if b.Foreground != 9 || b.Background != 0.5 || b.Left != 50 || b.PingP50 != 110 || b.Yield != 0 || b.Drained != 200 {
		t.Errorf("bulk: %+v", b)
	}
	if b.Reclaim < 150 || b.Reclaim > 250 || b.Regain != max(b.Reclaim-200, 0) {
		t.Errorf("bulk: taken back in %g, %g after the queue had drained", b.Reclaim, b.Regain)
	}
	if f := r.Phases[1]; f.Samples != 2 || f.Lost != 50 || f.P50 != 200 || f.P99 != 900 {
		t.Errorf("fetch: %+v, want what was given up to count as waited for", f)
	}
	if n := len(r.Series.Foreground); n != 140 || r.Series.Queue[50] != 100 {
		t.Errorf("the series has %d points, the queue at 5 s is %g", n, r.Series.Queue[50])
	}
}

func TestSolo(t *testing.T) {
	s, err := findScenario("mix")
	if err != nil {
		t.Fatal(err)
	}
	alone := s.solo()
	for n, a := range alone.acts {
		if was := s.acts[n]; a.kind != was.kind || a.to-a.from != was.to-was.from {
			t.Errorf("act %d is %v, was %v", n, a, was)
		}
	}
	if alone.end >= s.end || alone.end <= alone.acts[len(alone.acts)-1].to {
		t.Errorf("it ends at %v", alone.end)
	}
}

func TestColumns(t *testing.T) {
	keeps := column{"keeps", ofPhase(bulk, func(p *phase) float64 { return p.Foreground }), true, asShare}
	of := func(rates ...float64) (list []*run) {
		for _, v := range rates {
			list = append(list, &run{Phases: []*phase{{Kind: bulk, Foreground: v}}})
		}
		return list
	}
	if got := keeps.text(of(9, 5, 8), of(10, 10)); got != "80.0 %" {
		t.Errorf("%q, want the median as a share of that without a background", got)
	}
	if got := keeps.text(nil, of(10)); got != "–" {
		t.Errorf("%q without runs", got)
	}
	yields := column{"yields", ofPhase(bulk, func(p *phase) float64 { return p.Foreground }), false, asMillis}
	for want, runs := range map[string][]*run{"never": of(never, 100, never), "100 ms": of(100, 50, never), "5.0 ms": of(5)} {
		if got := yields.text(runs, nil); got != want {
			t.Errorf("%q, want %q: never is later than anything", got, want)
		}
	}
}
