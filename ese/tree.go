// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"errors"
	"iter"
)

// TreeKind is what the nodes of a tree are.
type TreeKind string

const (
	// TreeTable: records of a table, in the order of its primary index.
	TreeTable TreeKind = "table"
	// TreeIndex: entries of a secondary index.
	TreeIndex TreeKind = "index"
	// TreeLongValues: long values of a table.
	TreeLongValues TreeKind = "long_values"
	// TreeUnknown: no page of it was read yet.
	TreeUnknown TreeKind = "unknown"
)

// kindOf tells a tree's kind from the flags of its pages.
func kindOf(f PageFlags) TreeKind {
	switch {
	case f&FlagLongValue != 0:
		return TreeLongValues
	case f&FlagIndex != 0:
		return TreeIndex
	}
	return TreeTable
}

// Via is how a page or a record was found.
type Via string

const (
	// ViaTree: by the links of its tree.
	ViaTree Via = "tree"
	// ViaScan: the tree is damaged and does not lead there, but the page says that it belongs to it. It
	// may be an old copy of pages that the tree does lead to.
	ViaScan Via = "scan"
)

// Tree is a B+ tree of pages.
type Tree struct {
	Object uint32 // object id, which all its pages carry
	Root   uint32 // page number, 0 unknown
	Kind   TreeKind
	Parent uint32 // root page of the table that a tree of long values or an index belongs to; 0 unknown

	db *DB
}

// TreeNode is a node of a leaf.
type TreeNode struct {
	Node
	Page *Page
	Via  Via
}

// FileOffset is where the data of the node lies in the input.
func (n TreeNode) FileOffset() int64 { return n.Page.Offset + int64(n.Offset) }

// Leaves yields the leaf pages of the tree in the order of their keys. Damage is an
// error, and the walk goes on: what cannot be reached by the links of a damaged
// tree is found by the object id of the pages, at the end.
func (t *Tree) Leaves() iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		for leaf, err := range t.leaves() {
			if !yield(leaf.page, err) {
				return
			}
		}
	}
}

// Nodes yields the nodes of the leaves, deleted ones included. What is damaged is
// an error, and the rest follows.
func (t *Tree) Nodes() iter.Seq2[TreeNode, error] {
	return func(yield func(TreeNode, error) bool) {
		for leaf, err := range t.leaves() {
			if err != nil {
				if !yield(TreeNode{}, err) {
					return
				}
				continue
			}
			for n, err := range leaf.page.Nodes() {
				if !yield(TreeNode{Node: n, Page: leaf.page, Via: leaf.via}, err) {
					return
				}
			}
		}
	}
}

type leaf struct {
	page *Page
	via  Via
}

func (t *Tree) leaves() iter.Seq2[leaf, error] {
	return func(yield func(leaf, error) bool) {
		w := walk{tree: t, yield: yield, seen: map[uint32]bool{}}
		w.run()
	}
}

// walk is one walk over a tree.
type walk struct {
	tree    *Tree
	yield   func(leaf, error) bool
	seen    map[uint32]bool
	todo    []uint32 // pages to visit, the next one last
	damaged bool     // the links do not lead to all pages
	stopped bool     // the caller wants no more
	linked  bool     // only what the links lead to is wanted
}

func (w *walk) run() {
	w.damaged = w.tree.Root == 0
	if !w.damaged {
		w.todo = append(w.todo, w.tree.Root)
	}
	for len(w.todo) > 0 && !w.stopped {
		number := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		w.visit(number)
	}
	if w.damaged && !w.stopped && !w.linked {
		w.scan()
	}
}

// broken reports damage that may hide pages.
func (w *walk) broken(err error) {
	w.damaged = true
	w.note(err)
}

func (w *walk) note(err error) {
	if !w.stopped && !w.yield(leaf{}, err) {
		w.stopped = true
	}
}

func (w *walk) visit(number uint32) {
	if w.seen[number] {
		w.broken(pageError(KindTree, number, -1, "two pages of tree %d lead to it", w.tree.Object))
		return
	}
	w.seen[number] = true
	p, err := w.tree.db.Page(number)
	switch {
	case err != nil:
		w.broken(err)
		return
	case p.Status == PageBlank:
		w.broken(pageError(KindTree, number, p.Offset, "it is blank, but tree %d leads to it", w.tree.Object))
		return
	case p.ObjectID != w.tree.Object:
		w.broken(pageError(KindTree, number, p.Offset, "it belongs to tree %d, but tree %d leads to it", p.ObjectID, w.tree.Object))
		return
	}
	if err := p.Damage(); errors.Is(err, KindCorrected) {
		w.note(err)
	} else if err != nil {
		w.broken(err)
	}
	if p.fault != nil || w.stopped {
		return
	}
	if !p.Leaf() {
		w.descend(p)
	} else if !w.yield(leaf{p, ViaTree}, nil) {
		w.stopped = true
	}
}

// descend notes the children of a page to be visited, from left to right.
func (w *walk) descend(p *Page) {
	first := len(w.todo)
	for n, err := range p.Nodes() {
		if err != nil {
			w.broken(err)
			continue
		}
		if child := u32(n.Data, 0); child != 0 {
			w.todo = append(w.todo, child)
		}
	}
	for i, j := first, len(w.todo)-1; i < j; i, j = i+1, j-1 {
		w.todo[i], w.todo[j] = w.todo[j], w.todo[i]
	}
}

// scan yields the leaves that carry the object id and were not reached.
func (w *walk) scan() {
	for _, ref := range w.tree.db.pagesOf(w.tree.Object) {
		if w.seen[ref.number] || ref.flags&FlagLeaf == 0 || ref.flags&(FlagEmpty|FlagSpace) != 0 {
			continue
		}
		p, err := w.tree.db.Page(ref.number)
		if err != nil || p.fault != nil {
			continue // it was counted a moment ago, so the reader fails: nothing more to say
		}
		if p.Status == PageDamaged {
			w.note(p.Damage())
		}
		if w.stopped || !w.yield(leaf{p, ViaScan}, nil) {
			w.stopped = true
			return
		}
	}
}
