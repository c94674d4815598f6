// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import "fmt"

// ColumnType is the type of a column (JET_coltyp of Microsoft's published jethdr.w).
type ColumnType uint32

// The types. Numbers are little-endian on disk.
const (
	TypeNil              ColumnType = 0
	TypeBit              ColumnType = 1  // one byte, 0 or not
	TypeUnsignedByte     ColumnType = 2  // 8 bits, unsigned
	TypeShort            ColumnType = 3  // 16 bits, signed
	TypeLong             ColumnType = 4  // 32 bits, signed
	TypeCurrency         ColumnType = 5  // 64 bits, signed; FILETIMEs are often kept here
	TypeSingle           ColumnType = 6  // IEEE 32 bits
	TypeDouble           ColumnType = 7  // IEEE 64 bits
	TypeDateTime         ColumnType = 8  // days since 1899-12-30, IEEE 64 bits; some programs keep a FILETIME here
	TypeBinary           ColumnType = 9  // up to 255 bytes
	TypeText             ColumnType = 10 // up to 255 bytes
	TypeLongBinary       ColumnType = 11 // up to 2 GiB
	TypeLongText         ColumnType = 12 // up to 2 GiB
	TypeSLV              ColumnType = 13 // obsolete
	TypeUnsignedLong     ColumnType = 14 // 32 bits, unsigned
	TypeLongLong         ColumnType = 15 // 64 bits, signed
	TypeGUID             ColumnType = 16 // 16 bytes
	TypeUnsignedShort    ColumnType = 17 // 16 bits, unsigned
	TypeUnsignedLongLong ColumnType = 18 // 64 bits, unsigned
	highestType                     = TypeUnsignedLongLong
)

var typeNames = [...]string{
	"nil", "bit", "unsigned_byte", "short", "long", "currency", "single", "double", "datetime", "binary", "text",
	"long_binary", "long_text", "slv", "unsigned_long", "long_long", "guid", "unsigned_short", "unsigned_long_long",
}

// String is the type's name.
func (t ColumnType) String() string {
	if t <= highestType {
		return typeNames[t]
	}
	return fmt.Sprintf("unknown_%d", uint32(t))
}

// MarshalText makes JSON show the name.
func (t ColumnType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// fixedSize is the size of a value of the type in bytes, 0 where it varies.
func (t ColumnType) fixedSize() int {
	sizes := [...]int{
		TypeBit: 1, TypeUnsignedByte: 1, TypeShort: 2, TypeLong: 4, TypeCurrency: 8, TypeSingle: 4, TypeDouble: 8,
		TypeDateTime: 8, TypeUnsignedLong: 4, TypeLongLong: 8, TypeGUID: 16, TypeUnsignedShort: 2, TypeUnsignedLongLong: 8,
	}
	if t < ColumnType(len(sizes)) {
		return sizes[t]
	}
	return 0
}

// Column ids tell how a column is kept (FID of Microsoft's published daedef.hxx).
const (
	firstVariable = 128 // 1 to 127 are fixed columns
	firstTagged   = 256 // 128 to 255 are variable columns, higher ones tagged
)

// Code pages of text columns.
const (
	CodePageUnicode = 1200
	CodePageLatin   = 1252
)

// Column is a column of a table.
type Column struct {
	ID       uint32     `json:"id"`
	Name     string     `json:"name"`
	Type     ColumnType `json:"type"`
	Size     int        `json:"size"`                // bytes of a fixed column, else the most that it may hold; 0 no limit
	Flags    uint32     `json:"flags"`               // as in the catalog
	CodePage uint32     `json:"code_page,omitempty"` // of text
	Offset   int        `json:"offset,omitempty"`    // of a fixed column in its record; 0 not told
	Default  []byte     `json:"default,omitempty"`   // what a record has that does not hold the column
	Template bool       `json:"template,omitempty"`  // the column is the template's
}

// Fixed reports whether the column lies at the same place in every record.
func (c *Column) Fixed() bool { return c.ID < firstVariable }

// Variable reports whether the column is one of up to 128 of varying size.
func (c *Column) Variable() bool { return c.ID >= firstVariable && c.ID < firstTagged }

// Tagged reports whether records hold the column's id with its value.
func (c *Column) Tagged() bool { return c.ID >= firstTagged }
