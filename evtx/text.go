// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// String is the value as text, as [Value.AppendText] writes it.
func (v Value) String() string {
	if v.raw == nil && v.typ == TypeString {
		return v.text
	}
	return string(v.AppendText(nil))
}

// AppendText adds the value as text to b: numbers in decimal, Binary in upper-case hexadecimal, GUIDs as
// {01234567-89AB-CDEF-0123-456789ABCDEF}, times as 2006-01-02T15:04:05.0000000Z, SIDs as S-1-5-18, the others as their types
// say. Items of arrays are parted by ", ", BinXML is written as XML. A value whose size does not fit its type is written as Binary.
func (v Value) AppendText(b []byte) []byte {
	if v.typ.IsArray() {
		for i, item := range v.Items() {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = item.AppendText(b)
		}
		return b
	}
	if v.IsNull() {
		return b
	}
	switch v.typ {
	case TypeString, TypeEvtXML:
		if v.raw == nil {
			return append(b, v.text...)
		}
		return appendUTF16(b, v.raw)
	case TypeAnsiString:
		return appendAnsi(b, v.raw)
	case TypeBinXML:
		return v.appendFragment(b)
	case TypeBinary:
		return appendHex(b, v.raw)
	}
	if out, ok := v.appendScalar(b); ok {
		return out
	}
	return appendHex(b, v.raw)
}

// appendScalar writes values of a fixed size; it answers false when the size is another.
func (v Value) appendScalar(b []byte) ([]byte, bool) {
	switch v.typ {
	case TypeInt8, TypeInt16, TypeInt32, TypeInt64:
		i, ok := v.Int()
		return strconv.AppendInt(b, i, 10), ok
	case TypeUint8, TypeUint16, TypeUint32, TypeUint64:
		u, ok := v.Uint()
		return strconv.AppendUint(b, u, 10), ok
	case TypeHexInt32, TypeHexInt64, TypeSizeT, TypeEvtHandle:
		u, ok := v.Uint()
		return strconv.AppendUint(append(b, "0x"...), u, 16), ok
	case TypeBool:
		u, ok := v.Bool()
		return strconv.AppendBool(b, u), ok
	case TypeReal32, TypeReal64:
		f, ok := v.Float()
		return appendFloat(b, f, 8*len(v.raw), ok), ok
	case TypeFileTime, TypeSystemTime:
		t, ok := v.Time()
		return appendTime(b, t), ok
	case TypeGUID:
		if len(v.raw) == 16 {
			return appendGUID(b, [16]byte(v.raw)), true
		}
	case TypeSID:
		return appendSID(b, v.raw)
	}
	return b, false
}

func appendFloat(b []byte, f float64, bits int, ok bool) []byte {
	if !ok {
		return b
	}
	return strconv.AppendFloat(b, f, 'g', -1, bits)
}

// timeLayout has all the digits that a FILETIME has.
const timeLayout = "2006-01-02T15:04:05.0000000Z"

func appendTime(b []byte, t time.Time) []byte { return t.AppendFormat(b, timeLayout) }

const upperDigits = "0123456789ABCDEF"

func appendHex(b, raw []byte) []byte {
	for _, c := range raw {
		b = append(b, upperDigits[c>>4], upperDigits[c&15])
	}
	return b
}

// appendGUID writes the first three parts as the little-endian numbers that they are ([MS-DTYP] 2.3.4).
func appendGUID(b []byte, g [16]byte) []byte {
	g[0], g[1], g[2], g[3] = g[3], g[2], g[1], g[0]
	g[4], g[5], g[6], g[7] = g[5], g[4], g[7], g[6]
	b = append(b, '{')
	for i, part := range [][]byte{g[:4], g[4:6], g[6:8], g[8:10], g[10:]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = appendHex(b, part)
	}
	return append(b, '}')
}

// parseGUID reads a GUID as manifests write it, with or without braces.
func parseGUID(text string) (g [16]byte, ok bool) {
	digits := strings.ReplaceAll(strings.Trim(text, "{}"), "-", "")
	if len(digits) != 32 {
		return g, false
	}
	if _, err := hex.Decode(g[:], []byte(digits)); err != nil {
		return g, false
	}
	g[0], g[1], g[2], g[3] = g[3], g[2], g[1], g[0]
	g[4], g[5], g[6], g[7] = g[5], g[4], g[7], g[6]
	return g, true
}

// appendSID writes S-REVISION-AUTHORITY-SUB…: a byte revision, a byte count, six bytes of authority
// (big-endian), and as many little-endian numbers of 32 bits ([MS-DTYP] 2.4.2).
func appendSID(b, raw []byte) ([]byte, bool) {
	if len(raw) < 8 || len(raw) != 8+4*int(raw[1]) {
		return b, false
	}
	authority := uint64(binary.BigEndian.Uint16(raw[2:]))<<32 | uint64(binary.BigEndian.Uint32(raw[4:]))
	b = strconv.AppendUint(append(b, "S-"...), uint64(raw[0]), 10)
	b = append(b, '-')
	if authority > math.MaxUint32 { // [MS-DTYP] 2.4.2.1: then in hexadecimal
		b = strconv.AppendUint(append(b, "0x"...), authority, 16)
	} else {
		b = strconv.AppendUint(b, authority, 10)
	}
	for sub := raw[8:]; len(sub) >= 4; sub = sub[4:] {
		b = strconv.AppendUint(append(b, '-'), uint64(binary.LittleEndian.Uint32(sub)), 10)
	}
	return b, true
}

// appendUTF16 decodes little-endian UTF-16. NULs at the end are no part of a text; halves of surrogate pairs and an odd byte become U+FFFD.
func appendUTF16(b, raw []byte) []byte {
	for len(raw) >= 2 && raw[len(raw)&^1-1] == 0 && raw[len(raw)&^1-2] == 0 {
		raw = raw[:len(raw)&^1-2]
	}
	for len(raw) >= 2 {
		unit := rune(binary.LittleEndian.Uint16(raw))
		raw = raw[2:]
		if unit < utf8.RuneSelf {
			b = append(b, byte(unit))
			continue
		}
		if utf16.IsSurrogate(unit) {
			pair := rune(utf8.RuneError)
			if len(raw) >= 2 {
				pair = utf16.DecodeRune(unit, rune(binary.LittleEndian.Uint16(raw)))
			}
			if pair != utf8.RuneError {
				raw = raw[2:]
			}
			unit = pair
		}
		b = utf8.AppendRune(b, unit)
	}
	if len(raw) == 1 {
		b = utf8.AppendRune(b, utf8.RuneError)
	}
	return b
}

// ansi are the characters 0x80 to 0x9f of Windows-1252; the rest of it is Latin-1.
const ansi = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"

func appendAnsi(b, raw []byte) []byte {
	for len(raw) > 0 && raw[len(raw)-1] == 0 {
		raw = raw[:len(raw)-1]
	}
	for _, c := range raw {
		switch {
		case c < 0x80:
			b = append(b, c)
		case c < 0xa0:
			i := 0
			for _, r := range ansi {
				if i == int(c)-0x80 {
					b = utf8.AppendRune(b, r)
				}
				i++
			}
		default:
			b = utf8.AppendRune(b, rune(c))
		}
	}
	return b
}
