// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"slices"
	"time"
)

const (
	// noiseTime is the least over which a tremble is measured; two round trips if those are longer.
	noiseTime = 60 * time.Millisecond
	// mostLasting bounds what noise may add to what is taken for nobody's queue.
	mostLasting = 8 * time.Millisecond
	// filterTime is over which the least queueing delay is taken on a noisy path.
	filterTime = 60 * time.Millisecond
	// noiseSamples is of how many measurements the lowest fifth is looked at: some seconds.
	noiseSamples = 31
	// mostNoise bounds what is believed of one measurement: more than this is no tremble.
	mostNoise = 12 * time.Millisecond
	// noisy is the noise from which the least of several samples is taken for the queue.
	noisy = 600 * time.Microsecond
)

// noise measures how much the round trip trembles by itself, as it does on Wi-Fi: by how
// much its mean is over its least within a time in which a queue hardly changes. The queue
// on such a path is the least of that time: noise comes on top of a queue, it never hides one.
type noise struct {
	value   time.Duration
	own     time.Duration               // noise that packets of ours make
	samples [noiseSamples]time.Duration // a ring
	filled  int
	began   time.Duration
	sum     time.Duration
	count   int
	least   time.Duration
	recent  [64]time.Duration
	next    int
}

// add takes a queueing delay. few says that there are too few packets to see the noise go away.
func (n *noise) add(now, queue, rtt time.Duration, few bool) {
	n.recent[n.next] = queue
	n.next = (n.next + 1) % len(n.recent)
	if n.count == 0 || queue < n.least {
		n.least = queue
	}
	n.sum += queue
	n.count++
	if now-n.began < max(noiseTime, 2*rtt) {
		return
	}
	sample := min(n.sum/time.Duration(n.count)-n.least, mostNoise)
	// What trembles does so all the time; a queue that comes or goes does it now and then, at worst for most of the time: a low quantile tells them apart.
	if !few {
		n.samples[n.filled%noiseSamples] = sample
		n.filled++
		sorted := n.samples
		slices.Sort(sorted[:])
		n.value = sorted[noiseSamples/5]
	}
	n.began, n.sum, n.count = now, 0, 0
}

// lasting is the noise to reckon with, 0 on a quiet path.
func (n *noise) lasting() time.Duration {
	if n.value < n.own {
		return 0
	}
	return min(5*n.value/2, mostLasting)
}

// filter is the queueing delay without the noise.
func (n *noise) filter(queue time.Duration) time.Duration {
	if n.value < n.own {
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
