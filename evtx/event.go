// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"encoding/binary"
	"time"
)

// Event is one record of a log.
type Event struct {
	Place   Place
	State   State
	Problem *Error    // why State is not Whole; nil when it is
	Record  uint64    // identifier in the record's head: the position in this file's sequence
	Written time.Time // from the record's head: when the event was logged
	System  System    // what could be read of it

	doc      *document
	fragment fragment
	size     int // of the record in bytes
}

// Time is when the event was created, or, when that cannot be read, logged.
func (e *Event) Time() time.Time {
	if e.System.Time.IsZero() {
		return e.Written
	}
	return e.System.Time
}

// Place says where an event was found.
type Place struct {
	Layer    Layer
	Offset   int64 // of the record, from the beginning of the stream
	Size     int   // of the record, in bytes
	Chunk    int   // number of its chunk, in the order of the stream; NoChunk: it lay in none
	Verified bool  // a checksum that holds covers the record
}

// Layer is what kind of place an event was found in, from strong to weak.
type Layer string

const (
	// Live: the log itself counts the record as its own.
	Live Layer = "live"
	// Unlisted: the record follows on the last one, or its chunk on the others, but the headers do not count it. That is how
	// a log looks whose headers were not written for the last time.
	Unlisted Layer = "unlisted"
	// Slack: behind the last record of a chunk, or where a chunk's header was: left over from an earlier use of the space.
	Slack Layer = "slack"
	// Carved: found by its signature outside of the log's chunks, or by Carve.
	Carved Layer = "carved"
)

// State is how much of an event is left.
type State string

const (
	// Whole: the record is as long as it says and was read to its end.
	Whole State = "whole"
	// Borrowed: all of it was read, but with the definition of a template from elsewhere in the log, as its own is gone.
	Borrowed State = "borrowed"
	// Nameless: the definition of a template is gone and nowhere else; its values are there, with types but without names.
	Nameless State = "nameless"
	// Partial: it was read up to a damaged place.
	Partial State = "partial"
)

// Records. Sizes and offsets are in bytes.
const (
	recordMagic = 0x00002a2a // "**", NUL, NUL
	recordHead  = 24         // magic, size (4), identifier (8), FILETIME (8)
	recordMin   = recordHead + 4
)

// event decodes a record.
func (d *document) event(x extent, place Place, words *words, slots *[]slot) *Event {
	raw, size, end := d.data[x.from:x.to], x.to-x.from, x.to
	if x.framed {
		end -= 4
	}
	e := &Event{
		Place: place, State: Whole, doc: d, size: size,
		Record:  binary.LittleEndian.Uint64(raw[8:]),
		Written: fileTime(binary.LittleEndian.Uint64(raw[16:])),
	}
	e.Place.Offset, e.Place.Size, e.Place.Chunk = d.base+int64(x.from), size, d.chunk
	var err *Error
	e.fragment, err = d.fragment(x.from+recordHead, end, slots)
	if len(e.fragment.nodes) == 0 && err == nil {
		err = d.fail(x.from+recordHead, ErrDamaged, "the record has no event")
	}
	e.note(err, e.fragment.borrowed)
	if e.fragment.lost {
		e.fragment.nodes = lostEvent(e.fragment.nodes, e.fragment.slots)
	}
	sc := scope{doc: d, slots: e.fragment.slots, array: noIndex}
	if e.fragment.template != nil {
		e.System = e.fragment.template.plan.system(&sc, words)
	} else {
		p := planOf(e.fragment.nodes)
		e.System = p.system(&sc, words)
	}
	e.inspect(e.fragment.slots, 1)
	return e
}

// note makes the event's state worse, if it must be.
func (e *Event) note(err *Error, borrowed bool) {
	if borrowed && e.State == Whole {
		e.State = Borrowed
		e.Problem = e.doc.fail(int(e.Place.Offset-e.doc.base), ErrTemplate, "the template's own definition is gone; the same one from elsewhere was used")
		e.Problem.Record = e.Record
	}
	if err == nil {
		return
	}
	problem := *err // a template's error is told of each of its events
	problem.Record = e.Record
	switch missing := err.Kind == ErrTemplate; {
	case !missing && e.State != Partial:
		e.State, e.Problem = Partial, &problem
	case missing && (e.State == Whole || e.State == Borrowed):
		e.State, e.Problem = Nameless, &problem
	}
}

// maxFragments bounds how deep values of binary XML may lie in one another; Windows needs one.
const maxFragments = 16

// inspect looks whether the binary XML among the values is sound.
func (e *Event) inspect(slots []slot, depth int) {
	for _, s := range slots {
		if s.typ != TypeBinXML || s.size == 0 {
			continue
		}
		if depth > maxFragments {
			e.note(e.doc.fail(int(s.at), ErrLimit, "binary XML lies in itself more than %d deep", maxFragments), false)
			return
		}
		var buf [32]slot
		inner := buf[:0]
		f, err := e.doc.fragment(int(s.at), int(s.at)+int(s.size), &inner)
		e.note(err, f.borrowed)
		e.inspect(f.slots, depth+1)
	}
}
