// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package link

import "time"

// BinWidth is the time that one Bin of a Log covers.
const BinWidth = 10 * time.Millisecond

// Bin is what happened in 10 ms.
type Bin struct {
	Bytes  [Classes]int64 // got through the narrow place
	Drops  [Classes]int64 // packets that were dropped or lost
	Wait   time.Duration  // sum of the waits of the packets that arrived
	Waits  int64          // number of these packets
	Longer time.Duration  // the longest of these waits
}

// Mean is how long a packet that arrived in this time waited, 0 when none did.
func (b Bin) Mean() time.Duration {
	if b.Waits == 0 {
		return 0
	}
	return b.Wait / time.Duration(b.Waits)
}

// Log is the history of a line.
type Log struct{ bins []Bin }

// Bins are the bins from the start of the run on.
func (l *Log) Bins() []Bin { return l.bins }

func (l *Log) at(t time.Duration) *Bin {
	n := int(max(t, 0) / BinWidth)
	for len(l.bins) <= n {
		l.bins = append(l.bins, Bin{})
	}
	return &l.bins[n]
}

func (l *Log) passed(t time.Duration, p Packet) { l.at(t).Bytes[p.Class] += int64(p.Size) }

func (l *Log) dropped(t time.Duration, p Packet) { l.at(t).Drops[p.Class]++ }

func (l *Log) waited(t, wait time.Duration) {
	b := l.at(t)
	b.Wait += wait
	b.Waits++
	b.Longer = max(b.Longer, wait)
}
