// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// loose is where pages lie that are not in their order.
type loose struct {
	at      map[uint32]int64
	sorted  []uint32
	highest uint32
	older   []Found // further pages of the same numbers
}

// defaultMaxPages bounds what Recover keeps: about 100 bytes a page.
const defaultMaxPages = 1 << 20

// anyPlace is the largest input that Recover searches at each byte; larger ones are searched at each sector.
const anyPlace = 64 << 20

// Recover reads what is left of a database in any stream: pages without headers, in
// any order, between anything else. Of several pages of one number the one that is
// whole and was written last is used; Older lists the others. Pages of different
// databases in one stream cannot be told apart. It is no use where Open finds all.
func Recover(r io.ReaderAt, size int64, o Options) (*DB, error) {
	limit := o.MaxPages
	if limit <= 0 {
		limit = defaultMaxPages
	}
	so := ScanOptions{Damaged: true, Step: 1}
	if size > anyPlace {
		so.Step = sector
	}
	if o.PageSize != 0 {
		so.PageSizes = []int{o.PageSize}
	}
	db := &DB{r: r, size: size, options: o, cache: map[uint32]*Page{}}
	found := map[int][]Found{} // by page size
	total := 0
	for f, err := range Scan(r, size, so) {
		switch {
		case err != nil:
			db.notes = append(db.notes, err)
		case f.Header != nil:
			if db.header == nil || f.Header.DBTime > db.header.DBTime {
				f.Header.Offset = f.Offset
				db.header = f.Header
			}
		case total >= limit:
			db.notes = append(db.notes, otherError(KindShort, "the input", f.Offset, "it holds more than %d pages; those from here on are left out", limit))
			db.adopt(found)
			return db, nil
		default:
			found[f.PageSize] = append(found[f.PageSize], f)
			total++
		}
	}
	if total == 0 {
		return nil, otherError(KindNotDatabase, "the input", -1, "no page of an ESE database was found in it")
	}
	db.adopt(found)
	return db, nil
}

// adopt takes the pages of the size that most pages have.
func (db *DB) adopt(found map[int][]Found) {
	for _, size := range slices.Sorted(maps.Keys(found)) {
		if len(found[size]) > len(found[db.pageSize]) {
			db.pageSize = size
		}
	}
	for _, size := range slices.Sorted(maps.Keys(found)) {
		if size != db.pageSize {
			db.notes = append(db.notes, otherError(KindPage, "the input", found[size][0].Offset,
				"%d pages of %d bytes are left out: most pages have %d", len(found[size]), size, db.pageSize))
		}
	}
	if db.header != nil && db.header.PageSize != db.pageSize {
		db.header = nil
	}
	l := &loose{at: map[uint32]int64{}}
	best := map[uint32]Found{}
	for _, f := range found[db.pageSize] {
		old, have := best[f.Number]
		if have && !newer(f, old) {
			l.older = append(l.older, f)
			continue
		}
		if have {
			l.older = append(l.older, old)
		}
		best[f.Number], l.at[f.Number] = f, f.Offset
	}
	l.sorted = slices.Sorted(maps.Keys(best))
	l.highest = l.sorted[len(l.sorted)-1]
	db.loose = l
	db.notes = append(db.notes, otherError(KindHeader, "the database", -1, "%s of %d bytes were found loose, up to page %d",
		plural(len(l.sorted), "page"), db.pageSize, l.highest))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// newer reports whether a is to be preferred to b.
func newer(a, b Found) bool {
	whole := func(f Found) bool { return f.Status != PageDamaged }
	if whole(a) != whole(b) {
		return whole(a)
	}
	return a.DBTime > b.DBTime
}

// Older lists pages that Recover found and that others of the same number took the
// place of: earlier states of the database, or remains of another one.
func (db *DB) Older() []Found {
	if db.loose == nil {
		return nil
	}
	return db.loose.older
}
