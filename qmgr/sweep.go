// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Sizes of what is held of a stream: what is searched at once, what may be looked at behind it to finish a record, and before it to
// find the beginning of one.
const (
	sweepWindow = 4 << 20
	sweepAhead  = 1 << 20
	sweepBehind = 1 << 16
)

// bounds says what a marker at a place belongs to: records there lie from lo to hi. use is false where it is part of something that
// was read already.
type bounds struct {
	lo, hi int64
	use    bool
}

// sweep finds records by their markers in a stream.
type sweep struct {
	r      io.ReaderAt
	size   int64
	from   int64
	marks  *marks
	bounds func(at int64) bounds                // nil: there are none
	emit   func(j *Job, f *File, b []byte) bool // b is the record; false ends the sweep
	fail   func(err error) bool                 // the same
	next   int64                                // what lies before it was used
	reject func(at int64)                       // a marker that leads to nothing; may be nil
	stop   bool
}

// hit is a marker in the buffer.
type hit struct {
	at   int
	mark GUID
}

func (s *sweep) isJob(g GUID) bool { return g != transferMarker && g != fileMarker }

// run reads the stream once.
func (s *sweep) run() {
	if b, ok := lent(s.r, s.from, int(s.size-s.from)); ok {
		s.runOver(b)
		return
	}
	buffer := make([]byte, min(s.size-s.from, sweepBehind+sweepWindow+sweepAhead))
	base, have := s.from, 0 // buffer[:have] is the stream from base on
	searched := s.from
	for !s.stop && searched < s.size {
		if drop := int(max(searched-sweepBehind, s.from) - base); drop > 0 {
			have = copy(buffer, buffer[drop:have])
			base += int64(drop)
		}
		got := s.fill(buffer[have:], base+int64(have))
		have += got
		end := min(base+int64(have), searched+sweepWindow)
		if base+int64(have) >= s.size {
			end = s.size
		}
		if from := int(searched - base); !s.stop && !zero(buffer[from:have]) {
			s.search(buffer[:have], base, from, int(end-base))
		}
		searched = end
	}
}

// runOver is run over a stream that lies in memory.
func (s *sweep) runOver(b []byte) {
	for from := 0; !s.stop && from < len(b); from += sweepWindow {
		end := min(from+sweepWindow, len(b))
		have := min(end+sweepAhead, len(b))
		if !zero(b[from:have]) {
			s.search(b[:have], s.from, from, end)
		}
	}
}

// retryBlock is how much is read at a time where a larger part could not be read.
const retryBlock = 64 << 10

// fill reads as much of the stream as the buffer takes. What cannot be read is told and left zero.
func (s *sweep) fill(b []byte, at int64) int {
	b = b[:min(int64(len(b)), s.size-at)]
	if got, _ := s.r.ReadAt(b, at); got == len(b) {
		return len(b)
	}
	for off := 0; off < len(b) && !s.stop; off += retryBlock {
		block := b[off:min(off+retryBlock, len(b))]
		got, err := s.r.ReadAt(block, at+int64(off))
		if got == len(block) {
			continue
		}
		clear(block[got:])
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		bad := at + int64(off+got)
		s.stop = !s.fail(&Error{Offset: bad, Text: fmt.Sprintf("%d bytes cannot be read", len(block)-got), Err: err})
	}
	return len(b)
}

// search looks for records that begin in b[from:to]; b begins at base.
func (s *sweep) search(b []byte, base int64, from, to int) {
	var hits []hit
	s.marks.each(b, from, func(at int, g GUID) bool {
		hits = append(hits, hit{at, g})
		return true
	})
	for i, h := range hits {
		if h.at >= to || s.stop {
			return
		}
		at := base + int64(h.at)
		if at < s.next {
			continue
		}
		limit := bounds{lo: base, hi: base + int64(len(b)), use: true}
		if s.bounds != nil {
			if limit = s.bounds(at); !limit.use {
				continue
			}
		}
		lo := int(max(limit.lo, base, s.next) - base)
		hi := s.regionEnd(hits[i:], int(min(limit.hi, base+int64(len(b)))-base))
		var size int
		switch {
		case h.mark == fileMarker:
			size = s.file(b[:hi], h.at, lo, at)
		case h.mark == transferMarker:
			if i > 0 { // a record's beginning is not before another marker
				lo = max(lo, hits[i-1].at+16)
			}
			size = s.transfer(b[:hi], base, lo, h.at)
		default:
			size = s.job(b[:hi], h.at, lo, at)
		}
		if size > 0 {
			s.next = at + int64(size)
		} else if s.reject != nil {
			s.reject(at)
		}
	}
}

// regionEnd is where the record of the first hit ends at the latest: with its closing marker, before a marker of another kind of
// record. A record has two transfer markers.
func (s *sweep) regionEnd(hits []hit, hi int) int {
	first, transfers := hits[0], 0
	for i, h := range hits[1:] {
		if h.at >= hi {
			break
		}
		switch {
		case h.mark == transferMarker:
			if transfers++; transfers > 2 || first.mark == transferMarker && transfers > 1 {
				return h.at
			}
		case h.at-first.at < 0x20:
		case s.isJob(h.mark) && first.mark != fileMarker && h.mark != first.mark && follows(hits[i+2:], hit{h.at + 16, first.mark}):
			// of two markers that a record begins with, the second one closes first
		case s.isJob(h.mark) && first.mark != fileMarker || h.mark == fileMarker && first.mark == fileMarker:
			return min(h.at+16, hi)
		default:
			return h.at
		}
	}
	return hi
}

// follows reports whether want is among hits, which are in the order of their places. A stream full of markers has too many to look
// through all of them for each.
func follows(hits []hit, want hit) bool {
	i, found := slices.BinarySearchFunc(hits, want.at, func(h hit, at int) int { return h.at - at })
	return found && hits[i].mark == want.mark
}

func (s *sweep) file(b []byte, start, lo int, at int64) int {
	f := decodeFile(b[start:])
	if !credibleFile(f) {
		return 0
	}
	f.Place.Offset = at
	if id, ok := rowBefore(b[lo:start]); ok {
		f.ID, f.Tie = id, TieID
	}
	f.Place.LongValue = keyBefore(b[lo:start])
	s.stop = !s.emit(nil, f, b[start:start+f.Place.Size])
	return f.Place.Size
}

func (s *sweep) job(b []byte, start, lo int, at int64) int {
	j := decodeJob(b[start:], false)
	if !credibleJob(j) {
		return 0
	}
	s.emitJob(j, b, start, lo, at)
	return j.Place.Size
}

func (s *sweep) emitJob(j *Job, b []byte, start, lo int, at int64) {
	j.moveTo(at)
	if !j.HeadLost {
		j.Place.LongValue = keyBefore(b[lo:start])
	}
	s.stop = !s.emit(j, nil, b[start:start+j.Place.Size])
}

// transfer deals with a transfer marker that no record leads to: of a job whose marker is not known, or whose beginning is lost. It
// answers how many bytes from the marker on were used.
func (s *sweep) transfer(b []byte, base int64, lo, at int) int {
	if start := findHead(b, lo, at); start >= 0 {
		if j := decodeJob(b[start:], false); credibleJob(j) && j.Through >= SectionFiles {
			s.emitJob(j, b, start, lo, base+int64(start))
			return start + j.Place.Size - at
		}
	}
	j := decodeRest(b[at:])
	if !credibleJob(j) {
		return 0
	}
	s.emitJob(j, b, at, lo, base+int64(at))
	return j.Place.Size
}

// moveTo sets where the record begins, and with it the files in it.
func (j *Job) moveTo(at int64) {
	j.Place.Offset = at
	for _, t := range j.Files {
		t.File.Place.Offset += at
	}
}

// headSearch bounds how far before its transfer marker a record's beginning is looked for: five texts and a descriptor.
const headSearch = 16384

// findHead finds the beginning of a job record by what lies before its transfer marker: the security descriptor that ends there, five
// texts before it, and numbers that can be a priority and a state. -1 when there is none.
func findHead(b []byte, lo, transfer int) int {
	lo = max(lo, transfer-headSearch)
	descriptor := -1
	for at := transfer - 24; at >= lo; at-- {
		if binary.LittleEndian.Uint32(b[at:]) == uint32(transfer-at-4) && b[at+4] == 1 && b[at+5] == 0 && b[at+7]&0x80 != 0 {
			descriptor = at
			break
		}
	}
	for at := descriptor - 0x30; at >= lo; at-- {
		c := cursor{b: b[:descriptor], at: at + 0x10}
		if a, p, st, w := c.u32(""), c.u32(""), c.u32(""), c.u32(""); a > maxType || p > maxPriority || st > maxState || w > maxType {
			continue
		}
		if c.guid("") == (GUID{}) {
			continue
		}
		for range 5 {
			c.text("")
		}
		if c.ok() && descriptor-c.at <= 128 {
			return at
		}
	}
	return -1
}

var sidPattern = regexp.MustCompile(`^S-1-\d+(-\d+)*$`)

// credibleJob reports whether what was read is a job, not chance.
func credibleJob(j *Job) bool {
	if j.HeadLost {
		return j.Through >= SectionTimes && j.Created.Before(latest)
	}
	switch {
	case j.Through < SectionIdentity, j.ID == (GUID{}), j.TypeWords[0] > maxType, j.TypeWords[1] > maxType,
		j.PriorityWord > maxPriority, j.StateWord > maxState:
		return false
	case j.Through >= SectionTexts:
		return sidPattern.MatchString(j.Owner)
	}
	// Cut in its texts. Ids of jobs are random ones (RFC 9562, version 4), which closing markers with other bytes behind them are not.
	return j.ID[7]>>4 == 4 && j.ID[8]>>6 == 2 && strings.HasPrefix(j.Place.Cut, "it ends")
}

// credibleFile reports whether what was read is a file, not chance.
func credibleFile(f *File) bool {
	path := len(f.Local) >= 3 && (f.Local[1] == ':' || f.Local[:2] == `\\`)
	if !path && (!f.Whole || len(f.Local)+len(f.URL) < 4) {
		return false
	}
	return !strings.ContainsFunc(f.Local+f.URL+f.Temporary, func(r rune) bool { return unicode.IsControl(r) })
}

// alienMarkers are markers of records that Windows itself would read and that are not known, so that more of them can be found.
func alienMarkers(jobs []*Job) []GUID {
	var list []GUID
	for _, j := range jobs {
		if _, known := knownMarker(j.Marker); !known && j.Marker != (GUID{}) && j.Whole() {
			list = append(list, j.Marker)
		}
	}
	return list
}

// lent asks an input that has its bytes in memory, and says so by a method Lend, for n bytes at an offset in place of a copy. There are fewer at its end and
// none beyond it; they are not to be changed. It is false when the input does not lend.
func lent(r io.ReaderAt, off int64, n int) ([]byte, bool) {
	if l, ok := r.(interface {
		Lend(off int64, n int) ([]byte, bool)
	}); ok {
		return l.Lend(off, n)
	}
	return nil, false
}
