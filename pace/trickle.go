// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

// trickle measures the queue by what moves at the floor. There a window is under way at any time, so the mean round trip is
// the window by the rate (Little's law). The kernel's own average hardly moves with so few packets.
type trickle struct {
	began, ended time.Duration // of the first and the last packets
	bytes        int64         // after the first
}

// add takes what arrived in a tick, from a time on.
func (t *trickle) add(now time.Duration, delivered int64, from time.Duration) {
	if delivered == 0 || now < from {
		return
	}
	if t.began == 0 {
		t.began = now
	} else {
		t.bytes += delivered
	}
	t.ended = now
}

// queue is the mean queueing delay, 0 while too little is known.
func (t *trickle) queue(window float64, base time.Duration) time.Duration {
	if float64(t.bytes) < 2*window {
		return 0
	}
	return max(time.Duration(window*float64(t.ended-t.began)/float64(t.bytes))-base, 0)
}
