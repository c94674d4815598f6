// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import "encoding/binary"

// context makes the document that a loose record at an offset refers to. Offsets of names and templates count from the beginning of the
// record's chunk, which is not there: a record that defines its template itself tells where that would be, the
// places of the file tell it otherwise, or else the record before.
func (s *scanner) context(at, to int64) (*loaded, error) {
	begin, chunk := int64(noOrigin), NoChunk
	own, err := s.log.read(at, ownSize)
	if offset, ok := ownOffset(own); ok {
		begin = at - int64(offset)
	}
	if l := s.log; l.base != noGrid && at >= l.base {
		slot := (at - l.base) / chunkSize
		if place := l.base + slot*chunkSize; begin == noOrigin || begin == place {
			begin, chunk = place, int(slot)
		}
	}
	if s.near != nil && begin == noOrigin && s.near.doc.origin != noOrigin {
		if first := s.near.doc.base - int64(s.near.doc.origin); at-first < chunkSize {
			begin = first
		}
	}
	if begin == noOrigin {
		own, err = s.log.read(at, int(min(chunkSize, to-at)))
		s.near = &loaded{words: &s.words, doc: s.log.document(own, noOrigin, at, NoChunk)}
		s.grant(s.near.doc, at)
		return s.near, err
	}
	if s.near != nil && s.near.doc.origin != noOrigin && s.near.doc.base-int64(s.near.doc.origin) == begin &&
		at < s.near.doc.base+int64(len(s.near.doc.data)) {
		return s.near, err
	}
	from := max(begin, 0)
	data, err := s.log.read(from, int(min(begin+chunkSize, to)-from))
	s.near = &loaded{words: &s.words, doc: s.log.document(data, int(from-begin), from, chunk)}
	s.grant(s.near.doc, at)
	if chunk != NoChunk {
		s.near.Layer = Slack
	}
	return s.near, err
}

// grant and charge keep what all loose records compile together in proportion to the stream: each may name another
// place for its chunk, and so would have the allowance of a chunk for itself.
func (s *scanner) grant(d *document, at int64) {
	s.pool = int(min(8*chunkSize, int64(s.pool)+8*(at-s.paid)))
	s.paid = at
	*d.work = min(*d.work, s.pool)
	s.granted = *d.work
}

func (s *scanner) charge(d *document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.pool -= s.granted - *d.work
	s.granted = *d.work
}

// ownSize is what ownOffset looks at, in bytes.
const ownSize = recordHead + 4 + 10 + definitionHead

// ownOffset is the offset in its chunk of a record that begins with the definition of its template: the definition's offset
// is written before it.
func ownOffset(record []byte) (int, bool) {
	const instance = recordHead + 4 // behind the header of the fragment
	const definition = instance + 10
	if len(record) < ownSize || record[instance] != tokenTemplateInstance {
		return 0, false
	}
	id, offset := binary.LittleEndian.Uint32(record[instance+2:]), binary.LittleEndian.Uint32(record[instance+6:])
	if id != binary.LittleEndian.Uint32(record[definition+4:]) || offset < chunkHead+definition || offset > chunkSize {
		return 0, false
	}
	return int(offset) - definition, true
}
