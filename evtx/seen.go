// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// Seen knows the events that it was given, and tells copies of them from others. The service keeps a chunk in memory until it is full and writes
// it several times, into space that is used again, so that one record is often found in more than one place.
//
// The zero value is ready for use. It is not safe for concurrent use.
type Seen struct {
	known map[recordKey][]uint64 // digests of the contents
	sum   maphash.Hash
}

// recordKey names a record: its number in the log, and the FILETIME when it was written. No two records of a log have both in common.
type recordKey struct{ record, written uint64 }

// maxSeen bounds how many records are kept, some 80 bytes each, and maxContents how many contents of one: what goes beyond is
// taken for new when it comes again.
const (
	maxSeen     = 1 << 20
	maxContents = 8
)

// Add reports whether the event is a copy of one that was given before, and keeps it. A copy has number and time of the other, and the same
// identifier and fields; of an event that is not all there ([Nameless], [Partial]) number and time suffice. A record that was
// changed is no copy.
func (s *Seen) Add(e *Event) (copy bool) {
	if s.known == nil {
		s.known = map[recordKey][]uint64{}
	}
	key, content := recordKey{e.Record, uint64(e.Written.UnixNano())}, s.content(e)
	known, found := s.known[key]
	if slices.Contains(known, content) || found && (e.State == Nameless || e.State == Partial) {
		return true
	}
	if len(known) < maxContents && (found || len(s.known) < maxSeen) {
		s.known[key] = append(known, content)
	}
	return false
}

// content is a digest of what an event says.
func (s *Seen) content(e *Event) uint64 {
	s.sum.Reset()
	text := func(t string) {
		var size [8]byte
		binary.LittleEndian.PutUint64(size[:], uint64(len(t)))
		_, _ = s.sum.Write(size[:])
		_, _ = s.sum.WriteString(t)
	}
	var id [8]byte
	binary.LittleEndian.PutUint64(id[:], uint64(e.System.ID))
	_, _ = s.sum.Write(id[:])
	for _, f := range e.Fields() {
		text(f.Name)
		text(f.Value.String())
	}
	return s.sum.Sum64()
}
