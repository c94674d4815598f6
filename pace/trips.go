// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"math"
	"time"
)

// trip recovers the round trip that changed the kernel's average. Linux takes a lower one at once (since 6.16, before
// that like the others) and lets higher ones count by an eighth (tcp_rcv_rtt_update). It is exact while there is one at most in
// each tick, as at the floor; 0: there was none.
func trip(before, after time.Duration) time.Duration {
	switch {
	case before == 0 || before == after:
		return 0
	case after < before:
		return after
	}
	return before + 8*(after-before)
}

// meanTrip is the mean of the n round trips that changed the kernel's average of what is sent, to which each contributes an
// eighth (tcp_rtt_estimator; RFC 6298).
func meanTrip(before, after time.Duration, n int64) time.Duration {
	weight := 1 - math.Pow(7./8, float64(n))
	return max(before+time.Duration(float64(after-before)/weight), 0)
}
