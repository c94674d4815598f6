// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package esetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// SampleRows is how many rows the table "Many" of Sample has.
const SampleRows = 300

// LID64 is the id of the long value of Sample that has 64 bits.
const LID64 = 0x8000000000000107

// UTF16 is a text as ESE keeps it.
func UTF16(s string) []byte {
	b := []byte{}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// Big is the content of a long value of n bytes: no part of it repeats soon.
func Big(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d,", i*i)
	}
	return b.Bytes()[:n]
}

// Sample is a database of two tables: "Many" has rows on several pages, "Things" has
// a column of each way of keeping one, with long values of 32- and 64-bit ids, one of
// which no row points to.
func Sample(pageSize int, old bool) Database {
	chunk := pageSize / 8
	value := func(id uint64, refs uint32, n int) Value {
		v := Value{ID: id, RefCount: refs}
		for b := Big(n); len(b) > 0; {
			part := b[:min(chunk, len(b))]
			v.Chunks, b = append(v.Chunks, part), b[len(part):]
		}
		return v
	}
	d := Database{PageSize: pageSize, Update: 300, State: 2, Generations: [2]uint32{7, 9}, Old: old}
	if pageSize > 8192 {
		d.Reserved = 1
	}
	d.Tables = []Table{many(pageSize, old), things(pageSize, old)}
	d.Tables[1].LongValues = []Value{value(5, 1, 3*chunk+7), value(6, 0, 40), value(LID64, 1, 2*chunk)}
	return d
}

func many(pageSize int, old bool) Table {
	t := Table{Name: "Many", Columns: []Column{
		{ID: 1, Name: "Number", Type: 14, Size: 4},
		{ID: 128, Name: "Text", Type: 10, Size: 200, CodePage: 1252},
	}}
	for i := range uint32(SampleRows) {
		r := Record{
			Fixed: [][]byte{binary.LittleEndian.AppendUint32(nil, i)}, Old: old, Large: pageSize > 8192,
			Variable: [][]byte{fmt.Appendf(nil, "row %d of many, which is long enough to fill several pages of any size that a database can have", i)},
		}
		flags := uint8(0)
		if i%50 == 49 {
			flags = 2 // deleted
		}
		t.Rows = append(t.Rows, Node{Key: binary.BigEndian.AppendUint32([]byte{0x7f}, i), Data: r.Bytes(), Flags: flags})
	}
	return t
}

func things(pageSize int, old bool) Table {
	le := binary.LittleEndian
	t := Table{Name: "Things", Columns: []Column{
		{ID: 1, Name: "Id", Type: 16, Size: 16},
		{ID: 2, Name: "Small", Type: 3, Size: 2},
		{ID: 3, Name: "When", Type: 8, Size: 8},
		{ID: 128, Name: "Name", Type: 10, Size: 255, CodePage: 1200},
		{ID: 129, Name: "Raw", Type: 9, Size: 255},
		{ID: 256, Name: "Blob", Type: 11},
		{ID: 257, Name: "Numbers", Type: 14},
		{ID: 258, Name: "Note", Type: 12, CodePage: 1200, Default: UTF16("none")},
	}}
	row := func(id byte, small int16, name string, tagged ...Tagged) {
		r := Record{
			Fixed:    [][]byte{bytes.Repeat([]byte{id}, 16), le.AppendUint16(nil, uint16(small)), make([]byte, 8)},
			Null:     []int{3},
			Variable: [][]byte{UTF16(name), nil}, Tagged: tagged, Old: old, Large: pageSize > 8192,
		}
		t.Rows = append(t.Rows, Node{Key: []byte{0x7f, id}, Data: r.Bytes(), Flags: 1})
	}
	numbers := func(n ...uint32) []Tagged {
		if !old {
			var values [][]byte
			for _, x := range n {
				values = append(values, le.AppendUint32(nil, x))
			}
			return []Tagged{{ID: 257, Header: 8, Data: Multi(0, values...)}}
		}
		var list []Tagged
		for _, x := range n {
			list = append(list, Tagged{ID: 257, Data: le.AppendUint32(nil, x)})
		}
		return list
	}
	row(1, -2, "one", Tagged{ID: 256, Header: 5, Data: le.AppendUint32(nil, 5)})
	row(2, 300, "zwei €", append([]Tagged{{ID: 256, Header: 1, Data: []byte("inline")}}, numbers(1, 2, 3)...)...)
	row(3, 0, "", Tagged{ID: 256, Header: 5, Data: le.AppendUint64(nil, LID64)}, Tagged{ID: 258, Header: 1, Data: UTF16("note")})
	return t
}
