// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import "time"

// Start is New with a clock.
func Start(o Options, now func() time.Time) (*Server, error) { return start(o, now) }

// Sweep ends what has timed out by now.
func (s *Server) Sweep() { s.sweep() }

// Counts are the sessions by phase.
func (s *Server) Counts() (fresh, open, over int) {
	n := s.table.counts()
	return n[phaseNew], n[phaseOpen], n[phaseOver]
}
