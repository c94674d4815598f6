// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"errors"
	"io"
	"iter"
	"slices"
)

// ScanOptions say where to look for pages. The zero value looks for pages of all
// sizes at each sector of 512 bytes.
type ScanOptions struct {
	PageSizes []int // bytes; empty: all that there are
	Step      int   // bytes from one place to the next; 0: 512. 1 finds pages at any place
	Damaged   bool  // also pages whose checksum is wrong but whose parts fit each other
}

// Found is a page, or a header of a database, that was found in a stream.
type Found struct {
	Offset   int64      `json:"offset"`
	PageSize int        `json:"page_size"`
	Number   uint32     `json:"number"` // by the page's own word or checksum; 0 not known
	Status   PageStatus `json:"status"`
	Object   uint32     `json:"object"`
	Flags    PageFlags  `json:"flags"`
	DBTime   uint64     `json:"dbtime"`
	Header   *Header    `json:"header,omitempty"` // it is a header, no page
}

const (
	scanWindow  = 1 << 20
	maxPageSize = 32768
	sector      = 512
	// scanBudget is how many bytes may be summed for each byte of input. Whole pages
	// need two or three; only an input that was made to look like pages everywhere needs more.
	scanBudget = 64
)

// Scan finds pages in any stream: a file whose header is lost, a disk image, unallocated
// space, memory. The stream is read once, from beginning to end, a megabyte at a
// time. A part that cannot be read is an error, and what follows is searched. Pages
// come in the order of their places; they do not overlap.
func Scan(r io.ReaderAt, size int64, o ScanOptions) iter.Seq2[Found, error] {
	return func(yield func(Found, error) bool) {
		s := scanner{r: r, size: size, sizes: o.PageSizes, step: int64(o.Step), damaged: o.Damaged, yield: yield}
		if s.step <= 0 {
			s.step = sector
		}
		if len(s.sizes) == 0 {
			s.sizes = pageSizes[:]
		}
		s.buffer = make([]byte, scanWindow+maxPageSize)
		for base := int64(0); base < size && !s.stopped; base += scanWindow {
			s.window(base)
		}
	}
}

type scanner struct {
	r       io.ReaderAt
	size    int64
	sizes   []int
	step    int64
	damaged bool
	yield   func(Found, error) bool
	stopped bool

	buffer []byte
	next   int64 // where the search goes on, in the stream
	budget int64
	narrow bool // the budget was used up once
}

// window searches the places from base to base+scanWindow.
func (s *scanner) window(base int64) {
	n := min(int64(len(s.buffer)), s.size-base)
	got, err := s.r.ReadAt(s.buffer[:n], base)
	if int64(got) < n && err != nil && !errors.Is(err, io.EOF) {
		s.stopped = !s.yield(Found{}, &Error{Kind: KindRead, Object: "the input", Page: NoPage, Offset: base, Err: err})
		clear(s.buffer[got:n])
		got = int(n)
	}
	b := s.buffer[:got]
	if zero(b[:min(len(b), scanWindow)]) {
		return
	}
	s.budget = min(s.budget, 0) + scanBudget*scanWindow
	s.next = max(s.next, base)
	if rest := s.next % s.step; rest != 0 && s.step > 1 {
		s.next += s.step - rest
	}
	for ; s.next < base+scanWindow && !s.stopped; s.next += s.step {
		at := int(s.next - base)
		if at+HeaderSize > len(b) {
			return
		}
		f, ok := s.try(b[at:])
		if !ok {
			continue
		}
		f.Offset = s.next
		s.stopped = !s.yield(f, nil)
		s.next += int64(f.PageSize) - s.step
		if rest := (s.next + s.step) % s.step; rest != 0 {
			s.next -= rest
		}
	}
}

// try looks for a page, or a header, at the beginning of b.
func (s *scanner) try(b []byte) (Found, bool) {
	if u32(b, 4) == Magic {
		if f, ok := tryHeader(b); ok {
			return f, true
		}
	}
	if !looksLikePage(b) {
		return Found{}, false
	}
	for _, size := range s.sizes {
		if len(b) < size || !s.afford(int64(size)) {
			continue
		}
		if f, ok := s.tryPage(b[:size]); ok {
			return f, true
		}
	}
	return Found{}, false
}

// afford pays for the sum of a page. Sectors are always looked at.
func (s *scanner) afford(n int64) bool {
	s.budget -= n
	if s.budget >= 0 || s.next%sector == 0 {
		return true
	}
	if !s.narrow {
		s.narrow = true
		s.stopped = !s.yield(Found{}, otherError(KindPage, "the input", s.next, "too many places look like pages: only sectors are searched there"))
	}
	return false
}

func tryHeader(b []byte) (Found, bool) {
	h, _ := parseHeader(cut(b, 0, HeaderSize), 0)
	if !validPageSize(h.PageSize) || len(b) < h.PageSize {
		return Found{}, false
	}
	h, _ = parseHeader(b[:h.PageSize], 0)
	return Found{PageSize: h.PageSize, Status: PageGood, DBTime: h.DBTime, Header: &h}, h.ChecksumOK
}

// looksLikePage is a quick look at fields whose values are bounded, whatever the page's size.
func looksLikePage(b []byte) bool {
	if b[39] != 0 || b[38]&^3 != 0 || b[14]|b[15] != 0 || b[27] != 0 {
		return false
	}
	flags := PageFlags(u32(b, 36))
	return flags&^(FlagFlushType|FlagPreInit) != 0 && flags&(FlagLeaf|FlagParentOfLeaf) != FlagLeaf|FlagParentOfLeaf &&
		u32(b, 24) != 0 && u64(b, 8) != 0 && u32(b, 16) <= maxPageNumber && u32(b, 20) <= maxPageNumber &&
		u16(b, 34)&0xfff != 0 && u16(b, 34)&0x8000 == 0
}

// tryPage checks b, which has the size of a page, as one.
func (s *scanner) tryPage(b []byte) (Found, bool) {
	if !small(len(b)) && (!zero(b[68:80]) || u32(b, 64) == 0 || u32(b, 64) > maxPageNumber) {
		return Found{}, false
	}
	p := &Page{Data: b}
	p.readHeader()
	if p.checkTags() != nil {
		return Found{}, false
	}
	f := Found{PageSize: len(b), Number: p.Own, Object: p.ObjectID, Flags: p.Flags, DBTime: p.DBTime, Status: PageGood}
	if small(len(b)) && p.Flags&FlagNewChecksum != 0 {
		f.Number = numberInChecksum(b)
	}
	if f.Number == 0 || f.Number > maxPageNumber {
		return Found{}, false
	}
	switch v := verify(b, f.Number); {
	case v.fixed || !v.good:
		f.Status = PageDamaged
		if v.fixed {
			f.Status = PageCorrected
		}
		return f, (s.damaged || v.fixed) && p.consistent()
	case small(len(b)): // the first block of a damaged large page has the sum of a small one
		return f, p.consistent()
	}
	return f, true
}

// numberInChecksum finds the number of a small page, which is only part of its sum.
// A wrong bit is looked for first: the code that finds it does not need the number.
func numberInChecksum(p []byte) uint32 {
	xor, ecc := newChecksum(p, true)
	mask := bitMask(len(p))
	if differ := ecc ^ u32(p, 4); differ != 0 && (differ>>16^differ)&mask == mask {
		xor ^= 1 << ((differ & mask) % 32) // the column of the wrong bit
	}
	return xor ^ u32(p, 0)
}

// consistent reports whether the parts of a page fit each other: its tags do not
// overlap, and its free bytes are those that they leave. It stands in for a
// checksum that is wrong.
func (p *Page) consistent() bool {
	header := headerSize(len(p.Data))
	used := make([]Range, 0, p.TagCount)
	free := len(p.Data) - header - p.TagCount*tagSize
	for i := range p.TagCount {
		start, size, _ := p.tag(i)
		if start+size > header+p.FirstFree {
			return false
		}
		used = append(used, Range{start, size})
		free -= size
	}
	slices.SortFunc(used, func(a, b Range) int { return a.Start - b.Start })
	end := header
	for _, r := range used {
		if r.Size > 0 && r.Start < end {
			return false
		}
		end = max(end, r.Start+r.Size)
	}
	return free == p.Free
}
