// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"cmp"
	"maps"
	"slices"
)

// Where the catalog and its copy begin (daeconst.hxx: objidFDPMSO, pgnoFDPMSO and their shadows).
const (
	catalogObject, catalogRoot = 2, 4
	shadowObject, shadowRoot   = 3, 24
)

// Types of catalog entries (SYSOBJ of Microsoft's published cat.hxx).
const (
	entryTable  = 1
	entryColumn = 2
	entryIndex  = 3
	entryLV     = 4
)

// catalogColumns is the catalog's own table, as far as it is needed (cat.hxx). The
// catalog describes itself, but it must be read for that.
var catalogColumns = []*Column{
	{ID: 1, Name: "ObjidTable", Type: TypeLong, Offset: 4},
	{ID: 2, Name: "Type", Type: TypeShort, Offset: 8},
	{ID: 3, Name: "Id", Type: TypeLong, Offset: 10},
	{ID: 4, Name: "ColtypOrPgnoFDP", Type: TypeLong, Offset: 14},
	{ID: 5, Name: "SpaceUsage", Type: TypeLong, Offset: 18},
	{ID: 6, Name: "Flags", Type: TypeLong, Offset: 22},
	{ID: 7, Name: "PagesOrLocale", Type: TypeLong, Offset: 26},
	{ID: 8, Name: "RootFlag", Type: TypeBit, Offset: 30},
	{ID: 9, Name: "RecordOffset", Type: TypeShort, Offset: 31},
	{ID: 10, Name: "LCMapFlags", Type: TypeLong, Offset: 33},
	{ID: 11, Name: "KeyMost", Type: TypeUnsignedShort, Offset: 37},
	{ID: 12, Name: "LVChunkMax", Type: TypeLong, Offset: 39},
	{ID: 128, Name: "Name", Type: TypeText, CodePage: CodePageLatin},
	{ID: 129, Name: "Stats", Type: TypeBinary},
	{ID: 130, Name: "TemplateTable", Type: TypeText, CodePage: CodePageLatin},
	{ID: 131, Name: "DefaultValue", Type: TypeBinary},
	{ID: 132, Name: "KeyFldIDs", Type: TypeBinary},
}

// entry is a row of the catalog.
type entry struct {
	table, kind, id     uint32
	typeOrPage          uint32
	space, flags, pages uint32
	recordOffset        int
	lvChunk             int
	name, template      string
	defaultValue, keys  []byte
}

// entryKey identifies an entry: the catalog's primary index.
type entryKey struct{ table, kind, id uint32 }

// catalog is what is known of the tables.
type catalog struct {
	tables []*Table
	errs   []error
}

// Tables lists the tables, the catalog's own among them, by their object ids. What
// is wrong with the catalog is in the errors.
func (db *DB) Tables() ([]*Table, []error) {
	c := db.loadCatalog()
	return c.tables, c.errs
}

// Table finds a table by its name.
func (db *DB) Table(name string) (*Table, error) {
	for _, t := range db.loadCatalog().tables {
		if t.Name == name {
			return t, nil
		}
	}
	return nil, otherError(KindCatalog, "table "+name, -1, "there is no such table")
}

func (db *DB) loadCatalog() *catalog {
	db.catalogOnce.Do(func() { db.catalog = db.readCatalog() })
	return db.catalog
}

// readCatalog reads the catalog, and the copy where the catalog is not whole.
func (db *DB) readCatalog() *catalog {
	c := &catalog{}
	entries := db.readEntries("MSysObjects", catalogObject, catalogRoot, c)
	source := map[uint32]Source{}
	for key := range entries {
		source[key.table] = SourceCatalog
	}
	if len(c.errs) > 0 || len(entries) == 0 {
		for key, e := range db.readEntries("MSysObjectsShadow", shadowObject, shadowRoot, c) {
			if _, have := entries[key]; !have {
				entries[key] = e
				if source[key.table] == "" {
					source[key.table] = SourceShadow
				}
			}
		}
	}
	c.build(db, entries, source)
	if len(entries) == 0 {
		c.errs = append(c.errs, otherError(KindCatalog, "the catalog", -1, "neither it nor its copy holds a table"))
	}
	c.tables = append(c.tables, db.layoutTables(c.tables)...)
	return c
}

func (db *DB) readEntries(name string, object, root uint32, c *catalog) map[entryKey]entry {
	t := &Table{Name: name, Object: object, Root: root, Columns: catalogColumns, db: db}
	t.prepareCatalog()
	entries := map[entryKey]entry{}
	for row, err := range t.Rows() {
		if err != nil {
			c.errs = append(c.errs, err)
			continue
		}
		if e := entryOf(row); !row.Deleted() && e.kind != 0 {
			key := entryKey{e.table, e.kind, e.id}
			if _, have := entries[key]; !have {
				entries[key] = e
			}
		}
	}
	return entries
}

// prepareCatalog is prepare without writing to columns that all databases share.
func (t *Table) prepareCatalog() {
	shared := t.Columns
	t.Columns = make([]*Column, len(shared))
	for i, c := range shared {
		own := *c
		t.Columns[i] = &own
	}
	t.prepare()
}

func entryOf(row *Row) entry {
	var e entry
	for v, err := range row.Values() {
		if err != nil || v.Null() {
			continue
		}
		switch n := u32(v.Raw, 0); v.Column.Name {
		case "ObjidTable":
			e.table = n
		case "Type":
			e.kind = uint32(u16(v.Raw, 0))
		case "Id":
			e.id = n
		case "ColtypOrPgnoFDP":
			e.typeOrPage = n
		case "SpaceUsage":
			e.space = n
		case "Flags":
			e.flags = n
		case "PagesOrLocale":
			e.pages = n
		case "RecordOffset":
			e.recordOffset = int(u16(v.Raw, 0))
		case "LVChunkMax":
			e.lvChunk = int(n)
		case "Name":
			e.name = latin(v.Raw)
		case "TemplateTable":
			e.template = latin(v.Raw)
		case "DefaultValue":
			e.defaultValue = v.Raw
		case "KeyFldIDs":
			e.keys = v.Raw
		}
	}
	return e
}

// maxInherited bounds how many columns all tables together have of templates: a
// small catalog could ask for the columns of one table in thousands of others.
const maxInherited = 200_000

// build makes tables of entries.
func (c *catalog) build(db *DB, entries map[entryKey]entry, source map[uint32]Source) {
	byObject, byName := map[uint32]*Table{}, map[string]*Table{}
	keys := slices.SortedFunc(maps.Keys(entries), func(a, b entryKey) int {
		return cmp.Or(cmp.Compare(a.table, b.table), cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
	})
	for _, key := range keys {
		e := entries[key]
		if e.kind == entryTable {
			t := &Table{
				Name: e.name, Object: e.table, Root: e.typeOrPage, Flags: e.flags, Template: e.template,
				Source: source[e.table], LVChunk: e.lvChunk, db: db,
			}
			byObject[e.table], byName[e.name] = t, t
			c.tables = append(c.tables, t)
		}
	}
	owner := map[uint32]string{} // of trees of long values
	for _, key := range keys {
		t, e := byObject[key.table], entries[key]
		if t == nil {
			continue
		}
		if other, taken := owner[e.id]; e.kind == entryLV && taken {
			c.errs = append(c.errs, otherError(KindCatalog, "the catalog", -1, "tables %q and %q would share their long values", other, t.Name))
			continue
		}
		if e.kind == entryLV {
			owner[e.id] = t.Name
		}
		t.add(e)
	}
	c.inherit(byName)
	for _, t := range c.tables {
		t.prepare()
	}
}

// inherit gives tables the columns of their templates.
func (c *catalog) inherit(byName map[string]*Table) {
	own := map[*Table][]*Column{}
	for _, t := range c.tables {
		own[t] = t.Columns
	}
	left := maxInherited
	for _, t := range c.tables {
		template := byName[t.Template]
		if t.Template == "" || template == t {
			continue
		}
		if template == nil {
			c.errs = append(c.errs, otherError(KindCatalog, "the catalog", -1, "the template %q of table %q is not there", t.Template, t.Name))
			continue
		}
		if left -= len(own[template]); left < 0 {
			c.errs = append(c.errs, otherError(KindCatalog, "the catalog", -1, "tables have too many columns of templates: from table %q on they are left out", t.Name))
			return
		}
		t.inherit(own[template])
	}
}

// add adds what an entry says of the table.
func (t *Table) add(e entry) {
	switch e.kind {
	case entryColumn:
		t.Columns = append(t.Columns, &Column{
			ID: e.id, Name: e.name, Type: ColumnType(e.typeOrPage), Size: int(e.space & 0xffffff), Flags: e.flags,
			CodePage: codePage(e), Offset: e.recordOffset, Default: e.defaultValue,
		})
	case entryIndex:
		i := Index{Name: e.name, Object: e.id, Root: e.typeOrPage, Flags: e.flags, Primary: e.id == t.Object}
		for off := 0; off+4 <= len(e.keys); off += 4 {
			i.Columns = append(i.Columns, uint32(u16(e.keys, off+2)))
		}
		t.Indexes = append(t.Indexes, i)
	case entryLV:
		t.LVObject, t.LVRoot = e.id, e.typeOrPage
	}
}

func codePage(e entry) uint32 {
	if t := ColumnType(e.typeOrPage); t == TypeText || t == TypeLongText {
		return e.pages
	}
	return 0
}

// inherit puts copies of the template's columns before the table's own.
func (t *Table) inherit(columns []*Column) {
	var all []*Column
	for _, c := range columns {
		copied := *c
		copied.Template = true
		all = append(all, &copied)
	}
	t.Columns = append(all, t.Columns...)
}
