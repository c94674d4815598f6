// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

// blindTime is the least over which a rate is taken to work out a round trip.
const blindTime = 100 * time.Millisecond

// blindTrip works out round trips where the other end sends no timestamps. The kernel's own measure follows the
// window then and never grows. A window that is used whole is under way at any time: the round trip is the window by the rate (Little's
// law). A server that does not use it whole looks like a queue: such transfers are slower than they could be, but harm nobody.
type blindTrip struct {
	began, last time.Duration
	bytes       int64
	window      int // at the beginning of the measurement
	before      int // at that of the one before: what arrives was asked for a round trip ago
}

// add takes the bytes that arrived since the last time, with the window that is offered now, and answers the last round trip that was worked out, 0 for none.
func (b *blindTrip) add(now time.Duration, received int64, window int) time.Duration {
	if b.began == 0 {
		b.began, b.window, b.before = now, window, window
		return 0
	}
	b.bytes += received
	if now-b.began >= max(blindTime, b.last) && b.bytes > 0 {
		b.last = time.Duration(float64(min(b.window, b.before)) * float64(now-b.began) / float64(b.bytes))
		b.began, b.bytes, b.window, b.before = now, 0, window, b.window
	}
	return b.last
}
