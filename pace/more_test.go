// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"slices"
	"testing"
	"time"
)

// TestCall: a video call keeps its frames, and the background uses what it leaves.
func TestCall(t *testing.T) {
	// A frame that leaves holds up acknowledgements for 13 ms on dsl's 5 Mbit/s, 33 ms apart. Who does not make the frames that
	// arrive wait longer than 5 ms lets the link run dry for 8 of 33 ms: 75 % is the most.
	for name, least := range map[string]float64{"dsl": 0.55, "cable": 0.9} {
		for _, where := range []string{"same host", "other host"} {
			p99 := func(with bool) (time.Duration, float64, int) {
				w := newWorld(linkSpecs[name])
				var host *simHost
				if with {
					s := newService(w, classBackground, 1)
					if where == "same host" {
						host = s.host
					}
				}
				w.run(5 * time.Second)
				var late []time.Duration
				w.call(25*time.Second, host, func(d time.Duration) { late = append(late, d) })
				w.run(26 * time.Second)
				slices.Sort(late)
				fg := w.down.share(classForeground, 10*time.Second, 25*time.Second)
				return quantile(late, .99), w.down.share(classBackground, 10*time.Second, 25*time.Second) / (1 - fg), w.down.drops[classForeground]
			}
			solo, _, _ := p99(false)
			with, use, lost := p99(true)
			t.Logf("%s, %s: frames take %v in place of %v, %d are lost, %.1f %% of the rest is used", name, where, with, solo, lost, 100*use)
			if with > solo+5*ms || lost > 0 || use < least {
				t.Errorf("%s, %s: frames take %v in place of %v, %d packets are lost, %.1f %% of the rest is used", name, where, with, solo, lost, 100*use)
			}
		}
	}
}

// TestTwoServices: neither is starved, and together they use the link.
func TestTwoServices(t *testing.T) {
	for _, name := range []string{"dsl", "cable", "slow"} {
		w := newWorld(linkSpecs[name])
		newService(w, classBackground, 1)
		w.run(8 * time.Second)
		newService(w, classSecond, 1)
		w.run(68 * time.Second)
		a, b := w.down.share(classBackground, 8*time.Second, 68*time.Second), w.down.share(classSecond, 8*time.Second, 68*time.Second)
		t.Logf("%s: %.1f %% and %.1f %%", name, 100*a, 100*b)
		if a < 0.1 || b < 0.1 || a+b < 0.8 {
			t.Errorf("%s: in a minute one had %.1f %% and the other one %.1f %%", name, 100*a, 100*b)
		}
	}
}

// TestChange: the link becomes slower or faster, or the route longer. A foreground cannot be told from that at first.
func TestChange(t *testing.T) {
	for name, change := range map[string]func(*path){
		"half the rate":    func(p *path) { p.rate /= 2 },
		"twice the rate":   func(p *path) { p.rate *= 2 },
		"a longer route":   func(p *path) { p.delay += 30 * ms },
		"a shorter route":  func(p *path) { p.delay -= 10 * ms },
		"a tenth the rate": func(p *path) { p.rate /= 10 },
	} {
		w := newWorld(linkSpecs["dsl"])
		newService(w, classBackground, 1)
		w.run(8 * time.Second)
		change(w.down)
		w.run(40 * time.Second)
		use := w.down.share(classBackground, 30*time.Second, 40*time.Second)
		if use < 0.9 {
			t.Errorf("%s: after 22 s %.1f %% of the link is used", name, 100*use)
		}
	}
}

// TestLatecomer: somebody was there first, so that the round trip without a queue is not known.
func TestLatecomer(t *testing.T) {
	w := newWorld(linkSpecs["dsl"])
	fg := w.foreground(-1, nil, nil)
	w.run(4 * time.Second)
	newService(w, classBackground, 1)
	w.run(18 * time.Second)
	fg.stopped = true
	w.run(28 * time.Second)
	left, after := w.down.share(classForeground, 6*time.Second, 18*time.Second), w.down.share(classBackground, 21*time.Second, 28*time.Second)
	if left < 0.95 || after < 0.8 {
		t.Errorf("left a download %.1f %%, and used %.1f %% when that had gone", 100*left, 100*after)
	}
}

// TestLongPaths: the longer the round trip, the longer it takes, and no longer than that.
func TestLongPaths(t *testing.T) {
	for rtt, least := range map[time.Duration]float64{350 * ms: 0.9, 650 * ms: 0.2} {
		w := newWorld(linkSpec{down: 20, up: 5, rtt: rtt, buffer: 250 * ms})
		newService(w, classBackground, 1)
		w.run(60 * time.Second)
		use := w.down.share(classBackground, 40*time.Second, 60*time.Second)
		t.Logf("%v: %.1f %%", rtt, 100*use)
		if use < least {
			t.Errorf("with a round trip of %v %.1f %% of the link are used", rtt, 100*use)
		}
	}
}

// TestSlowServer: a server that is slower than the link does not look like somebody else.
func TestSlowServer(t *testing.T) {
	w := newWorld(linkSpecs["dsl"])
	s := newService(w, classBackground, 1)
	s.tcps[0].limit(1.2e6)
	w.run(20 * time.Second)
	if use := w.down.share(classBackground, 5*time.Second, 20*time.Second); use < 0.45 {
		t.Errorf("used %.1f %% of the link, the server gives 48 %%", 100*use)
	}
}

// TestOtherLinks: links that are not like those the rules were made with.
func TestOtherLinks(t *testing.T) {
	for name, want := range map[string]struct{ idle, bulk float64 }{
		"fiber": {0.97, 0.95}, "far": {0.4, 0.8}, "codel": {0.85, 0.6}, "lossy": {0.5, 0.5},
	} {
		solo, r := mix(linkSpecs[name], 0, false, false), mix(linkSpecs[name], 1, false, true)
		t.Logf("%s: used %.1f %% of an idle link, left a download %.1f %%", name, 100*r.idle, 100*r.bulk/solo.bulk)
		if r.idle < want.idle || r.bulk/solo.bulk < want.bulk {
			t.Errorf("%s: used %.1f %% of an idle link, left a download %.1f %%", name, 100*r.idle, 100*r.bulk/solo.bulk)
		}
	}
}

// TestReturnFromAfar: where round trips are long, the bursts of taking the link back do not look like somebody else.
func TestReturnFromAfar(t *testing.T) {
	for _, spec := range []linkSpec{
		{down: 8, up: 2, rtt: 150 * ms, buffer: 400 * ms},
		{down: 15, up: 3, rtt: 80 * ms, buffer: 200 * ms},
		{down: 200, up: 20, rtt: 100 * ms, buffer: 100 * ms},
	} {
		for _, same := range []bool{true, false} {
			if r := mix(spec, 1, same, true); r.reclaim < 0 || r.reclaim-r.drained > 5*spec.rtt {
				t.Errorf("%v Mbit/s, %v, on the same computer: %v: taken back %v after the other's queue", spec.down, spec.rtt, same, r.reclaim-r.drained)
			}
		}
	}
}

// TestOlderKernel: before Linux 6.16 the kernel's round trip fell as slowly as it rose.
func TestOlderKernel(t *testing.T) {
	w := newWorld(linkSpecs["dsl"])
	s := newService(w, classBackground, 1)
	s.tcps[0].symmetric = true
	w.run(9 * time.Second)
	fg := w.foreground(-1, nil, nil)
	w.run(19 * time.Second)
	fg.stopped = true
	w.run(30 * time.Second)
	idle, left, after := w.down.share(classBackground, 4*time.Second, 9*time.Second), w.down.share(classForeground, 9*time.Second, 19*time.Second), w.down.share(classBackground, 23*time.Second, 30*time.Second)
	if idle < 0.95 || left < 0.75 || after < 0.9 {
		t.Errorf("used %.1f %% of an idle link, left a download %.1f %%, used %.1f %% afterwards", 100*idle, 100*left, 100*after)
	}
}

// TestNoTimestamps: without timestamps the window and the rate have to tell the round trip.
func TestNoTimestamps(t *testing.T) {
	w := newWorld(linkSpecs["dsl"])
	s := newService(w, classBackground, 1)
	s.blind = true
	w.run(12 * time.Second)
	fg := w.foreground(-1, nil, nil)
	w.run(22 * time.Second)
	fg.stopped = true
	w.run(40 * time.Second)
	idle, left, after := w.down.share(classBackground, 4*time.Second, 12*time.Second), w.down.share(classForeground, 12*time.Second, 22*time.Second), w.down.share(classBackground, 26*time.Second, 40*time.Second)
	t.Logf("used %.1f %% of an idle link, left a download %.1f %%, used %.1f %% afterwards", 100*idle, 100*left, 100*after)
	if idle < 0.5 || left < 0.7 || after < 0.3 {
		t.Errorf("used %.1f %% of an idle link, left a download %.1f %%, used %.1f %% afterwards", 100*idle, 100*left, 100*after)
	}
}
