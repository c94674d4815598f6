// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"encoding/binary"
	"math"
	"time"
)

// Value is one typed value of an event. The zero Value is Null.
type Value struct {
	typ  Type
	raw  []byte    // as in the log; nil for constants
	text string    // of constants: text that stands in the template
	doc  *document // of binary XML: what it refers to
	at   int       // of binary XML: where it lies in doc
}

// constant is a Value of text.
func constant(text string) Value { return Value{typ: TypeString, text: text} }

// Type is the type under which the log stores the value.
func (v Value) Type() Type { return v.typ }

// Bytes are the bytes of the value in the log, nil when it is a constant of the event's template. They must not be changed.
func (v Value) Bytes() []byte { return v.raw }

// IsNull reports whether there is no value.
func (v Value) IsNull() bool {
	if v.typ == TypeNull {
		return true
	}
	return v.typ.info().size > 0 && len(v.raw) == 0 && !v.typ.IsArray()
}

// Uint is the value of an unsigned integer of any width, of a Bool, a SizeT, a hexadecimal number or a FileTime.
func (v Value) Uint() (uint64, bool) {
	switch v.typ {
	case TypeUint8, TypeUint16, TypeUint32, TypeUint64, TypeBool, TypeSizeT, TypeHexInt32, TypeHexInt64, TypeFileTime, TypeEvtHandle:
		return v.bits()
	}
	return 0, false
}

// Int is the value of an integer of any kind, when it fits.
func (v Value) Int() (int64, bool) {
	switch v.typ {
	case TypeInt8, TypeInt16, TypeInt32, TypeInt64:
		u, ok := v.bits()
		if !ok {
			return 0, false
		}
		shift := 64 - 8*len(v.raw)
		return int64(u<<shift) >> shift, true
	}
	u, ok := v.Uint()
	return int64(u), ok && u <= math.MaxInt64
}

// bits reads the value as a little-endian number, when it is as long as its type says.
func (v Value) bits() (uint64, bool) {
	size := len(v.raw)
	if want := v.typ.info().size; want != 0 && size != want && (v.typ != TypeSizeT || size != 4) {
		return 0, false
	}
	switch size {
	case 1:
		return uint64(v.raw[0]), true
	case 2:
		return uint64(binary.LittleEndian.Uint16(v.raw)), true
	case 4:
		return uint64(binary.LittleEndian.Uint32(v.raw)), true
	case 8:
		return binary.LittleEndian.Uint64(v.raw), true
	}
	return 0, false
}

// Float is the value of a Real32 or Real64.
func (v Value) Float() (float64, bool) {
	switch {
	case v.typ == TypeReal32 && len(v.raw) == 4:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v.raw))), true
	case v.typ == TypeReal64 && len(v.raw) == 8:
		return math.Float64frombits(binary.LittleEndian.Uint64(v.raw)), true
	}
	return 0, false
}

// Bool is the value of a Bool.
func (v Value) Bool() (value, ok bool) {
	if v.typ != TypeBool {
		return false, false
	}
	u, ok := v.bits()
	return u != 0, ok
}

// Time is the value of a FileTime (to 100 ns) or a SystemTime (to 1 ms), in UTC.
func (v Value) Time() (time.Time, bool) {
	switch {
	case v.typ == TypeFileTime && len(v.raw) == 8:
		return fileTime(binary.LittleEndian.Uint64(v.raw)), true
	case v.typ == TypeSystemTime && len(v.raw) == 16:
		part := func(i int) int { return int(binary.LittleEndian.Uint16(v.raw[2*i:])) }
		if part(1) < 1 || part(1) > 12 || part(3) < 1 || part(3) > 31 || part(4) > 23 || part(5) > 59 || part(6) > 60 || part(7) > 999 {
			return time.Time{}, false
		}
		return time.Date(part(0), time.Month(part(1)), part(3), part(4), part(5), part(6), part(7)*int(time.Millisecond), time.UTC), true
	}
	return time.Time{}, false
}

// Items are the items of an array in order; of any other value it is the only item.
func (v Value) Items() []Value {
	if !v.typ.IsArray() {
		return []Value{v}
	}
	items := make([]Value, 0, 4)
	for rest := v.raw; len(rest) > 0; {
		item, size := v.next(rest)
		items = append(items, item)
		rest = rest[size:]
	}
	return items
}

// next cuts the first item from what is left of an array, and says how many bytes it took: at least one.
func (v Value) next(rest []byte) (Value, int) {
	item, size := Value{typ: v.itemType()}, 0
	switch item.typ {
	case TypeString, TypeEvtXML:
		return cutString(item, rest)
	case TypeAnsiString:
		for size < len(rest) && rest[size] != 0 {
			size++
		}
		item.raw = rest[:size]
		return item, min(size+1, len(rest))
	case TypeSID:
		if len(rest) >= 8 {
			size = 8 + 4*int(rest[1])
		}
	case TypeSizeT:
		// Which of the two widths is not written; eight bytes since Windows is 64-bit, unless that does not divide.
		if size = 8; len(v.raw)%8 != 0 {
			size = 4
		}
	default:
		size = item.typ.info().size
	}
	if size == 0 || size > len(rest) {
		size = len(rest) // what cannot be divided is the last item
	}
	item.raw = rest[:size]
	return item, size
}

// itemType is the type of the items of an array. There are no arrays of binary XML; where one is said to be, it is bytes.
func (v Value) itemType() Type {
	if v.typ.Item() == TypeBinXML {
		return TypeBinary
	}
	return v.typ.Item()
}

// cutString takes the UTF-16 text up to the next NUL.
func cutString(item Value, rest []byte) (Value, int) {
	for size := 0; size+1 < len(rest); size += 2 {
		if rest[size] == 0 && rest[size+1] == 0 {
			item.raw = rest[:size]
			return item, size + 2
		}
	}
	item.raw = rest
	return item, len(rest)
}

// fileTimeEpoch is 1601-01-01 00:00 UTC in seconds of Unix time; a FILETIME counts 100 ns since then ([MS-DTYP] 2.3.3).
const fileTimeEpoch = -11644473600

func fileTime(t uint64) time.Time {
	return time.Unix(int64(t/1e7)+fileTimeEpoch, int64(t%1e7)*100).UTC()
}
