// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/openbits/openbits"
)

// yieldingAfter is how long a job gives way before that is called a reason: shorter pauses are the
// ordinary course of sharing, and nobody could read of them.
const yieldingAfter = time.Second

// CarriedBy implements openbits.CarriedPart. The priority may have changed since the mover was told.
func (m *motion) CarriedBy(c openbits.Carrier) {
	m.r.e.mu.Lock() // over both steps: a change of the priority must not come in between
	defer m.r.e.mu.Unlock()
	m.mu.Lock()
	m.carrier = c
	m.mu.Unlock()
	if c != nil {
		c.Serve(m.r.job.Priority)
	}
}

// putDown forgets the carrier: the connection may carry another file by now.
func (m *motion) putDown() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.carrier = nil
}

func (m *motion) carriedBy() openbits.Carrier {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.carrier
}

// serve tells the connections of the run what they are for now. The caller holds e.mu.
// Connections are never used across the border between foreground and background: after a change across
// it the files in motion go on over others.
func (r *run) serve(before openbits.Priority) {
	for _, m := range r.moving() {
		switch c := m.carriedBy(); {
		case before.Background() != r.job.Priority.Background():
			m.cancel(errRestarted)
		case c != nil:
			c.Serve(r.job.Priority)
		}
	}
}

// transport is what is known of the network under the run: what the connection tells that has most to tell. Nothing
// is added up, since each tells of all that share its path.
func (r *run) transport() *openbits.Transport {
	var best *openbits.Transport
	for _, m := range r.moving() {
		c := m.carriedBy()
		if c == nil {
			continue
		}
		if t := c.Transport(); best == nil || telling(t, *best) {
			best = &t
		}
	}
	return best
}

// rank orders the modes by how much they explain of a job that is slow.
var rank = map[openbits.TransportMode]int{
	openbits.TransportUngoverned: 0, openbits.TransportAlone: 1, openbits.TransportStarting: 2,
	openbits.TransportReturning: 3, openbits.TransportSharing: 4, openbits.TransportYielding: 5,
}

// telling reports whether a says more than b: it yields more, or longer, or for more connections.
func telling(a, b openbits.Transport) bool {
	switch {
	case rank[a.Mode] != rank[b.Mode]:
		return rank[a.Mode] > rank[b.Mode]
	case !a.Since.Equal(b.Since):
		return a.Since.Before(b.Since)
	default:
		return a.Connections > b.Connections
	}
}

// yieldingReason says to whom a moving job gives way, nil when it does not. It is the same as long as the same is true:
// the rate of the moment is in its own place.
func yieldingReason(j *openbits.Job) *openbits.Reason {
	t := j.Transport
	if t == nil || t.Mode != openbits.TransportYielding || time.Since(t.Since) < yieldingAfter {
		return nil
	}
	return &openbits.Reason{
		Code: openbits.ReasonYielding, Since: t.Since, Text: "it gives way to " + t.Rival.Words(),
		Hint: "It speeds up by itself when they stop; to compete with them: bits set " + short(j.ID) + " priority=foreground.",
	}
}
