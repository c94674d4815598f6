// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"math"
	"slices"
	"time"
)

const (
	// noiseSamples is how many round trips are looked at, and noiseNeeded how many say something.
	noiseSamples, noiseNeeded = 32, 8
	// mostLeast is the most that the least of them may be: noise leaves some alone.
	mostLeast = 2500 * time.Microsecond
	// ownNoise is a tremble that the clocks of the kernel (1 ms) and packets of our own make.
	ownNoise = 1200 * time.Microsecond
	// noiseFactor is by how much the queueing delay of a noisy path may be longer without anybody there.
	noiseFactor = 4.5
	// boostStep is by how much a false alarm raises what is reckoned with, mostBoost by how much in all.
	boostStep, mostBoost = 1.4, 3
	// mostNoise bounds what noise may add to what is taken for nobody's queue.
	mostNoise = 12 * time.Millisecond
	// filterTime is over which the least queueing delay is taken on a noisy path.
	filterTime = 60 * time.Millisecond
)

// noise measures how much the round trip trembles by itself, as it does on Wi-Fi, from single round trips at the floor, where
// next to nothing of ours is under way. Noise makes each differ from the one before, up and down, which a queue that others keep does not; and it makes
// short ones rare, which the bursts of others, with pauses in between, do not. The queue
// on such a path is the least of some time: noise comes on top of a queue, it never hides one.
type noise struct {
	packet time.Duration   // that a full packet takes
	trips  []time.Duration // queueing delays since the floor was reached
	value  time.Duration
	before time.Duration // what was seen the time before
	boost  float64       // by how much more has to be reckoned with
	known  bool          // it was looked for
	recent [64]time.Duration
	next   int
}

// add takes the queueing delay of a tick.
func (n *noise) add(queue time.Duration) {
	n.recent[n.next] = queue
	n.next = (n.next + 1) % len(n.recent)
}

// trip takes the queueing delay of a single round trip.
func (n *noise) trip(queue time.Duration) {
	if len(n.trips) < noiseSamples {
		n.trips = append(n.trips, queue)
	}
}

// learn looks at the trips since the floor was reached, when there are enough.
func (n *noise) learn() {
	have := len(n.trips)
	if have < noiseNeeded {
		return
	}
	var steps []time.Duration
	var sum time.Duration
	for i, t := range n.trips[1:] {
		steps = append(steps, (t - n.trips[i]).Abs())
		sum += (t - n.trips[i]).Abs()
	}
	trend := (n.trips[have-1] - n.trips[0]).Abs()
	sorted := slices.Sorted(slices.Values(n.trips))
	n.trips, n.known = n.trips[:0], true
	if sorted[0] > mostLeast || trend > sum*2/5 {
		return // a queue: it hides the noise
	}
	slices.Sort(steps)
	seen := min(steps[len(steps)/2], sorted[have/2]-sorted[0])
	// What trembles does so each time; somebody who happened to come and go does not.
	n.value, n.before = min(seen, n.before), seen
	if n.value <= ownNoise {
		n.boost = 1
	}
}

// lasting is the noise to reckon with, 0 on a quiet path.
func (n *noise) lasting() time.Duration {
	own := max(ownNoise, n.packet)
	if n.value <= own {
		return 0
	}
	return min(time.Duration(noiseFactor*max(n.boost, 1)*float64(n.value-own)), mostNoise)
}

// wasTooLow says that noise was taken for somebody.
func (n *noise) wasTooLow() { n.boost = min(max(n.boost, 1)*boostStep, mostBoost) }

// filter is the queueing delay without the noise.
func (n *noise) filter(queue time.Duration) time.Duration {
	if n.lasting() == 0 {
		return queue
	}
	return n.leastOver(filterTime)
}

// leastOver is the least queueing delay in the last d, of 300 ms at most.
func (n *noise) leastOver(d time.Duration) time.Duration {
	count := min(max(int(d/TickInterval), 1), len(n.recent))
	least := n.recent[(n.next+len(n.recent)-1)%len(n.recent)]
	for i := range count {
		least = min(least, n.recent[(n.next+len(n.recent)-1-i)%len(n.recent)])
	}
	return least
}

// flat reports whether the queueing delay stayed the same within limit in the last d, of 300 ms at most, as did the single trips.
func (n *noise) flat(d, limit time.Duration) bool {
	count := min(max(int(d/TickInterval), 1), len(n.recent))
	least, most := time.Duration(math.MaxInt64), time.Duration(0)
	for i := range count {
		q := n.recent[(n.next+len(n.recent)-1-i)%len(n.recent)]
		least, most = min(least, q), max(most, q)
	}
	for _, t := range n.trips {
		least, most = min(least, t), max(most, t)
	}
	return most-least <= limit
}
