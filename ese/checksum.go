// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// checksumSeed starts the XOR of headers and of pages in the old format
// (Microsoft's published checksum.cxx: "the seed value of 0x89abcdef").
const checksumSeed = 0x89abcdef

// oldChecksum is the XOR of all 32-bit words but the first, with the seed: the
// checksum of headers, and of pages without FlagNewChecksum.
func oldChecksum(b []byte) uint32 {
	sum := uint32(checksumSeed)
	for off := 4; off+4 <= len(b); off += 4 {
		sum ^= binary.LittleEndian.Uint32(b[off:])
	}
	return sum
}

// newChecksum is the checksum of one block of a page in the new format, without
// the page number: the XOR of all 32-bit words, and a code that can find one
// wrong bit. The code has two halves: the XOR of the numbers of all bits that are
// set, and the same of the complements of the numbers. In the block that holds
// the checksum itself its 8 bytes count as zero.
func newChecksum(block []byte, first bool) (xor, ecc uint32) {
	var column uint64 // bit i: parity of bit i of all 64-bit words
	var row uint32    // XOR of the numbers of the words of odd parity
	start := 0
	if first {
		start = 8
	}
	for off := start; off+8 <= len(block); off += 8 {
		w := binary.LittleEndian.Uint64(block[off:])
		column ^= w
		if bits.OnesCount64(w)&1 == 1 {
			row ^= uint32(off) / 8
		}
	}
	number := row << 6
	for c := column; c != 0; c &= c - 1 {
		number ^= uint32(bits.TrailingZeros64(c))
	}
	complement := number
	if bits.OnesCount64(column)&1 == 1 {
		complement ^= bitMask(len(block))
	}
	return uint32(column) ^ uint32(column>>32), complement<<16 | number
}

// bitMask covers the numbers of the bits of a block, whose size is a power of two.
func bitMask(size int) uint32 { return uint32(size)*8 - 1 }

// storedAt is where the checksum of each block of a page lies.
var storedAt = [4]int{0, 40, 48, 56}

// blocks divides a page as the new checksum does: small pages are one block, 16
// KiB pages four of 4 KiB, 32 KiB pages four of 8 KiB (checksumu.cxx).
func blocks(pageSize int) (size, count int) {
	if small(pageSize) {
		return pageSize, 1
	}
	return pageSize / 4, 4
}

// verdict is what the checksums say about a page.
type verdict struct {
	good  bool
	fixed bool // one wrong bit was found; see turn
	bit   int  // its number in the page
}

// turn is the page with its wrong bit turned. The bytes it was found in may be somebody else's, and stay as they are.
func (v verdict) turn(p []byte) []byte {
	p = bytes.Clone(p)
	p[v.bit/8] ^= 1 << (v.bit % 8)
	return p
}

// verify compares the checksums of a page with its content. A single wrong bit is found
// when the code names it without doubt.
func verify(p []byte, number uint32) verdict {
	if isNew := u32(p, 36)&uint32(FlagNewChecksum) != 0; !isNew && small(len(p)) {
		if u32(p, 0) == oldChecksum(p) && u32(p, 4) == number {
			return verdict{good: true}
		}
		return verdict{}
	}
	v := verdict{good: true}
	size, count := blocks(len(p))
	for i := count - 1; i >= 0; i-- { // the first block covers the checksums of the others
		block := p[i*size : (i+1)*size]
		xor, ecc := newChecksum(block, i == 0)
		xor ^= number
		storedXOR, storedECC := u32(p, storedAt[i]), u32(p, storedAt[i]+4)
		if xor == storedXOR && ecc == storedECC {
			continue
		}
		bit, ok := wrongBit(size, xor^storedXOR, ecc^storedECC)
		if !ok || v.fixed || (i == 0 && bit < 64) {
			return verdict{}
		}
		v.fixed, v.bit = true, i*size*8+bit
	}
	return v
}

// wrongBit is the number of the one bit that explains two differences. The halves
// of the code then complement each other, and the XOR differs in the same column.
func wrongBit(size int, xor, ecc uint32) (int, bool) {
	mask := bitMask(size)
	if bits.OnesCount32(xor) != 1 || (ecc>>16^ecc)&mask != mask {
		return 0, false
	}
	bit := ecc & mask
	return int(bit), bit%32 == uint32(bits.TrailingZeros32(xor))
}
