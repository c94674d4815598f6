// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

const (
	// intrusionPackets and intrusionTime are how many bytes must be missing: six packets, or what the link carries in that
	// time. A connection that begins sends ten packets at once (RFC 6928).
	intrusionPackets = 6
	intrusionTime    = time.Millisecond
	// intrusionSlack is the part of the rate that may be missing all the time.
	intrusionSlack = 0.08
	// steadyTime is over which the usual rate is taken.
	steadyTime = 400 * time.Millisecond
	// mostTolerance bounds by how much false alarms raise what must be missing.
	mostTolerance = 3
	// toleranceTime is how long a false alarm is remembered.
	toleranceTime = 30 * time.Second
)

// intrusion notices that others use a link that we have filled. While there is a queue of ours in front of the link,
// as much arrives as the link carries; bytes that are missing are those of others, whose packets took the place of ours.
// That shows with the first packets that they send, long before their queue does. It is a cumulative sum (CUSUM, Page 1954).
type intrusion struct {
	usual     float64 // bytes per second that arrive while the link is full
	missing   float64 // bytes
	seen      int     // ticks in a row in which enough was missing
	queue     time.Duration
	tolerance float64 // 1: nothing is forgiven
}

// begin says that it is not known how much usually arrives.
func (i *intrusion) begin() { i.usual, i.missing = 0, 0 }

// forget begins anew: the link may not have been full.
func (i *intrusion) forget() { i.missing, i.seen = 0, 0 }

// add takes what arrived in a tick while the link was full, and reports whether somebody is there. noise is by how much
// arrivals tremble, and how uncertain the time is.
func (i *intrusion) add(elapsed time.Duration, delivered int64, rate float64, queue, noise time.Duration) bool {
	dt := elapsed.Seconds()
	if i.usual == 0 {
		i.usual = rate
	}
	i.tolerance = max(i.tolerance-(i.tolerance-1)*dt/toleranceTime.Seconds(), 1)
	i.missing += (1-intrusionSlack)*i.usual*dt - float64(delivered)
	if i.missing <= 0 {
		i.missing, i.queue = 0, queue
	}
	i.usual += (rate - i.usual) * min(dt/steadyTime.Seconds(), 1)
	enough := max(intrusionPackets*packetSize, intrusionTime.Seconds()*i.usual)*i.tolerance + 3*noise.Seconds()*i.usual
	// A server that pauses leaves the same gap, but the queue goes.
	if delivered == 0 || i.missing <= enough || queue <= i.queue/2 {
		i.seen = 0
		return false
	}
	i.seen++
	return i.seen >= 2 // what a busy computer took in late it takes in then
}

// forgiven is for how long the link carries what is forgiven.
func (i *intrusion) forgiven() time.Duration {
	if i.usual == 0 || i.tolerance <= 1 {
		return 0
	}
	return time.Duration((i.tolerance - 1) * intrusionPackets * packetSize / i.usual * float64(time.Second))
}

// wasFalse says that nobody was there.
func (i *intrusion) wasFalse() { i.tolerance = min(1.5*max(i.tolerance, 1), mostTolerance) }

// insists reports whether somebody was taken for a false alarm more than once lately, and is there all the same.
func (i *intrusion) insists() bool { return i.tolerance > 2.5 }
