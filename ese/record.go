// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import "fmt"

// field is a value as a record holds it.
type field struct {
	id      uint32
	derived bool // the column is the template's, by the record's own word
	raw     []byte
	flags   ValueFlags
}

// record is a record that was divided into its parts, none of which was copied.
type record struct {
	data      []byte
	lastFixed int // id of the last fixed column
	lastVar   int // id of the last variable column, 127 for none
	fixedEnd  int // where the variable columns' offsets begin
	varStart  int // where the variable columns' data begins
	varEnd    int // where the tagged columns begin
	oldTags   bool
	large     bool
}

// recordHeader is the size of a record's header: two ids and an offset (REC of Microsoft's published rec.hxx).
const recordHeader = 4

// parseRecord divides a record. oldTags says that the page has the tagged columns
// of Windows 2000 and before (FlagNewRecord not set), large that pages are larger
// than 8 KiB, which changes the flags of tagged columns.
func parseRecord(b []byte, oldTags, large bool) (record, error) {
	r := record{data: b, oldTags: oldTags, large: large}
	if len(b) < recordHeader {
		return r, fmt.Errorf("it has %d bytes", len(b))
	}
	r.lastFixed, r.lastVar, r.fixedEnd = int(b[0]), int(b[1]), int(u16(b, 2))
	if r.lastFixed >= firstVariable || r.lastVar < firstVariable-1 {
		return r, fmt.Errorf("it names %d as its last fixed and %d as its last variable column", r.lastFixed, r.lastVar)
	}
	r.varStart = r.fixedEnd + 2*(r.lastVar-firstVariable+1)
	if r.fixedEnd < recordHeader+r.nullBytes() || r.varStart > len(b) {
		return r, fmt.Errorf("its fixed columns end at byte %d of %d", r.fixedEnd, len(b))
	}
	r.varEnd = r.varStart
	if r.lastVar >= firstVariable {
		r.varEnd += int(u16(b, r.varStart-2) & 0x7fff)
	}
	if r.varEnd > len(b) {
		return r, fmt.Errorf("its variable columns end at byte %d of %d", r.varEnd, len(b))
	}
	return r, nil
}

// nullBytes is the size of the bitmap of null fixed columns, which ends the fixed data.
func (r *record) nullBytes() int { return (r.lastFixed + 7) / 8 }

// fixed yields the bytes of a fixed column that lies at an offset.
func (r *record) fixed(id uint32, off, size int) (field, bool) {
	if int(id) > r.lastFixed || off < recordHeader || off+size > r.fixedEnd-r.nullBytes() {
		return field{}, false
	}
	bit := int(id) - 1
	f := field{id: id, raw: r.data[off : off+size : off+size]}
	if r.data[r.fixedEnd-r.nullBytes()+bit/8]>>(bit%8)&1 == 1 {
		f.raw, f.flags = nil, ValueNull
	}
	return f, true
}

// variables yields the variable columns that the record holds. The word of each is
// where its data ends; the top bit says that it is null.
func (r *record) variables(yield func(field) bool) {
	from := 0
	for id := firstVariable; id <= r.lastVar; id++ {
		word := u16(r.data, r.fixedEnd+2*(id-firstVariable))
		to := int(word & 0x7fff)
		f := field{id: uint32(id)}
		switch {
		case word&0x8000 != 0:
			f.flags = ValueNull
		case to < from || r.varStart+to > r.varEnd:
			f.flags = ValueDamaged
		default:
			f.raw = r.data[r.varStart+from : r.varStart+to : r.varStart+to]
		}
		from = max(from, to)
		if !yield(f) {
			return
		}
	}
}

// tagged yields the tagged columns that the record holds, a value each. What makes
// no sense ends them, with an error.
func (r *record) tagged(yield func(field) bool) error {
	b := r.data[r.varEnd:]
	if len(b) == 0 {
		return nil
	}
	if r.oldTags {
		return oldTagged(b, yield)
	}
	first := r.tagOffset(b, 0)
	if first < tagSize || first%tagSize != 0 || first > len(b) {
		return fmt.Errorf("its tagged columns would begin at byte %d of %d", first, len(b))
	}
	for at := 0; at < first; at += tagSize {
		from, to := r.tagOffset(b, at), len(b)
		if at+tagSize < first {
			to = r.tagOffset(b, at+tagSize)
		}
		if from > to || from < first || to > len(b) {
			return fmt.Errorf("tagged column %d would lie from byte %d to %d of %d", u16(b, at), from, to, len(b))
		}
		word := u16(b, at+2)
		f := field{id: uint32(u16(b, at)), derived: word&tagDerived != 0, raw: b[from:to:to]}
		extended := r.large || word&tagExtended != 0
		if !r.large && word&tagNull != 0 {
			f.flags = ValueNull
		}
		if !values(f, extended, yield) {
			return nil
		}
	}
	return nil
}

// Bits of the offsets of tagged columns (TAGFLD of Microsoft's published tagfld.hxx).
const (
	tagDerived  = 0x8000
	tagExtended = 0x4000 // small pages only: a byte of flags begins the data; on large pages it always does
	tagNull     = 0x2000 // small pages only
)

func (r *record) tagOffset(b []byte, at int) int {
	mask := uint16(0x1fff)
	if r.large {
		mask = 0x7fff
	}
	return int(u16(b, at+2) & mask)
}

// Bits of the byte of flags of a tagged column (TAGFLD_HEADER of tagfld.hxx).
const (
	headerCompressed = 0x02
	headerSeparated  = 0x04
	headerMulti      = 0x08
	headerTwo        = 0x10
	headerNull       = 0x20
	headerEncrypted  = 0x40
)

// values yields the value or the values that a tagged column holds.
func values(f field, extended bool, yield func(field) bool) bool {
	if !extended || f.flags&ValueNull != 0 || len(f.raw) == 0 {
		return yield(f)
	}
	header := f.raw[0]
	f.raw = f.raw[1:]
	if header&headerNull != 0 {
		f.raw, f.flags = nil, ValueNull
		return yield(f)
	}
	if header&headerEncrypted != 0 {
		f.flags |= ValueEncrypted
	}
	switch {
	case header&headerMulti != 0 && header&headerTwo != 0:
		return twoValues(f, yield)
	case header&headerMulti != 0:
		return multiValues(f, header, yield)
	}
	if header&headerSeparated != 0 {
		f.flags |= ValueSeparated
	} else if header&headerCompressed != 0 {
		f.flags |= ValueCompressed
	}
	return yield(f)
}

// twoValues divides two values, the first of which has its size in a byte.
func twoValues(f field, yield func(field) bool) bool {
	b := f.raw
	if len(b) == 0 || 1+int(b[0]) > len(b) {
		f.flags |= ValueDamaged
		return yield(f)
	}
	n := 1 + int(b[0])
	f.raw = b[1:n:n]
	if !yield(f) {
		return false
	}
	f.raw = b[n:]
	return yield(f)
}

// multiValues divides any number of values, whose offsets come first. The top bit
// of an offset says that its value is kept apart; of values in the record only the
// first can be compressed.
func multiValues(f field, header byte, yield func(field) bool) bool {
	b, flags := f.raw, f.flags
	first := int(u16(b, 0) & 0x7fff)
	if first < 2 || first%2 != 0 || first > len(b) {
		f.flags |= ValueDamaged
		return yield(f)
	}
	for at := 0; at < first; at += 2 {
		word, to := u16(b, at), len(b)
		from := int(word & 0x7fff)
		if at+2 < first {
			to = int(u16(b, at+2) & 0x7fff)
		}
		f.raw, f.flags = nil, flags
		if from < first || from > to || to > len(b) {
			f.flags |= ValueDamaged
			return yield(f)
		}
		f.raw = b[from:to:to]
		switch {
		case word&0x8000 != 0:
			f.flags |= ValueSeparated
		case at == 0 && header&headerCompressed != 0:
			f.flags |= ValueCompressed
		}
		if !yield(f) {
			return false
		}
	}
	return true
}

// Bits of the size of a tagged column in the old format (TAGFLD_OLD of Microsoft's published rec.hxx).
const (
	oldSize    = 0x0fff
	oldDerived = 0x2000
	oldNull    = 0x4000
	oldLong    = 0x8000 // a byte of flags begins the data, of which bit 0 means "kept apart"
)

// oldTagged yields the tagged columns in the format before FlagNewRecord: id, size,
// data, one after the other; several values of a column have an entry each.
func oldTagged(b []byte, yield func(field) bool) error {
	for len(b) > 0 {
		word := u16(b, 2)
		size := int(word & oldSize)
		if len(b) < 4+size {
			return fmt.Errorf("tagged column %d would have %d bytes of %d", u16(b, 0), size, len(b)-4)
		}
		f := field{id: uint32(u16(b, 0)), derived: word&oldDerived != 0, raw: b[4 : 4+size : 4+size]}
		switch {
		case word&oldNull != 0:
			f.raw, f.flags = nil, ValueNull
		case word&oldLong != 0 && size > 0:
			if f.raw[0]&1 != 0 {
				f.flags = ValueSeparated
			}
			f.raw = f.raw[1:]
		}
		if !yield(f) {
			return nil
		}
		b = b[4+size:]
	}
	return nil
}
