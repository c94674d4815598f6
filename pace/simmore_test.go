// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestMore prints what the model says of situations other than a bulk download and fetches.
func TestMore(t *testing.T) {
	if !*table {
		t.Skip("run with -table")
	}
	for _, name := range []string{"dsl", "cable", "slow", "wifi"} {
		for _, where := range []string{"same", "other", "solo"} {
			w := newWorld(linkSpecs[name])
			var host *simHost
			if where != "solo" {
				s := newService(w, classBackground, 1)
				if where == "same" {
					host = s.host
				}
			}
			w.run(5 * time.Second)
			var late []time.Duration
			w.call(25*time.Second, host, func(d time.Duration) { late = append(late, d) })
			w.run(26 * time.Second)
			slices.Sort(late)
			fg := w.down.share(classForeground, 10*time.Second, 25*time.Second)
			bg := w.down.share(classBackground, 10*time.Second, 25*time.Second)
			fmt.Printf("call %-6s %-6s frame p50 %5.1f p99 %5.1f ms, lost %d of %d, background uses %5.1f %% of the rest\n", name, where, quantile(late, .5).Seconds()*1e3, quantile(late, .99).Seconds()*1e3, w.down.drops[classForeground], len(late), 100*bg/(1-fg))
		}
	}
	for _, name := range []string{"dsl", "cable", "slow", "wifi"} {
		w := newWorld(linkSpecs[name])
		newService(w, classBackground, 1)
		w.run(8 * time.Second)
		newService(w, classSecond, 1)
		w.run(60 * time.Second)
		for _, at := range []time.Duration{10, 15, 18, 30, 50} {
			a, b := w.down.share(classBackground, (at-2)*time.Second, at*time.Second), w.down.share(classSecond, (at-2)*time.Second, at*time.Second)
			_, q := w.down.queues((at-2)*time.Second, at*time.Second)
			fmt.Printf("two  %-6s at %2d s: %5.1f %% and %5.1f %%, sum %5.1f, queue p95 %v\n", name, at, 100*a, 100*b, 100*(a+b), q)
		}
	}
	for _, name := range []string{"fiber", "far", "codel", "lossy"} {
		r, s := mix(linkSpecs[name], 1, false, true), mix(linkSpecs[name], 1, false, false)
		rel := func(q float64) float64 { return float64(quantile(r.fetches, q)) / float64(quantile(s.fetches, q)) }
		fmt.Printf("mix  %-6s other: idle %5.1f q %4.1f/%4.1f bulk %5.1f after3s %5.1f yield %d reclaim %d fetch %.2f %.2f\n", name, 100*r.idle, r.q50.Seconds()*1e3, r.q95.Seconds()*1e3, 100*r.bulk/s.bulk, 100*r.bulk3/s.bulk3, r.yield.Milliseconds(), (r.reclaim - r.drained).Milliseconds(), rel(.5), rel(.99))
	}
	// The link changes in mid-run.
	for _, to := range []float64{10, 40, 20} {
		w := newWorld(linkSpecs["dsl"])
		newService(w, classBackground, 1)
		w.run(8 * time.Second)
		old := w.down.rate
		w.down.rate = to * 1e6 / 8
		if to == 20 {
			w.down.delay += 30 * ms // another route
		}
		w.run(40 * time.Second)
		for _, at := range []time.Duration{10, 12, 15, 20, 30, 40} {
			_, q := w.down.queues((at-2)*time.Second, at*time.Second)
			fmt.Printf("rate %v -> %v at %2d s: %5.1f %%, queue p95 %v\n", old*8/1e6, to, at, 100*w.down.share(classBackground, (at-2)*time.Second, at*time.Second), q)
		}
	}
	// Somebody was there first.
	w := newWorld(linkSpecs["dsl"])
	fg := w.foreground(-1, nil, nil)
	w.run(4 * time.Second)
	newService(w, classBackground, 1)
	w.run(18 * time.Second)
	fg.stopped = true
	w.run(28 * time.Second)
	fmt.Printf("latecomer: foreground %5.1f %%, background %5.1f %% beside it, %5.1f %% after 2 s\n", 100*w.down.share(classForeground, 6*time.Second, 18*time.Second), 100*w.down.share(classBackground, 6*time.Second, 18*time.Second), 100*w.down.share(classBackground, 20*time.Second, 28*time.Second))
	// A server that is slower than the link.
	w = newWorld(linkSpecs["dsl"])
	s := newService(w, classBackground, 1)
	s.tcps[0].limit(1.2e6)
	w.run(20 * time.Second)
	fmt.Printf("slow server: %5.1f %% of the link, of 48 %%\n", 100*w.down.share(classBackground, 5*time.Second, 20*time.Second))
}
