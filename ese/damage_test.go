// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/openbits/openbits/ese/esetest"
)

// rows counts the rows of a table that can be read, damaged ones and deleted ones left out.
func rows(t testing.TB, db *DB, table string) (count int, errs []error) {
	t.Helper()
	tb, err := db.Table(table)
	if err != nil {
		return 0, []error{err}
	}
	for row, err := range tb.Rows() {
		if err != nil {
			errs = append(errs, err)
		} else if !row.Deleted() && !row.Damaged() {
			count++
		}
	}
	return count, errs
}

const liveMany = esetest.SampleRows - esetest.SampleRows/50

func recoverFrom(t testing.TB, data []byte, o Options) *DB {
	t.Helper()
	db, err := Recover(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// manyLayout is what a caller knows of the tables of the sample.
var manyLayout = []Layout{
	{Name: "Many", Root: esetest.FirstRoot, Columns: []Column{
		{ID: 1, Name: "Number", Type: TypeUnsignedLong},
		{ID: 128, Name: "Text", Type: TypeText, CodePage: CodePageLatin},
	}},
	{Name: "Things", Columns: []Column{
		{ID: 1, Name: "Id", Type: TypeGUID},
		{ID: 2, Name: "Small", Type: TypeShort},
		{ID: 3, Name: "When", Type: TypeDateTime},
		{ID: 128, Name: "Name", Type: TypeText, CodePage: CodePageUnicode},
		{ID: 129, Name: "Raw", Type: TypeBinary},
		{ID: 256, Name: "Blob", Type: TypeLongBinary},
		{ID: 257, Name: "Numbers", Type: TypeUnsignedLong},
		{ID: 258, Name: "Note", Type: TypeLongText, CodePage: CodePageUnicode},
	}},
}

func TestHeadersWiped(t *testing.T) {
	for _, s := range shapes {
		data := esetest.Sample(s.pageSize, s.old).Bytes()
		clear(data[:s.pageSize])
		db := open(t, data) // the shadow
		if n, errs := rows(t, db, "Many"); n != liveMany || len(errs) > 0 || db.Header().Offset != int64(s.pageSize) || len(db.Notes()) == 0 {
			t.Errorf("pages of %d, no header: %d rows, %v, notes %v", s.pageSize, n, errs, db.Notes())
		}
		clear(data[s.pageSize : 2*s.pageSize])
		db = open(t, data) // neither
		if n, errs := rows(t, db, "Many"); n != liveMany || len(errs) > 0 || db.Header() != nil || db.PageSize() != s.pageSize || len(db.Notes()) == 0 {
			t.Errorf("pages of %d, no headers: %d rows, %v, notes %v", s.pageSize, n, errs, db.Notes())
		}
	}
}

func TestHeaderDamaged(t *testing.T) {
	data := esetest.Sample(16384, false).Bytes()
	data[100] ^= 1
	db := open(t, data)
	if db.Header().Offset != 16384 || !errors.Is(db.Notes()[0], KindHeader) {
		t.Errorf("header at %d, notes %v", db.Header().Offset, db.Notes())
	}
	data[16384+100] ^= 1 // both: the fields are used all the same
	db = open(t, data)
	if n, _ := rows(t, db, "Many"); n != liveMany || db.Header().ChecksumOK {
		t.Errorf("%d rows, header %+v", n, db.Header())
	}
	binary.LittleEndian.PutUint32(data[236:], 4096) // and a page size that is wrong
	db = open(t, data)
	if n, _ := rows(t, db, "Many"); n != liveMany || db.PageSize() != 16384 {
		t.Errorf("%d rows, pages of %d, notes %v", n, db.PageSize(), db.Notes())
	}
}

// TestCatalogGone: the catalog's copy takes its place; without both, what the caller knows.
func TestCatalogGone(t *testing.T) {
	for _, s := range shapes {
		data := esetest.Sample(s.pageSize, s.old).Bytes()
		blank := func(page int) { clear(data[(page+1)*s.pageSize : (page+2)*s.pageSize]) }
		blank(4)
		db := open(t, data)
		tb, err := db.Table("Many")
		if err != nil {
			t.Errorf("pages of %d: %v", s.pageSize, err)
			continue
		}
		want := SourceShadow
		if s.pageSize == 2048 {
			want = tb.Source // the catalog's leaves are still there
		}
		if n, errs := rows(t, db, "Many"); n != liveMany || len(errs) > 0 || tb.Source != want {
			t.Errorf("pages of %d: %d rows from %s, %v", s.pageSize, n, tb.Source, errs)
		}
		wipe(data, s.pageSize, 2)
		wipe(data, s.pageSize, 3)
		if tables, errs := open(t, data).Tables(); len(tables) > 0 || len(errs) == 0 {
			t.Errorf("pages of %d: %d tables of no catalog, %v", s.pageSize, len(tables), errs)
		}
		db, err = OpenWith(bytes.NewReader(data), int64(len(data)), Options{Layouts: manyLayout})
		if err != nil {
			t.Fatal(err)
		}
		n, errs := rows(t, db, "Many")
		things := contents(t, db, "Things")
		chunk := s.pageSize / 8
		if n != liveMany || len(errs) > 0 || things["rows"] != "3" || things["1 Blob 0"] != fmt.Sprintf("%d bytes 302c312c342c392c", 3*chunk+7) {
			t.Errorf("pages of %d, by layout: %d rows, %v, Things %v", s.pageSize, n, errs, things)
		}
		many, _ := db.Table("Many")
		if other, _ := db.Table("Things"); many.Source != SourceLayout || other.Source != SourceGuess {
			t.Errorf("sources %s and %s", many.Source, other.Source)
		}
	}
}

// wipe blanks all pages of a tree.
func wipe(data []byte, pageSize int, object uint32) {
	for off := 2 * pageSize; off+pageSize <= len(data); off += pageSize {
		if p := data[off : off+pageSize]; binary.LittleEndian.Uint32(p[24:]) == object {
			clear(p)
		}
	}
}

// TestRootGone: rows of a table whose root is lost are found by their pages' object id.
func TestRootGone(t *testing.T) {
	for _, s := range shapes {
		data := esetest.Sample(s.pageSize, s.old).Bytes()
		off := (esetest.FirstRoot + 1) * s.pageSize
		rand.NewChaCha8([32]byte{1}).Read(data[off : off+s.pageSize])
		db := open(t, data)
		n, errs := rows(t, db, "Many")
		if n != liveMany || len(errs) == 0 {
			t.Errorf("pages of %d: %d rows, %v", s.pageSize, n, errs)
		}
		tb, _ := db.Table("Many")
		for row, err := range tb.Rows() {
			if err == nil && row.Via != ViaScan {
				t.Errorf("a row was found by %s", row.Via)
			}
		}
		if db.Check().Sound() {
			t.Error("the check found nothing")
		}
	}
}

// TestCut: a file that was cut has all rows of the pages that are whole.
func TestCut(t *testing.T) {
	whole := esetest.Sample(4096, false).Bytes()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		data := whole[:(esetest.FirstRoot+2)*4096+r.IntN(12*4096)]
		db := open(t, data)
		want := 0
		for p, err := range open(t, whole).Pages() {
			if err != nil || p.Offset+4096 > int64(len(data)) || p.ObjectID != esetest.FirstObject || !p.Leaf() {
				continue
			}
			for n, err := range p.Nodes() {
				if err == nil && !n.Deleted() {
					want++
				}
			}
		}
		if n, errs := rows(t, db, "Many"); n != want || (want < liveMany && len(errs) == 0) {
			t.Errorf("seed %d, cut at %d: %d rows, want %d; %v", seed, len(data), n, want, errs)
		}
	}
}

// TestFlips: one wrong bit in each of some pages is found, told, and costs nothing.
func TestFlips(t *testing.T) {
	for _, pageSize := range []int{4096, 8192, 16384, 32768} {
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, uint64(pageSize)))
			data := esetest.Sample(pageSize, false).Bytes()
			flipped := map[uint32]bool{}
			for range 4 {
				number := uint32(esetest.FirstRoot + r.IntN(len(data)/pageSize-2-esetest.FirstRoot))
				if flipped[number] {
					continue
				}
				flipped[number] = true
				off := (int(number) + 1) * pageSize
				bit := 64 + r.IntN(pageSize*8-64)
				for bit/8 >= 40 && bit/8 < 64 || bit/8 >= 36 && bit/8 < 40 { // not where sums and flags are
					bit += 8
				}
				data[off+bit/8] ^= 1 << (bit % 8)
			}
			was := bytes.Clone(data)
			db, err := Open(lender{bytes.NewReader(data), data}, int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			for p, err := range db.Pages() {
				if err != nil {
					t.Fatal(err)
				}
				if want := map[bool]PageStatus{true: PageCorrected, false: PageGood}[flipped[p.Number]]; p.Status != want && p.Status != PageBlank {
					t.Errorf("pages of %d, seed %d: page %d is %s, want %s", pageSize, seed, p.Number, p.Status, want)
				}
			}
			if n, _ := rows(t, db, "Many"); n != liveMany {
				t.Errorf("pages of %d, seed %d: %d rows", pageSize, seed, n)
			}
			if !bytes.Equal(was, data) {
				t.Errorf("pages of %d, seed %d: bytes that were lent are changed", pageSize, seed)
			}
		}
	}
}

// lender has its bytes in memory.
type lender struct {
	io.ReaderAt
	data []byte
}

func (l lender) Lend(off int64, n int) ([]byte, bool) {
	off = min(off, int64(len(l.data)))
	return l.data[off:min(off+int64(n), int64(len(l.data)))], true
}

// TestGarbled: pages with many wrong bytes are named, and rows of all others are read.
func TestGarbled(t *testing.T) {
	for _, s := range shapes {
		for seed := range uint64(10) {
			r := rand.New(rand.NewPCG(seed, uint64(s.pageSize)))
			data := esetest.Sample(s.pageSize, s.old).Bytes()
			db := open(t, bytes.Clone(data))
			var leaves []*Page
			for p := range db.Pages() {
				if p.ObjectID == esetest.FirstObject && p.Leaf() {
					leaves = append(leaves, p)
				}
			}
			victim := leaves[r.IntN(len(leaves))]
			lost := 0
			for n, err := range victim.Nodes() {
				if err == nil && !n.Deleted() {
					lost++
				}
			}
			for range 30 {
				data[int(victim.Offset)+40+r.IntN(s.pageSize-40)] ^= byte(1 + r.IntN(255))
			}
			n, errs := rows(t, open(t, data), "Many")
			if n != liveMany-lost {
				t.Errorf("pages of %d, seed %d: %d rows, want %d", s.pageSize, seed, n, liveMany-lost)
			}
			named := false
			for _, err := range errs {
				var e *Error
				named = named || errors.As(err, &e) && e.Page == victim.Number && e.Offset == victim.Offset
			}
			if !named {
				t.Errorf("pages of %d, seed %d: page %d is not named in %v", s.pageSize, seed, victim.Number, errs)
			}
		}
	}
}
