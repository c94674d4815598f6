// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// maxLegacy is how much of a queue file is read as one; the largest seen have some megabytes. What lies behind it is swept.
const maxLegacy = 64 << 20

// legacy is a queue file that is being read.
type legacy struct {
	*reading
	cursor
	jobs   []*Job
	marks  *marks
	misses int // records of which the end was not found
}

// maxMisses bounds the searches in a queue file that holds no end of its records.
const maxMisses = 64

// readLegacy reads a queue file: two lists of jobs between markers; and then what lies behind its end.
func (q *reading) readLegacy() {
	b := make([]byte, min(q.size, maxLegacy))
	if got, err := q.r.ReadAt(b, 0); got < len(b) && err != nil && err != io.EOF {
		q.note(&Error{Offset: int64(got), Text: "the queue file cannot be read on", Err: err})
		b = b[:got]
	}
	l := &legacy{reading: q, cursor: cursor{b: b}, marks: newMarks()}
	version := GUID(b[:16])
	l.at = magicWin7 + 16
	summed := false
	if len(b) >= magicWin10+16 && GUID(b[magicWin10:magicWin10+16]) == queueMagic {
		l.at, summed = magicWin10+16, true
	}
	ends := l.lists()
	l.checkEnd(version, summed, ends)
	for _, j := range l.jobs {
		q.addJob(j, b[j.Place.Offset:])
	}
	q.q.Windows = legacyWindows(version, q.q.Jobs)
	if !q.o.NoSlack {
		s := sweep{
			r: q.r, size: q.size, from: int64(l.at), marks: newMarks(alienMarkers(q.q.Jobs)...),
			emit: func(j *Job, f *File, b []byte) bool {
				if j != nil {
					j.Place.Layer = LayerSlack
				} else {
					f.Place.Layer = LayerSlack
				}
				return q.found(j, f, b)
			},
			fail:   func(err error) bool { q.note(err); return true },
			reject: func(int64) { q.q.Rejected++ },
		}
		s.run()
	}
}

// lists reads the two lists. It is false when their end was not found.
func (l *legacy) lists() bool {
	for list := 1; list <= 2; list++ {
		if !l.peek(queueMarker) {
			l.note(faultAt(int64(l.at), "list %d of the queue file does not begin with its marker", list))
			return false
		}
		l.take("queue marker", 16)
		n := l.u32("number of jobs")
		for i := range n {
			if !l.entry() {
				l.note(faultAt(int64(l.at), "list %d of the queue file has %d of its %d jobs", list, i, n))
				break
			}
		}
		if !l.peek(queueMarker) {
			i := bytes.Index(l.b[min(l.at, len(l.b)):], queueMarker[:])
			if i < 0 {
				l.note(faultAt(int64(l.at), "the end of list %d of the queue file is missing", list))
				return false
			}
			l.at += i
		}
		l.take("queue marker", 16)
	}
	return l.ok()
}

// entry reads the next job of a list. What does not fit is left behind, up to the next marker of a job.
func (l *legacy) entry() bool {
	for l.ok() && !l.peek(queueMarker) && len(l.b)-l.at >= 0x30 {
		region := l.b[l.at:]
		if i := bytes.Index(region[0x20:], region[:16]); i >= 0 { // its own marker closes it
			region = region[:0x20+i+16]
		} else if l.misses++; l.misses > maxMisses {
			return false
		} else if i := bytes.Index(region, queueMarker[:]); i >= 0 {
			region = region[:i]
		}
		j := decodeJob(region, true)
		if credibleJob(j) {
			j.moveTo(int64(l.at))
			j.Place.Layer = LayerLive
			l.jobs = append(l.jobs, j)
			l.at += max(j.Place.Size, 16)
			if !j.Whole() {
				l.at += len(region) - max(j.Place.Size, 16)
			}
			return true
		}
		next := -1
		l.marks.each(l.b, l.at+1, func(at int, g GUID) bool {
			if g != transferMarker && g != fileMarker {
				next = at
			}
			return next < 0
		})
		if next < 0 {
			return false
		}
		l.note(faultAt(int64(l.at), "%d bytes of the queue file are no job", next-l.at))
		l.at = next
	}
	return false
}

// checkEnd compares the end of the file with its beginning, and its checksum, which only the layout of Windows 10 has.
func (l *legacy) checkEnd(version GUID, summed, lists bool) {
	damaged := !lists
	if lists && l.peek(queueMagic) {
		l.take("magic", 16)
		if !l.peek(version) {
			l.note(faultAt(int64(l.at), "the queue file does not end with the version that it begins with"))
		}
		l.take("version", 16)
		if sum := crc32.ChecksumIEEE(l.b[:l.at]); summed && len(l.b)-l.at >= 4 {
			if binary.LittleEndian.Uint32(l.b[l.at:]) != sum {
				damaged = true
				l.note(faultAt(int64(l.at), "the checksum of the queue file is wrong"))
			}
			l.at += 4
		}
	} else if lists {
		l.note(faultAt(int64(l.at), "the closing magic of the queue file is missing"))
		damaged = true
	}
	for _, j := range l.jobs {
		j.Place.Damaged = damaged
	}
}

func legacyWindows(version GUID, jobs []*Job) string {
	switch version {
	case versionWin7:
		return "Windows 7"
	case versionWin10:
		return "Windows 10 1507 or 1511"
	}
	for _, j := range jobs {
		if g := Generation(j.Marker); g != "" {
			return g
		}
	}
	return ""
}
