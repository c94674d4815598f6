// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

const (
	// foreignTime is over how long the bytes of others are counted.
	foreignTime = 4 * TickInterval
	// foreignLeast is the least that counts as somebody: three packets in foreignTime.
	foreignLeast = 3 * packetSize
	// foreignShare is the part of the link's rate that counts as somebody.
	foreignShare = 0.05
	// shortHold and longHold bound for how long room is made after the last bytes of others: two round trips.
	shortHold, longHold = 80 * time.Millisecond, 300 * time.Millisecond
	// openHold is how long, beside two round trips, the first bytes of a new connection are waited for.
	openHold = 60 * time.Millisecond
	// falseOpens in a row, after which no bytes came, are believed to go elsewhere, such as to this host itself.
	falseOpens = 3
)

// hostForeground finds foreground transfers of this host by its counters.
type hostForeground struct {
	recent  [foreignTime / TickInterval]int64
	next    int
	until   time.Duration
	opened  time.Duration // when the open that is waited for was seen
	waiting bool
	misses  int
}

// holds reports whether room has to be made now.
func (h *hostForeground) holds(now time.Duration, s Sample, capacity float64) bool {
	if !s.Counted {
		return false
	}
	h.recent[h.next] = s.Foreign
	h.next = (h.next + 1) % len(h.recent)
	var sum int64
	for _, n := range h.recent {
		sum += n
	}
	if float64(sum) > max(foreignLeast, foreignShare*capacity*foreignTime.Seconds()) {
		h.until = max(h.until, now+min(max(2*s.Base, shortHold), longHold))
		h.waiting, h.misses = false, 0
	}
	wait := 2*s.Base + openHold
	if h.waiting && now > h.opened+wait {
		h.waiting = false
		h.misses++
	}
	if s.Opens > 0 && !h.waiting {
		h.waiting, h.opened = true, now
		if h.misses < falseOpens {
			h.until = max(h.until, now+wait)
		}
	}
	return now < h.until
}
