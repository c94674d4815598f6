// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// meter measures the rate of a run. It costs an addition a write; the rate is worked out when somebody looks.
type meter struct {
	total atomic.Int64

	mu   sync.Mutex
	at   time.Time // of the last look
	seen int64     // total then
	rate float64   // bytes per second
}

const (
	// meterStep is the least time between two looks that says something.
	meterStep = 250 * time.Millisecond
	// meterWindow is the time over which the rate is smoothed.
	meterWindow = 3 * time.Second
)

func (m *meter) add(n int) { m.total.Add(int64(n)) }

// perSecond is the smoothed rate in bytes per second.
func (m *meter) perSecond(now time.Time) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	passed := now.Sub(m.at)
	if passed < meterStep {
		return int64(m.rate)
	}
	total := m.total.Load()
	current := float64(total-m.seen) / passed.Seconds()
	weight := 1 - math.Exp(-passed.Seconds()/meterWindow.Seconds())
	if m.rate == 0 {
		weight = 1
	}
	m.rate += weight * (current - m.rate)
	m.at, m.seen = now, total
	return int64(m.rate)
}
