// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"net/netip"
	"time"
)

const (
	// baseMinutes is how many one-minute minima are kept: after so long, a route that became longer is believed in any case.
	baseMinutes = 10
	// maxServers bounds the base delays that are remembered.
	maxServers = 256
)

// baseDelay is the smallest round trip to one server in the last ten minutes.
type baseDelay struct {
	minima  [baseMinutes]time.Duration // 0: none in this minute
	current int
	began   time.Duration // the current minute
}

// add takes a round trip; one of 0 or less is none.
func (b *baseDelay) add(now, rtt time.Duration) {
	if steps := int((now - b.began) / time.Minute); steps > 0 {
		for range min(steps, baseMinutes) {
			b.current = (b.current + 1) % baseMinutes
			b.minima[b.current] = 0
		}
		b.began += time.Duration(steps) * time.Minute
	}
	if m := &b.minima[b.current]; rtt > 0 && (*m == 0 || rtt < *m) {
		*m = rtt
	}
}

// value is the base delay, 0 while none is known.
func (b *baseDelay) value() time.Duration {
	var least time.Duration
	for _, m := range b.minima {
		if m > 0 && (least == 0 || m < least) {
			least = m
		}
	}
	return least
}

// reset forgets all but rtt: the route is another one.
func (b *baseDelay) reset(rtt time.Duration) {
	b.minima = [baseMinutes]time.Duration{}
	b.minima[b.current] = rtt
}

// baseDelays are those of servers, which outlive their connections. The zero value is empty.
type baseDelays map[netip.Addr]*baseDelay

// of answers the base delay of a server.
func (d *baseDelays) of(server netip.Addr, now time.Duration) *baseDelay {
	if b, ok := (*d)[server]; ok {
		return b
	}
	if *d == nil {
		*d = make(baseDelays)
	}
	for old := range *d {
		if len(*d) < maxServers {
			break
		}
		delete(*d, old) // any: it is learned again
	}
	b := &baseDelay{began: now}
	(*d)[server] = b
	return b
}
