// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"encoding/binary"

	"github.com/openbits/openbits/ese"
)

// chunkSize is how many bytes each part of a long value holds but the last, on pages of 16 KiB (cbLVChunkMost; all samples).
const chunkSize = 4050

// partKey names a part of a long value behind the first: the value's id, and where in it the part begins.
type partKey struct {
	lid string
	at  uint32
}

// part is where such a part lies.
type part struct {
	page uint32
	span Span
	data []byte
}

// parts finds the parts of long values behind the first that lie in nodes that no table was read from, or in what pages no longer
// count. Where two parts have the same key, none is taken: which of them it was cannot be known.
func (d *database) parts() map[partKey]*part {
	if d.spare != nil {
		return d.spare
	}
	d.spare = map[partKey]*part{}
	add := func(p *ese.Page, n ese.Node) {
		key, ok := partOf(n.Key)
		if !ok || len(n.Data) == 0 || len(n.Data) > chunkSize {
			return
		}
		if old, have := d.spare[key]; have {
			if old != nil && !bytes.Equal(old.data, n.Data) {
				d.spare[key] = nil
			}
			return
		}
		at := p.Offset + int64(n.Offset)
		d.spare[key] = &part{page: p.Number, span: Span{at, at + int64(len(n.Data))}, data: n.Data}
	}
	for p, err := range d.db.Pages() {
		if err != nil || p.Flags&ese.FlagLongValue == 0 || !p.Leaf() {
			continue
		}
		for n, err := range p.Nodes() {
			if err == nil && !d.pages.claimed[p.Number][n.Tag] {
				add(p, n)
			}
		}
		for n := range p.Remains() {
			add(p, n)
		}
	}
	return d.spare
}

// partOf reads the key of a part behind the first.
func partOf(key []byte) (partKey, bool) {
	n := len(key) - 4
	if n != 4 && n != 8 {
		return partKey{}, false
	}
	at := binary.BigEndian.Uint32(key[n:])
	lid := lidOf(append(bytes.Clone(key[:n]), 0, 0, 0, 0))
	return partKey{lid, at}, at > 0 && lid != ""
}

// beside finds the part that lies right behind a place in a page, as nodes do that were written one after the other.
func beside(p *ese.Page, at int, want partKey) *part {
	for _, size := range [...]int{2 + 8, 2 + 12, 4 + 5, 4 + 6, 4 + 7, 4 + 8} {
		start := at + size
		if start >= len(p.Data) || keyOf(p.Data[at:start]) != want {
			continue
		}
		end := min(start+chunkSize, len(p.Data))
		off := p.Offset + int64(start)
		return &part{page: p.Number, span: Span{off, off + int64(end-start)}, data: p.Data[start:end]}
	}
	return nil
}

// keyOf reads a node's key that is all of b: its size and itself, or the size of what the page keeps apart, then the rest.
func keyOf(b []byte) partKey {
	own := int(binary.LittleEndian.Uint16(b))
	key := []byte(nil)
	switch {
	case own&0x8000 == 0 && own&0x1fff == len(b)-2:
		key = b[2:]
	case own&0x8000 != 0 && own&0x1fff <= 7 && int(binary.LittleEndian.Uint16(b[2:]))&0x1fff == len(b)-4:
		key = append([]byte{0x80, 0, 0, 0, 0x80, 0, 0}[:own&0x1fff:own&0x1fff], b[4:]...)
	}
	k, _ := partOf(key)
	return k
}

// join adds the other parts of the long value that a job's record in slack was the first part of, if they are still there, and reads it
// anew. What lies behind the first part in the page is not the record's, whatever it looks like. b is what was read before.
func (d *database) join(j *Job, b []byte) (*Job, []byte) {
	page := d.pages.page(j.Place.Offset)
	if page == nil || len(page.Data) != joinedPageSize {
		return j, b
	}
	start := int(j.Place.Offset - page.Offset)
	end := min(start+chunkSize, len(page.Data))
	whole := bytes.Clone(page.Data[start:end])
	pieces := []Span{{j.Place.Offset, j.Place.Offset + int64(len(whole))}}
	for len(whole)%chunkSize == 0 && len(whole) < maxBlob {
		key := partKey{j.Place.LongValue, uint32(len(whole))}
		next := d.parts()[key]
		if next == nil && page != nil {
			next = beside(page, end, key)
		}
		if next == nil {
			break
		}
		whole = append(whole, next.data...)
		pieces = append(pieces, next.span)
		if page = d.pages.page(next.span.Start); page != nil {
			end = int(next.span.End - page.Offset)
		}
	}
	if len(pieces) == 1 && j.Place.Size <= chunkSize {
		return j, b
	}
	joined := decodeJob(whole, false)
	if joined.ID != j.ID || j.Place.Size <= chunkSize && joined.Through <= j.Through {
		return j, b
	}
	place := j.Place
	place.Size, place.Cut, place.Pieces = joined.Place.Size, joined.Place.Cut, nil
	if len(pieces) > 1 {
		place.Pieces = pieces
		last := &place.Pieces[len(pieces)-1] // of which only what was read belongs to the record
		last.End = max(last.Start, last.End-int64(max(len(whole)-place.Size, 0)))
	}
	joined.Place = place
	return joined, whole
}

// joinedPageSize is the size of pages whose long values have parts of chunkSize.
const joinedPageSize = 16384
