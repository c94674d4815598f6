// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// ValueFlags say how a value is kept.
type ValueFlags uint8

const (
	// ValueNull: the column is null.
	ValueNull ValueFlags = 1 << iota
	// ValueDefault: the record does not hold the column; the value is the column's default.
	ValueDefault
	// ValueSeparated: the value is a long value, kept in a tree of its own.
	ValueSeparated
	// ValueCompressed: the value is compressed.
	ValueCompressed
	// ValueEncrypted: the value is encrypted.
	ValueEncrypted
	// ValueDamaged: the record is damaged where it holds the value.
	ValueDamaged
)

// Value is what a row has in a column.
type Value struct {
	Column *Column
	Index  int    // which of several values of the column, from 0
	Raw    []byte // as the record holds it: for a separated value its id
	Flags  ValueFlags

	table *Table
	row   *Row
}

// Null reports whether the column is null.
func (v Value) Null() bool { return v.Flags&ValueNull != 0 }

// LID is the id of the long value that holds the value, when it is separated.
func (v Value) LID() (LID, bool) {
	if v.Flags&ValueSeparated == 0 {
		return 0, false
	}
	return lidOfRow(v.Raw)
}

// Bytes is the value itself: fetched where it is kept apart, and decompressed.
// With an error comes as much of it as there is.
func (v Value) Bytes() ([]byte, error) {
	switch {
	case v.Flags&ValueDamaged != 0:
		return nil, v.fail(KindRecord, "the record is damaged there")
	case v.Flags&ValueSeparated != 0:
		lid, ok := v.LID()
		if !ok {
			return nil, v.fail(KindRecord, "its long value's id has %d bytes", len(v.Raw))
		}
		lv, err := v.table.LongValue(lid)
		if err != nil {
			return nil, err
		}
		return lv.Bytes()
	case v.Flags&ValueEncrypted != 0:
		return v.Raw, v.fail(KindEncrypted, "the value is encrypted")
	case v.Flags&ValueCompressed != 0:
		b, err := Decompress(v.Raw)
		if err != nil {
			return b, v.fail(KindOf(err), "%v", err)
		}
		return b, nil
	}
	return v.Raw, nil
}

func (v Value) fail(kind Kind, format string, args ...any) error {
	e := otherError(kind, fmt.Sprintf("column %q", v.Column.Name), -1, format, args...)
	if v.row != nil {
		e.Object += fmt.Sprintf(" of tag %d of page %d", v.row.Tag, v.row.Page.Number)
		e.Page, e.Offset = v.row.Page.Number, v.row.FileOffset()
	}
	return e
}

// GUID is a globally unique identifier as Windows keeps it: three little-endian numbers, then 8 bytes.
type GUID [16]byte

// String is the identifier in lower case, without braces.
func (g GUID) String() string {
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(g[:]), binary.LittleEndian.Uint16(g[4:]),
		binary.LittleEndian.Uint16(g[6:]), g[8:10], g[10:])
}

// MarshalText makes JSON show the identifier.
func (g GUID) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// Any is the value as Go has it: nil, bool, a number, a time.Time, a GUID, a string
// of a text column or the bytes of a binary one. With an error comes what there is.
func (v Value) Any() (any, error) {
	if v.Null() {
		return nil, nil
	}
	b, err := v.Bytes()
	if size := v.Column.Type.fixedSize(); size > 0 && len(b) < size {
		if err == nil {
			err = v.fail(KindRecord, "the value has %d bytes of %d", len(b), size)
		}
		return b, err
	}
	return v.Column.decode(b), err
}

func (c *Column) decode(b []byte) any {
	switch c.Type {
	case TypeBit:
		return b[0] != 0
	case TypeUnsignedByte:
		return b[0]
	case TypeShort:
		return int16(u16(b, 0))
	case TypeLong:
		return int32(u32(b, 0))
	case TypeCurrency, TypeLongLong:
		return int64(u64(b, 0))
	case TypeSingle:
		return math.Float32frombits(u32(b, 0))
	case TypeDouble:
		return math.Float64frombits(u64(b, 0))
	case TypeDateTime:
		return dateTime(u64(b, 0))
	case TypeUnsignedLong:
		return u32(b, 0)
	case TypeGUID:
		return GUID(b[:16])
	case TypeUnsignedShort:
		return u16(b, 0)
	case TypeUnsignedLongLong:
		return u64(b, 0)
	case TypeText, TypeLongText:
		if c.CodePage == CodePageUnicode {
			return utf16Text(b)
		}
		return latin(b)
	}
	return b
}

// dateTime reads a date, which is days since 1899-12-30 by the type's definition.
// Programs also keep FILETIMEs (100 ns since 1601) there; as days those would lie
// at the far ends of the numbers, so they cannot be confused. A number that is
// neither stays a number.
func dateTime(word uint64) any {
	days := math.Float64frombits(word)
	if days > -693_594 && days < 2_958_466 && (days == 0 || math.Abs(days) > 1e-9) { // years 1 to 9999
		whole := math.Floor(days)
		day := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(whole))
		return day.Add(time.Duration(math.Round((days-whole)*86400e3)) * time.Millisecond)
	}
	if t, ok := FileTime(word); ok {
		return t
	}
	return word
}

// FileTime reads a FILETIME: 100 ns since 1601-01-01 UTC. It is false for 0 and
// for years beyond 9999.
func FileTime(word uint64) (time.Time, bool) {
	const perSecond, toUnix = 10_000_000, 11_644_473_600
	if word == 0 || word > 2_650_467_743_999_999_999 {
		return time.Time{}, false
	}
	return time.Unix(int64(word/perSecond)-toUnix, int64(word%perSecond)*100).UTC(), true
}
