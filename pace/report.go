// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"time"

	"github.com/openbits/openbits"
)

const (
	// reportTime is over which the rates that people see are taken.
	reportTime = time.Second
	// backTime is how long a link has to be ours again before it counts as another time when it is left the next time.
	backTime = 2 * time.Second
)

// report is what people are told of a group.
type report struct {
	from      time.Duration
	delivered int64
	low       int64
	counted   bool
	rate      int64 // bytes per second
	foreign   int64

	mode   openbits.TransportMode
	since  time.Duration // of the mode
	known  time.Duration // the since of which date is the time of day
	date   time.Time
	left   time.Duration // when the link was left to others; it stays as long as we do not have it back for backTime
	back   time.Duration // when we had it back
	sample Sample
}

// add takes what a tick showed.
func (r *report) add(now time.Duration, s Sample, c *Controller) {
	r.sample = s
	r.follow(now, c)
	r.delivered += s.Delivered
	passed := now - r.from
	if passed < reportTime && s.Counted == r.counted {
		return
	}
	seconds := max(passed.Seconds(), TickInterval.Seconds())
	r.rate, r.foreign = int64(float64(r.delivered)/seconds), openbits.Unknown
	if s.Counted && r.counted {
		r.foreign = max(int64(float64(s.ForeignLow-r.low)/seconds), 0)
	}
	r.from, r.delivered, r.low, r.counted = now, 0, s.ForeignLow, s.Counted
}

// follow keeps since when the mode lasts. Attempts to take the link back do not end that it is left to others.
func (r *report) follow(now time.Duration, c *Controller) {
	mode := c.Mode()
	switch {
	case mode == openbits.TransportYielding && (r.left == 0 || r.back != 0 && now-r.back > backTime):
		r.left, r.back = now, 0
	case mode == openbits.TransportYielding:
		r.back = 0
	case r.back == 0 && mode != openbits.TransportReturning:
		r.back = now
	}
	if mode != r.mode {
		r.mode, r.since = mode, now
		if mode == openbits.TransportYielding {
			r.since = r.left
		}
	}
}

// Mode tells in what way the path is shared now.
func (c *Controller) Mode() openbits.TransportMode {
	switch c.phase {
	case phaseStart:
		return openbits.TransportStarting
	case phaseAside, phaseFloor:
		return openbits.TransportYielding
	case phaseReturn:
		return openbits.TransportReturning
	}
	if c.shared || c.host.steady.level > 0 {
		return openbits.TransportSharing
	}
	return openbits.TransportAlone
}

// Rival tells who has the room that is not used.
func (c *Controller) Rival() openbits.Rival {
	switch c.Mode() {
	case openbits.TransportYielding:
		return c.rival
	case openbits.TransportSharing:
		if c.host.steady.level > 0 {
			return openbits.RivalHost
		}
		return openbits.RivalNetwork
	}
	return openbits.RivalNone
}

// transport tells what is known of the path. wall is the time of day at now.
func (g *group) transport(now time.Duration, wall time.Time) openbits.Transport {
	r, c := &g.report, g.control
	if r.known != r.since || r.date.IsZero() { // once for each, so that it stays the same
		r.known, r.date = r.since, wall.Add(r.since-now)
	}
	t := openbits.Transport{
		Mode: r.mode, Rival: c.Rival(), Since: r.date, Interface: g.key.iface, Handle: g.handle(),
		Connections: g.moving, Rate: r.rate, Foreign: r.foreign, Capacity: openbits.Unknown, Window: int64(c.offered),
		Base: r.sample.Base, Queue: c.in.Queue, Notes: g.notes(),
	}
	if t.Mode == "" {
		t.Mode, t.Since = openbits.TransportStarting, wall
	}
	if c.capacity.rate > 0 {
		t.Capacity = int64(c.capacity.rate)
	}
	if !r.counted {
		t.Foreign = openbits.Unknown
	}
	return t
}

// handle is by what the connections are governed, in words.
func (g *group) handle() string {
	switch {
	case g.key.up:
		return "sending rate"
	case len(g.flows) > 0:
		return g.flows[0].socket.handle()
	}
	return ""
}

// notes tell which signals are missing, and what is done without them.
func (g *group) notes() (notes []string) {
	if !g.report.counted {
		notes = append(notes, "what other programs on this computer receive cannot be counted: they show in the queue alone")
	}
	if g.foreign.stale > 0 {
		notes = append(notes, "the counters of the interface are brought up to date now and then only, and are not used")
	}
	if g.hidden {
		notes = append(notes, "this looks like a container or a virtual interface: programs outside it show in the queue alone")
	}
	for _, f := range g.flows {
		if f.last.blind && !g.key.up {
			notes = append(notes, "a server sends no timestamps: round trips are worked out from window and rate, which makes transfers slower than they could be")
			break
		}
	}
	for _, f := range g.flows {
		if f.insisted {
			notes = append(notes, "the kernel did not heed the window that was asked for: the receive buffer is used in its place")
			break
		}
	}
	return notes
}
