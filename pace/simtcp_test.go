// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"math"
	"time"
)

// tcp is a connection over which a server sends as CUBIC does (RFC 9438), leaving its slow start by HyStart's delay
// rule, to a client that acknowledges every second segment and measures round trips as Linux does.
type tcp struct {
	world *world
	class int
	left  int // segments to send; negative: no end
	done  func()

	// The server.
	edge       int // up to where the client allows, in bytes
	sent       int
	inFlight   int
	cwnd       float64 // segments
	ssthresh   float64
	most       float64 // cwnd before the last cut
	epoch      time.Duration
	backoff    time.Duration // no second cut before
	least      time.Duration // HyStart's round trips
	roundLeast time.Duration
	samples    int
	acked      int
	roundEnd   int
	echo       time.Duration // when the acknowledgement left that arrived last
	rate       float64       // at most, in bytes per second; 0: as the window allows
	free       time.Duration // when it may send again

	// The client.
	window     func() int // nil: enough
	delivered  int
	segments   int
	outOfOrder int
	unacked    int
	handshake  time.Duration
	rcvRTT     float64 // microseconds
	lastEcho   time.Duration
	symmetric  bool // an older kernel's average
	stopped    bool
	frozen     bool
	offered    int
}

// begin opens the connection: data leave the server after a round trip.
func (t *tcp) begin() *tcp {
	t.cwnd, t.ssthresh, t.lastEcho = 10, math.Inf(1), -1
	start := t.world.now
	t.world.up.send(t.class, 60, func() {
		t.world.down.send(t.class, 60, func() {
			t.handshake = t.world.now - start
			asked := t.world.now
			offer := t.offer()
			t.world.up.send(t.class, 200, func() {
				t.echo, t.edge = asked, offer
				t.push()
			})
		})
	})
	return t
}

// offer is up to where the client lets the server send. A program that does not read leaves it where it was.
func (t *tcp) offer() int {
	if t.window == nil {
		return 1 << 50
	}
	if !t.frozen {
		t.offered = max(t.offered, t.delivered+t.window())
	}
	return t.offered
}

// freeze stops the client's program from reading, or lets it go on, of which the server learns at once.
func (t *tcp) freeze(stop bool) {
	was := t.frozen
	t.frozen = stop
	if was && !stop {
		t.acknowledge(t.world.now)
	}
}

func (t *tcp) push() {
	for !t.stopped && t.left != 0 && t.sent+segment <= t.edge && float64(t.inFlight) < t.cwnd {
		if t.rate > 0 {
			if t.free > t.world.now {
				return // pump goes on
			}
			t.free = max(t.free, t.world.now-ms) + time.Duration(packetSize/t.rate*1e9)
		}
		t.left--
		t.sent += segment
		t.inFlight++
		echo, began := t.echo, t.world.now
		if !t.world.down.send(t.class, packetSize, func() { t.arrived(echo, began) }) {
			t.world.after(t.world.down.delay+t.world.up.delay+t.world.down.queued(), t.lost)
		}
	}
}

// limit makes a server that sends no faster than rate.
func (t *tcp) limit(rate float64) *tcp {
	t.rate = rate
	var pump func()
	pump = func() {
		t.push()
		t.world.after(ms, pump)
	}
	pump()
	return t
}

// lost is when the server learns of a loss. What was lost is sent again as something new.
func (t *tcp) lost() {
	t.inFlight--
	t.sent -= segment
	t.left++
	t.outOfOrder += 3
	if t.world.now >= t.backoff {
		t.most, t.epoch = t.cwnd, t.world.now
		t.ssthresh = max(t.cwnd*0.7, 2)
		t.cwnd = t.ssthresh
		t.backoff = t.world.now + t.world.down.delay*2 + t.world.down.queued()
	}
	t.push()
}

// arrived is when a segment reaches the client.
func (t *tcp) arrived(echo, began time.Duration) {
	t.delivered += segment
	t.segments++
	t.measure(echo)
	t.unacked++
	if t.unacked >= 2 || t.segments < 16 || t.window != nil && t.window() <= 2*segment { // TCP_QUICKACK at the floor
		t.acknowledge(began)
		return
	}
	if t.unacked == 1 {
		mark := t.delivered
		t.world.after(40*ms, func() {
			if t.unacked > 0 && t.delivered == mark {
				t.acknowledge(began)
			}
		})
	}
}

// measure is Linux's tcp_rcv_rtt_measure_ts: once for each new echo, in whole milliseconds of both clocks. A
// lower one counts at once (since 6.16), higher ones by an eighth.
func (t *tcp) measure(echo time.Duration) {
	echo = echo.Truncate(ms)
	if echo == t.lastEcho {
		return
	}
	t.lastEcho = echo
	sample := float64(max(t.world.now.Truncate(ms)-echo, ms) / time.Microsecond)
	if t.rcvRTT == 0 || sample < t.rcvRTT && !t.symmetric {
		t.rcvRTT = sample
	} else {
		t.rcvRTT += (sample - t.rcvRTT) / 8
	}
}

func (t *tcp) acknowledge(began time.Duration) {
	n := t.unacked
	t.unacked = 0
	left, offer := t.world.now, t.offer()
	got := func() {
		t.echo, t.edge = left, max(t.edge, offer)
		t.inFlight -= n
		t.acked += n * segment
		for range n {
			t.open(t.world.now - began)
		}
		if t.left == 0 && t.inFlight <= 0 && t.done != nil {
			t.done()
			t.done = nil
		}
		t.push()
	}
	if !t.world.up.send(t.class, 66, got) {
		t.world.after(t.world.up.delay*2, got) // the next one tells as much
	}
}

// open lets the congestion window grow for one segment that was acknowledged.
func (t *tcp) open(rtt time.Duration) {
	if float64(t.inFlight+4) < t.cwnd {
		return // held by something else: RFC 7661
	}
	if t.cwnd < t.ssthresh {
		t.cwnd++
		t.hystart(rtt)
		return
	}
	k := 0.0
	if t.most > 0 {
		k = math.Cbrt(t.most * 0.3 / 0.4)
	}
	d := (t.world.now - t.epoch + rtt).Seconds() - k
	target := max(t.most, t.ssthresh) + 0.4*d*d*d
	t.cwnd += min(max((target-t.cwnd)/t.cwnd, 0.53/t.cwnd), 0.5)
}

// hystart ends the slow start when the first eight round trips of a round are longer than
// the least by an eighth of it, but by 4 ms at least and 16 at most (Linux, tcp_cubic.c).
func (t *tcp) hystart(rtt time.Duration) {
	if t.least == 0 || rtt < t.least {
		t.least = rtt
	}
	if t.acked > t.roundEnd {
		t.roundEnd, t.samples, t.roundLeast = t.sent, 0, rtt
	}
	t.samples++
	t.roundLeast = min(t.roundLeast, rtt)
	limit := min(max(t.least/8, 4*ms), 16*ms)
	if t.samples == 8 && t.cwnd >= 16 && t.roundLeast > t.least+limit {
		t.ssthresh, t.epoch, t.most = t.cwnd, t.world.now, 0
		if simTrace != nil && t.class == classForeground {
			println("hystart exit", t.world.now.Milliseconds(), int(t.cwnd), t.roundLeast.Microseconds(), t.least.Microseconds())
		}
	}
}
