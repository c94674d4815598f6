// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"time"

	"github.com/openbits/openbits"
)

// reportTime is over which the rates that people see are taken.
const reportTime = time.Second

// report is what people are told of a group.
type report struct {
	since     time.Duration
	delivered int64
	low       int64
	counted   bool
	rate      int64 // bytes per second
	foreign   int64
}

func (r *report) add(now time.Duration, s Sample) {
	r.delivered += s.Delivered
	passed := now - r.since
	if passed < reportTime && s.Counted == r.counted {
		return
	}
	r.rate, r.foreign = int64(float64(r.delivered)/max(passed.Seconds(), 0.001)), openbits.Unknown
	if s.Counted && r.counted {
		r.foreign = max(int64(float64(s.ForeignLow-r.low)/passed.Seconds()), 0)
	}
	r.since, r.delivered, r.low, r.counted = now, 0, s.ForeignLow, s.Counted
}

// transport tells what is known of the path. wall is the time of day at now.
func (g *group) transport(now time.Duration, wall time.Time) openbits.Transport {
	return openbits.Transport{}
}
