// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"math/rand/v2"
	"time"
)

// Config describes one direction of a link.
type Config struct {
	Rate    float64       // bits per second, of whole IP packets
	Limit   int           // bytes that may wait; the packet being sent counts with what is left of it
	Delay   time.Duration // from the end of the queue to the far end
	Jitter  time.Duration // mean of an exponentially distributed further delay; packets stay in order
	Loss    float64       // share of the packets that vanish before the queue, 0 to 1
	Queue   Queue         // how packets wait; empty: Fifo
	Changes []Change      // of the rate, in order of time
	Seed    uint64        // of what is random
}

// Change is a change of the rate in mid-run.
type Change struct {
	At   time.Duration
	Rate float64 // bits per second
}

// Line is one direction of a link. It is not safe for use by several goroutines at once.
type Line struct {
	Log Log
	// OnDrop, if set, gets each packet that will never arrive.
	OnDrop func(Packet)

	config Config
	queue  discipline
	random *rand.Rand
	free   time.Duration // when the packet that is being sent is through
	last   time.Duration // when the latest packet is due at the far end
	flying ring          // through the queue, not due yet
}

// NewLine makes an empty line.
func NewLine(c Config) *Line {
	l := &Line{config: c, random: rand.New(rand.NewPCG(c.Seed, 1))}
	l.queue = newDiscipline(c, l.drop)
	return l
}

// Arrive hands a packet to the line. Times must not go back from call to call.
func (l *Line) Arrive(now time.Duration, p Packet) {
	l.advance(now)
	p.at = now
	if l.config.Loss > 0 && l.random.Float64() < l.config.Loss {
		l.drop(now, p)
		return
	}
	l.free = max(l.free, now)
	l.queue.push(now, p, l.config.Limit-int(l.config.carried(now, l.free)))
	l.advance(now)
}

// Due takes the next packet that has arrived at the far end by now.
func (l *Line) Due(now time.Duration) (Packet, bool) {
	l.advance(now)
	if p, ok := l.flying.first(); !ok || p.due > now {
		return Packet{}, false
	}
	return l.flying.take(), true
}

// Next is when to ask for Due again: then, or a little later, there is a packet or a later Next. There is
// none when the line is empty. What arrives meanwhile does not make it earlier.
func (l *Line) Next() (time.Duration, bool) {
	if p, ok := l.flying.first(); ok {
		return p.due, true
	}
	return l.free, l.queue.bytes() > 0
}

// advance sends what can be sent by now. It keeps this: while something waits, free is after now.
func (l *Line) advance(now time.Duration) {
	for l.free <= now {
		p, ok := l.queue.pop(l.free)
		if !ok {
			return
		}
		l.Log.waited(p.at, l.free-p.at)
		l.free = l.config.finish(l.free, p.Size)
		l.Log.passed(l.free, p)
		p.due = l.free + l.config.Delay
		if l.config.Jitter > 0 {
			p.due += time.Duration(l.random.ExpFloat64() * float64(l.config.Jitter))
		}
		p.due = max(p.due, l.last)
		l.last = p.due
		l.flying.add(p)
	}
}

func (l *Line) drop(at time.Duration, p Packet) {
	l.Log.dropped(at, p)
	if l.OnDrop != nil {
		l.OnDrop(p)
	}
}

// RateAt is the rate at a time, in bits per second.
func (c *Config) RateAt(t time.Duration) float64 {
	rate := c.Rate
	for _, change := range c.Changes {
		if change.At <= t {
			rate = change.Rate
		}
	}
	return rate
}

// changeAfter is when the rate changes next.
func (c *Config) changeAfter(t time.Duration) (time.Duration, bool) {
	for _, change := range c.Changes {
		if change.At > t {
			return change.At, true
		}
	}
	return 0, false
}

// finish is when size bytes are through that begin at start.
func (c *Config) finish(start time.Duration, size int) time.Duration {
	bits := float64(size) * 8
	for {
		rate := c.RateAt(start)
		change, ok := c.changeAfter(start)
		if rate <= 0 && ok { // the link is down until then
			start = change
			continue
		}
		if possible := rate * (change - start).Seconds(); ok && possible < bits {
			bits -= possible
			start = change
			continue
		}
		return start + time.Duration(bits/rate*1e9+0.5)
	}
}

// carried is how many bytes pass in a time.
func (c *Config) carried(from, to time.Duration) float64 {
	sum := 0.0
	for from < to {
		end := to
		if change, ok := c.changeAfter(from); ok {
			end = min(end, change)
		}
		sum += c.RateAt(from) * (end - from).Seconds() / 8
		from = end
	}
	return sum
}
