// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

// blindTime is the least over which a rate is taken to work out a round trip.
const blindTime = 200 * time.Millisecond

// blindTrip works out round trips where the other end sends no timestamps. The kernel's own measure follows the
// window then and never grows. A window that is used whole is under way at any time: the round trip is the window by the rate (Little's
// law). A server that does not use it whole looks like a queue: such transfers are slower than they could be, but harm nobody.
type blindTrip struct {
	began, last time.Duration
	bytes       int64
	window      int
}

// add takes the bytes that arrived since the last time, with the window that is offered now, and answers the last round trip that was worked out, 0 for none.
func (b *blindTrip) add(now time.Duration, received int64, window int) time.Duration {
	if b.began == 0 || window > b.window*5/4 || window < b.window*4/5 {
		b.began, b.bytes, b.window = now, 0, window
		return b.last
	}
	b.bytes += received
	if now-b.began >= max(blindTime, 2*b.last) && b.bytes > 0 {
		b.last = time.Duration(float64(b.window) * float64(now-b.began) / float64(b.bytes))
		b.began, b.bytes, b.window = now, 0, window
	}
	return b.last
}
