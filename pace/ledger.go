// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

// hostCounters counts what this host sends and receives through an interface. It answers false when that is not known.
type hostCounters interface {
	read(iface string) (counted, bool)
}

// counted is since the host started; negative: not known.
type counted struct {
	received, sent int64 // bytes
	opens          int64 // TCP connections that were begun
}

func (c counted) bytes(up bool) int64 {
	if up {
		return c.sent
	}
	return c.received
}

const (
	// staleBytes is how much of ours may pass while a counter stands still: more, and it is one that is brought up to date now and then only.
	staleBytes = 64 << 10
	// staleTicks is for how long such a counter is not asked.
	staleTicks = 2000
)

// ledger tells what others on this host moved: what the interface counts, less our own. Bounds are kept, since the two
// cannot be read at once and a thread that is kept from running in between would look like others.
type ledger struct {
	valid bool
	total int64 // that was counted last
	at    int64 // our own then
	stale int   // ticks for which the counter is not believed
	most  int64 // opens
	begun bool  // most is known
}

// reset forgets: what is counted from now on is something else.
func (l *ledger) reset() { *l = ledger{stale: l.stale} }

// add takes the interface's count with our own from before and after, and puts the bounds into the sample. It answers false when
// nothing is known: the first time, and where the counter does not follow what moves.
func (l *ledger) add(s *Sample, total, before, after int64) bool {
	l.stale = max(l.stale-1, 0)
	switch {
	case total < 0:
		l.reset()
		return false
	case !l.valid || total != l.total:
		l.total, l.at = total, after
	case after-l.at > staleBytes:
		l.reset()
		l.stale = staleTicks
		return false
	}
	was := l.valid
	l.valid = true
	s.ForeignLow, s.ForeignHigh = total-after, total-before
	return was && l.stale == 0
}

// opened answers how many connections others began to open since the last time.
func (l *ledger) opened(opens int64) (since int64) {
	if opens < 0 {
		return 0
	}
	if l.begun {
		since = max(opens-l.most, 0)
	}
	l.most, l.begun = max(l.most, opens), true
	return since
}
