// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A model of a network that knows packets: one narrow place in each direction, senders with CUBIC behind it,
// and receivers that measure as Linux does. It has its own clock and is the same at each run.

const (
	ms = time.Millisecond
	// segment is the payload of a full packet, packetSize what it takes on the wire.
	segment = 1448
)

// world runs what happens in the order of time.
type world struct {
	now    time.Duration
	events []event
	seq    int
	rand   *rand.Rand
	down   *path // to the clients
	up     *path
}

type event struct {
	at  time.Duration
	seq int // keeps the order of what happens at once
	do  func()
}

func (e event) before(f event) bool { return e.at < f.at || e.at == f.at && e.seq < f.seq }

// at lets something happen at a time.
func (w *world) at(t time.Duration, do func()) {
	w.seq++
	w.events = append(w.events, event{max(t, w.now), w.seq, do})
	for i := len(w.events) - 1; i > 0; {
		parent := (i - 1) / 2
		if !w.events[i].before(w.events[parent]) {
			break
		}
		w.events[i], w.events[parent] = w.events[parent], w.events[i]
		i = parent
	}
}

func (w *world) after(d time.Duration, do func()) { w.at(w.now+d, do) }

func (w *world) pop() event {
	first := w.events[0]
	last := len(w.events) - 1
	w.events[0] = w.events[last]
	w.events = w.events[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && w.events[child+1].before(w.events[child]) {
			child++
		}
		if !w.events[child].before(w.events[i]) {
			break
		}
		w.events[i], w.events[child] = w.events[child], w.events[i]
		i = child
	}
	return first
}

// run lets time pass until end.
func (w *world) run(end time.Duration) {
	for len(w.events) > 0 && w.events[0].at <= end {
		e := w.pop()
		w.now = e.at
		e.do()
	}
	w.now = end
}

// Classes of packets.
const (
	classForeground = iota
	classBackground
	classSecond // a second background service
	classes
)

// binTime is the time of one bin of a path's record.
const binTime = 10 * ms

// bin is what left a narrow place in one binTime.
type bin struct {
	bytes [classes]int
	queue time.Duration // the longest
}

// path is one direction: an exact rate, a first-in first-out buffer that drops what does not fit, a delay, noise that keeps the order.
type path struct {
	world  *world
	rate   float64 // bytes per second
	limit  time.Duration
	delay  time.Duration
	jitter time.Duration // mean of an exponential distribution
	loss   float64
	codel  bool

	free    time.Duration // when what is queued has left
	arrival time.Duration // of the last packet
	above   time.Duration // since when the queue is over CoDel's target
	next    time.Duration // CoDel's next drop
	count   int
	drops   [classes]int
	bins    []bin
}

// queued is the time that what is in the buffer needs.
func (p *path) queued() time.Duration { return max(p.free-p.world.now, 0) }

// send takes a packet; arrived happens at the other end. It answers false when the packet was dropped.
func (p *path) send(class, bytes int, arrived func()) bool {
	w := p.world
	q := p.queued()
	if time.Duration(float64(bytes)/p.rate*1e9)+q > p.limit || p.codel && p.drop(q) || p.loss > 0 && w.rand.Float64() < p.loss {
		p.drops[class]++
		return false
	}
	p.free = max(p.free, w.now) + time.Duration(float64(bytes)/p.rate*1e9)
	i := int(p.free / binTime)
	for len(p.bins) <= i {
		p.bins = append(p.bins, bin{})
	}
	p.bins[i].bytes[class] += bytes
	if k := int(w.now / binTime); k < len(p.bins) {
		p.bins[k].queue = max(p.bins[k].queue, q)
	}
	t := p.free + p.delay
	if p.jitter > 0 {
		t += time.Duration(w.rand.ExpFloat64() * float64(p.jitter))
	}
	p.arrival = max(t, p.arrival)
	w.at(p.arrival, arrived)
	return true
}

// drop is CoDel's rule (RFC 8289) with a target of 5 ms and an interval of 100 ms, at the tail.
func (p *path) drop(q time.Duration) bool {
	now := p.world.now
	if q < 5*ms {
		p.above, p.count = 0, 0
		return false
	}
	if p.above == 0 {
		p.above, p.next = now, now+100*ms
		return false
	}
	if now < p.next {
		return false
	}
	p.count++
	p.next = now + time.Duration(float64(100*ms)/math.Sqrt(float64(p.count)))
	return true
}

// linkSpec is a kind of link.
type linkSpec struct {
	down, up    float64 // Mbit/s
	rtt, buffer time.Duration
	jitter      time.Duration
	loss        float64
	codel       bool
}

var linkSpecs = map[string]linkSpec{
	"dsl":     {down: 20, up: 5, rtt: 40 * ms, buffer: 250 * ms},
	"cable":   {down: 100, up: 20, rtt: 20 * ms, buffer: 100 * ms},
	"shallow": {down: 100, up: 20, rtt: 20 * ms, buffer: 20 * ms},
	"slow":    {down: 5, up: 1, rtt: 100 * ms, buffer: 500 * ms},
	"dslx":    {down: 20, up: 5, rtt: 40 * ms, buffer: 30 * ms},
	"wifi":    {down: 50, up: 20, rtt: 30 * ms, buffer: 100 * ms, jitter: 3 * ms},
	"fiber":   {down: 500, up: 500, rtt: 10 * ms, buffer: 40 * ms},
	"far":     {down: 50, up: 10, rtt: 200 * ms, buffer: 200 * ms},
	"codel":   {down: 50, up: 10, rtt: 30 * ms, buffer: 200 * ms, codel: true},
	"lossy":   {down: 20, up: 5, rtt: 40 * ms, buffer: 250 * ms, loss: 0.001},
}

func newWorld(s linkSpec) *world {
	w := &world{rand: rand.New(rand.NewPCG(1, 2))}
	make := func(mbit float64) *path {
		return &path{world: w, rate: mbit * 1e6 / 8, limit: s.buffer, delay: s.rtt / 2, jitter: s.jitter, loss: s.loss, codel: s.codel}
	}
	w.down, w.up = make(s.down), make(s.up)
	return w
}

// share is the part of the path that a class used between two times.
func (p *path) share(class int, from, to time.Duration) float64 {
	sum := 0
	for i := int(from / binTime); i < int(to/binTime) && i < len(p.bins); i++ {
		sum += p.bins[i].bytes[class]
	}
	return float64(sum) / (to - from).Seconds() / p.rate
}

// queues are quantiles of the queue between two times.
func (p *path) queues(from, to time.Duration) (p50, p95 time.Duration) {
	var all []time.Duration
	for i := int(from / binTime); i < int(to/binTime) && i < len(p.bins); i++ {
		all = append(all, p.bins[i].queue)
	}
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*95/100]
}

// first is how long after from the share of a class keeps for a while to a condition, -1 when it never does before to.
func (p *path) first(class int, from, to, keeps time.Duration, ok func(share float64) bool) time.Duration {
	for t := from; t+keeps <= to; t += binTime {
		if ok(p.share(class, t, t+keeps)) {
			return t - from
		}
	}
	return -1
}
