// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"slices"
	"time"
)

const (
	// foreignTime is over how long the bytes of others are counted.
	foreignTime = 4 * TickInterval
	// foreignLeast is the least that counts as somebody: three packets in foreignTime.
	foreignLeast = 3 * packetSize
	// foreignShare is the part of the link's rate that counts as somebody.
	foreignShare = 0.05
	// holdExtra, shortHold and longHold are for how long room is made after the last bytes of others: one round trip
	// and holdExtra, in which a program that got an answer asks the next question.
	holdExtra, shortHold, longHold = 20 * time.Millisecond, 60 * time.Millisecond, 300 * time.Millisecond
	// openHold is how long, beside two round trips, the first bytes of a new connection are waited for.
	openHold = 60 * time.Millisecond
	// falseOpens in a row, after which no bytes came, are believed to go elsewhere, such as to this host itself.
	falseOpens = 3
)

// account is what others on this host had moved at a time.
type account struct {
	at        time.Duration
	low, high int64
}

// hostForeground finds foreground transfers of this host by its counters.
type hostForeground struct {
	recent  [foreignTime/TickInterval + 1]account // a ring
	next    int
	filled  int
	until   time.Duration
	opened  time.Duration // when the open that is waited for was seen
	waiting bool
	misses  int
	steady  steadyForeground
}

// holds reports whether room has to be made now. capacity is the link's rate, clear says that no queue stands.
func (h *hostForeground) holds(now time.Duration, s Sample, capacity float64, clear bool) bool {
	if !s.Counted {
		h.filled, h.steady = 0, steadyForeground{}
		return false
	}
	sum, over := h.count(account{now, s.ForeignLow, s.ForeignHigh})
	sum = int64(float64(sum) * min(float64(foreignTime)/float64(max(over, foreignTime)), 1))
	if s.Opens > 0 {
		h.steady.opened()
	}
	h.steady.add(now, s.ForeignLow, sum, s.Base, capacity, clear)
	if float64(sum) > h.steady.allowed(max(foreignLeast, foreignShare*capacity*foreignTime.Seconds())) {
		h.until = max(h.until, now+min(max(s.Base+holdExtra, shortHold), longHold))
		h.waiting, h.misses = false, 0
	}
	h.open(now, s)
	return now < h.until
}

// count answers what others surely moved lately, and over which time.
func (h *hostForeground) count(a account) (bytes int64, over time.Duration) {
	h.recent[h.next] = a
	h.next = (h.next + 1) % len(h.recent)
	h.filled = min(h.filled+1, len(h.recent))
	oldest := h.recent[h.next]
	if h.filled < len(h.recent) {
		oldest = h.recent[0]
	}
	return a.low - oldest.high, a.at - oldest.at
}

// open makes room for a connection before its first bytes.
func (h *hostForeground) open(now time.Duration, s Sample) {
	wait := 2*s.Base + openHold
	if h.waiting && now > h.opened+wait {
		h.waiting = false
		h.misses++
	}
	if s.Opens > 0 && !h.waiting {
		h.waiting, h.opened = true, now
		if h.misses < falseOpens {
			h.until = max(h.until, now+wait)
		}
	}
}

const (
	// steadyWindow is over which the rate of others is taken. It holds three or four frames of a video.
	steadyWindow = 120 * time.Millisecond
	// steadyTrips is over how many round trips others must stay the same: by then a slow start is sixteen times as fast.
	steadyTrips = 4
	// steadyShare of the link is the most that leaves something to use.
	steadyShare = 0.85
	// pushed is the part of what it had that somebody has when our traffic is in the way, wanting what is more than it had.
	pushed, wanting = 0.75, 1.6
	// firstTrust and lastTrust bound for how long it is watched again after that.
	firstTrust, lastTrust = time.Second, 30 * time.Second
)

// steadyTests are how many windows in a row have to be alike, by which factor the largest may be larger than the smallest, and whether connections may
// be opened meanwhile: a rate that hardly changes is believed soon, one that does later. What grows as soon as there is room does not stay within.
var steadyTests = [...]struct {
	windows int
	spread  float64
	opens   bool
}{{3, 1.4, false}, {9, wanting, true}}

// steadyForeground tells somebody who needs a certain rate and no more, such as a call, from somebody who takes all there
// is. While we are out of the way and no queue stands, the latter grows; who stays at a rate has what it needs, and the rest may be used.
type steadyForeground struct {
	low         int64
	from        time.Duration
	rates       []float64 // of the windows since it is looked at, as many as the last test needs; the newest is the last
	unopened    int       // windows since a connection was opened
	peak        float64   // the most in one foreignTime
	nextPeak    float64
	level       float64 // bytes per second that are left to it; 0: it is not steady
	burst       float64 // bytes in foreignTime that are left to it
	trust       time.Duration
	notBefore   time.Duration
	quietWindow int
}

func (s *steadyForeground) add(now time.Duration, low, sum int64, base time.Duration, capacity float64, clear bool) {
	if s.from == 0 || !clear && s.level == 0 {
		s.from, s.low, s.rates, s.unopened, s.nextPeak, s.peak = now, low, s.rates[:0], 0, 0, 0
		return
	}
	s.nextPeak = max(s.nextPeak, float64(sum))
	if now-s.from < steadyWindow {
		return
	}
	rate := float64(low-s.low) / (now - s.from).Seconds()
	s.peak, s.nextPeak = max(s.nextPeak, s.peak*0.9), 0
	s.from, s.low = now, low
	if s.level > 0 {
		s.watch(now, rate)
		return
	}
	if most := steadyTests[len(steadyTests)-1].windows; len(s.rates) == most {
		s.rates = slices.Delete(s.rates, 0, 1)
	}
	s.rates = append(s.rates, rate)
	s.unopened++
	if now < s.notBefore {
		return
	}
	for _, t := range steadyTests {
		n := max(t.windows, int(steadyTrips*base/steadyWindow))
		if n > len(s.rates) {
			return
		}
		if n > s.unopened && !t.opens {
			continue
		}
		last := s.rates[len(s.rates)-n:]
		least, most := slices.Min(last), slices.Max(last)
		if least > 0 && most <= t.spread*least && most <= steadyShare*capacity && !rising(last) {
			s.level, s.burst, s.quietWindow = most, 1.5*s.peak+foreignLeast, 0
			return
		}
	}
}

// rising reports whether each rate is higher than the one before: that is somebody who grows, however slowly.
func rising(rates []float64) bool {
	for i, r := range rates[1:] {
		if r <= rates[i] {
			return false
		}
	}
	return true
}

// watch checks that it still has what it had.
func (s *steadyForeground) watch(now time.Duration, rate float64) {
	switch {
	case rate > wanting*s.level:
		s.level = 0
	case rate < pushed*s.level:
		if s.quietWindow++; s.quietWindow < 2 {
			return
		}
		if rate > foreignShare*s.level { // still there, with less
			s.trust = min(max(2*s.trust, firstTrust), lastTrust)
			s.notBefore = now + s.trust
		}
		s.level = 0
	default:
		s.quietWindow = 0
		return
	}
	s.rates, s.unopened = s.rates[:0], 0
}

// opened says that others opened a connection: what follows may be the next of many short transfers.
func (s *steadyForeground) opened() { s.unopened = -1 } // the window in which it happened does not count

// allowed is how many bytes in foreignTime are no reason to make room; usual is that without anybody.
func (s *steadyForeground) allowed(usual float64) float64 {
	if s.level == 0 {
		return usual
	}
	return max(usual, s.burst)
}
