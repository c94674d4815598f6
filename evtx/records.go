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

// live hands out the records that the chunk's header counts, and answers where they end. A header that cannot be believed
// counts nothing: then records are live as long as their identifiers go on.
func (k *loaded) live(yield emit) (end int, more bool) {
	data := k.doc.data
	limit, trusted := len(data), false
	if free := int(k.Free); k.HeaderValid && free >= chunkHead && free <= chunkSize {
		limit, trusted = min(free, len(data)), true
	}
	k.doc.live = limit
	place := Place{Layer: k.Layer, Verified: k.verified}
	pos, last := min(chunkHead, limit), uint64(0)
	for pos < limit {
		size, ok := framed(data, pos, limit)
		if !ok && !plausible(data, pos, limit) {
			next := nextRecord(data, pos, limit, false)
			if !trusted && !k.goesOn(next, limit, last) || next == limit && zero(data[pos:limit]) {
				return pos, true
			}
			if !yield(nil, k.doc.fail(pos, ErrDamaged, "%d bytes between records cannot be read", next-pos)) {
				return next, false
			}
			pos = next
			continue
		}
		e := k.record(pos, size, limit, ok, place)
		if !trusted && last != 0 && e.Record != last+1 && !k.goesOn(pos, limit, last) {
			return pos, true
		}
		last = e.Record
		if !yield(e, nil) {
			return pos, false
		}
		pos += e.Place.Size
	}
	return limit, true
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

// record decodes the record at pos. Without a sound frame its end is guessed.
func (k *loaded) record(pos, size, limit int, ok bool, place Place) *Event {
	if ok {
		return k.doc.event(pos, size, true, place, k.words, &k.slots)
	}
	data := k.doc.data
	size = int(binary.LittleEndian.Uint32(data[pos+4:]))
	next := nextRecord(data, pos+4, limit, false)
	end := min(pos+size, limit)
	if end > next || end < limit && next != end && next < limit {
		end = next
	}
	e := k.doc.event(pos, end-pos, end == pos+size, place, k.words, &k.slots)
	var err *Error
	if pos+size > limit {
		err = k.doc.fail(pos, ErrTruncated, "the record is cut off after %d of %d bytes", end-pos, size)
	} else {
		err = k.doc.fail(pos, ErrDamaged, "the record's size, %d, and the copy at its end differ", size)
	}
	e.note(err, false)
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
		size, ok := framed(data, next, len(data))
		id := binary.LittleEndian.Uint64(data[next+8:])
		follows = follows && next == pos && last != 0 && id == last+1 && ok
		place := Place{Layer: Slack}
		switch {
		case k.Layer == Carved:
			place.Layer = Carved
		case follows:
			place.Layer, last = Unlisted, id
			k.doc.live = next + size
		}
		e := k.record(next, size, len(data), ok, place)
		if !yield(e, nil) {
			return false
		}
		pos = next + e.Place.Size
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
