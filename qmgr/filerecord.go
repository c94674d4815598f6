// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/ese"
)

// files reads the files of a job: their ids in a database, the files themselves in a queue file.
func (d *jobDecoder) files() {
	j := d.job
	d.marker("transfer marker", transferMarker)
	n := int64(d.u32("number of files"))
	if !d.ok() {
		return
	}
	rest := int64(len(d.b) - d.at)
	end := int64(d.at) + 16*n
	switch {
	case n == 0:
	case 16*n+16 <= rest && GUID(d.b[end:end+16]) == transferMarker:
		j.Form = FormESE
	case j.Form == FormLegacy, j.Form == "" && looksLikeText(d.b[d.at:]):
		j.Form = FormLegacy
	case n > maxFiles:
		d.fail("number of files", "there cannot be %d", n)
		return
	default:
		j.Form = FormESE
	}
	if j.Form == FormLegacy {
		d.inlineFiles(int(min(n, maxFiles)))
	} else {
		for i := int64(0); i < n && d.ok(); i++ {
			if id := d.guid(fmt.Sprintf("id of file %d", i+1)); d.ok() {
				j.FileIDs = append(j.FileIDs, id)
			}
		}
	}
	d.marker("transfer marker behind the files", transferMarker)
}

// maxFiles bounds the files of a job; BITS's own limit is 200 unless policy raises it.
const maxFiles = 1 << 20

// inlineFiles reads the files that lie in a job record. The end of each is not written anywhere: it is where the next one, or
// the transfer marker, begins.
func (d *jobDecoder) inlineFiles(n int) {
	for i := 0; i < n && d.ok(); i++ {
		start := d.at
		f := &File{Form: FormLegacy}
		readFile(&d.cursor, f)
		if d.at > start+4 {
			d.job.Files = append(d.job.Files, Tied{File: f, Tie: TieInline})
		}
		if !d.ok() {
			f.Place.Cut = d.fault
			f.Place.Offset, f.Place.Size = int64(start), d.at-start
			return
		}
		at := d.nextFile(i+1 < n)
		if at < 0 {
			d.fail("file", "what follows file %d was not found", i+1)
			return
		}
		readTail(f, d.b[d.at:at], d.at-start)
		f.Whole = true
		f.Place.Offset, f.Place.Size = int64(start), at-start
		d.at = at
	}
}

// nextFile finds where the tail of a file ends.
func (d *jobDecoder) nextFile(more bool) int {
	tries := 0
	for at := d.at; at < len(d.b); at++ {
		if len(d.b)-at >= 16 && GUID(d.b[at:at+16]) == transferMarker {
			return at
		}
		if !more || at > d.at+1<<16 || tries >= maxTries || !looksLikeText(d.b[at:]) {
			continue
		}
		tries++
		c := d.trial(at)
		f := File{}
		if readNames(c, &f); c.ok() && f.Local != "" && f.Total >= -1 {
			return at
		}
	}
	return -1
}

// decodeFile reads the file record of a database that begins at the first byte of b.
func decodeFile(b []byte) *File {
	f := &File{Form: FormESE}
	c := &cursor{b: b}
	f.Marker = c.guid("marker")
	readFile(c, f)
	if c.ok() {
		start := c.at
		end := bytes.Index(b[start:], f.Marker[:])
		if end < 0 {
			readTail(f, b[start:], start)
			c.at = len(b)
			c.fail("closing marker", "it is not there")
		} else {
			readTail(f, b[start:start+end], start)
			c.at = start + end + 16
			f.Whole = true
		}
	}
	f.Place.Size = c.at
	f.Place.Cut = c.fault
	return f
}

// readFile reads a file as far as its remote time. Records of uploads begin with a time of the local file.
func readFile(c *cursor, f *File) {
	if f.Form == FormESE && !looksLikeText(c.b[min(c.at, len(c.b)):]) && len(c.b)-c.at >= 20 && looksLikeText(c.b[c.at+8:]) {
		if t, ok := ese.FileTime(binary.LittleEndian.Uint64(c.b[c.at:])); ok && believable(t) {
			f.LocalModified = c.time("local file's time")
		}
	}
	readNames(c, f)
	if !c.ok() {
		return
	}
	t := c.trial(c.at)
	readVolume(t, f)
	if t.ok() || t.short {
		f.HasTail = t.ok()
		c.at, c.fault, c.short = t.at, t.fault, t.short
	}
}

// readNames reads what every version has: three names and two sizes.
func readNames(c *cursor, f *File) {
	f.Local = c.text("local name")
	f.URL = c.text("remote name")
	f.Temporary = c.text("temporary name")
	f.Transferred = int64(min(c.u64("bytes transferred"), math.MaxInt64))
	total := c.u64("bytes in total")
	f.Total = int64(min(total, math.MaxInt64))
	if total > math.MaxInt64 {
		f.Total = openbits.Unknown
	}
}

func readVolume(c *cursor, f *File) {
	f.Flag = c.u8("flag")
	f.Drive = c.text("drive")
	f.Volume = c.text("volume")
	f.DriveType = c.u32("drive type")
	f.Serial = c.u32("volume serial number")
	f.RemoteSize = int64(min(c.u64("remote size"), math.MaxInt64))
	f.Attributes = c.u32("attributes")
	n := c.u32("size of an unknown part")
	start := c.at
	a := c.take("unknown part", int(min(n, 1<<24)))
	c.u8("byte after it")
	m := c.u32("number of ranges")
	for i := uint32(0); i < m && c.ok(); i++ {
		r := Range{Offset: c.u64("range"), Length: c.u64("range")}
		if c.ok() {
			f.Ranges = append(f.Ranges, r)
		}
	}
	at := c.at
	if f.RemoteModified = c.time("remote time"); !f.RemoteModified.IsZero() && !believable(f.RemoteModified) {
		f.RemoteModified = time.Time{}
		f.Raw = append(f.Raw, Raw{Name: "remote_time", Offset: at, Bytes: bytes.Clone(c.b[at:c.at])})
	}
	if c.ok() && len(a) > 0 {
		f.Raw = append(f.Raw, Raw{Name: "after_attributes", Offset: start, Bytes: bytes.Clone(a)})
	}
}

// readTail reads what follows the remote time: 16 bytes, a word that is 1 for files that are whole, and the bytes transferred once
// more, twice as eight bytes; in a database then, between two markers, the ranges that were received. What else is not zero is kept.
func readTail(f *File, b []byte, offset int) {
	c := cursor{b: b}
	c.take("bytes after the remote time", 16)
	at := c.at
	c.u32("word after the remote time")
	again := c.u64("bytes transferred")
	c.u64("number after the bytes transferred")
	switch {
	case !c.ok() || again != uint64(f.Transferred):
	case f.Form == FormLegacy || receivedRanges(&c, f):
		at = c.at
	}
	if at = min(at, len(b)); !zero(b[:min(16, len(b))]) {
		at = 0
	}
	if !zero(b[at:]) {
		f.Raw = append(f.Raw, Raw{Name: "tail", Offset: offset + at, Bytes: bytes.Clone(b[at:])})
	}
}

// receivedRanges reads the part of a file record that has the ranges that were received.
func receivedRanges(c *cursor, f *File) bool {
	t := c.trial(c.at)
	t.marker("marker of the ranges", rangesMarker)
	if t.flag("presence of ranges") {
		t.take("bytes before the ranges", 9)
		n := t.u64("number of ranges")
		for i := uint64(0); i < n && t.ok(); i++ {
			r := Range{Offset: t.u64("range"), Length: t.u64("range")}
			if t.ok() {
				f.Received = append(f.Received, r)
			}
		}
		t.u64("number after the ranges")
	}
	t.marker("marker behind the ranges", rangesMarker)
	if !t.ok() {
		f.Received = nil
		return false
	}
	c.at = t.at
	return true
}
