// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

const (
	// capacityTime is over how long the rate of the link is measured.
	capacityTime = 250 * time.Millisecond
	// historyLength is how many ticks a rateHistory keeps.
	historyLength = 1024
)

// rateHistory knows what arrived in the last ticks.
type rateHistory struct {
	times [historyLength]time.Duration
	bytes [historyLength]int64
	next  int
	count int
}

func (h *rateHistory) add(now time.Duration, bytes int64) {
	h.times[h.next], h.bytes[h.next] = now, bytes
	h.next = (h.next + 1) % historyLength
	h.count = min(h.count+1, historyLength)
}

// over is the mean rate of the last d, in bytes per second, 0 while there is no history of that length.
func (h *rateHistory) over(d time.Duration) float64 {
	var sum int64
	newest := h.times[(h.next+historyLength-1)%historyLength]
	for i := 1; i <= h.count; i++ {
		k := (h.next + historyLength - i) % historyLength
		if age := newest - h.times[k]; age >= d {
			return float64(sum) / age.Seconds()
		}
		sum += h.bytes[k]
	}
	return 0
}

// capacity is what the link can carry, in bytes per second: the most that was seen lately.
type capacity struct {
	rate float64
}

const (
	// decayTime is how long the estimate takes to fall to 1/e while it is put to the test.
	decayTime = 30 * time.Second
	// overWindow is how much faster than window and round trip say (Little's law) a link is
	// believed to be. What a stalled host receives late comes faster than the link carries it.
	overWindow = 1.15
)

// update takes the rate measured and the bytes offered in a round trip. aging is over which time the estimate fades, 0: it does not.
func (c *capacity) update(elapsed time.Duration, measured, window float64, rtt, aging time.Duration) {
	if aging > 0 {
		c.rate *= 1 - min(elapsed.Seconds()/aging.Seconds(), 1)
	}
	if rtt > 0 {
		c.rate = max(c.rate, min(measured, overWindow*window/rtt.Seconds()))
	}
}
