// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import "iter"

// Events iterates over the events that the log counts as its own, oldest first. Damage comes as an error, always an *Error, in
// the place of what could not be read; the iteration goes on behind it.
func (l *Log) Events() iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		for _, p := range l.unread {
			if !yield(nil, p) {
				return
			}
		}
		words, first := new(words), l.oldest()
		for i := range l.chunks {
			c := l.chunks[(first+i)%len(l.chunks)]
			if c.Layer != Live {
				continue
			}
			k, err := l.load(c, words)
			if err != nil && !yield(nil, err) {
				return
			}
			for _, p := range k.problems {
				if !yield(nil, p) {
					return
				}
			}
			if _, _, more := k.live(yield); !more {
				return
			}
		}
	}
}

// Recovered iterates over all other events that can be found, in the order of the stream. See [Layer] and [State] for
// what each is worth; the same event may be found in several places. Errors are as those of Events, which has those of live chunks.
func (l *Log) Recovered() iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		s := &scanner{log: l, number: l.slots(), yield: yield, pool: 8 * chunkSize}
		pos := int64(0)
		if l.header.Found {
			pos = fileHead
		}
		for _, c := range l.chunks {
			if !s.region(pos, c.Offset) {
				return
			}
			k, err := l.load(c, &s.words)
			if err != nil && c.Layer != Live && !yield(nil, err) {
				return
			}
			if !s.remains(k) {
				return
			}
			pos = c.Offset + int64(k.Size)
		}
		s.region(pos, l.size)
	}
}

// slots is how many chunks the file has room for.
func (l *Log) slots() int {
	if l.base == noGrid {
		return 0
	}
	return int(min((l.size-l.base+chunkSize-1)/chunkSize, maxChunks))
}

// remains hands out all of a chunk but its live records.
func (s *scanner) remains(k *loaded) bool {
	if k.Layer == Live {
		end, last, _ := k.extents(func(extent, *Error) bool { return true })
		return k.rest(end, last, s.yield)
	}
	for _, p := range k.problems {
		if !s.yield(nil, p) {
			return false
		}
	}
	end, last, more := k.live(s.yield)
	return more && k.rest(end, last, s.yield)
}
