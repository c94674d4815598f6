// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package esetest

import "encoding/binary"

// Record describes a record.
type Record struct {
	Fixed    [][]byte // columns 1, 2, …; of a null one as many bytes as it takes, and Null names it
	Null     []int    // which fixed columns are null, from 1
	Variable [][]byte // columns 128, 129, …; nil is null
	Tagged   []Tagged // in the order of their ids
	Old      bool     // tagged columns of Windows 2000 and before
	Large    bool     // pages of more than 8 KiB: each tagged column has a byte of flags
}

// Tagged is a tagged column of a record.
type Tagged struct {
	ID      uint16
	Data    []byte
	Header  byte // flags: 1 long, 2 compressed, 4 separated, 8 several, 0x10 two, 0x20 null, 0x40 encrypted
	Null    bool // on small pages
	Derived bool
}

// Bytes is the record.
func (r Record) Bytes() []byte {
	b := []byte{byte(len(r.Fixed)), byte(127 + len(r.Variable)), 0, 0}
	for _, f := range r.Fixed {
		b = append(b, f...)
	}
	nulls := make([]byte, (len(r.Fixed)+7)/8)
	for _, n := range r.Null {
		nulls[(n-1)/8] |= 1 << ((n - 1) % 8)
	}
	b = append(b, nulls...)
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)))
	end := 0
	for _, v := range r.Variable {
		end += len(v)
		word := uint16(end)
		if v == nil {
			word |= 0x8000
		}
		b = binary.LittleEndian.AppendUint16(b, word)
	}
	for _, v := range r.Variable {
		b = append(b, v...)
	}
	if r.Old {
		return r.oldTagged(b)
	}
	return r.tagged(b)
}

func (r Record) tagged(b []byte) []byte {
	off := 4 * len(r.Tagged)
	var data []byte
	for _, t := range r.Tagged {
		word := uint16(off + len(data))
		if t.Derived {
			word |= 0x8000
		}
		switch {
		case r.Large, t.Header != 0:
			if !r.Large {
				word |= 0x4000
			}
			data = append(data, t.Header)
		case t.Null:
			word |= 0x2000
		}
		data = append(data, t.Data...)
		b = binary.LittleEndian.AppendUint16(b, t.ID)
		b = binary.LittleEndian.AppendUint16(b, word)
	}
	return append(b, data...)
}

func (r Record) oldTagged(b []byte) []byte {
	for _, t := range r.Tagged {
		size := uint16(len(t.Data))
		switch {
		case t.Null:
			size |= 0x4000
		case t.Header&1 != 0:
			size = size + 1 | 0x8000
		}
		if t.Derived {
			size |= 0x2000
		}
		b = binary.LittleEndian.AppendUint16(b, t.ID)
		b = binary.LittleEndian.AppendUint16(b, size)
		if t.Header&1 != 0 {
			b = append(b, t.Header>>2&1)
		}
		b = append(b, t.Data...)
	}
	return b
}

// Multi is the data of a tagged column of several values, for the header 8; bit i of
// separated says that value i is the id of a long value.
func Multi(separated uint, values ...[]byte) []byte {
	var b, data []byte
	for i, v := range values {
		word := uint16(2*len(values) + len(data))
		if separated>>i&1 == 1 {
			word |= 0x8000
		}
		b = binary.LittleEndian.AppendUint16(b, word)
		data = append(data, v...)
	}
	return append(b, data...)
}
