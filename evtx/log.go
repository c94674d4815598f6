// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"sync"
)

// Sizes of the format, in bytes ([MS-EVEN6] does not have them; docs/formats/evtx.md names the sources).
const (
	fileMagic   = "ElfFile\x00"
	fileHead    = 128       // what is used of the file's header
	fileBlock   = 4096      // what it takes
	chunkSize   = 64 << 10  // of each chunk
	maxChunks   = 1<<16 - 1 // the header counts them in 16 bits
	probeChunks = 64        // places looked at before a file without a header is called no log
)

// Header is the header of a log file.
type Header struct {
	Found      bool   // it begins with its signature; otherwise nothing else is set
	Valid      bool   // its checksum fits
	FirstChunk uint64 // number of the oldest chunk
	LastChunk  uint64 // number of the newest chunk
	NextRecord uint64 // identifier that the next record will have
	Major      uint16 // version of the format: 3
	Minor      uint16 // 1, or 2 since Windows 10 2004
	BlockSize  uint16 // bytes before the first chunk: 4,096
	ChunkCount uint16
	Flags      uint32
}

// Dirty reports whether the log was open when it was last written: then the header is older than the log.
func (h *Header) Dirty() bool { return h.Flags&1 != 0 }

// Full reports whether the log was full, so that events were lost.
func (h *Header) Full() bool { return h.Flags&2 != 0 }

func parseHeader(b []byte) Header {
	if len(b) < fileHead || string(b[:8]) != fileMagic {
		return Header{}
	}
	le := binary.LittleEndian
	return Header{
		Found: true, Valid: crc32.ChecksumIEEE(b[:120]) == le.Uint32(b[124:]),
		FirstChunk: le.Uint64(b[8:]), LastChunk: le.Uint64(b[16:]), NextRecord: le.Uint64(b[24:]),
		Minor: le.Uint16(b[36:]), Major: le.Uint16(b[38:]), BlockSize: le.Uint16(b[40:]), ChunkCount: le.Uint16(b[42:]),
		Flags: le.Uint32(b[120:]),
	}
}

// Log is an event log, or a stream that is searched for pieces of one.
type Log struct {
	r      io.ReaderAt
	size   int64
	base   int64 // of the first chunk; noGrid when the stream has no places for chunks
	header Header
	chunks []Chunk
	unread []*Error // headers of chunks
	lib    library
	once   sync.Once // fills lib
}

const noGrid = -1

// Open reads the headers of a log of size bytes. It fails with ErrNotLog when neither the file's header nor any of the first
// chunks is where it belongs (Carve may still find something), and with ErrRead when r does.
func Open(r io.ReaderAt, size int64) (*Log, error) {
	l := &Log{r: r, size: size, base: noGrid}
	head, err := l.read(0, fileHead)
	if err != nil {
		return nil, err
	}
	l.header = parseHeader(head)
	for _, base := range []int64{int64(l.header.BlockSize), fileBlock, 0} {
		if l.base == noGrid && (base > 0 || !l.header.Found) && l.anyChunk(base) {
			l.base = base
		}
	}
	if l.base == noGrid && !l.header.Found {
		return nil, &Error{Chunk: NoChunk, Text: "neither the header of an event log nor a chunk of one is where it belongs", Kind: ErrNotLog}
	}
	if l.base == noGrid {
		l.base = fileBlock
	}
	l.list()
	return l, nil
}

// Carve makes a Log of any stream, of which all is searched: Recovered answers what is found.
func Carve(r io.ReaderAt, size int64) *Log { return &Log{r: r, size: size, base: noGrid} }

// Header is the file's header.
func (l *Log) Header() Header { return l.header }

// Size is the size of the stream in bytes.
func (l *Log) Size() int64 { return l.size }

// Chunks are the headers of the chunks that stand where chunks of the file belong, in the order of the file.
func (l *Log) Chunks() []Chunk { return l.chunks }

// read answers the n bytes at an offset, fewer when the stream ends before.
func (l *Log) read(offset int64, n int) ([]byte, error) {
	if b, ok := lent(l.r, offset, n); ok {
		return b, nil
	}
	return l.fill(make([]byte, max(0, min(int64(n), l.size-offset))), offset)
}

// fill is read into a buffer.
func (l *Log) fill(b []byte, offset int64) ([]byte, error) {
	n, err := l.r.ReadAt(b, offset)
	if n == len(b) || errors.Is(err, io.EOF) {
		return b[:n], nil
	}
	return b[:n], &Error{Chunk: NoChunk, Offset: offset + int64(n), Text: "the stream cannot be read", Kind: ErrRead, Err: err}
}

// anyChunk reports whether a chunk begins at one of the first places behind base.
func (l *Log) anyChunk(base int64) bool {
	for i := int64(0); i < probeChunks && base+i*chunkSize < l.size; i++ {
		if b, err := l.read(base+i*chunkSize, len(chunkMagic)); err == nil && string(b) == chunkMagic {
			return true
		}
	}
	return false
}

// list reads the headers of the chunks.
func (l *Log) list() {
	for i := range int64(maxChunks) {
		at := l.base + i*chunkSize
		if at+chunkHead > l.size {
			break
		}
		b, err := l.read(at, chunkHead)
		var failure *Error
		if errors.As(err, &failure) {
			failure.Chunk = int(i)
			l.unread = append(l.unread, failure)
		}
		if c, ok := parseChunk(b); ok {
			c.Number, c.Offset, c.Size, c.Layer = int(i), at, int(min(chunkSize, l.size-at)), Live
			if h := &l.header; h.Valid && !h.Dirty() && i >= int64(h.ChunkCount) {
				c.Layer = Unlisted
			}
			l.chunks = append(l.chunks, c)
		}
	}
}

// oldest is the index of the chunk with the least record identifier: a full log goes on writing at its beginning.
func (l *Log) oldest() int {
	best := -1
	for i, c := range l.chunks {
		if c.HeaderValid && c.Layer == Live && (best < 0 || c.FirstID < l.chunks[best].FirstID) {
			best = i
		}
	}
	return max(best, 0)
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
