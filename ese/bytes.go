// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import "encoding/binary"

// u16, u32 and u64 read little-endian numbers. What lies beyond the end of b is
// 0: the bytes are foreign, and a check that comes later names what is missing.
func u16(b []byte, off int) uint16 {
	if off < 0 || off+2 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint16(b[off:])
}

func u32(b []byte, off int) uint32 {
	if off < 0 || off+4 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint32(b[off:])
}

func u64(b []byte, off int) uint64 {
	if off < 0 || off+8 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint64(b[off:])
}

// cut is b[from:to], or as much of it as there is.
func cut(b []byte, from, to int) []byte {
	to = min(max(to, 0), len(b))
	from = min(max(from, 0), to)
	return b[from:to:to]
}

// zero reports whether b holds nothing but zero bytes.
func zero(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
