// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"fmt"
	"iter"
	"sync"
)

// Source is where a table's description comes from.
type Source string

const (
	// SourceCatalog: the catalog, MSysObjects.
	SourceCatalog Source = "catalog"
	// SourceShadow: the catalog's copy, MSysObjectsShadow; the catalog itself lacks the table.
	SourceShadow Source = "shadow_catalog"
	// SourceLayout: the caller's Options; the table's tree was recognised by its root page.
	SourceLayout Source = "layout"
	// SourceGuess: the caller's Options; the tree was chosen because its records fit, and may be another's.
	SourceGuess Source = "guess"
)

// Index is an index of a table.
type Index struct {
	Name    string   `json:"name"`
	Object  uint32   `json:"object"`
	Root    uint32   `json:"root"`
	Flags   uint32   `json:"flags"`
	Primary bool     `json:"primary"` // the table's own tree is in its order
	Columns []uint32 `json:"columns"` // ids
}

// Table is a table.
type Table struct {
	Name     string
	Object   uint32
	Root     uint32
	Flags    uint32
	Template string // name of the table that this one has columns of
	Source   Source
	Columns  []*Column // the template's first, then by id
	Indexes  []Index
	LVObject uint32 // the tree of its long values; 0 none
	LVRoot   uint32
	LVChunk  int // bytes in each chunk of a long value but the last; 0 not told

	db       *DB
	byID     map[uint32]*Column // the table's own, and the template's fixed and variable ones
	template map[uint32]*Column // the template's tagged ones
	byName   map[string]*Column

	lvOnce sync.Once
	lvs    *longValues
}

// Tree is the tree of the table's records.
func (t *Table) Tree() *Tree {
	return &Tree{Object: t.Object, Root: t.Root, Kind: TreeTable, db: t.db}
}

// LongValueTree is the tree of the table's long values, nil when it has none.
func (t *Table) LongValueTree() *Tree {
	if t.LVObject == 0 {
		return nil
	}
	return &Tree{Object: t.LVObject, Root: t.LVRoot, Kind: TreeLongValues, Parent: t.Root, db: t.db}
}

// Column finds a column by its name, nil when there is none.
func (t *Table) Column(name string) *Column { return t.byName[name] }

// prepare finishes a table whose columns are known: it works out where fixed columns lie.
func (t *Table) prepare() {
	t.byID, t.template, t.byName = map[uint32]*Column{}, map[uint32]*Column{}, map[string]*Column{}
	for _, c := range t.Columns {
		if c.Template && c.Tagged() {
			t.template[c.ID] = c
		} else {
			t.byID[c.ID] = c
		}
		if _, taken := t.byName[c.Name]; !taken || !c.Template {
			t.byName[c.Name] = c
		}
	}
	off := recordHeader
	for id := uint32(1); id < firstVariable; id++ {
		c := t.byID[id]
		if c == nil {
			continue
		}
		if size := c.Type.fixedSize(); size > 0 {
			c.Size = size
		}
		c.Size = min(c.Size, maxPageSize) // no record is longer
		// The catalog's offsets leave room for columns that were removed; in the catalog's own table they are all 4.
		c.Offset = max(c.Offset, off)
		off = c.Offset + c.Size
	}
}

// column finds the column of a field.
func (t *Table) column(f field) *Column {
	if f.derived {
		if c := t.template[f.id]; c != nil {
			return c
		}
	}
	if c := t.byID[f.id]; c != nil {
		return c
	}
	return t.template[f.id]
}

// Row is a record of a table.
type Row struct {
	TreeNode
	Table  *Table
	record record
}

// Damaged reports whether the row lies on a page whose checksum is wrong: its values may be, too.
func (r *Row) Damaged() bool { return r.Page.Status == PageDamaged }

// Rows yields the rows of the table in the order of its primary index. Rows that
// are marked as deleted are among them. What is damaged is an error, and the rest
// follows.
func (t *Table) Rows() iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		for n, err := range t.Tree().Nodes() {
			var row *Row
			if err == nil {
				row, err = t.row(n)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

func (t *Table) row(n TreeNode) (*Row, error) {
	rec, err := parseRecord(n.Data, n.Page.Flags&FlagNewRecord == 0, !small(len(n.Page.Data)))
	if err != nil {
		return nil, &Error{
			Kind: KindRecord, Object: fmt.Sprintf("the record in tag %d of page %d", n.Tag, n.Page.Number),
			Page: n.Page.Number, Offset: n.FileOffset(), Err: err,
		}
	}
	return &Row{TreeNode: n, Table: t, record: rec}, nil
}

// Values yields what the record holds: the fixed columns, the variable ones, then
// the tagged ones, each of several values of a column by itself. Columns that the
// record does not hold are left out; see Get. A record that is damaged half-way is
// an error after the values before it.
func (r *Row) Values() iter.Seq2[Value, error] {
	return func(yield func(Value, error) bool) {
		more, last, index := true, (*Column)(nil), 0
		emit := func(f field) bool {
			c := r.Table.column(f)
			if c == nil {
				c = &Column{ID: f.id, Name: fmt.Sprintf("column_%d", f.id), Type: TypeLongBinary}
			}
			if index++; last == nil || last.ID != c.ID || last.Template != c.Template {
				index = 0
			}
			last = c
			more = yield(Value{Column: c, Index: index, Raw: f.raw, Flags: f.flags, table: r.Table, row: r}, nil)
			return more
		}
		for id := uint32(1); more && int(id) <= r.record.lastFixed; id++ {
			if c := r.Table.byID[id]; c != nil {
				if f, ok := r.record.fixed(id, c.Offset, c.Size); ok {
					emit(f)
				}
			}
		}
		if more {
			r.record.variables(emit)
		}
		if !more {
			return
		}
		if err := r.record.tagged(emit); err != nil && more {
			yield(Value{}, &Error{
				Kind: KindRecord, Object: fmt.Sprintf("the record in tag %d of page %d", r.Tag, r.Page.Number),
				Page: r.Page.Number, Offset: r.FileOffset(), Err: err,
			})
		}
	}
}

// Get is the first value of a column by its name, the column's default when the
// record does not hold it. It is false when the table has no such column.
func (r *Row) Get(name string) (Value, bool) {
	c := r.Table.Column(name)
	if c == nil {
		return Value{}, false
	}
	for v, err := range r.Values() {
		if err == nil && v.Column == c {
			return v, true
		}
	}
	v := Value{Column: c, Raw: c.Default, Flags: ValueDefault, table: r.Table, row: r}
	if c.Default == nil {
		v.Flags |= ValueNull
	}
	return v, true
}
