// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"maps"
	"slices"
)

// pageRef is what the census keeps of a page.
type pageRef struct {
	number uint32
	flags  PageFlags
	status PageStatus
}

// census groups all pages by the tree that they say to belong to.
type census struct {
	byObject map[uint32][]pageRef
	faulty   []uint32 // pages whose headers make no sense, or that cannot be read
	blank    int
}

// count reads all pages once, when it is first needed.
func (db *DB) count() *census {
	db.censusOnce.Do(func() {
		c := &census{byObject: map[uint32][]pageRef{}}
		for number := range db.numbers() {
			p, err := db.pageUncached(number)
			switch {
			case err != nil || p.fault != nil:
				c.faulty = append(c.faulty, number)
			case p.Status == PageBlank:
				c.blank++
			default:
				c.byObject[p.ObjectID] = append(c.byObject[p.ObjectID], pageRef{number, p.Flags, p.Status})
			}
		}
		db.census = c
	})
	return db.census
}

// pagesOf lists the pages that carry an object id, by their numbers.
func (db *DB) pagesOf(object uint32) []pageRef { return db.count().byObject[object] }

// Trees lists the trees that there are pages of, by object id, with or without a
// catalog. Trees that account for space are parts of the tree that they serve.
func (db *DB) Trees() []*Tree {
	var trees []*Tree
	byObject := db.count().byObject
	for _, object := range slices.Sorted(maps.Keys(byObject)) {
		t := &Tree{Object: object, Kind: TreeUnknown, db: db}
		for _, ref := range byObject[object] {
			if ref.flags&FlagSpace != 0 || ref.status == PageDamaged && t.Root != 0 {
				continue
			}
			if t.Kind == TreeUnknown || ref.flags&FlagRoot != 0 {
				t.Kind = kindOf(ref.flags)
			}
			if ref.flags&FlagRoot != 0 && t.Root == 0 {
				t.Root = ref.number
				t.Parent = db.parent(ref.number)
			}
		}
		trees = append(trees, t)
	}
	return trees
}

// parent reads the number of the parent's root from the space header of a root:
// the second of its four words (SPACE_HEADER of Microsoft's published _space.hxx).
func (db *DB) parent(root uint32) uint32 {
	p, err := db.Page(root)
	if err != nil || p.fault != nil {
		return 0
	}
	if header := p.external(); len(header) >= 16 {
		return u32(header, 4)
	}
	return 0
}
