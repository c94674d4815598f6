// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"io"
	"iter"
	"slices"
	"time"
)

// File types of headers, at offset 667 of databases, logs and checkpoints (JET_filetype of jethdr.w).
const (
	FileTypeDatabase   = 1
	FileTypeLog        = 3
	FileTypeCheckpoint = 4
)

// Sizes of log files (log.hxx, logstream.hxx).
const (
	logHeaderSize     = 4096
	segmentSize       = 4096
	segmentHeaderSize = 40
	lastOldLog        = 7 // major version of the last format without segments
)

// LogHeader is the header of a log file.
type LogHeader struct {
	ChecksumOK    bool      `json:"checksum_ok"`
	Generation    uint32    `json:"generation"`
	SectorSize    int       `json:"sector_size"`
	HeaderSectors int       `json:"header_sectors"`
	FileSectors   int       `json:"file_sectors"`
	PageSize      int       `json:"page_size"` // of its databases
	Created       time.Time `json:"created,omitzero"`
	Previous      time.Time `json:"previous,omitzero"` // when the log before was made
	Major         uint32    `json:"major"`
	Minor         uint32    `json:"minor"`
	Update        uint32    `json:"update"`
	Signature     Signature `json:"signature"`
}

// Log is a log file that is read (edb.log, edb00001.log, edbtmp.log).
type Log struct {
	Header *LogHeader // nil: it is lost
	Notes  []error

	r    io.ReaderAt
	size int64
}

// OpenLog reads the header of a log file of size bytes. Without a header the file is
// accepted when segments of a log are found at their places.
func OpenLog(r io.ReaderAt, size int64) (*Log, error) {
	l := &Log{r: r, size: size}
	b, err := l.read(0, logHeaderSize)
	if err != nil {
		return nil, err
	}
	h, ok := parseLogHeader(b)
	switch {
	case ok:
		l.Header = &h
		if !h.ChecksumOK {
			l.Notes = append(l.Notes, otherError(KindHeader, "the header of the log", 0, "its checksum is wrong"))
		}
	case l.hasSegments():
		l.Notes = append(l.Notes, otherError(KindHeader, "the header of the log", 0, "it is lost; segments were found"))
	default:
		return nil, otherError(KindNotLog, "the log", 0, "there is neither the header of an ESE log nor a segment of one")
	}
	return l, nil
}

func parseLogHeader(b []byte) (LogHeader, bool) {
	h := LogHeader{
		ChecksumOK: len(b) == logHeaderSize && u32(b, 0) == oldChecksum(b),
		Generation: u32(b, 4),
		SectorSize: int(u16(b, 8)), HeaderSectors: int(u16(b, 10)), FileSectors: int(u16(b, 12)), PageSize: int(u16(b, 14)),
		Created: logTime(cut(b, 16, 24)), Previous: logTime(cut(b, 24, 32)),
		Major: u32(b, 32), Minor: u32(b, 36), Update: u32(b, 40),
		Signature: signature(cut(b, 44, 72)),
	}
	switch h.PageSize {
	case 0:
		h.PageSize = 4096
	case 32768 & 0xffff:
		h.PageSize = 32768
	}
	sane := h.SectorSize >= 512 && h.SectorSize <= 4096 && h.SectorSize&(h.SectorSize-1) == 0 &&
		h.HeaderSectors*h.SectorSize >= logHeaderSize && h.HeaderSectors*h.SectorSize <= 1<<16
	return h, sane && u32(b, 667) == FileTypeLog && u32(b, 4) != Magic && h.Major >= 1 && h.Major < 64
}

func (l *Log) read(off int64, n int) ([]byte, error) {
	return readAt(l.r, l.size, off, n)
}

// hasSegments looks at the first megabyte for a segment that fits its checksum.
func (l *Log) hasSegments() bool {
	for off := int64(segmentSize); off < min(l.size, 1<<20); off += segmentSize {
		b, err := l.read(off, segmentSize)
		if err == nil && len(b) == segmentSize && !zero(b) && segmentGood(b) {
			return true
		}
	}
	return false
}

// Segment is a part of a log file with a checksum of its own.
type Segment struct {
	Offset   int64
	Position LogPosition
	Started  time.Time
	Status   PageStatus
	Data     []byte // the whole segment
}

// segmentGood compares a segment's checksum, which is that of a small page whose
// number is the segment's sector.
func segmentGood(b []byte) bool {
	number := uint32(u16(b, 10))
	xor, ecc := newChecksum(b, true)
	if u32(b, 0) == xor^number && u32(b, 4) == ecc {
		return true
	}
	return u32(b, 0) == oldChecksum(b) && u32(b, 4) == number
}

// segmented reports whether the log has segments: all but those of Windows 7 and before.
func (l *Log) segmented() bool { return l.Header == nil || l.Header.Major > lastOldLog }

// dataStart is where the header ends.
func (l *Log) dataStart() int64 {
	if l.Header == nil {
		return logHeaderSize
	}
	return int64(l.Header.HeaderSectors * l.Header.SectorSize)
}

// Segments yields the segments of the log in their order. Logs of Windows 7 and
// before have none.
func (l *Log) Segments() iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		if !l.segmented() {
			return
		}
		for off := l.dataStart(); off < l.size; off += segmentSize {
			b, err := l.read(off, segmentSize)
			if err == nil && len(b) < segmentSize {
				err = otherError(KindShort, "the last segment of the log", off, "only %d of its %d bytes are there", len(b), segmentSize)
			}
			if !yield(newSegment(b, off), err) {
				return
			}
		}
	}
}

func newSegment(b []byte, off int64) Segment {
	s := Segment{Offset: off, Data: b, Position: logPosition(cut(b, 8, 16)), Started: logTime(cut(b, 16, 24)), Status: PageDamaged}
	switch {
	case zero(b):
		s.Status = PageBlank
	case len(b) == segmentSize && segmentGood(b):
		s.Status = PageGood
	}
	return s
}

// MissingGenerations lists the log generations that a database needs (Header.Needed) and that
// are not among logs. A log of another signature than the database's does not count.
func MissingGenerations(h Header, logs ...*Log) []uint32 {
	return slices.DeleteFunc(h.Needed(), func(g uint32) bool {
		return slices.ContainsFunc(logs, func(l *Log) bool {
			return l.Header != nil && l.Header.Generation == g && l.Header.Signature.Random == h.LogSignature.Random
		})
	})
}
