// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package esetest

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// Column is a column of a table that is built.
type Column struct {
	ID       uint32
	Name     string
	Type     uint32
	Size     int
	CodePage uint32
	Default  []byte
}

// Value is a long value.
type Value struct {
	ID       uint64 // with the top bit it is a 64-bit id
	RefCount uint32
	Chunks   [][]byte // as they are kept, compressed or not
	Sizes    []int    // how much each holds when plain; nil: as much as it has
	Size     int      // of the whole; 0: the sum of Sizes
	Flags    byte     // 1 encrypted
}

// Table is a table that is built.
type Table struct {
	Name       string
	Template   string
	Columns    []Column
	Rows       []Node
	LongValues []Value

	Stale       []Node  // remains of rows: on the last page of the table, and what has no room there on pages that were emptied
	StaleValues []Value // on pages that were emptied: no tree leads to them any more, and what they held is still there
}

// Database describes a database.
type Database struct {
	PageSize    int
	Update      uint32
	State       uint32
	Generations [2]uint32 // first and last that are needed
	Tables      []Table
	Reserved    int    // as in Page
	Old         bool   // checksums and records of Windows 2000 and before
	NoShadow    bool   // without the copy of the catalog
	FirstRoot   uint32 // page of the first table; 0: FirstRoot, which leaves room for the catalog and its copy
	Build       uint32 // of the Windows that opened it last; 0: 26100
	Computer    string // in the signature; empty: "openbits test"
}

// FirstRoot is the root page of the first table; each further table begins with the next free page.
const FirstRoot = 31

// FirstObject is the object id of the first table.
const FirstObject = 8

type build struct {
	Database
	pages  map[uint32][]byte
	next   uint32 // free page
	object uint32 // free object id
}

// Bytes is the database.
func (d Database) Bytes() []byte {
	w := &build{Database: d, pages: map[uint32][]byte{}, next: FirstRoot, object: FirstObject}
	if d.FirstRoot != 0 {
		w.next = d.FirstRoot
	}
	var catalog []Node
	for _, t := range d.Tables {
		object := w.object
		w.object++
		root := w.treeOver(object, 0, 1, slices.Clone(t.Rows), t.Stale)
		catalog = append(catalog, w.entries(t, object, root)...)
	}
	w.tree(1, 0, 0, nil, 1)
	w.tree(2, 0, 1, slices.Clone(catalog), 4)
	if !d.NoShadow {
		w.tree(3, 0, 1, slices.Clone(catalog), 24)
	}
	out := append(w.header(), w.header()...)
	for n := uint32(1); n < w.next; n++ {
		if p := w.pages[n]; p != nil {
			out = append(out, p...)
		} else {
			out = append(out, make([]byte, d.PageSize)...)
		}
	}
	return out
}

func (w *build) header() []byte {
	b := make([]byte, w.PageSize)
	put := binary.LittleEndian.PutUint32
	put(b[4:], 0x89abcdef)
	put(b[8:], 0x620)
	put(b[24:], 0x0b175) // signature: made at a fixed time, on no computer
	copy(b[28:], []byte{1, 2, 3, 4, 5, 124})
	copy(b[36:52], cmp.Or(w.Computer, "openbits test"))
	put(b[52:], w.State)
	put(b[108:], 0x10c)
	put(b[212:], w.object-1)
	put(b[216:], 10)
	put(b[224:], cmp.Or(w.Build, 26100))
	put(b[232:], w.Update)
	put(b[236:], uint32(w.PageSize))
	put(b[296:], w.Generations[0])
	put(b[300:], w.Generations[1])
	put(b[667:], 1)
	put(b, SumHeader(b))
	return b
}

func (w *build) flags() uint32 {
	if w.Old {
		return 0
	}
	return NewRecord | NewChecksum
}

// tree lays nodes out on pages and answers the root's number: a leaf when they fit
// on one page, else a root above leaves.
func (w *build) tree(object, flags, parent uint32, nodes []Node, at ...uint32) uint32 {
	return w.treeOver(object, flags, parent, nodes, nil, at...)
}

// treeOver is tree with remains on the last leaf.
func (w *build) treeOver(object, flags, parent uint32, nodes, stale []Node, at ...uint32) uint32 {
	root := w.next
	if len(at) > 0 {
		root = at[0]
	} else {
		w.next++
	}
	space := make([]byte, 16)
	binary.LittleEndian.PutUint32(space[0:], 1)
	binary.LittleEndian.PutUint32(space[4:], parent)
	page := Page{Size: w.PageSize, Number: root, Object: object, Flags: flags | Root | w.flags(), External: space, Reserved: w.Reserved}
	leaves := split(nodes, Room(w.PageSize)-16)
	if len(leaves) <= 1 {
		page.Flags |= Leaf
		page.Nodes, page.Stale = nodes, w.overflow(object, flags, nodes, stale)
		w.pages[root] = page.Bytes()
		return root
	}
	page.Flags |= ParentOfLeaf
	first := w.next
	w.next += uint32(len(leaves))
	for i, list := range leaves {
		leaf := Page{Size: w.PageSize, Number: first + uint32(i), Object: object, Flags: flags | Leaf | w.flags(), Reserved: w.Reserved}
		if i > 0 {
			leaf.Prev = leaf.Number - 1
		}
		var separator []byte // empty for the last: it has no end
		if i+1 < len(leaves) {
			leaf.Next = leaf.Number + 1
			separator = leaves[i+1][0].Key
		} else {
			leaf.Stale = w.overflow(object, flags, list, stale)
		}
		leaf.compress(list)
		w.pages[leaf.Number] = leaf.Bytes()
		page.Nodes = append(page.Nodes, Node{Key: separator, Data: binary.LittleEndian.AppendUint32(nil, leaf.Number)})
	}
	w.pages[root] = page.Bytes()
	return root
}

// overflow is as much of the remains as a page has room for beside its nodes; the rest goes to pages that were emptied.
func (w *build) overflow(object, flags uint32, nodes, stale []Node) []Node {
	left := Room(w.PageSize) - 64
	for _, n := range nodes {
		left -= len(n.Key) + len(n.Data) + 8
	}
	for i, n := range stale {
		if left -= len(n.Key) + len(n.Data) + 8; left < 0 {
			w.emptied(object, flags, stale[i:])
			return stale[:i]
		}
	}
	return stale
}

// emptied lays out pages that hold nothing any more but what is left of nodes.
func (w *build) emptied(object, flags uint32, nodes []Node) {
	for _, list := range split(nodes, Room(w.PageSize)) {
		p := Page{Size: w.PageSize, Number: w.next, Object: object, Flags: flags | Leaf | Empty | w.flags(), Reserved: w.Reserved, Stale: list}
		w.pages[w.next] = p.Bytes()
		w.next++
	}
}

// compress takes the key of the first node as the page's prefix.
func (p *Page) compress(nodes []Node) {
	p.External = nodes[0].Key
	for _, n := range nodes {
		for n.Prefix < len(n.Key) && n.Prefix < len(p.External) && n.Key[n.Prefix] == p.External[n.Prefix] {
			n.Prefix++
		}
		p.Nodes = append(p.Nodes, n)
	}
}

// split divides nodes among pages of a room.
func split(nodes []Node, room int) [][]Node {
	var pages [][]Node
	left := 0
	for _, n := range nodes {
		size := len(n.Key) + len(n.Data) + 8
		if left < size {
			pages = append(pages, nil)
			left = room - 512
		}
		pages[len(pages)-1] = append(pages[len(pages)-1], n)
		left -= size
	}
	return pages
}

// entries is what the catalog has of a table; it also builds the table's long values.
func (w *build) entries(t Table, object, root uint32) []Node {
	nodes := []Node{w.entry(object, 1, object, root, 0, 0, t.Name, t.Template, nil)}
	for _, c := range t.Columns {
		nodes = append(nodes, w.entry(object, 2, c.ID, c.Type, uint32(c.Size), c.CodePage, c.Name, "", c.Default))
	}
	nodes = append(nodes, w.entry(object, 3, object, root, 0, 0, t.Name+"ById", "", nil))
	if len(t.LongValues)+len(t.StaleValues) > 0 {
		lv := w.object
		w.object++
		lvRoot := w.tree(lv, LongValue, root, ValueNodes(t.LongValues))
		w.emptied(lv, LongValue, ValueNodes(t.StaleValues))
		nodes = append(nodes, w.entry(object, 4, lv, lvRoot, 0, 0, "LV", "", nil))
	}
	return nodes
}

func (w *build) entry(object, kind, id, typeOrPage, space, codePage uint32, name, template string, def []byte) Node {
	le := binary.LittleEndian
	u4 := func(n uint32) []byte { return le.AppendUint32(nil, n) }
	r := Record{
		Fixed: [][]byte{u4(object), le.AppendUint16(nil, uint16(kind)), u4(id), u4(typeOrPage), u4(space), u4(0), u4(codePage)},
		Old:   w.Old, Large: w.PageSize > 8192,
		Variable: [][]byte{[]byte(name), nil, nil, def},
	}
	if template != "" {
		r.Variable[2] = []byte(template)
	}
	key := binary.BigEndian.AppendUint32(nil, object)
	key = append(binary.BigEndian.AppendUint16(key, uint16(kind)), binary.BigEndian.AppendUint32(nil, id)...)
	return Node{Key: key, Data: r.Bytes()}
}

// ValueNodes is the nodes of a tree of long values.
func ValueNodes(values []Value) []Node {
	var nodes []Node
	for _, v := range values {
		key := binary.BigEndian.AppendUint64(nil, v.ID)
		if v.ID>>63 == 0 {
			key = key[4:]
		}
		var chunks []Node
		at := 0
		for i, c := range v.Chunks {
			chunks = append(chunks, Node{Key: binary.BigEndian.AppendUint32(slices.Clone(key), uint32(at)), Data: c})
			if v.Sizes != nil {
				at += v.Sizes[i]
			} else {
				at += len(c)
			}
		}
		if v.Size != 0 {
			at = v.Size
		}
		root := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, v.RefCount), uint32(at))
		if v.Flags != 0 {
			root = append(root, v.Flags)
		}
		nodes = append(append(nodes, Node{Key: key, Data: root}), chunks...)
	}
	slices.SortFunc(nodes, func(a, b Node) int { return slices.Compare(a.Key, b.Key) })
	return nodes
}
