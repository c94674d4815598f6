// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import "strings"

// PageFlags say what a page is for.
type PageFlags uint32

// Flags of pages (Microsoft's published cpage.hxx).
const (
	FlagRoot         PageFlags = 0x1     // root of its tree
	FlagLeaf         PageFlags = 0x2     // leaf
	FlagParentOfLeaf PageFlags = 0x4     // its children are leaves
	FlagEmpty        PageFlags = 0x8     // taken out of its tree
	FlagRepaired     PageFlags = 0x10    // made by a repair
	FlagSpace        PageFlags = 0x20    // of a tree that accounts for pages
	FlagIndex        PageFlags = 0x40    // of a secondary index
	FlagLongValue    PageFlags = 0x80    // of a tree of long values
	FlagNonUnique    PageFlags = 0x400   // keys of this index may repeat
	FlagNewRecord    PageFlags = 0x800   // records have the tagged columns of Windows XP and later
	FlagNewChecksum  PageFlags = 0x2000  // the checksum can find a wrong bit
	FlagScrubbed     PageFlags = 0x4000  // deleted data was overwritten
	FlagFlushType    PageFlags = 0x18000 // two bits that change with each write
	FlagPreInit      PageFlags = 0x20000 // allotted and never used
)

// knownFlags are all bits that a page may have, the obsolete ones (0x100, 0x200, 0x1000) included.
const knownFlags PageFlags = 0x3ffff

var flagNames = []struct {
	flag PageFlags
	name string
}{
	{FlagRoot, "root"},
	{FlagLeaf, "leaf"},
	{FlagParentOfLeaf, "parent_of_leaf"},
	{FlagEmpty, "empty"},
	{FlagRepaired, "repaired"},
	{FlagSpace, "space"},
	{FlagIndex, "index"},
	{FlagLongValue, "long_value"},
	{FlagNonUnique, "non_unique"},
	{FlagNewRecord, "new_record"},
	{FlagNewChecksum, "new_checksum"},
	{FlagScrubbed, "scrubbed"},
	{FlagPreInit, "pre_init"},
}

// String names the flags, separated by blanks.
func (f PageFlags) String() string {
	var names []string
	for _, n := range flagNames {
		if f&n.flag != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, " ")
}

// PageStatus is what is known of the integrity of a page.
type PageStatus string

const (
	// PageGood: the checksums fit.
	PageGood PageStatus = "good"
	// PageCorrected: one bit was wrong, and its place is known: Data holds the corrected page.
	PageCorrected PageStatus = "corrected"
	// PageDamaged: the checksums do not fit. What the page says may be wrong.
	PageDamaged PageStatus = "damaged"
	// PageBlank: all bytes are zero, or the page was never used.
	PageBlank PageStatus = "blank"
)

// Page is one page of a database. It must not be changed.
type Page struct {
	Number uint32 // by its place in the file, or by its own word where it was found loose
	Offset int64  // of its first byte in the input
	Status PageStatus
	Data   []byte // the whole page; corrected when Status says so

	DBTime    uint64 // the database's count of changes when this page was last changed
	Prev      uint32 // neighbour on the left, 0 none
	Next      uint32 // neighbour on the right, 0 none
	ObjectID  uint32 // of the tree that it belongs to
	Free      int    // free bytes
	FirstFree int    // first byte after the data, counted from the header's end
	TagCount  int    // tags in use, the external header's included
	Reserved  int    // tags before the first node, by the page's own word; 0 in databases before Windows 11 24H2
	Flags     PageFlags
	Own       uint32 // the number that the page gives itself; 0 where it holds none

	corrected int   // the bit that was turned, when Status is PageCorrected
	fault     error // why its tags cannot be read, if they cannot
}

// Sizes of the page header: PGHDR and PGHDR2 of cpage.hxx.
const (
	smallHeader = 40
	largeHeader = 80
	tagSize     = 4
)

// headerSize is where a page's data begins.
func headerSize(pageSize int) int {
	if small(pageSize) {
		return smallHeader
	}
	return largeHeader
}

// newPage reads a page from its bytes, which it keeps and does not change.
func newPage(data []byte, number uint32, off int64) *Page {
	p := &Page{Number: number, Offset: off, Data: data, Status: PageBlank}
	if zero(data) {
		return p
	}
	switch v := verify(data, number); {
	case v.fixed:
		p.Data, p.Status, p.corrected = v.turn(data), PageCorrected, v.bit
	case v.good:
		p.Status = PageGood
	default:
		p.Status = PageDamaged
	}
	p.readHeader()
	if p.Flags&FlagPreInit != 0 && p.Status == PageGood && p.TagCount == 0 {
		p.Status = PageBlank
	}
	p.fault = p.checkTags()
	return p
}

// readHeader reads the fields of the page header. itagState holds a count in its low
// 12 bits; Windows 11 24H2 began to use bits 12 to 14 for the number of reserved tags.
func (p *Page) readHeader() {
	b := p.Data
	p.DBTime, p.Prev, p.Next, p.ObjectID = u64(b, 8), u32(b, 16), u32(b, 20), u32(b, 24)
	p.Free, p.FirstFree = int(u16(b, 28)), int(u16(b, 32))
	state := u16(b, 34)
	p.TagCount, p.Reserved = int(state&0xfff), int(state>>12&7)
	p.Flags = PageFlags(u32(b, 36))
	switch {
	case !small(len(b)):
		p.Own = u32(b, 64)
	case p.Flags&FlagNewChecksum == 0:
		p.Own = u32(b, 4)
	}
}

// checkTags says why the tags of the page cannot be what it claims.
func (p *Page) checkTags() error {
	room := len(p.Data) - headerSize(len(p.Data))
	switch {
	case p.TagCount*tagSize > room:
		return pageError(KindPage, p.Number, p.Offset, "it claims %d tags, but there is room for %d", p.TagCount, room/tagSize)
	case p.FirstFree > room-p.TagCount*tagSize:
		return pageError(KindPage, p.Number, p.Offset, "its data would end at byte %d, beyond the tags", p.FirstFree)
	case p.Flags&^knownFlags != 0:
		return pageError(KindPage, p.Number, p.Offset, "its flags %#x are unknown", uint32(p.Flags))
	}
	return nil
}

// Damage is what is wrong with the page, nil when nothing is.
func (p *Page) Damage() error {
	switch {
	case p.Status == PageDamaged && p.Own != 0 && p.Own != p.Number:
		return pageError(KindChecksum, p.Number, p.Offset, "its checksum is wrong, and it says to be page %d", p.Own)
	case p.Status == PageDamaged:
		return pageError(KindChecksum, p.Number, p.Offset, "its checksum is wrong")
	case p.Status == PageCorrected:
		return pageError(KindCorrected, p.Number, p.Offset, "bit %d of byte %d was wrong and was turned", p.corrected%8, p.corrected/8)
	}
	return p.fault
}

// Leaf reports whether the page holds records of a tree, not pages or space.
func (p *Page) Leaf() bool { return p.Flags&FlagLeaf != 0 }

// dataEnd is where the tags in use begin.
func (p *Page) dataEnd() int { return len(p.Data) - p.TagCount*tagSize }
