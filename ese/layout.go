// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

// layoutTables makes tables of the caller's layouts, for trees that no table of
// the catalog claims. A layout gets the tree that begins with its page; layouts
// without one get, in their order, the trees whose records fit them.
func (db *DB) layoutTables(known []*Table) []*Table {
	wanted := db.options.Layouts
	for _, t := range known {
		wanted = withoutLayout(wanted, t.Name)
	}
	if len(wanted) == 0 {
		return nil
	}
	trees, lvs := db.unclaimed(known)
	var tables []*Table
	take := func(l Layout, s Source, fits func(*Tree) bool) bool {
		for i, tree := range trees {
			if fits(tree) {
				tables = append(tables, db.layoutTable(l, tree, s))
				trees = append(trees[:i:i], trees[i+1:]...)
				return true
			}
		}
		return false
	}
	var rest []Layout
	for _, l := range wanted {
		if !take(l, SourceLayout, func(t *Tree) bool { return l.Root != 0 && t.Root == l.Root }) {
			rest = append(rest, l)
		}
	}
	for _, l := range rest {
		take(l, SourceGuess, func(t *Tree) bool { return db.fits(l, t) })
	}
	db.assignLongValues(tables, lvs)
	return tables
}

func withoutLayout(list []Layout, name string) []Layout {
	var rest []Layout
	for _, l := range list {
		if l.Name != name {
			rest = append(rest, l)
		}
	}
	return rest
}

// unclaimed lists the trees of records and of long values that belong to no known table.
func (db *DB) unclaimed(known []*Table) (tables, lvs []*Tree) {
	claimed := map[uint32]bool{1: true, catalogObject: true, shadowObject: true, 4: true, 5: true} // the system's own
	for _, t := range known {
		claimed[t.Object], claimed[t.LVObject] = true, true
	}
	for _, t := range db.Trees() {
		switch {
		case claimed[t.Object]:
		case t.Kind == TreeTable:
			tables = append(tables, t)
		case t.Kind == TreeLongValues:
			lvs = append(lvs, t)
		}
	}
	return tables, lvs
}

func (db *DB) layoutTable(l Layout, tree *Tree, s Source) *Table {
	t := &Table{Name: l.Name, Object: tree.Object, Root: tree.Root, Source: s, db: db}
	for _, c := range l.Columns {
		t.Columns = append(t.Columns, &c)
	}
	t.prepare()
	return t
}

// assignLongValues gives each table the tree of long values whose root names the
// table's root. A tree whose root is lost goes to the first table without one.
func (db *DB) assignLongValues(tables []*Table, lvs []*Tree) {
	var rest []*Tree
	for _, lv := range lvs {
		found := false
		for _, t := range tables {
			if lv.Parent != 0 && lv.Parent == t.Root && t.LVObject == 0 {
				t.LVObject, t.LVRoot, found = lv.Object, lv.Root, true
				break
			}
		}
		if !found {
			rest = append(rest, lv)
		}
	}
	for _, t := range tables {
		if t.LVObject == 0 && len(rest) > 0 {
			t.LVObject, t.LVRoot, rest = rest[0].Object, rest[0].Root, rest[1:]
		}
	}
}

// fitSample is how many records must fit before a tree is taken for a layout's.
const fitSample = 8

// fits reports whether the first records of a tree have the layout's columns: its
// fixed part ends where theirs does, and no record holds another column.
func (db *DB) fits(l Layout, tree *Tree) bool {
	t := db.layoutTable(l, tree, SourceGuess)
	fitted := 0
	for row, err := range t.Rows() {
		if err != nil {
			continue
		}
		if !t.holds(row) {
			return false
		}
		if fitted++; fitted >= fitSample {
			break
		}
	}
	return fitted > 0
}

func (t *Table) holds(row *Row) bool {
	end := recordHeader
	for _, c := range t.Columns {
		if c.Fixed() && int(c.ID) <= row.record.lastFixed {
			end = max(end, c.Offset+c.Size)
		}
	}
	if row.record.fixedEnd != end+row.record.nullBytes() || t.byID[uint32(row.record.lastFixed)] == nil && row.record.lastFixed > 0 {
		return false
	}
	for v, err := range row.Values() {
		if err != nil || t.byID[v.Column.ID] == nil {
			return false
		}
	}
	return true
}
