// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/openbits/openbits/ese/esetest"
)

// scatter puts the pages of a database in any order between random bytes of any length.
func scatter(r *rand.Rand, data []byte, pageSize int) []byte {
	noise := rand.NewChaCha8([32]byte{byte(r.Uint32())})
	var out []byte
	gap := func() {
		junk := make([]byte, r.IntN(3000))
		noise.Read(junk)
		out = append(out, junk...)
	}
	count := len(data) / pageSize
	for _, i := range r.Perm(count) {
		if i < 2 {
			continue // the headers are lost
		}
		gap()
		out = append(out, data[i*pageSize:(i+1)*pageSize]...)
	}
	gap()
	return out
}

func TestLoosePages(t *testing.T) {
	for _, s := range shapes {
		for seed := range uint64(3) {
			loose := scatter(rand.New(rand.NewPCG(seed, 3)), esetest.Sample(s.pageSize, s.old).Bytes(), s.pageSize)
			db := recoverFrom(t, loose, Options{})
			n, errs := rows(t, db, "Many")
			if n != liveMany || len(errs) > 0 || db.PageSize() != s.pageSize {
				t.Errorf("pages of %d (old %v), seed %d: %d rows, %v, notes %v", s.pageSize, s.old, seed, n, errs, db.Notes())
			}
			if things := contents(t, db, "Things"); things["rows"] != "3" || things["3 Note 0"] != "note" {
				t.Errorf("pages of %d, seed %d: %v", s.pageSize, seed, things)
			}
		}
	}
}

// TestLooseCorpus does the same with real pages, without their catalog.
func TestLooseCorpus(t *testing.T) {
	for i, name := range samples {
		data, want := sample(t, name)
		wipe(data, 16384, 2)
		wipe(data, 16384, 3)
		loose := scatter(rand.New(rand.NewPCG(uint64(i), 5)), data, 16384)
		columns := []Column{{ID: 1, Name: "Id", Type: TypeGUID}, {ID: 256, Name: "Blob", Type: TypeLongBinary}}
		db := recoverFrom(t, loose, Options{Layouts: []Layout{{Name: "Jobs", Root: 31, Columns: columns}, {Name: "Files", Root: 32, Columns: columns}}})
		for table, rows := range want.Rows {
			tb, err := db.Table(table)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for row, err := range tb.Rows() {
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				id, _ := row.Get("Id")
				blob, _ := row.Get("Blob")
				text, _ := id.Any()
				if _, err := blob.Bytes(); err != nil || text.(GUID).String() != rows[0].ID {
					t.Errorf("%s: %s has row %v, %v", name, table, text, err)
				}
			}
			orphans := 0
			for lv := range tb.LongValues() {
				if lv.Orphan() {
					orphans++
				}
			}
			wanted := 0
			for _, b := range map[string][]blob{"Jobs": want.Jobs, "Files": want.Files}[table] {
				if b.Origin == "orphan_long_value" {
					wanted++
				}
			}
			if orphans != wanted {
				t.Errorf("%s: %s has %d orphans, want %d", name, table, orphans, wanted)
			}
		}
	}
}

// TestOlderPages: of two pages of a number the newer is used, and the other is told.
func TestOlderPages(t *testing.T) {
	page := func(time uint64, text string) []byte {
		return esetest.Page{Size: 4096, Number: 9, Object: 20, DBTime: time, Flags: 0x2803, Nodes: []esetest.Node{{Key: []byte{1}, Data: []byte(text)}}}.Bytes()
	}
	db := recoverFrom(t, append(page(7, "newer"), page(5, "older")...), Options{})
	p, err := db.Page(9)
	if err != nil {
		t.Fatal(err)
	}
	n, err := p.Node(1)
	if err != nil || string(n.Data) != "newer" || len(db.Older()) != 1 || db.Older()[0].Offset != 4096 {
		t.Errorf("%q, %v, older %+v", n.Data, err, db.Older())
	}
}

// sparse is a huge input that is blank but for some pages.
type sparse map[int64][]byte

func (s sparse) ReadAt(b []byte, off int64) (int, error) {
	clear(b)
	for at, data := range s {
		if from := max(at, off); from < min(at+int64(len(data)), off+int64(len(b))) {
			copy(b[from-off:], data[from-at:])
		}
	}
	return len(b), nil
}

// TestHuge: an image of a gigabyte is searched in one pass, without holding it.
func TestHuge(t *testing.T) {
	page := esetest.Page{Size: 16384, Number: 9, Object: 20, Flags: 0x2803}.Bytes()
	image := sparse{1 << 20: page, 3<<28 + 512: page, 1<<30 - 16384: page}
	var found []int64
	for f, err := range Scan(image, 1<<30, ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, f.Offset)
	}
	if fmt.Sprint(found) != fmt.Sprint([]int64{1 << 20, 3<<28 + 512, 1<<30 - 16384}) {
		t.Errorf("pages at %v", found)
	}
}

// failing cannot be read at one place.
type failing struct {
	io.ReaderAt
	from, to int64
}

func (f failing) ReadAt(b []byte, off int64) (int, error) {
	if off < f.to && off+int64(len(b)) > f.from {
		return 0, errors.New("input/output error")
	}
	return f.ReaderAt.ReadAt(b, off)
}

// TestUnreadable: a bad sector costs the pages that it is in.
func TestUnreadable(t *testing.T) {
	data := esetest.Sample(4096, false).Bytes()
	bad := int64((esetest.FirstRoot + 4) * 4096)
	db, err := Open(failing{bytes.NewReader(data), bad, bad + 512}, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	n, errs := rows(t, db, "Many")
	if n == 0 || n >= liveMany || len(errs) == 0 || !errors.Is(errs[0], KindRead) {
		t.Errorf("%d rows, %v", n, errs)
	}
	if r := db.Check(); r.Unreadable != 1 || r.Sound() {
		t.Errorf("%d pages are unreadable", r.Unreadable)
	}
}
