// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"
)

func asShare(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }
func asTimes(v float64) string { return fmt.Sprintf("%.2f ×", v) }
func asRate(v float64) string  { return fmt.Sprintf("%.2f Mbit/s", v) }

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
