// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
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
