// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/openbits/openbits/bench/link"
	"github.com/openbits/openbits/bench/traffic"
)

// evidence is what a run leaves behind.
type evidence struct {
	down, up trace
	spec     link.Spec
	ping     []traffic.Sample
	acts     [][]traffic.Sample // of each act of the scenario; empty for bulk
	ups      [][]traffic.Sample // frames that were sent to the server; empty for all but calls
}

// limitOf is when the next act begins, or the run ends.
func (s scenario) limitOf(n int) time.Duration {
	if n+1 < len(s.acts) {
		return s.acts[n+1].from
	}
	return s.end
}

// score reads the results from the evidence.
func (s scenario) score(r *run, e evidence) {
	t := e.down
	if s.upload {
		t = e.up
	}
	if len(s.acts) > 0 && s.acts[0].from > s.background && r.Background != soloName {
		from := (s.background + s.acts[0].from) / 2
		to := s.acts[0].from
		ping := e.added(from, to)
		r.Idle = &idle{
			Use:     round(100 * t.rate(from, to, link.Background) / t.capacity(from, to)),
			PingP50: round(percentile(ping, 0.5)), PingP95: round(percentile(ping, 0.95)),
		}
	}
	for n, a := range s.acts {
		r.Phases = append(r.Phases, scorePhase(t, e, n, a, s.limitOf(n)))
	}
	for _, w := range s.windows() {
		r.Windows = append(r.Windows, scoreWindow(t, e, w[0], w[1]))
	}
	r.Series = newSeries(t.bins, s.end)
}

// windows are the windows that count: those that the scenario names, or what is between its changes of the rate.
func (s scenario) windows() (list [][2]time.Duration) {
	if len(s.over) == 2 {
		return [][2]time.Duration{{s.over[0], s.over[1]}}
	}
	if len(s.steps) == 0 {
		return nil
	}
	from := s.steps[0].at / 2
	for _, step := range s.steps {
		list = append(list, [2]time.Duration{from, step.at})
		from = step.at
	}
	return append(list, [2]time.Duration{from, s.end})
}

// added is the queueing delay that the ping felt in a time, both ways, in milliseconds.
func (e evidence) added(from, to time.Duration) []float64 {
	return took(within(e.ping, from, to), e.spec.RTT, false)
}

func scorePhase(t trace, e evidence, n int, a act, limit time.Duration) *phase {
	const settling = 3 * time.Second
	ping := e.added(a.from, a.to)
	p := &phase{
		Kind:       a.kind,
		Foreground: round(t.rate(a.from, a.to, link.Foreground)),
		Settled:    round(t.rate(min(a.from+settling, a.to-link.BinWidth), a.to, link.Foreground)),
		Background: round(t.rate(a.from, a.to, link.Background)),
		PingP50:    round(percentile(ping, 0.5)), PingP95: round(percentile(ping, 0.95)), PingP99: round(percentile(ping, 0.99)),
		Queue:   round(t.wait(a.from, a.to)),
		Drops:   t.drops(a.from, a.to),
		Yield:   t.yield(a.from, a.to),
		Drained: t.drained(a.to, limit),
		Reclaim: t.reclaim(a.to, limit),
	}
	p.Left = round(100 * p.Background / max(t.capacity(a.from, a.to)-p.Foreground, 0.001))
	p.Regain = p.Reclaim
	if p.Reclaim != never {
		p.Regain = max(p.Reclaim-p.Drained, 0)
	}
	p.Samples, p.P50, p.P99, p.Lost = scoreSamples(e.acts[n], a.kind)
	if e.ups != nil {
		_, p.UpP50, p.UpP99, p.UpLost = scoreSamples(e.ups[n], a.kind)
	}
	return p
}

// scoreSamples tells how long things took. A frame that did not come is lost; a fetch that did not come has still been waited for.
func scoreSamples(list []traffic.Sample, k kind) (samples int, p50, p99, missing float64) {
	ms := took(list, 0, k == fetch || k == web)
	return len(list), round(percentile(ms, 0.5)), round(percentile(ms, 0.99)), round(lost(list))
}

func scoreWindow(t trace, e evidence, from, to time.Duration) window {
	ping := e.added(from, to)
	return window{
		From: from.Seconds(), To: to.Seconds(),
		Foreground: round(t.rate(from, to, link.Foreground)),
		Background: round(t.rate(from, to, link.Background)),
		Second:     round(t.rate(from, to, link.Second)),
		Use:        round(100 * t.rate(from, to, link.Foreground, link.Background, link.Second) / t.capacity(from, to)),
		PingP50:    round(percentile(ping, 0.5)), PingP95: round(percentile(ping, 0.95)),
		Settle: t.calm(from, to),
		Fill:   t.reclaim(from, to),
	}
}
