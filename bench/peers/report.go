// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/openbits/openbits/bench/rig"
)

// outcome is what a scenario came to.
type outcome struct {
	Name       string     `json:"name"`
	Title      string     `json:"title"`
	Contenders []*figures `json:"contenders"`
	Missing    []string   `json:"missing,omitempty"`
	Loads      []float64  `json:"load_averages"`
}

// figures are the runs of one contender; times in nanoseconds, memory in bytes.
type figures struct {
	Name    string      `json:"name"`
	Own     bool        `json:"own"`
	Durable bool        `json:"durable"`
	Samples []rig.Usage `json:"samples"`
}

func (f *figures) walls() []time.Duration {
	return pick(f, func(u rig.Usage) time.Duration { return u.Wall })
}

func (f *figures) cpu() time.Duration {
	return rig.Median(pick(f, func(u rig.Usage) time.Duration { return u.CPU }))
}

func (f *figures) peak() int64 {
	return rig.Median(pick(f, func(u rig.Usage) int64 { return u.Peak }))
}

func pick[T any](f *figures, of func(rig.Usage) T) []T {
	list := make([]T, len(f.Samples))
	for n, u := range f.Samples {
		list[n] = of(u)
	}
	return list
}

// fastest is the shortest median among the peers whose results are durable, 0 without any.
func (o *outcome) fastest() (best time.Duration) {
	for _, f := range o.Contenders {
		if m := rig.Median(f.walls()); !f.Own && f.Durable && (best == 0 || m < best) {
			best = m
		}
	}
	return best
}

func (o *outcome) print(w io.Writer) error {
	runs := 0
	rows := [][]string{{"contender", "durable", "wall: median", "least–most", "× fastest durable peer", "CPU", "peak memory"}}
	best := o.fastest()
	for _, f := range o.Contenders {
		walls := f.walls()
		runs = len(walls)
		durable := "no"
		if f.Durable {
			durable = "yes"
		}
		m := rig.Median(walls)
		rows = append(rows, []string{
			f.Name, durable, rig.Seconds(m), rig.Seconds(slices.Min(walls)) + " – " + rig.Seconds(slices.Max(walls)),
			rig.Ratio(m, best), rig.Seconds(f.cpu()), rig.Bytes(f.peak()),
		})
	}
	fmt.Fprintf(w, "\n%s: %s; %d runs each, load average %.1f to %.1f\n\n", o.Name, o.Title, runs, slices.Min(o.Loads), slices.Max(o.Loads))
	for _, m := range o.Missing {
		fmt.Fprintln(w, "left out:", m)
	}
	return rig.Table(w, rows)
}
