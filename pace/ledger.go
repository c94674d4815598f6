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

// ledger tells what others on this host moved: what the interface counts, less our own. Bounds are kept, since the two
// cannot be read at once and a thread that is kept from running in between would look like others.
type ledger struct {
	valid    bool
	low      int64 // at least that much was others'
	high     int64 // at most
	opens    int64
	hasOpens bool
}

// reset forgets: what is counted from now on is something else.
func (l *ledger) reset() { *l = ledger{} }

// add takes the interface's count with our own from before and after, and puts the bounds into the sample. It answers false the first time.
func (l *ledger) add(s *Sample, total, before, after int64) bool {
	if total < 0 {
		l.reset()
		return false
	}
	last := *l
	l.valid, l.low, l.high = true, total-after, total-before
	s.ForeignLow, s.ForeignHigh = l.low, l.high
	return last.valid
}

// opened answers how many connections were begun since the last time.
func (l *ledger) opened(opens int64) (since int64) {
	if opens < 0 {
		return 0
	}
	if l.hasOpens {
		since = max(opens-l.opens, 0)
	}
	l.opens, l.hasOpens = opens, true
	return since
}
