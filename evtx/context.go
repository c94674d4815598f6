// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import "encoding/binary"

// context makes the document that a loose record at an offset refers to.
func (s *scanner) context(at, to int64) (*loaded, error) {
	begin, chunk, err := s.begin(at)
	if n := s.near; n != nil && begin != noOrigin && n.doc.begin() == begin && at < n.doc.base+int64(len(n.doc.data)) {
		return n, err
	}
	s.pool = int(min(8*chunkSize, int64(s.pool)+8*(at-s.paid)))
	s.paid = at
	from, end, origin := at, at+s.span(at, to), noOrigin
	if begin != noOrigin {
		if s.pool >= chunkSize {
			from, end = max(begin, 0), begin+chunkSize
			s.pool -= chunkSize
		}
		origin = int(from - begin)
	}
	data, failed := s.log.read(from, int(min(end, to)-from))
	if err == nil {
		err = failed
	}
	s.near = &loaded{words: &s.words, doc: s.log.document(data, origin, from, chunk)}
	s.near.doc.lend = s.lend
	s.grant(s.near.doc)
	if chunk != NoChunk {
		s.near.Layer = Slack
	}
	return s.near, err
}

// begin finds where the chunk of a loose record began, in the stream: offsets of names and templates count from there. A record that defines its
// template itself tells it, else the places of the file, or else the record before; noOrigin: nothing does.
func (s *scanner) begin(at int64) (begin int64, chunk int, err error) {
	own, err := s.log.read(at, ownSize)
	begin = noOrigin
	if offset, ok := ownOffset(own); ok {
		begin = at - int64(offset)
	}
	if l := s.log; l.base != noGrid && at >= l.base {
		slot := (at - l.base) / chunkSize
		if place := l.base + slot*chunkSize; begin == noOrigin || begin == place {
			return place, int(slot), err
		}
	}
	if s.near != nil && begin == noOrigin {
		if before := s.near.doc.begin(); before != noOrigin && at-before < chunkSize {
			begin = before
		}
	}
	return begin, NoChunk, err
}

// begin is where in the stream the document's chunk begins, or noOrigin.
func (d *document) begin() int64 {
	if d.origin == noOrigin {
		return noOrigin
	}
	return d.base - int64(d.origin)
}

// span is how much to read of a record by itself, in bytes: all of it when its end is where it says, since the search goes on
// behind it then; else not more than the pool allows.
func (s *scanner) span(at, to int64) int64 {
	size := int64(binary.LittleEndian.Uint32(s.window[at-s.at+4:]))
	if size = min(size, to-at); size <= loneSize {
		return size
	}
	if end, err := s.log.read(at+size-4, 4); err == nil && len(end) == 4 && int64(binary.LittleEndian.Uint32(end)) == size {
		return size
	}
	if int64(s.pool) < size {
		return loneSize
	}
	s.pool -= int(size)
	return size
}

// loneSize is what is read in any case, in bytes. Few records are longer.
const loneSize = 8 << 10

// grant and charge keep what all loose records compile together in proportion to the stream: each may name another
// place for its chunk, and so would have the allowance of a chunk for itself.
func (s *scanner) grant(d *document) {
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
