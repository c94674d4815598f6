// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// bounds are what the model must show at least. Where the foreground is on another computer, a lone CUBIC sender often leaves its slow start at the
// first packets it sends, since those wait in a link that was full (HyStart): what it loses by that cannot be given back.
type bounds struct {
	idle, bulk, after3s float64
	yield, reclaim      time.Duration // reclaim: after the foreground's own queue has drained
	p50, p99            float64       // of fetches, times solo
}

// TestMix: a bulk download and short fetches beside a background, on this computer (where counters tell) or another one behind the same link.
func TestMix(t *testing.T) {
	same := bounds{idle: 0.97, bulk: 0.978, after3s: 0.978, yield: 60 * ms, reclaim: 520 * ms, p50: 1.08, p99: 1.25}
	other := bounds{idle: 0.97, bulk: 0.82, after3s: 0.90, yield: 450 * ms, reclaim: 1500 * ms, p50: 1.25, p99: 1.7}
	for _, name := range []string{"dsl", "cable", "shallow", "slow", "dslx"} {
		solo := mix(linkSpecs[name], 0, false, false)
		for _, flows := range []int{1, 4} {
			for _, where := range []struct {
				name string
				want bounds
			}{{"same host", same}, {"other host", other}} {
				t.Run(fmt.Sprintf("%s, %d connections, %s", name, flows, where.name), func(t *testing.T) {
					t.Parallel()
					r := mix(linkSpecs[name], flows, where.name == "same host", true)
					r.check(t, name, solo, where.want)
				})
			}
		}
	}
}

func (r mixResult) check(t *testing.T, name string, solo mixResult, want bounds) {
	t.Helper()
	packet := time.Duration(packetSize / (linkSpecs[name].down * 1e6 / 8) * 1e9)
	p50, p99 := float64(quantile(r.fetches, .5))/float64(quantile(solo.fetches, .5)), float64(quantile(r.fetches, .99))/float64(quantile(solo.fetches, .99))
	got := bounds{r.idle, r.bulk / solo.bulk, r.bulk3 / solo.bulk3, r.yield, r.reclaim - r.drained, p50, p99}
	t.Logf("%+v, queue %v and %v", got, r.q50, r.q95)
	switch {
	case got.idle < want.idle:
		t.Errorf("used %.1f %% of an idle link", 100*got.idle)
	case r.q50 > max(4*ms, 5*packet) || r.q95 > max(6*ms, 6*packet):
		t.Errorf("kept a queue of %v, and %v for 5 %% of the time", r.q50, r.q95)
	case got.bulk < want.bulk || got.after3s < want.after3s:
		t.Errorf("left a download %.1f %%, %.1f %% after 3 s", 100*got.bulk, 100*got.after3s)
	case got.yield < 0 || got.yield > want.yield:
		t.Errorf("yielded after %v", got.yield)
	case r.reclaim < 0 || got.reclaim > want.reclaim:
		t.Errorf("took the link back after %v", got.reclaim)
	case len(r.fetches) < len(solo.fetches) || p50 > want.p50 || p99 > want.p99:
		t.Errorf("%d fetches took %.2f and %.2f times as long as %d alone", len(r.fetches), p50, p99, len(solo.fetches))
	}
}

// TestNoise: where the round trip trembles by itself, most of the link is used all the same, and others are let pass. (The model's server grows slowly there.)
func TestNoise(t *testing.T) {
	solo := mix(linkSpecs["wifi"], 0, false, false)
	for _, flows := range []int{1, 4} {
		r := mix(linkSpecs["wifi"], flows, false, true)
		p99 := float64(quantile(r.fetches, .99)) / float64(quantile(solo.fetches, .99))
		t.Logf("idle %.1f %%, bulk %.1f %%, fetch p99 %.2f", 100*r.idle, 100*r.bulk/solo.bulk, p99)
		if r.idle < 0.4 || r.bulk/solo.bulk < 0.6 || p99 > 1.3 {
			t.Errorf("%d connections: used %.1f %%, left a download %.1f %%, fetches took %.2f times as long", flows, 100*r.idle, 100*r.bulk/solo.bulk, p99)
		}
	}
}

// TestNoiseIsNoQueue: however the noise falls, it is not taken for somebody for long.
func TestNoiseIsNoQueue(t *testing.T) {
	for seed := range uint64(12) {
		w := newWorld(linkSpecs["wifi"])
		w.rand = rand.New(rand.NewPCG(seed, 7))
		newService(w, classBackground, 1)
		w.run(9 * time.Second)
		if use := w.down.share(classBackground, 4500*ms, 9*time.Second); use < 0.25 {
			t.Errorf("with seed %d %.1f %% of an idle link are used", seed, 100*use)
		}
	}
}

// TestLongPath: a round trip of 200 ms, in which a start that ends too early would be made up for in tens of seconds only. (It used 52 % of
// the link before senders were left to their own slow start, and came back after 2.9 s.)
func TestLongPath(t *testing.T) {
	r := mix(linkSpec{down: 50, up: 10, rtt: 200 * ms, buffer: 250 * ms}, 1, false, true)
	back := r.reclaim - r.drained
	t.Logf("used %.1f %% of the idle link, back %v after the other's queue", 100*r.idle, back)
	if r.idle < 0.9 || r.reclaim < 0 || back > time.Second {
		t.Errorf("used %.1f %% of the idle link, back %v after the other's queue", 100*r.idle, back)
	}
}
