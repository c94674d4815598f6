// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import "iter"

// systemObject is the tree that owns the whole file; its root is page 1.
const systemObject, systemRoot = 1, 1

// reached is the numbers of all pages that a tree leads to, by its links alone, with
// the trees that account for its space.
func (t *Tree) reached(into map[uint32]bool) {
	w := walk{tree: t, yield: func(leaf, error) bool { return true }, seen: map[uint32]bool{}, linked: true}
	w.run()
	for n := range w.seen {
		if p, err := t.db.Page(n); err == nil && p.ObjectID == t.Object {
			into[n] = true
		}
	}
	owned := t.db.space(t.Root)
	if owned == 0 {
		return
	}
	for _, root := range [...]uint32{owned, owned + 1} { // pages that it owns, pages of these that are free
		s := walk{tree: &Tree{Object: t.Object, Root: root, db: t.db}, yield: w.yield, seen: map[uint32]bool{}, linked: true}
		s.run()
		for n := range s.seen {
			if p, err := t.db.Page(n); err == nil && p.ObjectID == t.Object && p.Flags&FlagSpace != 0 {
				into[n] = true
			}
		}
	}
}

// space reads the page of the tree of owned space from a root: the fourth word of
// the space header. 0 means that the root itself accounts for its few pages.
func (db *DB) space(root uint32) uint32 {
	p, err := db.Page(root)
	if err != nil || p.fault != nil || p.Flags&FlagRoot == 0 {
		return 0
	}
	if header := p.external(); len(header) >= 16 {
		return u32(header, 12)
	}
	return 0
}

// knownTrees lists the trees that the catalog or a layout tells of, and the system's own.
func (db *DB) knownTrees() []*Tree {
	trees := []*Tree{
		{Object: systemObject, Root: systemRoot, Kind: TreeTable, db: db},
		{Object: catalogObject, Root: catalogRoot, Kind: TreeTable, db: db},
		{Object: shadowObject, Root: shadowRoot, Kind: TreeTable, db: db},
	}
	tables, _ := db.Tables()
	have := map[uint32]bool{systemObject: true, catalogObject: true, shadowObject: true}
	add := func(t *Tree) {
		if t != nil && !have[t.Object] {
			have[t.Object] = true
			trees = append(trees, t)
		}
	}
	for _, t := range tables {
		add(t.Tree())
		add(t.LongValueTree())
		for _, i := range t.Indexes {
			if !i.Primary {
				add(&Tree{Object: i.Object, Root: i.Root, Kind: TreeIndex, Parent: t.Root, db: db})
			}
		}
	}
	return trees
}

// Unreferenced yields the pages that are not blank and that no tree of a known
// table leads to: pages that were emptied and not yet used again, and pages of
// tables that are gone. What cannot be read is an error.
func (db *DB) Unreferenced() iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		reached := map[uint32]bool{}
		for _, t := range db.knownTrees() {
			t.reached(reached)
		}
		for p, err := range db.Pages() {
			if err == nil && (p.Status == PageBlank || reached[p.Number]) {
				continue
			}
			if !yield(p, err) {
				return
			}
		}
	}
}
