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
	// gap is the part of what usually arrives below which somebody may be sending.
	gap = 0.8
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
	usual     float64       // bytes per second that arrive while the link is full
	missing   float64       // bytes
	seen      int           // ticks in a row in which enough was missing
	whole     time.Duration // since when as much arrives as usual
	resumed   bool          // it did so for some ticks
	late      time.Duration // for how long the link ran dry, lately, because this computer was late
	lateSince time.Duration // since when that is so
	queue     time.Duration
	enough    float64 // bytes that must be missing
	tolerance float64 // 1: nothing is forgiven
}

// begin says that it is not known how much usually arrives.
func (i *intrusion) begin() { i.usual, i.missing = 0, 0 }

// forget begins anew: the link may not have been full.
func (i *intrusion) forget() { i.missing, i.seen, i.resumed = 0, 0, false }

// arrivals are what arrived in a tick while the link was full.
type arrivals struct {
	elapsed   time.Duration // since the tick before
	delivered int64         // bytes
	rate      float64       // bytes per second, lately
	queue     time.Duration
	noise     time.Duration // by how much arrivals tremble, and how uncertain the time is
	rtt       time.Duration
}

// add takes a tick, and reports whether somebody is there.
func (i *intrusion) add(a arrivals) bool {
	dt := a.elapsed.Seconds()
	if i.usual == 0 {
		i.usual = a.rate
	}
	i.tolerance = max(i.tolerance-(i.tolerance-1)*dt/toleranceTime.Seconds(), 1)
	i.missing += (1-intrusionSlack)*i.usual*dt - float64(a.delivered)
	i.whole += a.elapsed
	if float64(a.delivered) < gap*i.usual*dt {
		i.whole = 0
	}
	i.resumed = i.resumed || i.whole >= 2*TickInterval
	if i.whole > a.rtt*3/2 { // somebody would have sent again by now
		i.missing = 0
	}
	i.noteLate(a)
	if i.missing <= 0 {
		i.missing, i.queue = 0, a.queue
	}
	i.usual += (a.rate - i.usual) * min(dt/steadyTime.Seconds(), 1)
	i.enough = max(intrusionPackets*packetSize, intrusionTime.Seconds()*i.usual)*i.tolerance + (3*a.noise+i.late).Seconds()*i.usual
	// A server that pauses leaves the same gap, but the queue goes.
	if a.delivered == 0 || i.missing <= i.enough || a.queue <= i.queue/2 {
		i.seen = 0
		return false
	}
	i.seen++
	return i.seen >= 2 // what a busy computer took in late it takes in then
}

// goesOn takes a tick after the window was cut because of a burst, in which what arrives was sent before but for the last, own part of it. It reports
// whether much more is missing: whoever sent a burst a round trip ago sends twice as much now. When the link or this computer was late for once, nothing more is, and when the
// link has become slower, as much as usual never arrives in between.
func (i *intrusion) goesOn(a arrivals, own time.Duration) bool {
	i.add(a)
	return i.resumed && a.delivered > 0 && a.queue > i.queue/2 && i.missing > 2*i.enough+own.Seconds()*i.usual
}

// noteLate notices that this computer was late: so were the acknowledgements, perhaps, and once the queue had gone the link ran dry. That shows a round trip later.
func (i *intrusion) noteLate(a arrivals) {
	i.lateSince += a.elapsed
	if i.lateSince > a.rtt*3/2 {
		i.late = 0
	}
	if late := a.elapsed - TickInterval - a.queue; late > 0 {
		i.late, i.lateSince = max(i.late, late), 0
	}
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
