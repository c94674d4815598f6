// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"fmt"
	"iter"
)

// LogRecord is a record of a log: a change, or a mark.
type LogRecord struct {
	Type      uint8       // LRTYP of Microsoft's published logapi.hxx; what could not be divided has RecordUnknown
	Offset    int64       // of its first byte in the input
	Position  LogPosition // of the segment that it begins in
	Data      []byte      // the whole record, type included; fragments are joined
	Fragments int         // how many it was cut into; 0 it was not
	Partial   bool        // a fragment is missing: Data is the beginning
	Damaged   bool        // a segment that it lies in has a wrong checksum
}

// Types of log records that this package knows more of than their size.
const (
	RecordInsert           = 29
	RecordFlagInsert       = 30
	RecordInsertAndReplace = 31
	RecordFlagDelete       = 32
	RecordReplace          = 33
	RecordReplaceDelta     = 34
	RecordDelete           = 35
	RecordUndoInfo         = 36
	RecordFragmentBegin    = 76
	RecordFragment         = 77
	RecordUnknown          = 255
)

// maxRecord bounds a joined record: the largest hold images of pages, of 32 KiB at most.
const maxRecord = 1 << 18

// Records yields the records of the log in their order, those that were cut into
// fragments joined again. What cannot be divided into records is yielded whole, up to
// the end of its segment, as RecordUnknown, after an error that says why: it can
// still be searched. Blank space is left out.
func (l *Log) Records() iter.Seq2[LogRecord, error] {
	return func(yield func(LogRecord, error) bool) {
		j := joiner{yield: yield}
		if !l.segmented() {
			l.oldRecords(&j)
			return
		}
		for s, err := range l.Segments() {
			if err != nil {
				j.fail(err)
			}
			if j.stopped {
				return
			}
			j.segment(s)
		}
		j.end()
	}
}

// joiner divides segments into records and joins fragments.
type joiner struct {
	yield   func(LogRecord, error) bool
	stopped bool
	open    *LogRecord // a record of which fragments are still to come
	total   int        // its size
}

func (j *joiner) fail(err error) {
	if !j.stopped && !j.yield(LogRecord{}, err) {
		j.stopped = true
	}
}

func (j *joiner) emit(r LogRecord) {
	if !j.stopped && !j.yield(r, nil) {
		j.stopped = true
	}
}

// end yields what is there of a record whose other fragments are missing.
func (j *joiner) end() {
	if j.open == nil {
		return
	}
	r := *j.open
	j.open = nil
	r.Partial = true
	j.fail(otherError(KindShort, "the log record", r.Offset, "%d of its %d bytes are there: a fragment is missing", len(r.Data), j.total))
	j.emit(r)
}

func (j *joiner) segment(s Segment) {
	if s.Status == PageBlank || len(s.Data) <= segmentHeaderSize {
		j.end()
		return
	}
	if s.Status == PageDamaged {
		j.fail(otherError(KindChecksum, "the log segment", s.Offset, "its checksum is wrong"))
	}
	for at := segmentHeaderSize; at < len(s.Data) && !j.stopped; {
		b := s.Data[at:]
		if b[0] == 0 { // no operation: space that was not used
			at++
			continue
		}
		r := LogRecord{Type: b[0], Offset: s.Offset + int64(at), Position: s.Position, Damaged: s.Status == PageDamaged}
		size, ok := recordSize(b)
		if !ok || size > len(b) {
			j.lost(b, r)
			return
		}
		r.Data = b[:size:size]
		j.record(r)
		at += size
	}
}

// lost yields the rest of a segment that cannot be divided. A record that goes on in
// the next segment is found in it: its first fragment reaches the segment's end.
func (j *joiner) lost(b []byte, r LogRecord) {
	j.end()
	j.fail(otherError(KindRecord, "the log record", r.Offset, "type %d is unknown or does not fit its segment", r.Type))
	r.Type, r.Data = RecordUnknown, b
	for at := 1; at+7 < len(b); at++ {
		if b[at] == RecordFragmentBegin && at+7+int(u16(b, at+5)) == len(b) && plausibleTotal(b[at:]) {
			r.Data = b[:at:at]
			j.emit(r)
			j.record(LogRecord{
				Type: RecordFragmentBegin, Offset: r.Offset + int64(at), Position: r.Position, Data: b[at:], Damaged: r.Damaged,
			})
			return
		}
	}
	j.emit(r)
}

func plausibleTotal(b []byte) bool {
	total := int64(u32(b, 1))
	return total > int64(u16(b, 5)) && total <= maxRecord
}

// record takes a record: a whole one, or a fragment.
func (j *joiner) record(r LogRecord) {
	switch {
	case r.Type == RecordFragmentBegin && plausibleTotal(r.Data):
		j.end()
		j.total = int(u32(r.Data, 1))
		r.Data, r.Fragments = append([]byte(nil), r.Data[7:]...), 1
		r.Type = RecordUnknown
		if len(r.Data) > 0 {
			r.Type = r.Data[0]
		}
		j.open = &r
	case r.Type == RecordFragment && j.open != nil:
		j.open.Data = append(j.open.Data, r.Data[3:]...)
		j.open.Fragments++
		j.open.Damaged = j.open.Damaged || r.Damaged
		if len(j.open.Data) >= j.total {
			done := *j.open
			j.open, done.Data = nil, done.Data[:j.total]
			j.emit(done)
		}
	case r.Type == RecordFragment:
		j.fail(otherError(KindShort, "the log record", r.Offset, "the fragments before it are missing"))
		r.Partial, r.Data = true, r.Data[3:]
		r.Type = RecordUnknown
		j.emit(r)
	default:
		j.end()
		j.emit(r)
	}
}

// oldRecords reads a log without segments: records run on over the ends of sectors.
func (l *Log) oldRecords(j *joiner) {
	var rest []byte
	at := l.dataStart() // of rest in the input
	for off := at; off < l.size && !j.stopped; off += scanWindow {
		b, err := l.read(off, scanWindow)
		if err != nil {
			j.fail(err)
			return
		}
		rest = append(rest, b...)
		used := j.stream(rest, at, off+scanWindow >= l.size)
		at += int64(used)
		rest = append([]byte(nil), rest[used:]...)
	}
}

// stream divides what it can of b, which begins at an offset, and answers how much
// that was. What makes no sense is skipped to the next sector.
func (j *joiner) stream(b []byte, off int64, last bool) int {
	at := 0
	for at < len(b) && !j.stopped {
		if b[at] == 0 {
			at++
			continue
		}
		if !last && len(b)-at < maxRecord {
			return at
		}
		r := LogRecord{Type: b[at], Offset: off + int64(at)}
		size, ok := recordSize(b[at:])
		if !ok || size > len(b)-at {
			size = min(sector-int((off+int64(at))%sector), len(b)-at)
			j.fail(otherError(KindRecord, "the log record", r.Offset, "type %d is unknown or does not fit", r.Type))
			r.Type = RecordUnknown
		}
		r.Data = b[at : at+size : at+size]
		j.emit(r)
		at += size
	}
	return at
}

// Change is what a record of a log says of a node.
type Change struct {
	Page         uint32
	DBTime       uint64 // of the page after the change
	DBTimeBefore uint64
	Line         int    // which node of the page, from 0
	Root         uint32 // of the tree
	Object       uint32 // of the tree
	Key          []byte // where the record holds it
	Data         []byte // the node's new data; of RecordReplaceDelta how it differs, of RecordUndoInfo the former data
}

// Change reads a record that changes a node: insert, replace, delete. It is false for all others.
func (r LogRecord) Change() (Change, bool) {
	b := r.Data
	if r.Type < RecordInsert || r.Type > RecordUndoInfo || len(b) < nodeRecord {
		return Change{}, false
	}
	c := Change{
		Page: u32(b, 4), DBTime: u64(b, 8), DBTimeBefore: u64(b, 16), Line: int(u16(b, 29)), Root: u32(b, 36), Object: u32(b, 40),
	}
	key, from := 0, nodeRecord
	switch r.Type {
	case RecordInsert:
		from, key = 50, int(u16(b, 44))+int(u16(b, 46))
	case RecordFlagInsert:
		from, key = 48, int(u16(b, 44))
	case RecordInsertAndReplace:
		from, key = 52, int(u16(b, 44))
	case RecordReplace, RecordReplaceDelta:
		from = 50
	case RecordUndoInfo:
		from, key = 56, int(u16(b, 44))
	}
	c.Key, c.Data = cut(b, from, from+key), cut(b, from+key, len(b))
	return c, true
}

// String names the record by its type.
func (r LogRecord) String() string {
	return fmt.Sprintf("log record of type %d, %d bytes", r.Type, len(r.Data))
}
