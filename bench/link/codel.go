// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"math"
	"time"
)

// CoDel's constants (RFC 8289 sections 4.2 and 4.3).
const (
	codelTarget   = 5 * time.Millisecond
	codelInterval = 100 * time.Millisecond
	largest       = 1500 // bytes of a packet; a queue of one packet is never too long
)

// codel is a queue under the CoDel algorithm, after the pseudocode of RFC 8289 section 5.
type codel struct {
	drop    func(time.Duration, Packet)
	waiting ring

	above    time.Duration // when the wait will have been over the target for an interval; 0: it is not over it
	dropping bool
	next     time.Duration // of the drops
	count    int           // drops since dropping began
	before   int           // count when dropping began last
}

func (c *codel) push(now time.Duration, p Packet, room int) {
	if c.waiting.size+p.Size > room {
		c.drop(now, p)
		return
	}
	c.waiting.add(p)
}

func (c *codel) bytes() int { return c.waiting.size }

// look takes the first packet and tells whether it may be dropped.
func (c *codel) look(at time.Duration) (p Packet, ok, late bool) {
	if _, ok := c.waiting.first(); !ok {
		c.above = 0
		return p, false, false
	}
	p = c.waiting.take()
	switch {
	case at-p.at < codelTarget || c.waiting.size <= largest:
		c.above = 0
	case c.above == 0:
		c.above = at + codelInterval
	default:
		late = at >= c.above
	}
	return p, true, late
}

// law is when to drop next: ever sooner, with the square root of the number of drops.
func (c *codel) law(t time.Duration) time.Duration {
	return t + time.Duration(float64(codelInterval)/math.Sqrt(float64(c.count)))
}

func (c *codel) pop(at time.Duration) (Packet, bool) {
	p, ok, late := c.look(at)
	switch {
	case c.dropping && !late:
		c.dropping = false
	case c.dropping:
		for c.dropping && at >= c.next {
			c.drop(at, p)
			c.count++
			if p, ok, late = c.look(at); !late {
				c.dropping = false
			} else {
				c.next = c.law(c.next)
			}
		}
	case late:
		c.drop(at, p)
		p, ok, _ = c.look(at)
		c.dropping = true
		// When it had to drop a short while ago, it goes on at about that pace.
		delta := c.count - c.before
		c.count = 1
		if delta > 1 && at-c.next < 16*codelInterval {
			c.count = delta
		}
		c.next = c.law(at)
		c.before = c.count
	}
	return p, ok
}
