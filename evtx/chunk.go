// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

const (
	chunkMagic = "ElfChnk\x00"
	chunkHead  = 512 // with the tables of names and templates
	nameTable  = 128 // offset of the table of names: 64 offsets of 4 bytes
	nameCount  = 64
	tmplTable  = 384 // offset of the table of template definitions: 32 offsets of 4 bytes
	tmplCount  = 32
)

// Chunk is the header of a chunk: 64 KiB that can be read without the rest of the log.
type Chunk struct {
	Number      int    // in the order of the stream, from 0
	Offset      int64  // from the beginning of the stream
	Size        int    // bytes that are there, at most 65,536
	Layer       Layer  // Live, Unlisted or Carved
	HeaderValid bool   // the checksum of the header fits
	FirstRecord uint64 // number of the first record in the log, which may be of several files
	LastRecord  uint64
	FirstID     uint64 // identifier of the first record in this file
	LastID      uint64
	LastOffset  uint32 // of the last record, from the beginning of the chunk
	Free        uint32 // offset behind the last record
	Flags       uint32 // 1 in every log seen; its meaning is not known
	dataSum     uint32
}

// parseChunk reads a chunk's header. It answers false when there is none.
func parseChunk(b []byte) (c Chunk, ok bool) {
	if len(b) < chunkHead || string(b[:8]) != chunkMagic {
		return c, false
	}
	le := binary.LittleEndian
	sum := crc32.Update(crc32.ChecksumIEEE(b[:120]), crc32.IEEETable, b[nameTable:chunkHead])
	return Chunk{
		HeaderValid: sum == le.Uint32(b[124:]),
		FirstRecord: le.Uint64(b[8:]), LastRecord: le.Uint64(b[16:]), FirstID: le.Uint64(b[24:]), LastID: le.Uint64(b[32:]),
		LastOffset: le.Uint32(b[44:]), Free: le.Uint32(b[48:]), dataSum: le.Uint32(b[52:]), Flags: le.Uint32(b[120:]),
	}, true
}

// loaded is a chunk with its bytes.
type loaded struct {
	Chunk
	doc      *document
	verified bool     // both checksums fit
	problems []*Error // of the chunk as a whole
	words    *words
	slots    []slot
}

// load reads a chunk. Where another one begins within it, that one is newer, and this one ends.
func (l *Log) load(c Chunk, words *words) (*loaded, error) {
	data, err := l.read(c.Offset, chunkSize)
	for from := chunkHead; ; {
		i := bytes.Index(data[min(from, len(data)):], []byte(chunkMagic))
		if i < 0 {
			break
		}
		if inner, ok := parseChunk(data[from+i:]); ok && inner.HeaderValid {
			data = data[:from+i]
			break
		}
		from += i + 1
	}
	c.Size = len(data)
	k := &loaded{Chunk: c, words: words, doc: l.document(data, 0, c.Offset, c.Number)}
	k.check()
	return k, err
}

// document makes the context of binary XML whose first byte has the given offset in its chunk.
func (l *Log) document(data []byte, origin int, base int64, chunk int) *document {
	work := 4 * chunkSize
	return &document{data: data, origin: origin, base: base, chunk: chunk, work: &work, lend: l.lend}
}

// check compares the checksums.
func (k *loaded) check() {
	note := func(at int, kind error, format string, args ...any) {
		k.problems = append(k.problems, k.doc.fail(at, kind, format, args...))
	}
	if !k.HeaderValid {
		note(0, ErrChecksum, "the checksum of the chunk's header does not fit")
	}
	switch free := int64(k.Free); {
	case free < chunkHead || free > chunkSize:
		if k.HeaderValid {
			note(48, ErrDamaged, "the chunk's records cannot end at %d", free)
		}
	case free > int64(k.Size):
		note(k.Size, ErrTruncated, "the chunk is cut off after %d of %d bytes of records", max(0, k.Size-chunkHead), free-chunkHead)
	case crc32.ChecksumIEEE(k.doc.data[chunkHead:free]) != k.dataSum:
		note(chunkHead, ErrChecksum, "the checksum of the chunk's records does not fit")
	default:
		k.verified = k.HeaderValid
	}
}
