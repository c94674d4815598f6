// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"bytes"
	"encoding/binary"
)

// emit hands an event or an error to whoever iterates; false: they have had enough.
type emit func(*Event, error) bool

// framed reports whether a record begins at data[i] and ends, with the copy of its size, at or before end.
func framed(data []byte, i, end int) (size int, ok bool) {
	if end-i < recordMin || binary.LittleEndian.Uint32(data[i:]) != recordMagic {
		return 0, false
	}
	n := binary.LittleEndian.Uint32(data[i+4:])
	if n < recordMin || int64(n) > int64(end-i) {
		return 0, false
	}
	return int(n), binary.LittleEndian.Uint32(data[i+int(n)-4:]) == n
}

// Times of records that are believed where nothing else says that there is a record: 2000-01-01 to 2200-01-01, as FILETIMEs.
const (
	minTime = 125911584000000000
	maxTime = 189025920000000000
)

// fragmentHead begins the XML of every record seen: token, version 1.1, flags.
var fragmentHead = []byte{tokenFragmentHeader, 1, 1, 0}

// plausible reports whether what begins at data[i] looks like a record, whatever its end.
func plausible(data []byte, i, end int) bool {
	if end-i < recordMin+4 || binary.LittleEndian.Uint32(data[i:]) != recordMagic {
		return false
	}
	size, time := binary.LittleEndian.Uint32(data[i+4:]), binary.LittleEndian.Uint64(data[i+16:])
	return size >= recordMin && size <= chunkSize-chunkHead && time >= minTime && time < maxTime &&
		bytes.HasPrefix(data[i+recordHead:end], fragmentHead)
}

// nextRecord is where, from i, a record begins that is plausible or, when strict is false, framed; end when there is none.
func nextRecord(data []byte, i, end int, strict bool) int {
	magic := []byte{'*', '*', 0, 0}
	for i < end {
		n := bytes.Index(data[i:end], magic)
		if n < 0 {
			return end
		}
		i += n
		if _, ok := framed(data, i, end); ok && !strict || plausible(data, i, end) {
			return i
		}
		i++
	}
	return end
}

// extent is where a record lies in its chunk. Its end is a guess when err is not nil.
type extent struct {
	from, to int
	framed   bool // the copy of the size is at its end
	err      *Error
}

// extent finds the end of the record at pos, which is framed or plausible.
func (d *document) extent(pos, limit int) extent {
	if size, ok := framed(d.data, pos, limit); ok {
		return extent{pos, pos + size, true, nil}
	}
	size := int(binary.LittleEndian.Uint32(d.data[pos+4:]))
	next := nextRecord(d.data, pos+4, limit, false)
	x := extent{from: pos, to: min(pos+size, limit)}
	if x.to > next || x.to < limit && next < limit {
		x.to = next
	}
	x.framed = x.to == pos+size
	if pos+size > limit {
		x.err = d.fail(pos, ErrTruncated, "the record is cut off after %d of %d bytes", x.to-pos, size)
	} else {
		x.err = d.fail(pos, ErrDamaged, "the record's size, %d, and the copy at its end differ", size)
	}
	return x
}

// extents tells of the records that the chunk's header counts, and of bytes between them that are none, and answers where they end and
// the last one's identifier. A header that cannot be believed counts nothing: then records are live as long as their identifiers go on.
func (k *loaded) extents(each func(extent, *Error) bool) (end int, last uint64, more bool) {
	data := k.doc.data
	limit, trusted := len(data), false
	if free := int(k.Free); k.HeaderValid && free >= chunkHead && free <= chunkSize {
		limit, trusted = min(free, len(data)), true
	}
	k.doc.live = limit
	for pos := min(chunkHead, limit); pos < limit; {
		if _, ok := framed(data, pos, limit); !ok && !plausible(data, pos, limit) {
			next := nextRecord(data, pos, limit, false)
			if !trusted && !k.goesOn(next, limit, last) || next == limit && zero(data[pos:limit]) {
				return pos, last, true
			}
			if !each(extent{}, k.doc.fail(pos, ErrDamaged, "%d bytes between records cannot be read", next-pos)) {
				return next, last, false
			}
			pos = next
			continue
		}
		id := binary.LittleEndian.Uint64(data[pos+8:])
		if !trusted && last != 0 && id != last+1 && !k.goesOn(pos, limit, last) {
			return pos, last, true
		}
		x := k.doc.extent(pos, limit)
		if last = id; !each(x, nil) {
			return pos, last, false
		}
		pos = x.to
	}
	return limit, last, true
}

// live hands out the records that the chunk's header counts.
func (k *loaded) live(yield emit) (end int, last uint64, more bool) {
	place := Place{Layer: k.Layer, Verified: k.verified}
	return k.extents(func(x extent, err *Error) bool {
		if err != nil {
			return yield(nil, err)
		}
		return yield(k.record(x, place), nil)
	})
}

// maxLost is how many records may be lost between two before the second is taken for one of an earlier use of the chunk:
// a chunk has room for some 2,000 of the smallest.
const maxLost = 2000

func (k *loaded) goesOn(pos, limit int, last uint64) bool {
	if pos >= limit {
		return false
	}
	id := binary.LittleEndian.Uint64(k.doc.data[pos+8:])
	return last == 0 || id > last && id-last <= maxLost
}

// record decodes a record.
func (k *loaded) record(x extent, place Place) *Event {
	e := k.doc.event(x, place, k.words, &k.slots)
	e.note(x.err, false)
	return e
}

// rest hands out what lies behind the live records: records that follow on them, and those of an earlier use.
func (k *loaded) rest(pos int, last uint64, yield emit) bool {
	data := k.doc.data
	follows := k.Layer != Carved
	for {
		next := nextRecord(data, pos, len(data), true)
		if next == len(data) {
			return true
		}
		x := k.doc.extent(next, len(data))
		id := binary.LittleEndian.Uint64(data[next+8:])
		follows = follows && next == pos && last != 0 && id == last+1 && x.err == nil
		place := Place{Layer: Slack}
		switch {
		case k.Layer == Carved:
			place.Layer = Carved
		case follows:
			place.Layer, last = Unlisted, id
			k.doc.live = x.to
		}
		if !yield(k.record(x, place), nil) {
			return false
		}
		pos = x.to
	}
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
