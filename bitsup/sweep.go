// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import "time"

// sweepEvery is how often sessions that are too old are looked for.
const sweepEvery = 10 * time.Minute

func (s *Server) sweepNowAndThen() {
	tick := time.NewTicker(min(sweepEvery, max(s.options.SessionTimeout/2, time.Second)))
	defer tick.Stop()
	for {
		s.sweep()
		select {
		case <-s.closing.Done():
			return
		case <-tick.C:
		}
	}
}

// sweep ends the sessions that made no progress for too long, and forgets those that have been over for long enough.
func (s *Server) sweep() {
	now := s.now()
	for _, p := range []phase{phaseNew, phaseOpen, phaseOver} {
		for _, at := range s.table.in(p) {
			if !at.try() {
				continue // a request is at it
			}
			if !at.gone && now.Sub(at.Touched) >= s.life(&at.record) {
				if p == phaseOpen {
					s.counted.expired.Add(1)
					s.options.Log.Info("a session timed out", "path", at.Target, "received", at.Next, "of", at.Total)
				}
				s.discard(at)
			}
			at.give()
		}
	}
	s.usage.recount()
}

// life is how long a session is kept after its client last got on.
func (s *Server) life(r *record) time.Duration {
	if r.State == stateClosed || r.State == stateCancelled {
		return remembered
	}
	return s.options.SessionTimeout
}
