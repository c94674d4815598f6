// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import "strconv"

// Type is the type of a value in binary XML ([MS-EVEN6] 2.2.12, BinXml value types).
type Type uint8

// The types of values. ArrayOf added to one of them makes an array of it.
const (
	TypeNull       Type = 0x00 // no value: what depends on it is left out
	TypeString     Type = 0x01 // UTF-16, little-endian
	TypeAnsiString Type = 0x02 // bytes in the code page of the machine; read as Windows-1252, as the log does not name it
	TypeInt8       Type = 0x03
	TypeUint8      Type = 0x04
	TypeInt16      Type = 0x05
	TypeUint16     Type = 0x06
	TypeInt32      Type = 0x07
	TypeUint32     Type = 0x08
	TypeInt64      Type = 0x09
	TypeUint64     Type = 0x0a
	TypeReal32     Type = 0x0b // IEEE 754
	TypeReal64     Type = 0x0c // IEEE 754
	TypeBool       Type = 0x0d // four bytes, 0 is false
	TypeBinary     Type = 0x0e
	TypeGUID       Type = 0x0f
	TypeSizeT      Type = 0x10 // four or eight bytes
	TypeFileTime   Type = 0x11 // 100 ns since 1601-01-01 UTC
	TypeSystemTime Type = 0x12 // eight 16-bit numbers: year, month, day of week, day, hour, minute, second, millisecond
	TypeSID        Type = 0x13 // a security identifier
	TypeHexInt32   Type = 0x14 // a Uint32 that is shown in hexadecimal
	TypeHexInt64   Type = 0x15 // a Uint64 that is shown in hexadecimal
	TypeEvtHandle  Type = 0x20 // a handle of the event service; never seen in a file
	TypeBinXML     Type = 0x21 // a fragment of binary XML
	TypeEvtXML     Type = 0x23 // XML as text; never seen in a file

	ArrayOf Type = 0x80
)

// typeInfo is what is fixed about a type.
type typeInfo struct {
	name string
	size int // bytes of a value; 0: they vary
}

// typeTable has the types in the order of their numbers.
var typeTable = [...]typeInfo{
	TypeNull: {"Null", 0}, TypeString: {"String", 0}, TypeAnsiString: {"AnsiString", 0},
	TypeInt8: {"Int8", 1}, TypeUint8: {"UInt8", 1}, TypeInt16: {"Int16", 2}, TypeUint16: {"UInt16", 2},
	TypeInt32: {"Int32", 4}, TypeUint32: {"UInt32", 4}, TypeInt64: {"Int64", 8}, TypeUint64: {"UInt64", 8},
	TypeReal32: {"Float", 4}, TypeReal64: {"Double", 8}, TypeBool: {"Boolean", 4}, TypeBinary: {"Binary", 0},
	TypeGUID: {"GUID", 16}, TypeSizeT: {"Pointer", 8}, TypeFileTime: {"FILETIME", 8}, TypeSystemTime: {"SYSTEMTIME", 16},
	TypeSID: {"SID", 0}, TypeHexInt32: {"HexInt32", 4}, TypeHexInt64: {"HexInt64", 8},
	TypeEvtHandle: {"EvtHandle", 0}, TypeBinXML: {"BinXml", 0}, TypeEvtXML: {"EvtXml", 0},
}

// info is what is known of a type or of its items; no name: the type is not known.
func (t Type) info() typeInfo {
	if i := int(t.Item()); i < len(typeTable) {
		return typeTable[i]
	}
	return typeInfo{}
}

// IsArray reports whether values of the type are lists.
func (t Type) IsArray() bool { return t&ArrayOf != 0 }

// Item is the type of an array's items, and t itself when it is no array.
func (t Type) Item() Type { return t &^ ArrayOf }

// String is the name of the type as event manifests have it ("UInt32", "SID", "GUID[]"), or its number.
func (t Type) String() string {
	info := t.info()
	if info.name == "" {
		return "0x" + strconv.FormatUint(uint64(t), 16)
	}
	if t.IsArray() {
		return info.name + "[]"
	}
	return info.name
}
