// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"encoding/binary"
	"fmt"
)

// Compression is how a value is compressed: the top five bits of its first byte
// (CDataCompressor of Microsoft's published compression.cxx).
type Compression uint8

const (
	Compress7BitASCII   Compression = 1 // 7 bits a byte
	Compress7BitUnicode Compression = 2 // 7 bits a UTF-16 unit
	CompressXpress      Compression = 3 // LZ77 ([MS-XCA] 2.4, "plain LZ77")
	CompressScrub       Compression = 4 // the value was overwritten
	CompressXpress9     Compression = 5
	CompressXpress10    Compression = 6
	CompressLZ4         Compression = 7
)

var compressionNames = [...]string{
	Compress7BitASCII: "7-bit ASCII", Compress7BitUnicode: "7-bit Unicode", CompressXpress: "XPRESS", CompressScrub: "scrubbed",
	CompressXpress9: "XPRESS9", CompressXpress10: "XPRESS10", CompressLZ4: "LZ4",
}

// String is the compression's name.
func (c Compression) String() string {
	if int(c) < len(compressionNames) && compressionNames[c] != "" {
		return compressionNames[c]
	}
	return fmt.Sprintf("compression %d", uint8(c))
}

// maxPlain bounds what a value can grow to: XPRESS tells its size in 16 bits.
const maxPlain = 1<<16 - 1

// Decompress is the plain form of compressed data. Of damaged data it is what comes
// before the damage, with an error. XPRESS9, XPRESS10 and LZ4 are not known here.
func Decompress(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, otherError(KindCompressed, "", -1, "there is no compressed data")
	}
	switch c := Compression(b[0] >> 3); c {
	case Compress7BitASCII:
		return sevenBit(b, 1)
	case Compress7BitUnicode:
		return sevenBit(b, 2)
	case CompressXpress:
		if len(b) < 3 {
			return nil, otherError(KindCompressed, "", -1, "the compressed data has %d bytes", len(b))
		}
		return xpress(b[3:], int(u16(b, 1)))
	case CompressScrub:
		return nil, otherError(KindCompressed, "", -1, "the data was overwritten when it was deleted")
	default:
		return nil, otherError(KindUnsupported, "", -1, "%s is not supported", c)
	}
}

// sevenBit unpacks values of 7 bits, the lowest first, each to width bytes. The low
// three bits of the first byte are how many bits of the last byte count, less one.
func sevenBit(b []byte, width int) ([]byte, error) {
	if len(b) < 2 {
		return nil, nil
	}
	count := ((len(b)-2)*8 + int(b[0]&7) + 1) / 7
	count = min(count, maxPlain/width)
	out := make([]byte, count*width)
	for i := range count {
		at := i * 7
		word := uint16(b[1+at/8])
		if at/8+2 < len(b) {
			word |= uint16(b[2+at/8]) << 8
		}
		out[i*width] = byte(word>>(at%8)) & 0x7f
	}
	return out, nil
}

// xpress unpacks plain LZ77: 32 flags in a word, the highest first, each for a byte
// or for a match. A match is 16 bits: 13 of distance, 3 of length, and more length
// after it: a half-byte that two matches share, a byte, two bytes, four bytes.
func xpress(b []byte, size int) ([]byte, error) {
	z := lz77{in: b, out: make([]byte, 0, size), shared: -1}
	for len(z.out) < size {
		flags, ok := z.take(4)
		if !ok {
			return z.out, z.fail()
		}
		for bit := 31; bit >= 0 && len(z.out) < size; bit-- {
			if flags>>bit&1 == 1 {
				ok = z.match(size)
			} else if ok = z.at < len(b); ok {
				z.out = append(z.out, b[z.at])
				z.at++
			}
			if !ok {
				return z.out, z.fail()
			}
		}
	}
	return z.out, nil
}

type lz77 struct {
	in     []byte
	at     int
	out    []byte
	shared int // where a byte lies whose upper half is still to be used, or -1
}

func (z *lz77) fail() error {
	return otherError(KindCompressed, "", -1, "the compressed data makes no sense at byte %d", z.at)
}

// take reads a number of n bytes.
func (z *lz77) take(n int) (uint32, bool) {
	if z.at+n > len(z.in) {
		return 0, false
	}
	var word [4]byte
	copy(word[:], z.in[z.at:z.at+n])
	z.at += n
	return binary.LittleEndian.Uint32(word[:]), true
}

// match copies what was written before.
func (z *lz77) match(size int) bool {
	word, ok := z.take(2)
	if !ok {
		return false
	}
	distance := int(word>>3) + 1
	length, ok := z.length(int(word & 7))
	if !ok || distance > len(z.out) {
		return false
	}
	from := len(z.out) - distance
	for n := min(length, size-len(z.out)); n > 0; {
		part := min(n, len(z.out)-from) // a match may go on into what it makes: there is more to copy each time
		z.out = append(z.out, z.out[from:from+part]...)
		n -= part
	}
	return true
}

// length reads the rest of the length of a match, whose three bits are short.
func (z *lz77) length(short int) (int, bool) {
	if short < 7 {
		return short + 3, true
	}
	half := 0
	if z.shared >= 0 {
		half, z.shared = int(z.in[z.shared]>>4), -1
	} else {
		if z.at >= len(z.in) {
			return 0, false
		}
		z.shared = z.at
		half = int(z.in[z.at] & 15)
		z.at++
	}
	if half < 15 {
		return half + 7 + 3, true
	}
	more, ok := z.take(1)
	if !ok {
		return 0, false
	}
	if more < 255 {
		return int(more) + 15 + 7 + 3, true
	}
	if more, ok = z.take(2); ok && more == 0 {
		more, ok = z.take(4)
	}
	return int(min(more, maxPlain)) + 3, ok && more >= 15+7
}
