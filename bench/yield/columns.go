// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"time"
)

// column is a column of a table: a value of each run, of which the median is shown.
type column struct {
	title string
	of    func(*run) float64
	// solo says that the value is shown as a ratio to that of the foreground without a background.
	solo  bool
	write func(float64) string
}

// text is the cell for some runs; base are the runs without a background.
func (c column) text(runs, base []*run) string {
	v := c.median(runs)
	if c.solo {
		v /= c.median(base)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return c.write(v)
}

func (c column) median(runs []*run) float64 {
	var list []float64
	for _, r := range runs {
		v := c.of(r)
		if v == never { // later than anything, in the order of values
			v = math.MaxFloat64
		}
		list = append(list, v)
	}
	m := median(list)
	if m > math.MaxFloat64/4 {
		return never
	}
	return m
}

func asPercent(v float64) string { return fmt.Sprintf("%.1f %%", v) }
func asShare(v float64) string   { return fmt.Sprintf("%.1f %%", 100*v) }
func asTimes(v float64) string   { return fmt.Sprintf("%.2f ×", v) }
func asRate(v float64) string    { return fmt.Sprintf("%.2f Mbit/s", v) }

func asMillis(v float64) string {
	switch {
	case v == never:
		return "never"
	case v < 10:
		return fmt.Sprintf("%.1f ms", v)
	}
	return fmt.Sprintf("%.0f ms", v)
}

// ofIdle, ofPhase and ofWindow find a value, NaN where a run has none.
func ofIdle(f func(*idle) float64) func(*run) float64 {
	return func(r *run) float64 {
		if r.Idle == nil {
			return math.NaN()
		}
		return f(r.Idle)
	}
}

func ofPhase(k kind, f func(*phase) float64) func(*run) float64 {
	return func(r *run) float64 {
		for _, p := range r.Phases {
			if k == "" || p.Kind == k {
				return f(p)
			}
		}
		return math.NaN()
	}
}

func ofWindow(n int, f func(window) float64) func(*run) float64 {
	return func(r *run) float64 {
		if n >= len(r.Windows) {
			return math.NaN()
		}
		return f(r.Windows[n])
	}
}

// taking are values of a background that takes the link back, of those that had left it.
func taking(f func(*phase) float64) func(*run) float64 {
	return unless(ofPhase(bulk, func(p *phase) float64 {
		if p.Yield == never {
			return math.NaN()
		}
		return f(p)
	}))
}

// unless leaves a value out for the runs without a background.
func unless(of func(*run) float64) func(*run) float64 {
	return func(r *run) float64 {
		if r.Background == soloName {
			return math.NaN()
		}
		return of(r)
	}
}

func idleColumns() []column {
	return []column{
		{"alone: use", ofIdle(func(i *idle) float64 { return i.Use }), false, asPercent},
		{"alone: delay added p50", ofIdle(func(i *idle) float64 { return i.PingP50 }), false, asMillis},
		{"p95", ofIdle(func(i *idle) float64 { return i.PingP95 }), false, asMillis},
	}
}

func bulkColumns() []column {
	return append(
		idleColumns(),
		column{"bulk keeps", ofPhase(bulk, func(p *phase) float64 { return p.Foreground }), true, asShare},
		column{"after 3 s", ofPhase(bulk, func(p *phase) float64 { return p.Settled }), true, asShare},
		column{"yields in", unless(ofPhase(bulk, func(p *phase) float64 { return p.Yield })), false, asMillis},
		column{"takes back in", taking(func(p *phase) float64 { return p.Reclaim }), false, asMillis},
		column{"own queue gone", ofPhase(bulk, func(p *phase) float64 { return p.Drained }), false, asMillis},
		column{"from then", taking(func(p *phase) float64 { return p.Regain }), false, asMillis},
	)
}

func mixColumns() []column {
	return append(
		bulkColumns(),
		column{"fetch p50", ofPhase(fetch, func(p *phase) float64 { return p.P50 }), true, asTimes},
		column{"p99", ofPhase(fetch, func(p *phase) float64 { return p.P99 }), true, asTimes},
	)
}

func waitColumns() []column {
	return append(
		idleColumns(),
		column{"wait p50", ofPhase("", func(p *phase) float64 { return p.P50 }), false, asMillis},
		column{"p99", ofPhase("", func(p *phase) float64 { return p.P99 }), false, asMillis},
		column{"p50 to alone", ofPhase("", func(p *phase) float64 { return p.P50 }), true, asTimes},
		column{"p99 to alone", ofPhase("", func(p *phase) float64 { return p.P99 }), true, asTimes},
		column{"not there", ofPhase("", func(p *phase) float64 { return p.Lost }), false, asPercent},
		column{"use of the rest", unless(ofPhase("", func(p *phase) float64 { return p.Left })), false, asPercent},
	)
}

func callColumns() []column {
	return append(
		idleColumns(),
		column{"frame in p50", ofPhase("", func(p *phase) float64 { return p.P50 }), false, asMillis},
		column{"p99", ofPhase("", func(p *phase) float64 { return p.P99 }), false, asMillis},
		column{"p99 to alone", ofPhase("", func(p *phase) float64 { return p.P99 }), true, asTimes},
		column{"lost", ofPhase("", func(p *phase) float64 { return p.Lost }), false, asPercent},
		column{"frame out p99", ofPhase("", func(p *phase) float64 { return p.UpP99 }), false, asMillis},
		column{"lost", ofPhase("", func(p *phase) float64 { return p.UpLost }), false, asPercent},
		column{"use of the rest", unless(ofPhase("", func(p *phase) float64 { return p.Left })), false, asPercent},
	)
}

func twoColumns() []column {
	return []column{
		{"first", ofWindow(0, func(w window) float64 { return 100 * w.Background / (w.Background + w.Second) }), false, asPercent},
		{"second", ofWindow(0, func(w window) float64 { return 100 * w.Second / (w.Background + w.Second) }), false, asPercent},
		{"both use", ofWindow(0, func(w window) float64 { return w.Use }), false, asPercent},
		{"delay added p50", ofWindow(0, func(w window) float64 { return w.PingP50 }), false, asMillis},
		{"p95", ofWindow(0, func(w window) float64 { return w.PingP95 }), false, asMillis},
	}
}

func lateColumns() []column {
	return []column{
		{"bulk", ofWindow(0, func(w window) float64 { return w.Foreground }), false, asRate},
		{"keeps", ofWindow(0, func(w window) float64 { return w.Foreground }), true, asShare},
		{"background", ofWindow(0, func(w window) float64 { return w.Background }), false, asRate},
		{"takes back in", taking(func(p *phase) float64 { return p.Reclaim }), false, asMillis},
		{"own queue gone", ofPhase(bulk, func(p *phase) float64 { return p.Drained }), false, asMillis},
		{"from then", taking(func(p *phase) float64 { return p.Regain }), false, asMillis},
	}
}

func rateColumns() []column {
	var list []column
	for n, name := range []string{"before", "at 40 %", "after"} {
		list = append(
			list,
			column{name + ": use", ofWindow(n, func(w window) float64 { return w.Use }), false, asPercent},
			column{"delay added p95", ofWindow(n, func(w window) float64 { return w.PingP95 }), false, asMillis},
		)
		switch n {
		case 1:
			list = append(list, column{"queue under 20 ms in", ofWindow(n, func(w window) float64 { return w.Settle }), false, asMillis})
		case 2:
			list = append(list, column{"80 % again in", ofWindow(n, func(w window) float64 { return w.Fill }), false, asMillis})
		}
	}
	return list
}

// length is how long the runs of a scenario take.
func (s scenario) length(backgrounds, runs int) time.Duration {
	sum := time.Duration(backgrounds) * s.end
	if !s.noSolo {
		sum += s.solo().end
	}
	return sum * time.Duration(runs)
}
