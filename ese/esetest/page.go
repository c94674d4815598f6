// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package esetest builds ESE databases for tests: page by page, or whole ones from
// tables and rows. It shares no code with the reader, so that a mistake in one does
// not hide in the other; docs/formats/ese.md says what is built.
//
// What it builds is for reading only. A database has no indexes but the primary
// ones, and its pages of space are blank: Windows would not open it.
package esetest

import (
	"encoding/binary"
	"math/bits"
)

// Flags of pages that are built.
const (
	Root         = 0x1
	Leaf         = 0x2
	ParentOfLeaf = 0x4
	Empty        = 0x8
	Space        = 0x20
	LongValue    = 0x80
	NewRecord    = 0x800
	NewChecksum  = 0x2000
)

// Node is an entry of a page.
type Node struct {
	Key    []byte
	Data   []byte
	Flags  uint8 // 1 versioned, 2 deleted
	Prefix int   // how many bytes of the key are left to the external header; more than 0 compresses the key
}

// Page describes a page.
type Page struct {
	Size       int
	Number     uint32
	Prev, Next uint32
	Object     uint32
	DBTime     uint64 // 0: the page's number
	Flags      uint32
	External   []byte // tag 0: prefix or space header
	Nodes      []Node
	Reserved   int    // what Windows 11 24H2 writes above the count of tags
	Stale      []Node // written after the others and not counted: remains
}

func headerSize(pageSize int) int {
	if pageSize <= 8192 {
		return 40
	}
	return 80
}

// Room is how many bytes of nodes a page takes, each with 4 bytes for its tag.
func Room(pageSize int) int { return pageSize - headerSize(pageSize) - 4 }

// bytes is the node as the page holds it.
func (n Node) bytes(large bool) []byte {
	var b []byte
	flags := uint16(n.Flags)
	if n.Prefix > 0 {
		flags |= 4
		b = binary.LittleEndian.AppendUint16(b, uint16(n.Prefix))
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(n.Key)-n.Prefix))
	b = append(append(b, n.Key[n.Prefix:]...), n.Data...)
	if large {
		b[1] |= byte(flags << 5)
	}
	return b
}

func (n Node) flags() uint16 {
	if n.Prefix > 0 {
		return uint16(n.Flags) | 4
	}
	return uint16(n.Flags)
}

// Bytes is the page.
func (p Page) Bytes() []byte {
	b := make([]byte, p.Size)
	head, large := headerSize(p.Size), p.Size > 8192
	at, tags := head, 0
	put := func(data []byte, flags uint16) {
		copy(b[at:], data)
		slot := p.Size - 4*(tags+1)
		size, off := uint16(len(data)), uint16(at-head)
		if !large {
			off |= flags << 13
		}
		binary.LittleEndian.PutUint16(b[slot:], size)
		binary.LittleEndian.PutUint16(b[slot+2:], off)
		at += len(data)
		tags++
	}
	put(p.External, 0)
	for _, n := range p.Nodes {
		put(n.bytes(large), n.flags())
	}
	firstFree, count := at-head, tags
	for _, n := range p.Stale {
		put(n.bytes(large), n.flags())
	}
	dbTime := p.DBTime
	if dbTime == 0 {
		dbTime = uint64(p.Number)
	}
	binary.LittleEndian.PutUint64(b[8:], dbTime)
	binary.LittleEndian.PutUint32(b[16:], p.Prev)
	binary.LittleEndian.PutUint32(b[20:], p.Next)
	binary.LittleEndian.PutUint32(b[24:], p.Object)
	binary.LittleEndian.PutUint16(b[28:], uint16(p.Size-head-firstFree-4*count))
	binary.LittleEndian.PutUint16(b[32:], uint16(firstFree))
	binary.LittleEndian.PutUint16(b[34:], uint16(count|p.Reserved<<12))
	binary.LittleEndian.PutUint32(b[36:], p.Flags)
	if large {
		binary.LittleEndian.PutUint32(b[64:], p.Number)
	}
	Sum(b, p.Number)
	return b
}

// Sum writes the checksums of a page, in the format that its flags name.
func Sum(b []byte, number uint32) {
	if binary.LittleEndian.Uint32(b[36:])&NewChecksum == 0 {
		binary.LittleEndian.PutUint32(b[4:], number)
		binary.LittleEndian.PutUint32(b, SumHeader(b))
		return
	}
	if len(b) <= 8192 {
		binary.LittleEndian.PutUint64(b, block(b, 8, number))
		return
	}
	part := len(b) / 4
	for i := 1; i < 4; i++ {
		binary.LittleEndian.PutUint64(b[32+8*i:], block(b[i*part:(i+1)*part], 0, number))
	}
	binary.LittleEndian.PutUint64(b, block(b[:part], 8, number))
}

// SumHeader is the checksum of a header, and of a page in the old format.
func SumHeader(b []byte) uint32 {
	sum := uint32(0x89abcdef)
	for i := 4; i < len(b); i += 4 {
		sum ^= binary.LittleEndian.Uint32(b[i:])
	}
	return sum
}

// block is the checksum of a block whose first skip bytes do not count. It goes bit
// by bit, as the definition does.
func block(b []byte, skip int, number uint32) uint64 {
	xor, low, high := number, uint32(0), uint32(0)
	mask := uint32(len(b)*8 - 1)
	for i := skip; i < len(b); i++ {
		xor ^= uint32(b[i]) << (8 * (i % 4))
		for c := b[i]; c != 0; c &= c - 1 {
			bit := uint32(i*8 + bits.TrailingZeros8(c))
			low ^= bit
			high ^= ^bit & mask
		}
	}
	return uint64(high<<16|low)<<32 | uint64(xor)
}
