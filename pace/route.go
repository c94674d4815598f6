// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import "time"

const (
	// flatTime is how long the round trip must stay the same at the floor to be that of a longer route. The queue of a CUBIC sender is flat for
	// some seconds around its former maximum (RFC 9438, section 4.1), and not for so long.
	flatTime = 10 * time.Second
	// flatSpread is within what, beside noise.
	flatSpread = 2 * time.Millisecond
	// flatTrips is how many round trips that takes.
	flatTrips = 20
)

// flat notices that a queue which does not go away is none: the path became longer.
type flat struct {
	since     time.Duration
	trips     int
	low, high time.Duration
}

// add takes the queueing delay of a single round trip at the floor, and answers by how much the path is longer, 0 when that is not known.
func (f *flat) add(now, trip, noise, least time.Duration) time.Duration {
	if f.trips == 0 || max(f.high, trip)-min(f.low, trip) > flatSpread+2*noise {
		*f = flat{since: now, trips: 1, low: trip, high: trip}
		return 0
	}
	f.trips++
	f.low, f.high = min(f.low, trip), max(f.high, trip)
	if f.low < least || f.trips < flatTrips || now-f.since < flatTime {
		return 0
	}
	longer := f.low
	*f = flat{}
	return longer
}
