// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package evtxtest builds small event logs for tests: of what the format allows, and real logs at hand do not have. It writes the format from
// docs/formats/evtx.md and shares no code with the reader.
package evtxtest

import (
	"encoding/binary"
	"hash/crc32"
	"time"
	"unicode/utf16"
)

// Log is a log file.
type Log struct {
	Chunks []*Chunk
	Flags  uint32 // 1 dirty, 2 full
}

// Bytes is the file.
func (l *Log) Bytes() []byte {
	b := make([]byte, 4096)
	copy(b, "ElfFile\x00")
	le := binary.LittleEndian
	next := uint64(1)
	for _, c := range l.Chunks {
		next = max(next, c.last+1)
	}
	le.PutUint64(b[16:], uint64(max(len(l.Chunks)-1, 0)))
	le.PutUint64(b[24:], next)
	le.PutUint32(b[32:], 128)
	le.PutUint16(b[36:], 1)
	le.PutUint16(b[38:], 3)
	le.PutUint16(b[40:], 4096)
	le.PutUint16(b[42:], uint16(len(l.Chunks)))
	le.PutUint32(b[120:], l.Flags)
	SealHeader(b)
	for _, c := range l.Chunks {
		b = append(b, c.Bytes()...)
	}
	return b
}

// SealHeader writes the checksum of a file's header.
func SealHeader(file []byte) {
	binary.LittleEndian.PutUint32(file[124:], crc32.ChecksumIEEE(file[:120]))
}

// SealChunk writes the checksums of a chunk, first that of the records up to the offset that its header has.
func SealChunk(chunk []byte) {
	le := binary.LittleEndian
	le.PutUint32(chunk[52:], crc32.ChecksumIEEE(chunk[512:le.Uint32(chunk[48:])]))
	le.PutUint32(chunk[124:], crc32.Update(crc32.ChecksumIEEE(chunk[:120]), crc32.IEEETable, chunk[128:512]))
}

// Chunk is a chunk that is being filled.
type Chunk struct {
	buf         []byte
	names       map[string]uint32
	templates   map[*Template]uint32
	first, last uint64
	lastAt      int
}

// NewChunk begins a chunk whose first record will have the identifier first.
func NewChunk(first uint64) *Chunk {
	return &Chunk{
		buf: make([]byte, 512), names: map[string]uint32{}, templates: map[*Template]uint32{}, first: first, last: first - 1,
	}
}

// Bytes is the chunk, filled up with zeros.
func (c *Chunk) Bytes() []byte {
	b := make([]byte, 65536)
	copy(b, c.buf)
	copy(b, "ElfChnk\x00")
	le := binary.LittleEndian
	le.PutUint64(b[8:], c.first)
	le.PutUint64(b[16:], c.last)
	le.PutUint64(b[24:], c.first)
	le.PutUint64(b[32:], c.last)
	le.PutUint32(b[40:], 128)
	le.PutUint32(b[44:], uint32(c.lastAt))
	le.PutUint32(b[48:], uint32(len(c.buf)))
	le.PutUint32(b[120:], 1)
	SealChunk(b)
	return b
}

// Len is the offset behind the last record.
func (c *Chunk) Len() int { return len(c.buf) }

// Skip leaves out n record identifiers.
func (c *Chunk) Skip(n uint64) { c.last += n }

// Record adds a record that is an instance of a template.
func (c *Chunk) Record(at time.Time, t *Template, values ...Value) {
	c.record(at, func() { c.instance(t, values) })
}

// RecordOf adds a record without a template: elements that stand in the record itself.
func (c *Chunk) RecordOf(at time.Time, root Element) {
	c.record(at, func() { c.element(root, false) })
}

// RecordRaw adds a record with any bytes for its XML.
func (c *Chunk) RecordRaw(at time.Time, xml []byte) {
	c.record(at, func() { c.buf = append(c.buf, xml...) })
}

func (c *Chunk) record(at time.Time, body func()) {
	start := len(c.buf)
	c.lastAt = start
	c.last++
	c.u32(0x2a2a)
	c.u32(0)
	c.u64(c.last)
	c.u64(FileTime(at))
	c.buf = append(c.buf, 0x0f, 1, 1, 0)
	body()
	c.buf = append(c.buf, 0)
	for len(c.buf)%8 != 4 {
		c.buf = append(c.buf, 0)
	}
	size := uint32(len(c.buf) + 4 - start)
	c.u32(size)
	binary.LittleEndian.PutUint32(c.buf[start+4:], size)
}

// FileTime is a time as a FILETIME.
func FileTime(t time.Time) uint64 {
	return uint64(t.Unix()+11644473600)*1e7 + uint64(t.Nanosecond()/100)
}

func (c *Chunk) u16(v uint16) { c.buf = binary.LittleEndian.AppendUint16(c.buf, v) }
func (c *Chunk) u32(v uint32) { c.buf = binary.LittleEndian.AppendUint32(c.buf, v) }
func (c *Chunk) u64(v uint64) { c.buf = binary.LittleEndian.AppendUint64(c.buf, v) }

// UTF16 is a text in little-endian UTF-16.
func UTF16(text string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}
