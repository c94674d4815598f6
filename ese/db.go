// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// Layout describes a table that the caller knows, for a database whose catalog is
// lost. It is used for a tree that no catalog claims.
type Layout struct {
	Name    string
	Root    uint32   // the page that the table's tree usually begins with; 0: not known
	Columns []Column // as the catalog would have them
}

// Options say how to read a damaged database. The zero value is right for a whole one.
type Options struct {
	PageSize int      // bytes, for a database without a header; 0: find out
	Layouts  []Layout // tables to look for when the catalog is lost
	MaxPages int      // how many loose pages Recover keeps at most; 0: a million
}

// DB is a database that is read. It is safe for concurrent use if its reader is.
type DB struct {
	r        io.ReaderAt
	size     int64
	pageSize int
	header   *Header // nil: none was found
	notes    []error // what is wrong with the file as a whole
	loose    *loose  // where pages lie, when not in their order
	options  Options

	mu    sync.Mutex
	cache map[uint32]*Page

	catalogOnce sync.Once
	catalog     *catalog
	censusOnce  sync.Once
	census      *census
}

// Open reads the header of a database of size bytes and, when it is damaged, the
// header's shadow. Pages are read when they are asked for. A database with neither
// header is opened by its pages, if they lie in their order; see also Recover.
func Open(r io.ReaderAt, size int64) (*DB, error) { return OpenWith(r, size, Options{}) }

// OpenWith is Open with options.
func OpenWith(r io.ReaderAt, size int64, o Options) (*DB, error) {
	if o.PageSize != 0 && !validPageSize(o.PageSize) {
		return nil, otherError(KindNotDatabase, "the database", -1, "pages cannot have %d bytes", o.PageSize)
	}
	db := &DB{r: r, size: size, options: o, cache: map[uint32]*Page{}}
	if err := db.findHeader(); err != nil {
		return nil, err
	}
	if rest := size % int64(db.pageSize); rest != 0 {
		db.notes = append(db.notes, otherError(KindShort, "the last page", size-rest,
			"the file ends with %d bytes of %d: it was cut", rest, db.pageSize))
	}
	return db, nil
}

// findHeader finds the better one of the two headers, or the size of the pages.
func (db *DB) findHeader() error {
	first, err := db.headerAt(0, 0)
	if err != nil {
		return err
	}
	if first != nil && first.ChecksumOK {
		db.use(first)
		db.noteShadow()
		return nil
	}
	shadow := db.shadow()
	switch {
	case shadow != nil && (shadow.ChecksumOK || first == nil):
		db.notes = append(db.notes, otherError(KindHeader, "the header", 0, "it is damaged; its shadow at offset %d is used", shadow.Offset))
		db.use(shadow)
	case first != nil && validPageSize(first.PageSize) && (db.options.PageSize == 0 || db.options.PageSize == first.PageSize):
		db.notes = append(db.notes, otherError(KindHeader, "the header", 0, "its checksum is wrong, and there is no better shadow"))
		db.use(first)
	default:
		size := db.options.PageSize
		if size == 0 {
			size = db.guessPageSize()
		}
		if size == 0 {
			return otherError(KindNotDatabase, "the database", 0, "there is no header of an ESE database, and no page of one where it would be")
		}
		db.pageSize = size
		db.notes = append(db.notes, otherError(KindHeader, "the header", 0, "it and its shadow are lost; pages of %d bytes were found", size))
		return nil
	}
	if found := db.guessPageSize(); db.header != nil && !db.header.ChecksumOK && found != 0 && found != db.pageSize {
		db.notes = append(db.notes, otherError(KindHeader, "the header", 0, "it tells of pages of %d bytes, but they have %d", db.pageSize, found))
		db.pageSize = found
	}
	return nil
}

func (db *DB) use(h *Header) { db.header, db.pageSize = h, h.PageSize }

// headerAt reads the header at an offset, nil when there is none. want is the page
// size that it must tell, 0 for any.
func (db *DB) headerAt(off int64, want int) (*Header, error) {
	b, err := db.read(off, HeaderSize)
	if err != nil {
		return nil, err
	}
	h, ok := parseHeader(b, off)
	if !ok || (want != 0 && h.PageSize != want) {
		return nil, nil
	}
	if validPageSize(h.PageSize) {
		if b, err = db.read(off, h.PageSize); err != nil {
			return nil, err
		}
		h, _ = parseHeader(b, off)
	}
	return &h, nil
}

// shadow finds the second header, which lies one page after the first.
func (db *DB) shadow() *Header {
	var best *Header
	for _, size := range pageSizes {
		h, err := db.headerAt(int64(size), size)
		if err == nil && h != nil && (best == nil || h.ChecksumOK) {
			best = h
		}
	}
	return best
}

func (db *DB) noteShadow() {
	h, err := db.headerAt(int64(db.pageSize), db.pageSize)
	if err != nil || h == nil || !h.ChecksumOK {
		db.notes = append(db.notes, otherError(KindHeader, "the shadow of the header", int64(db.pageSize), "it is damaged; the header itself is fine"))
	}
}

// guessPageSize finds the size of which some page fits its checksum and its place.
// Only the beginning of the file is tried: 64 pages of each size.
func (db *DB) guessPageSize() int {
	best, most := 0, 0
	for _, size := range pageSizes {
		count := 0
		for n := uint32(1); n <= 64; n++ {
			b, err := db.read((int64(n)+1)*int64(size), size)
			if err != nil || len(b) < size {
				break
			}
			if !zero(b) && verify(b, n).good {
				count++
			}
		}
		if count > most {
			best, most = size, count
		}
	}
	return best
}

func (db *DB) read(off int64, n int) ([]byte, error) { return readAt(db.r, db.size, off, n) }

// readAt reads up to n bytes at an offset: fewer at the input's end, none beyond it.
func readAt(r io.ReaderAt, size, off int64, n int) ([]byte, error) {
	if off < 0 || off >= size {
		return nil, nil
	}
	if b, ok := lent(r, off, n); ok {
		return b, nil
	}
	b := make([]byte, min(int64(n), size-off))
	got, err := r.ReadAt(b, off)
	if got < len(b) && err != nil && !errors.Is(err, io.EOF) {
		return nil, &Error{Kind: KindRead, Object: "the input", Page: NoPage, Offset: off, Err: err}
	}
	return b[:got], nil
}

// Header is the header that is in use, nil when both are lost.
func (db *DB) Header() *Header { return db.header }

// PageSize is the size of a page in bytes.
func (db *DB) PageSize() int { return db.pageSize }

// Notes is what is wrong with the file as a whole: damaged headers, a cut end.
func (db *DB) Notes() []error { return db.notes }

// PageCount is the number of whole pages, which begin with page 1.
func (db *DB) PageCount() uint32 {
	if db.loose != nil {
		return db.loose.highest
	}
	n := db.size/int64(db.pageSize) - 2
	return uint32(min(max(n, 0), maxPageNumber))
}

// maxPageNumber is the highest page number (pgnoMax of Microsoft's daedef.hxx is 2^31-ish; files end sooner).
const maxPageNumber = 1<<31 - 2

// offset is where a page lies in the input.
func (db *DB) offset(number uint32) (int64, bool) {
	if db.loose != nil {
		off, ok := db.loose.at[number]
		return off, ok
	}
	return (int64(number) + 1) * int64(db.pageSize), number >= 1 && number <= db.PageCount()
}

// cachedPages bounds what DB keeps of pages: 2 MiB of the usual size, 8 KiB; a queue has 160.
const cachedPages = 256

// Page reads a page. A page that is damaged is returned all the same, and says so;
// an error means that it is not there or that the input cannot be read.
func (db *DB) Page(number uint32) (*Page, error) {
	db.mu.Lock()
	p := db.cache[number]
	db.mu.Unlock()
	if p != nil {
		return p, nil
	}
	p, err := db.pageUncached(number)
	if err != nil {
		return nil, err
	}
	db.mu.Lock()
	if len(db.cache) >= cachedPages {
		clear(db.cache)
	}
	db.cache[number] = p
	db.mu.Unlock()
	return p, nil
}

func (db *DB) pageUncached(number uint32) (*Page, error) {
	off, ok := db.offset(number)
	if !ok {
		return nil, pageError(KindShort, number, -1, "the file has no such page: it has %d", db.PageCount())
	}
	b, err := db.read(off, db.pageSize)
	if err != nil {
		return nil, &Error{Kind: KindRead, Object: fmt.Sprintf("page %d", number), Page: number, Offset: off, Err: err}
	}
	if len(b) < db.pageSize {
		return nil, pageError(KindShort, number, off, "only %d of its %d bytes are there", len(b), db.pageSize)
	}
	return newPage(b, number, off), nil
}

// Pages yields all pages in the order of their numbers. What cannot be read is an error.
func (db *DB) Pages() func(yield func(*Page, error) bool) {
	return func(yield func(*Page, error) bool) {
		for number := range db.numbers() {
			if !yield(db.Page(number)) {
				return
			}
		}
	}
}

// numbers yields the numbers of the pages that there are.
func (db *DB) numbers() func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		if db.loose != nil {
			for _, n := range db.loose.sorted {
				if !yield(n) {
					return
				}
			}
			return
		}
		for n := uint32(1); n <= db.PageCount(); n++ {
			if !yield(n) {
				return
			}
		}
	}
}

// lent asks an input that has its bytes in memory, and says so by a method Lend, for n bytes at an offset in place of a copy. There are fewer at its end and
// none beyond it; they are not to be changed. It is false when the input does not lend.
func lent(r io.ReaderAt, off int64, n int) ([]byte, bool) {
	if l, ok := r.(interface {
		Lend(off int64, n int) ([]byte, bool)
	}); ok {
		return l.Lend(off, n)
	}
	return nil, false
}
