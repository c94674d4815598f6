// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/bench/rig"
)

// sides are those that take turns: the control, and what is measured.
var sides = []openbits.Priority{openbits.PriorityForeground, openbits.PriorityNormal}

// transfers fetches the file in turn each way, and then a smaller one from a slow server.
func (m *meter) transfers(ctx context.Context) error {
	m.table = [][]string{{
		"job", "wall: median", "least–most", "CPU", "neighbour's reads: p50", "p99", "most in cache", "left in cache", "most dirty", "bytes a write",
	}}
	all := map[openbits.Priority][]sample{}
	for n := range m.runs {
		for i := range sides {
			p := sides[(n+i)%len(sides)]
			s, err := m.fetch(ctx, "/"+name, p, m.size)
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "%s: %v\n", p, s.wall)
			all[p] = append(all[p], s)
		}
	}
	for _, p := range sides {
		m.row(string(p), all[p])
	}
	for _, p := range sides {
		s, err := m.fetch(ctx, "/slow/"+slowName, p, slowSize)
		if err != nil {
			return err
		}
		m.row(fmt.Sprintf("%s, %s at 4 MiB/s", p, rig.Bytes(slowSize)), []sample{s})
	}
	m.table = append(m.table, idleRow(m.reader))
	return nil
}

// idleRow is the neighbour alone.
func idleRow(n *neighbour) []string {
	stop := n.start()
	time.Sleep(2 * time.Second)
	reads := stop()
	return []string{"none", "–", "–", "–", rig.Millis(rig.Median(reads)), rig.Millis(rig.Percentile(reads, 0.99)), "–", "–", "–", "–"}
}

func (m *meter) row(what string, list []sample) {
	var wall, cpu, reads []time.Duration
	var cached, left, dirty, writes, bytes int64
	for _, s := range list {
		wall, cpu, reads = append(wall, s.wall), append(cpu, s.cpu), append(reads, s.reads...)
		cached, left, dirty = max(cached, s.cached), max(left, s.left), max(dirty, s.dirty)
		writes, bytes = writes+s.writes, bytes+s.transferred
	}
	m.table = append(m.table, []string{
		what, rig.Seconds(rig.Median(wall)), rig.Seconds(slices.Min(wall)) + " – " + rig.Seconds(slices.Max(wall)), rig.Seconds(rig.Median(cpu)),
		rig.Millis(rig.Median(reads)), rig.Millis(rig.Percentile(reads, 0.99)),
		rig.Bytes(cached), rig.Bytes(left), rig.Bytes(dirty), rig.Bytes(bytes / max(writes, 1)),
	})
}
