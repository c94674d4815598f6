// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"encoding/binary"
	"unicode/utf16"
)

// utf16Text is UTF-16LE as Go has it; a lone surrogate becomes U+FFFD, an odd last byte is dropped.
func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// latin is Windows-1252, the only other code page that ESE's text columns have.
// The five bytes that it leaves open become U+FFFD.
func latin(b []byte) string {
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = rune(c)
		if c >= 0x80 && c < 0xa0 {
			out[i] = windows1252[c-0x80]
		}
	}
	return string(out)
}

// windows1252 is what bytes 0x80 to 0x9F mean (Unicode's mapping table CP1252.TXT).
var windows1252 = [32]rune{
	'€', 0xfffd, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0xfffd, 'Ž', 0xfffd,
	0xfffd, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0xfffd, 'ž', 'Ÿ',
}
