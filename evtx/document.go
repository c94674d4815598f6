// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"encoding/binary"
	"fmt"
	"sync"
)

// document is what the binary XML of one chunk refers to: bytes, names and templates by their offset in the chunk.
type document struct {
	data   []byte
	origin int   // offset in the chunk of data[0]; noOrigin when nobody knows
	base   int64 // offset in the stream of data[0]
	chunk  int   // number of the chunk, or NoChunk
	live   int   // up to here in data, references are expected to be good
	lend   func(id uint32) *template

	mu        sync.Mutex // guards the rest: events of one chunk may be rendered by several goroutines
	names     map[uint32]name
	templates map[uint32]*template
	work      *int // bytes that may still be compiled: definitions that overlap would cost without end
}

const noOrigin = -1 << 30

// name is an element's or attribute's name as it is stored.
type name struct {
	text string
	size int // bytes it takes; 0: there is no sound name at this place
}

// maxName is the length of names, in UTF-16 units, above which they are not believed. The longest seen has 40.
const maxName = 1024

// at is where the offset of a chunk lies in data.
func (d *document) at(offset uint32) (int, bool) {
	i := int64(offset) - int64(d.origin)
	return int(i), d.origin != noOrigin && i >= 0 && i < int64(len(d.data))
}

// offset is the reverse of at.
func (d *document) offset(i int) (uint32, bool) {
	return uint32(i + d.origin), d.origin != noOrigin
}

// name reads the name at an offset of the chunk.
func (d *document) name(offset uint32) name {
	if n, ok := d.names[offset]; ok {
		return n
	}
	i, ok := d.at(offset)
	if !ok || *d.work <= 0 {
		return name{}
	}
	n := readName(d.data[i:])
	*d.work -= nameCost(d.data[i:])
	if d.names == nil {
		d.names = map[uint32]name{}
	}
	d.names[offset] = n
	return n
}

// readName reads a name with its head: offset of the next name of its hash bucket (4 bytes), hash (2), number of UTF-16 units (2), the
// units, a NUL. A wrong hash shows that something else lies in the name's place.
func readName(b []byte) name {
	if len(b) < 10 {
		return name{}
	}
	units := int(binary.LittleEndian.Uint16(b[6:]))
	size := 8 + 2*units + 2
	if units == 0 || units > maxName || size > len(b) {
		return name{}
	}
	raw := b[8 : 8+2*units]
	if nameHash(raw) != binary.LittleEndian.Uint16(b[4:]) {
		return name{}
	}
	return name{cleanName(string(appendUTF16(nil, raw))), size}
}

// nameCost is what it cost to read the name, sound or not, in bytes.
func nameCost(b []byte) int {
	if len(b) < 8 {
		return 8
	}
	return 8 + 2*min(int(binary.LittleEndian.Uint16(b[6:])), maxName)
}

// nameHash is h = 65599·h + unit over the UTF-16 units, of which the log keeps 16 bits. [MS-EVEN6] 4.4 has examples.
func nameHash(raw []byte) uint16 {
	var h uint32
	for ; len(raw) >= 2; raw = raw[2:] {
		h = h*65599 + uint32(binary.LittleEndian.Uint16(raw))
	}
	return uint16(h)
}

// fail makes an error about data[i].
func (d *document) fail(i int, kind error, format string, args ...any) *Error {
	return &Error{Chunk: d.chunk, Offset: d.base + int64(i), Text: fmt.Sprintf(format, args...), Kind: kind}
}
