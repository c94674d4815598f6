// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/openbits/openbits/ese"
)

// layouts are the tables of a queue database, for one whose catalog is lost: the pages are those of all samples.
var layouts = []ese.Layout{
	{Name: jobsTable, Root: 31, Columns: columns},
	{Name: filesTable, Root: 32, Columns: columns},
}

const jobsTable, filesTable = "Jobs", "Files"

var columns = []ese.Column{
	{ID: 1, Name: "Id", Type: ese.TypeGUID, Size: 16},
	{ID: 256, Name: "Blob", Type: ese.TypeLongBinary},
}

// database is a queue database that is being read.
type database struct {
	*reading
	db    *ese.DB
	pages *pageMap
	rows  []rowImage
	spare map[partKey]*part // see parts; nil: not looked for yet
	left  int64             // bytes that long values may still have together; what is compressed can be much more than what is there
}

// Bounds of what is read of long values: of one, and of all for each byte of input.
const (
	maxBlob    = 4 << 20
	maxGrowth  = 16
	firstBytes = 64 << 20
)

// maxLoose is the largest input that is searched for loose pages when nothing says that it is a database.
const maxLoose = 64 << 20

// openDatabase opens a database whose pages lie in their order, or puts it together from loose pages.
func (q *reading) openDatabase() (*ese.DB, error) {
	o := ese.Options{Layouts: layouts}
	db, err := ese.OpenWith(q.r, q.size, o)
	if err == nil && readable(db) {
		return db, nil
	}
	if q.size <= maxLoose || q.q.Kind == KindDatabase {
		if loose, err := ese.Recover(q.r, q.size, o); err == nil {
			return loose, nil
		}
	}
	return db, err
}

// readDatabase reads a database by its trees, and then all that is not in use.
func (q *reading) readDatabase(db *ese.DB) {
	q.q.Kind = KindDatabase
	d := &database{reading: q, db: db, left: firstBytes + maxGrowth*q.size}
	d.header()
	for _, err := range db.Notes() {
		q.note(err)
	}
	d.pages = mapPages(db)
	d.readTables()
	alien := alienMarkers(q.q.Jobs)
	if !q.o.NoSlack {
		d.slack(alien)
	}
	d.rowImages()
	identify(d.q.Files, d.rows, d.q.Jobs)
}

// readable reports whether any page of the database is where it should be.
func readable(db *ese.DB) bool {
	for p, err := range db.Pages() {
		if err == nil && (p.Status == ese.PageGood || p.Status == ese.PageCorrected) {
			return true
		}
	}
	return false
}

func (d *database) header() {
	h := d.db.Header()
	q := d.q
	if q.Header = h; h == nil {
		return
	}
	q.Build, q.Windows = h.OS.Build, WindowsName(h.OS.Build)
	q.State, q.Needed = h.State.String(), h.Needed()
	q.Dirty = h.State != ese.StateClean
}

// readTables reads the rows of both tables and their long values; where a table is not known, all long values that no table claims.
func (d *database) readTables() {
	tables, errs := d.db.Tables()
	d.notes(errs)
	claimed := map[uint32]bool{}
	found := 0
	d.q.foreign = len(tables) > 0
	for _, t := range tables {
		claimed[t.LVObject] = true
		if t.Name != jobsTable && t.Name != filesTable {
			continue
		}
		found++
		if t.Source != ese.SourceCatalog {
			d.note(faultAt(-1, "the catalog does not tell of table %s: it is read by what is known of such databases (%s)", t.Name, t.Source))
		}
		d.table(t)
	}
	d.q.tables = found
	for _, tree := range d.db.Trees() {
		if tree.Kind == ese.TreeLongValues && !claimed[tree.Object] {
			lvs, errs := tree.LongValues()
			d.notes(errs)
			for _, lv := range lvs {
				d.longValue(lv, LayerVersion, "", GUID{})
			}
		}
	}
}

// table reads the rows of a table, then the long values that none of them points to.
func (d *database) table(t *ese.Table) {
	used := map[ese.LID]bool{}
	for row, err := range t.Rows() {
		if err != nil {
			d.note(err)
			continue
		}
		d.row(t, row, used)
	}
	for lv, err := range t.LongValues() {
		if err != nil {
			d.note(err)
			continue
		}
		if !used[lv.ID] {
			d.longValue(lv, LayerVersion, t.Name, GUID{})
		}
	}
}

func (d *database) row(t *ese.Table, row *ese.Row, used map[ese.LID]bool) {
	layer := LayerLive
	if row.Deleted() {
		layer = LayerVersion
	}
	var id GUID
	if v, ok := row.Get("Id"); ok && len(v.Raw) == 16 {
		id = GUID(v.Raw)
	}
	v, ok := row.Get("Blob")
	if !ok || v.Null() {
		d.note(faultAt(row.FileOffset(), "row %s of table %s has no content", id, t.Name))
		return
	}
	if lid, ok := v.LID(); ok {
		if !row.Deleted() {
			used[lid] = true
		}
		d.rows = append(d.rows, rowImage{id: id, lid: lid.String(), live: layer == LayerLive})
		lv, err := t.LongValue(lid)
		if err != nil {
			d.note(faultAt(row.FileOffset(), "row %s of table %s: %v", id, t.Name, err))
			return
		}
		d.longValue(lv, layer, t.Name, id)
		return
	}
	b, err := v.Bytes()
	if err != nil {
		d.note(err)
	}
	at := row.FileOffset() + int64(max(bytes.Index(row.Data, v.Raw), 0))
	if d.record(b, t.Name, id, Place{Layer: layer, Page: row.Page.Number, Offset: at, Damaged: row.Damaged()}) {
		d.pages.claim(row.Page.Number, row.Start)
	}
}

// longValue reads a long value as a record of the table's kind; of an unknown table as what it looks like. row is the id of the row that
// points to it.
func (d *database) longValue(lv *ese.LongValue, layer Layer, table string, row GUID) {
	if d.left <= 0 {
		d.note(faultAt(-1, "the long values are much larger than the input; those from %s on are left out", lv.ID))
		return
	}
	b, err := lv.Bytes()
	d.left -= int64(len(b))
	if len(b) > maxBlob {
		d.note(faultAt(-1, "long value %s has %d bytes; what follows the first %d is left out", lv.ID, len(b), maxBlob))
		b = b[:maxBlob]
	}
	if len(lv.Chunks) == 0 {
		if err != nil {
			d.note(err)
		}
		return
	}
	first := lv.Chunks[0].Place
	p := Place{Layer: layer, Page: first.Page, Offset: first.Offset, LongValue: lv.ID.String()}
	for _, c := range lv.Chunks {
		p.Damaged = p.Damaged || c.Place.Status == ese.PageDamaged
		if len(lv.Chunks) > 1 {
			p.Pieces = append(p.Pieces, Span{c.Place.Offset, c.Place.Offset + int64(c.Place.Size)})
		}
	}
	if lv.Chunks[0].At != 0 {
		d.note(faultAt(first.Offset, "the beginning of long value %s is missing", lv.ID))
		return
	}
	if err != nil {
		d.note(err)
	}
	if d.record(b, table, row, p) {
		for _, c := range lv.Chunks {
			d.pages.claim(c.Place.Page, c.Place.Tag)
		}
	}
}

// record reads a record and keeps it. It is false when it is none.
func (d *database) record(b []byte, table string, row GUID, p Place) bool {
	if len(b) < 0x30 {
		return false
	}
	file := table == filesTable
	if table == "" {
		file = GUID(b[:16]) == fileMarker || !bytes.Contains(b, transferMarker[:])
	}
	if file {
		f := decodeFile(b)
		if !credibleFile(f) {
			if table != "" {
				d.note(faultAt(p.Offset, "the content of %s is no file: %s", placeName(p), f.Place.Cut))
			}
			return false
		}
		p.Size, p.Cut = f.Place.Size, f.Place.Cut
		if f.Place = p; row != (GUID{}) {
			f.ID, f.Tie = row, TieRow
		}
		d.addFile(f, b)
		return true
	}
	j := decodeJob(b, true)
	if j.Through < SectionIdentity || j.ID == (GUID{}) || table == "" && !credibleJob(j) {
		if table != "" {
			d.note(faultAt(p.Offset, "the content of %s is no job: %s", placeName(p), j.Place.Cut))
		}
		return false
	}
	p.Size, p.Cut = j.Place.Size, j.Place.Cut
	j.Place = p
	if row != (GUID{}) && row != j.ID {
		d.note(faultAt(p.Offset, "row %s of table %s holds the job %s", row, table, j.ID))
	}
	d.addJob(j, b)
	return true
}

func placeName(p Place) string {
	if p.LongValue != "" {
		return "long value " + p.LongValue
	}
	return fmt.Sprintf("a row of page %d", p.Page)
}

// pageMap finds the page, and the part of it, that a place in the input belongs to.
type pageMap struct {
	db      *ese.DB
	size    int64
	starts  []int64
	numbers []uint32
	claimed map[uint32]map[int]bool // page, tag: nodes that were read
	last    *ese.Page
	nodes   []nodeRange // of last, in the order of their places
}

// nodeRange is where a node in use lies in its page.
type nodeRange struct{ start, end, tag int }

func mapPages(db *ese.DB) *pageMap {
	m := &pageMap{db: db, size: int64(db.PageSize()), claimed: map[uint32]map[int]bool{}}
	type at struct {
		start  int64
		number uint32
	}
	var list []at
	for p, err := range db.Pages() {
		if err == nil && p.Status != ese.PageBlank {
			list = append(list, at{p.Offset, p.Number})
		}
	}
	slices.SortFunc(list, func(a, b at) int { return int(min(max(a.start-b.start, -1), 1)) })
	for _, a := range list {
		m.starts, m.numbers = append(m.starts, a.start), append(m.numbers, a.number)
	}
	return m
}

func (m *pageMap) claim(page uint32, tag int) {
	if m.claimed[page] == nil {
		m.claimed[page] = map[int]bool{}
	}
	m.claimed[page][tag] = true
}

// page is the page that holds a place; nil when none does.
func (m *pageMap) page(at int64) *ese.Page {
	i, exact := slices.BinarySearch(m.starts, at)
	if !exact {
		i--
	}
	if i < 0 || at >= m.starts[i]+m.size {
		return nil
	}
	if m.last != nil && m.last.Offset == m.starts[i] {
		return m.last
	}
	p, err := m.db.Page(m.numbers[i])
	if err != nil {
		return nil
	}
	m.last, m.nodes = p, m.nodes[:0]
	for n, err := range p.Nodes() {
		if err == nil {
			m.nodes = append(m.nodes, nodeRange{n.Start, n.Start + n.Size, n.Tag})
		}
	}
	slices.SortFunc(m.nodes, func(a, b nodeRange) int { return a.start - b.start })
	return p
}

// bounds is the node, or the space between nodes, that a place lies in.
func (m *pageMap) bounds(at int64) bounds {
	p := m.page(at)
	if p == nil {
		i, _ := slices.BinarySearch(m.starts, at)
		b := bounds{lo: 0, hi: 1<<63 - 1, use: true}
		if i > 0 {
			b.lo = m.starts[i-1] + m.size
		}
		if i < len(m.starts) {
			b.hi = m.starts[i]
		}
		return b
	}
	off := int(at - p.Offset)
	lo, hi := 0, len(p.Data)
	i, _ := slices.BinarySearchFunc(m.nodes, off+1, func(n nodeRange, at int) int { return n.start - at })
	if i < len(m.nodes) {
		hi = m.nodes[i].start
	}
	if i > 0 {
		n := m.nodes[i-1]
		if off < n.end {
			return bounds{lo: p.Offset + int64(n.start), hi: p.Offset + int64(n.end), use: !m.claimed[p.Number][n.tag]}
		}
		lo = n.end
	}
	return bounds{lo: p.Offset + int64(lo), hi: p.Offset + int64(hi), use: true}
}
