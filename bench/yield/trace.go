// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"slices"
	"time"

	"github.com/openbits/openbits/bench/link"
	"github.com/openbits/openbits/bench/traffic"
)

// What counts as having yielded and as having taken the link back.
const (
	yieldedShare = 0.2 // of the link's rate, at most
	yieldedFor   = 300 * time.Millisecond
	tookShare    = 0.8 // at least
	tookFor      = 500 * time.Millisecond
	calmWait     = 20 * time.Millisecond // of queue
	calmFor      = 500 * time.Millisecond
)

// trace is what happened on one direction of the link.
type trace struct {
	bins []link.Bin
	line link.Config
}

// part are the bins of a time.
func (t trace) part(from, to time.Duration) []link.Bin {
	n := len(t.bins)
	return t.bins[min(int(from/link.BinWidth), n):min(int(to/link.BinWidth), n)]
}

// bytes is how much of some classes passed.
func (t trace) bytes(from, to time.Duration, classes ...link.Class) (sum int64) {
	for _, b := range t.part(from, to) {
		for _, c := range classes {
			sum += b.Bytes[c]
		}
	}
	return sum
}

// rate is the mean rate in Mbit/s.
func (t trace) rate(from, to time.Duration, classes ...link.Class) float64 {
	return float64(t.bytes(from, to, classes...)) * 8 / 1e6 / (to - from).Seconds()
}

// capacity is the mean rate of the link itself in Mbit/s.
func (t trace) capacity(from, to time.Duration) float64 {
	sum, n := 0.0, 0
	for at := from; at < to; at += link.BinWidth {
		sum += t.line.RateAt(at)
		n++
	}
	return sum / float64(max(n, 1)) / 1e6
}

// wait is the mean wait of the packets that arrived, in milliseconds.
func (t trace) wait(from, to time.Duration) float64 {
	var sum time.Duration
	var n int64
	for _, b := range t.part(from, to) {
		sum += b.Wait
		n += b.Waits
	}
	return millis(sum) / float64(max(n, 1))
}

func (t trace) drops(from, to time.Duration) (d [2]int64) {
	for _, b := range t.part(from, to) {
		d[0] += b.Drops[link.Foreground]
		d[1] += b.Drops[link.Background] + b.Drops[link.Second]
	}
	return d
}

// first is how long after from a span begins, before limit, over which ok holds, and over its beginning too: a mean alone would
// let the span begin a little early. It is never when there is none.
func first(from, limit, span time.Duration, ok func(from, to time.Duration) bool) float64 {
	const beginning = 100 * time.Millisecond
	for at := from; at+span <= limit; at += link.BinWidth {
		if ok(at, at+beginning) && ok(at, at+span) {
			return millis(at - from)
		}
	}
	return never
}

// yield is how long after from the background stays at or under a fifth of the link.
func (t trace) yield(from, limit time.Duration) float64 {
	return first(from, limit, yieldedFor, func(a, b time.Duration) bool {
		return t.rate(a, b, link.Background) <= yieldedShare*t.capacity(a, b)
	})
}

// reclaim is how long after from the background stays at or over four fifths of the link.
func (t trace) reclaim(from, limit time.Duration) float64 {
	return first(from, limit, tookFor, func(a, b time.Duration) bool {
		return t.rate(a, b, link.Background) >= tookShare*t.capacity(a, b)
	})
}

// calm is how long after from the queue stays short.
func (t trace) calm(from, limit time.Duration) float64 {
	return first(from, limit, calmFor, func(a, b time.Duration) bool {
		return !slices.ContainsFunc(t.part(a, b), func(b link.Bin) bool { return b.Mean() > calmWait })
	})
}

// drained is how long after from the last packet of the foreground left the queue.
func (t trace) drained(from, limit time.Duration) float64 {
	last := from
	for at := from; at < limit; at += link.BinWidth {
		if t.bytes(at, at+link.BinWidth, link.Foreground) > 0 {
			last = at + link.BinWidth
		}
	}
	return millis(last - from)
}

// within are the samples that began in a time.
func within(list []traffic.Sample, from, to time.Duration) (in []traffic.Sample) {
	for _, s := range list {
		if s.At >= from && s.At < to {
			in = append(in, s)
		}
	}
	return in
}

// took are the times of samples in milliseconds, less base. What is lost counts with the time after which it was given up
// where counted is set, and is left out otherwise.
func took(list []traffic.Sample, base time.Duration, counted bool) (ms []float64) {
	for _, s := range list {
		if !s.Lost || counted {
			ms = append(ms, millis(s.Took-base))
		}
	}
	return ms
}

// lost is the share of samples that did not come, in percent.
func lost(list []traffic.Sample) float64 {
	n := 0
	for _, s := range list {
		if s.Lost {
			n++
		}
	}
	return 100 * float64(n) / float64(max(len(list), 1))
}

// percentile is the least value that p of the values (0 to 1) do not exceed, NaN without values.
func percentile(list []float64, p float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(list))
	return s[min(max(int(math.Ceil(p*float64(len(s))))-1, 0), len(s)-1)]
}

// median is the middle of the values that are numbers, the mean of both middles where there are two, NaN without any.
func median(list []float64) float64 {
	s := slices.DeleteFunc(slices.Sorted(slices.Values(list)), math.IsNaN)
	n := len(s)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}

func millis(d time.Duration) float64 { return float64(d) / 1e6 }

// round keeps three digits behind the point, and makes of what is no number a 0, which JSON can say.
func round(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return math.Round(v*1000) / 1000
}
