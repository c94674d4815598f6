// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"encoding/binary"

	"github.com/openbits/openbits/ese"
)

// slack finds the records that lie outside of all that was read.
func (d *database) slack(alien []GUID) {
	s := sweep{
		r: d.r, size: d.size, marks: newMarks(alien...), bounds: d.pages.bounds,
		emit: func(j *Job, f *File, b []byte) bool {
			p := &Place{}
			if j != nil {
				p = &j.Place
			} else {
				p = &f.Place
			}
			p.Layer = LayerSlack
			if page := d.pages.page(p.Offset); page != nil {
				p.Page, p.Damaged = page.Number, page.Status == ese.PageDamaged
			}
			if j != nil && j.Place.LongValue != "" && (j.Place.Cut != "" || j.Place.Size > chunkSize) {
				j, b = d.join(j, b)
			}
			return d.found(j, f, b)
		},
		fail:   func(err error) bool { d.note(err); return true },
		reject: func(int64) { d.q.Rejected++ },
	}
	s.run()
}

// keyBefore is the id of a long value whose first part begins where b ends, in hex, "" when there is no key: in slack, keys survive with
// their values. Where the page kept the key's beginning apart, it is taken to be that of all 64-bit ids.
func keyBefore(b []byte) string {
	at := len(b)
	size := func(back int) int {
		if at < back+2 {
			return -1
		}
		return int(binary.LittleEndian.Uint16(b[at-back-2:]))
	}
	for _, n := range [...]int{8, 12} {
		if s := size(n); s >= 0 && s&0x1fff == n && s&0x8000 == 0 {
			return lidOf(b[at-n:])
		}
	}
	for own := 5; own <= 11; own++ { // the last four bytes are the part's offset
		prefix := size(own + 2)
		if s := size(own); s >= 0 && s&0x1fff == own && prefix >= 0 && prefix&0x8000 != 0 && prefix&0x1fff+own == 12 {
			return lidOf(append([]byte{0x80, 0, 0, 0, 0x80, 0, 0}[:prefix&0x1fff:prefix&0x1fff], b[at-own:]...))
		}
	}
	return ""
}

// lidOf is the id of a first part's key: the id, big-endian, and four zero bytes.
func lidOf(key []byte) string {
	n := len(key) - 4
	switch {
	case binary.BigEndian.Uint32(key[n:]) != 0:
		return ""
	case n == 4:
		return ese.LID(binary.BigEndian.Uint32(key)).String()
	}
	if lid := ese.LID(binary.BigEndian.Uint64(key)); lid.Is64() {
		return lid.String()
	}
	return ""
}

// rowImage is a row of one of the two tables, or what is left of one: it ties an id to a long value.
type rowImage struct {
	id   GUID
	lid  string
	live bool
}

// rowTail is what lies between the id and the content in every row: the bitmap of null columns, and the tagged column 256.
var rowTail = []byte{0xfe, 0x00, 0x01, 0x04, 0x00}

// rowHead begins every row: the last fixed column is the first, there are no variable ones, the fixed ones end at byte 21.
var rowHead = []byte{0x01, 0x7f, 0x15, 0x00}

// rowSize is what lies before the content in a row that holds it: head, id, tail and a byte of flags.
const rowSize = 4 + 16 + 5 + 1

// rowBefore is the id of the row whose content begins where b ends.
func rowBefore(b []byte) (GUID, bool) {
	if len(b) < rowSize {
		return GUID{}, false
	}
	b = b[len(b)-rowSize:]
	ok := bytes.Equal(b[:4], rowHead) && bytes.Equal(b[20:25], rowTail) && b[25]&4 == 0
	return GUID(b[4:20]), ok
}

// rowsIn finds the rows, or what is left of rows, that point to long values.
func rowsIn(b []byte, found func(id GUID, lid ese.LID)) {
	for from := 0; ; {
		i := bytes.Index(b[from:], rowTail)
		if i < 0 {
			return
		}
		i += from
		from = i + 1
		if i < 20 || i+10 > len(b) || !bytes.Equal(b[i-20:i-16], rowHead) || b[i+5]&4 == 0 {
			continue
		}
		id, value := GUID(b[i-16:i]), b[i+6:]
		if len(value) >= 8 && value[7]&0x80 != 0 && value[4]|value[5]|value[6] == 0 {
			found(id, ese.LID(binary.LittleEndian.Uint64(value)))
		} else {
			found(id, ese.LID(binary.LittleEndian.Uint32(value)))
		}
	}
}

// rowImages finds what is left of rows, on all pages.
func (d *database) rowImages() {
	for p, err := range d.db.Pages() {
		if err != nil || p.Status == ese.PageBlank {
			continue
		}
		rowsIn(p.Data, func(id GUID, lid ese.LID) { d.rows = append(d.rows, rowImage{id: id, lid: lid.String()}) })
	}
}
