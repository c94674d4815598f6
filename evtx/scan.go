// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"bytes"
	"encoding/binary"
)

// scanner finds chunks and records by their signatures where no chunk is known.
type scanner struct {
	log    *Log
	number int // that the next chunk found gets
	yield  emit
	words  words

	buffer   []byte
	window   []byte // of the stream, in buffer
	at       int64  // offset of the window
	chunkAt  int64  // where in the window the next signature of a chunk is, and of a record; before the position: not looked for
	recordAt int64

	lib library // definitions in the chunks that were found

	near *loaded // the context of the last loose record: others of the same chunk share names and templates
	pool int     // bytes that loose records may still compile
	paid int64   // up to here in the stream pool was filled

	granted int // of pool, to the document of near
}

// windowSize is how much is searched at once, in bytes.
const windowSize = 1 << 20

// needAhead is what must be seen of a record to judge it, in bytes.
const needAhead = recordMin + 4

// region searches the stream from one offset to another.
func (s *scanner) region(from, to int64) bool {
	for pos := from; pos < to; {
		if err := s.look(pos, to); err != nil && !s.yield(nil, err) {
			return false
		}
		end := s.at + int64(len(s.window))
		if end <= pos {
			pos += chunkSize // it cannot be read: the next part may
			continue
		}
		chunk, record := s.next(pos)
		more := true
		switch found := min(chunk, record); {
		case found == end && end >= to:
			return true
		case found == end:
			pos = max(pos+1, end-needAhead+1)
		case found+needAhead > end && end < to:
			pos = found // and see more of it
		case found == chunk:
			pos, more = s.chunk(found, to)
		default:
			pos, more = s.record(found, to)
		}
		if !more {
			return false
		}
	}
	return true
}

// look makes the window hold what lies at pos.
func (s *scanner) look(pos, to int64) error {
	end := s.at + int64(len(s.window))
	if pos >= s.at && pos < end && (pos+needAhead <= end || end >= to) {
		return nil
	}
	n := int(min(windowSize, to-pos))
	s.at, s.chunkAt, s.recordAt = pos, -1, -1
	if b, ok := lent(s.log.r, pos, n); ok {
		s.window = b
		return nil
	}
	if s.buffer == nil {
		s.buffer = make([]byte, min(windowSize, s.log.size))
	}
	var err error
	s.window, err = s.log.fill(s.buffer[:n], pos)
	return err
}

// next is where the next signatures are, at or behind pos; the end of the window when there are none.
func (s *scanner) next(pos int64) (chunk, record int64) {
	find := func(known int64, magic string) int64 {
		if known >= pos {
			return known
		}
		if i := bytes.Index(s.window[pos-s.at:], []byte(magic)); i >= 0 {
			return pos + int64(i)
		}
		return s.at + int64(len(s.window))
	}
	s.chunkAt, s.recordAt = find(s.chunkAt, chunkMagic), find(s.recordAt, "**\x00\x00")
	return s.chunkAt, s.recordAt
}

// lend finds a definition in what was found, or else in the log.
func (s *scanner) lend(id uint32) *template {
	if t := s.lib.find(id); t != nil {
		return t
	}
	return s.log.lend(id)
}

// chunk hands out the chunk at an offset, if it is one, and answers where to go on.
func (s *scanner) chunk(at, to int64) (next int64, more bool) {
	head, _ := s.log.read(at, chunkHead)
	c, ok := parseChunk(head)
	if !ok || !c.HeaderValid && (binary.LittleEndian.Uint32(head[40:]) != nameTable || c.Free < chunkHead || c.Free > chunkSize) {
		return at + 1, true
	}
	c.Number, c.Offset, c.Layer = s.number, at, Carved
	s.number++
	k, err := s.log.load(c, &s.words)
	if err != nil && !s.yield(nil, err) {
		return at, false
	}
	if over := at + int64(k.Size) - to; over > 0 { // what follows is a chunk of the file
		k.doc.data = k.doc.data[:int64(len(k.doc.data))-over]
		k.Size = len(k.doc.data)
	}
	s.lib.learn(k.doc)
	k.doc.lend = s.lend
	return at + int64(k.Size), s.remains(k)
}

// record hands out the loose record at an offset, if it is one, and answers where to go on.
func (s *scanner) record(at, to int64) (next int64, more bool) {
	if head := s.window[at-s.at:]; !plausible(head, 0, len(head)) {
		return at + 1, true
	}
	k, err := s.context(at, to)
	if err != nil && !s.yield(nil, err) {
		return at, false
	}
	i := int(at - k.doc.base)
	if !plausible(k.doc.data, i, len(k.doc.data)) {
		return at + 1, true
	}
	layer := Carved
	if k.Layer == Slack {
		layer = Slack
	}
	e := k.record(k.doc.extent(i, len(k.doc.data)), Place{Layer: layer})
	s.charge(k.doc)
	return at + int64(e.Place.Size), s.yield(e, nil)
}
