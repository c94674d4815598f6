// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import "time"

// Pulse decides when a plain line of progress is due: every tenth of the way, and
// every ten seconds in between. The zero value is ready.
type Pulse struct {
	last  time.Time
	tenth int64
}

const pulseTime = 10 * time.Second

// Due reports whether a line is due, and takes it for printed.
func (p *Pulse) Due(now time.Time, done, total int64) bool {
	tenth := int64(0)
	if total > 0 {
		tenth = min(9, int64(float64(done)/float64(total)*10))
	}
	if p.last.IsZero() {
		p.last, p.tenth = now, tenth
		return false
	}
	if tenth <= p.tenth && now.Sub(p.last) < pulseTime {
		return false
	}
	p.last, p.tenth = now, tenth
	return true
}
