// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// link is a model of the narrow place of a path: an exact rate, a first-in first-out
// buffer that drops what does not fit, a delay, and noise that keeps the order. One
// direction carries data; acknowledgements take half the round trip and are never lost.
type link struct {
	rate   float64 // bytes per second
	rtt    time.Duration
	buffer time.Duration // at rate
	jitter time.Duration // mean of an exponential distribution, each way

	now     time.Duration
	free    time.Duration // when what is queued has been sent
	arrival [2]time.Duration
	events  eventHeap
	seq     int
	rand    *rand.Rand
	drops   int
}

func newLink(mbit float64, rtt, buffer time.Duration) *link {
	return &link{rate: mbit * 1e6 / 8, rtt: rtt, buffer: buffer, rand: rand.New(rand.NewPCG(1, 2))}
}

type event struct {
	at  time.Duration
	seq int // keeps the order of what happens at once
	do  func()
}

type eventHeap []event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

func (l *link) at(t time.Duration, do func()) {
	l.seq++
	heap.Push(&l.events, event{max(t, l.now), l.seq, do})
}

// run lets time pass until end.
func (l *link) run(end time.Duration) {
	for len(l.events) > 0 && l.events[0].at <= end {
		e := heap.Pop(&l.events).(event)
		l.now = e.at
		e.do()
	}
	l.now = end
}

// way is when something that leaves at t arrives at the other end; order is kept.
func (l *link) way(direction int, t time.Duration) time.Duration {
	t += l.rtt / 2
	if l.jitter > 0 {
		t += time.Duration(l.rand.ExpFloat64() * float64(l.jitter))
	}
	l.arrival[direction] = max(t, l.arrival[direction])
	return l.arrival[direction]
}

// queued is the time that what is in the buffer needs.
func (l *link) queued() time.Duration { return max(l.free-l.now, 0) }

// transmit sends bytes to the client; false: the buffer is full.
func (l *link) transmit(bytes int, arrived func()) bool {
	if l.queued() > l.buffer {
		l.drops++
		return false
	}
	l.free = max(l.free, l.now) + time.Duration(float64(bytes)/l.rate*float64(time.Second))
	l.at(l.way(0, l.free), arrived)
	return true
}

const segment = 1448

// sender is a server that sends as CUBIC does (RFC 9438) and leaves its slow start by HyStart, with a receiver at the other end that measures
// round trips as Linux does: a lower one counts at once, higher ones by an eighth, in whole milliseconds.
type sender struct {
	link *link
	left int // bytes to send; negative: no end

	window   func() int // what the receiver offers; nil: enough
	edge     int        // up to where the receiver allows
	sent     int
	inFlight int
	cwnd     float64 // segments
	ssthresh float64
	backoff  time.Duration // no second cut before
	most     float64       // cwnd before the last cut
	epoch    time.Duration // of the cubic growth

	least, roundLeast time.Duration // HyStart's round trips
	samples, roundEnd int
	acked             int
	echo              time.Duration // when the acknowledgement left that the sender saw last

	delivered  int
	outOfOrder int
	rcvRTT     time.Duration
	done       func()
	stopped    bool
}

// begin opens the connection: the first data leave after a round trip.
func (s *sender) begin() *sender {
	s.cwnd, s.ssthresh = 10, 1e9
	start := s.link.now
	s.link.at(s.link.now+s.link.rtt, func() {
		s.echo = start + s.link.rtt/2
		s.edge = s.offer()
		s.push()
	})
	return s
}

func (s *sender) offer() int {
	if s.window == nil {
		return 1 << 50
	}
	return s.delivered + s.window()
}

func (s *sender) push() {
	for !s.stopped && s.left != 0 && s.sent+segment <= s.edge && float64(s.inFlight) < s.cwnd {
		s.left--
		s.sent += segment
		s.inFlight++
		echo, began := s.echo, s.link.now
		if !s.link.transmit(packetSize, func() { s.arrived(echo, began) }) {
			lost := s.link.now + s.link.rtt + s.link.queued()
			s.link.at(lost, s.lost)
		}
	}
}

// lost is when the sender learns of a loss. What was lost is sent again as something new.
func (s *sender) lost() {
	s.inFlight--
	s.sent -= segment
	s.left++
	s.outOfOrder++
	if s.link.now >= s.backoff {
		s.most, s.epoch = s.cwnd, s.link.now
		s.ssthresh = max(s.cwnd*0.7, 2)
		s.cwnd = s.ssthresh
		s.backoff = s.link.now + s.link.rtt
	}
	s.push()
}

// arrived is when a packet reaches the client, which acknowledges it.
func (s *sender) arrived(echo, began time.Duration) {
	s.delivered += segment
	sample := max((s.link.now - echo).Truncate(time.Millisecond), time.Millisecond)
	if s.rcvRTT == 0 || sample < s.rcvRTT {
		s.rcvRTT = sample
	} else {
		s.rcvRTT += (sample - s.rcvRTT) / 8
	}
	left, offer := s.link.now, s.offer()
	s.link.at(s.link.way(1, s.link.now), func() {
		s.echo, s.edge = left, max(s.edge, offer)
		s.inFlight--
		s.acked += segment
		s.open(s.link.now - began)
		if s.left == 0 && s.inFlight == 0 && s.done != nil {
			s.done()
			s.done = nil
		}
		s.push()
	})
}

// open lets the congestion window grow for one segment that was acknowledged.
func (s *sender) open(rtt time.Duration) {
	if s.window != nil && float64(s.inFlight+2) < s.cwnd {
		return // held by the receiver's window: RFC 7661
	}
	if s.cwnd < s.ssthresh {
		s.cwnd++
		s.hystart(rtt)
		return
	}
	k := math.Cbrt(max(s.most-s.cwnd, 0) / 0.4)
	if s.most > 0 {
		k = math.Cbrt(s.most * 0.3 / 0.4)
	}
	d := (s.link.now - s.epoch + rtt).Seconds() - k
	cubic := max(s.most, s.ssthresh) + 0.4*d*d*d
	s.cwnd += min(max((cubic-s.cwnd)/s.cwnd, 0.53/s.cwnd), 0.5)
}

// hystart ends the slow start when the first eight round trips of a round are longer than
// the least by an eighth of it, but by 4 ms at least and 16 at most (Linux, tcp_cubic.c).
func (s *sender) hystart(rtt time.Duration) {
	if s.least == 0 || rtt < s.least {
		s.least = rtt
	}
	if s.acked > s.roundEnd {
		s.roundEnd, s.samples, s.roundLeast = s.sent, 0, rtt
	}
	s.samples++
	s.roundLeast = min(s.roundLeast, rtt)
	limit := min(max(s.least/8, 4*time.Millisecond), 16*time.Millisecond)
	if s.samples == 8 && s.cwnd >= 16 && s.roundLeast > s.least+limit {
		s.ssthresh, s.epoch, s.most = s.cwnd, s.link.now, 0
	}
}

// background is a controlled transfer and what was noticed of it.
type background struct {
	*sender
	control    *Controller
	base       baseDelay
	offered    int
	foreign    *int // bytes that others on this host received; nil: not known
	opens      int  // connections that others on this host opened since the last tick
	seen       int
	last, lost int
	log        []moment
}

type moment struct {
	at        time.Duration
	delivered int // bytes so far
	queue     time.Duration
}

// startBackground begins a transfer without end. foreign may be nil.
func startBackground(l *link, foreign *int) *background {
	b := &background{control: NewController(), foreign: foreign}
	b.offered = startSegments * segment
	b.sender = (&sender{link: l, left: -1, window: func() int { return b.offered }}).begin()
	handshake := l.rtt + l.queued() + 300*time.Microsecond
	l.at(l.now+l.rtt, func() {
		b.base.add(l.now, handshake)
		b.tick()
	})
	return b
}

func (b *background) tick() {
	l := b.link
	b.base.add(l.now, b.rcvRTT)
	s := Sample{
		Base: b.base.value(), Delivered: int64(b.delivered - b.last), Lost: int64(b.outOfOrder - b.lost),
		Flows: 1, Segment: segment,
	}
	if b.rcvRTT > 0 {
		s.Queue = b.rcvRTT - s.Base
	}
	if b.foreign != nil {
		s.Counted, s.Foreign = true, int64(*b.foreign-b.seen)
		b.seen = *b.foreign
		s.Opens, b.opens = int64(b.opens), 0
	}
	b.last, b.lost = b.delivered, b.outOfOrder
	b.offered = int(b.control.Step(l.now, s))
	b.log = append(b.log, moment{l.now, b.delivered, l.queued()})
	l.at(l.now+TickInterval, b.tick)
}

// use is the part of the link that was used between two times, and the queue that half and 95 % of the time stayed under.
func (b *background) use(from, to time.Duration) (share float64, p50, p95 time.Duration) {
	var queues []time.Duration
	first, last := -1, 0
	for _, m := range b.log {
		if m.at < from || m.at > to {
			continue
		}
		if first < 0 {
			first = m.delivered
		}
		last = m.delivered
		queues = append(queues, m.queue)
	}
	slices.Sort(queues)
	share = float64(last-first) * packetSize / segment / (to - from).Seconds() / b.link.rate
	return share, queues[len(queues)/2], queues[len(queues)*95/100]
}
