// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// LID is the id of a long value: a 32-bit one, or a 64-bit one, whose highest bit is set.
type LID uint64

// Is64 reports whether the id has 64 bits.
func (l LID) Is64() bool { return l>>63 == 1 }

// String is the id in hexadecimal.
func (l LID) String() string {
	if l.Is64() {
		return fmt.Sprintf("%016x", uint64(l))
	}
	return fmt.Sprintf("%08x", uint64(l))
}

// MarshalText makes JSON show the id in hexadecimal: it does not fit JSON's numbers.
func (l LID) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// lidOfRow reads an id as a record holds it: 4 or 8 bytes, little-endian.
func lidOfRow(b []byte) (LID, bool) {
	switch len(b) {
	case 4:
		return LID(u32(b, 0)), true
	case 8:
		return LID(u64(b, 0)), true
	}
	return 0, false
}

// lvKey reads a key of a tree of long values: an id, big-endian, and for a chunk
// its offset. Revision 9 leaves out leading zero bytes of the id.
func lvKey(key []byte) (id LID, chunk bool, off uint32, ok bool) {
	switch n := len(key); {
	case n == 12:
		return LID(binary.BigEndian.Uint64(key)), true, binary.BigEndian.Uint32(key[8:]), true
	case n == 8 && key[0]&0x80 != 0:
		return LID(binary.BigEndian.Uint64(key)), false, 0, true
	case n >= 5 && n <= 8:
		return bigEndian(key[:n-4]), true, binary.BigEndian.Uint32(key[n-4:]), true
	case n >= 1 && n <= 4:
		return bigEndian(key), false, 0, true
	}
	return 0, false, 0, false
}

func bigEndian(b []byte) LID {
	var id LID
	for _, c := range b {
		id = id<<8 | LID(c)
	}
	return id
}

// Place is where a node lies: read it again with DB.Page and Page.Node.
type Place struct {
	Page   uint32     `json:"page"`
	Tag    int        `json:"tag"`
	Offset int64      `json:"offset"` // of the data in the input
	Size   int        `json:"size"`   // of the data
	Status PageStatus `json:"status"` // of the page
	Via    Via        `json:"via"`
}

func (n TreeNode) place() Place {
	return Place{Page: n.Page.Number, Tag: n.Tag, Offset: n.FileOffset(), Size: len(n.Data), Status: n.Page.Status, Via: n.Via}
}

// Chunk is a part of a long value.
type Chunk struct {
	At      uint32 `json:"at"` // of its first byte in the value
	Place   Place  `json:"place"`
	Deleted bool   `json:"deleted,omitempty"` // the node is marked as deleted
}

// LongValue is a value that is kept in a tree of its own.
type LongValue struct {
	ID        LID
	HasRoot   bool // false: only chunks are left, and what Root, RefCount, Size and Encrypted say is not known
	Root      Place
	RefCount  uint32 // how many records point to it: 0 is an orphan, 0xFFFFFFFF one that is being deleted
	Size      uint32 // bytes when plain
	Encrypted bool
	Deleted   bool // the root is marked as deleted
	Chunks    []Chunk

	tree      *Tree
	chunkSize int // bytes in each chunk but the last, when the catalog tells
}

// PartiallyDeleted is the reference count of a long value whose deletion had begun (lv.hxx).
const PartiallyDeleted = ^uint32(0)

// Orphan reports whether the value's own count says that no record points to it.
// Programs that write a new value at each change leave their former values so.
func (v *LongValue) Orphan() bool {
	return v.HasRoot && (v.RefCount == 0 || v.RefCount == PartiallyDeleted)
}

// longValues is all values of a tree.
type longValues struct {
	byID map[LID]*LongValue
	ids  []LID // in their order
	errs []error
}

// LongValues reads all long values of a tree, in the order of their ids; it holds
// about 100 bytes for each chunk. Damage is in the errors, the rest is in the list.
func (t *Tree) LongValues() ([]*LongValue, []error) {
	lvs := t.longValues(0)
	list := make([]*LongValue, len(lvs.ids))
	for i, id := range lvs.ids {
		list[i] = lvs.byID[id]
	}
	return list, lvs.errs
}

func (t *Tree) longValues(chunkSize int) *longValues {
	lvs := &longValues{byID: map[LID]*LongValue{}}
	for n, err := range t.Nodes() {
		if err == nil {
			err = lvs.add(n, t, chunkSize)
		}
		if err != nil {
			lvs.errs = append(lvs.errs, err)
		}
	}
	for id, v := range lvs.byID {
		lvs.ids = append(lvs.ids, id)
		slices.SortStableFunc(v.Chunks, better)
		v.Chunks = slices.CompactFunc(v.Chunks, func(a, b Chunk) bool { return a.At == b.At })
	}
	slices.Sort(lvs.ids)
	return lvs
}

// better orders chunks by where they belong; of two for one place the one that is to be trusted comes first.
func better(a, b Chunk) int {
	rank := func(c Chunk) int {
		r := 0
		if c.Deleted {
			r += 4
		}
		if c.Place.Status == PageDamaged {
			r += 2
		}
		if c.Place.Via == ViaScan {
			r++
		}
		return r
	}
	if a.At != b.At {
		return int(int64(a.At) - int64(b.At))
	}
	return rank(a) - rank(b)
}

// add notes a node of the tree: a root (count, size, perhaps a byte of flags) or a chunk.
func (lvs *longValues) add(n TreeNode, t *Tree, chunkSize int) error {
	id, chunk, off, ok := lvKey(n.Key)
	if !ok || (!chunk && len(n.Data) < 8) {
		return &Error{
			Kind: KindLongValue, Object: fmt.Sprintf("the long value in tag %d of page %d", n.Tag, n.Page.Number), Page: n.Page.Number,
			Offset: n.FileOffset(), Text: fmt.Sprintf("a key of %d bytes with %d bytes of data is neither a value nor a part of one", len(n.Key), len(n.Data)),
		}
	}
	v := lvs.byID[id]
	if v == nil {
		v = &LongValue{ID: id, tree: t, chunkSize: chunkSize}
		lvs.byID[id] = v
	}
	switch {
	case chunk:
		v.Chunks = append(v.Chunks, Chunk{At: off, Place: n.place(), Deleted: n.Deleted()})
	case !v.HasRoot || v.Deleted && !n.Deleted():
		v.HasRoot, v.Root, v.Deleted = true, n.place(), n.Deleted()
		v.RefCount, v.Size = u32(n.Data, 0), u32(n.Data, 4)
		v.Encrypted = len(n.Data) > 8 && n.Data[8]&1 != 0
	}
	return nil
}

// LongValue.Bytes makes at most maxGrowth more than growth times what is stored: a
// few bytes can say that they are compressed a thousandfold.
const (
	growth    = 16
	maxGrowth = 32 << 20
)

// Bytes is the whole value, decompressed. Where a part is missing or damaged it is
// what comes before, with an error.
func (v *LongValue) Bytes() ([]byte, error) {
	var out []byte
	stored := 0
	for i, c := range v.Chunks {
		if stored += c.Place.Size; len(out) > growth*stored+maxGrowth {
			return out, v.fail(KindCompressed, "it would be more than %d times as large as what is stored", growth)
		}
		if int64(c.At) < int64(len(out)) {
			return out, v.fail(KindLongValue, "two parts of it hold byte %d", c.At)
		}
		if int64(c.At) > int64(len(out)) {
			return out, v.fail(KindLongValue, "its bytes %d to %d are missing", len(out), int64(c.At)-1)
		}
		b, err := v.plain(i)
		out = append(out, b...)
		if err != nil {
			return out, err
		}
	}
	switch {
	case !v.HasRoot:
		return out, v.fail(KindLongValue, "its root is lost, so its size is not known; %d bytes were found", len(out))
	case v.Encrypted:
		return out, v.fail(KindEncrypted, "it is encrypted")
	case int64(len(out)) < int64(v.Size):
		return out, v.fail(KindLongValue, "its bytes %d to %d are missing", len(out), int64(v.Size)-1)
	case int64(len(out)) > int64(v.Size):
		return out[:v.Size], nil
	}
	return out, nil
}

// plain is the content of a chunk. Nothing in the tree says that it is compressed:
// it is when it does not have the size that its place demands (lv.cxx).
func (v *LongValue) plain(i int) ([]byte, error) {
	c := v.Chunks[i]
	p, err := v.tree.db.Page(c.Place.Page)
	if err != nil {
		return nil, err
	}
	n, err := p.Node(c.Place.Tag)
	if err != nil {
		return nil, err
	}
	want := v.expected(i)
	if v.Encrypted || want < 0 || len(n.Data) == want {
		return n.Data, nil
	}
	b, err := Decompress(n.Data)
	if err != nil {
		return b, v.fail(KindOf(err), "the part at byte %d, in tag %d of page %d: %v", c.At, c.Place.Tag, c.Place.Page, err)
	}
	if len(b) != want {
		return b, v.fail(KindLongValue, "the part at byte %d has %d bytes, not %d", c.At, len(b), want)
	}
	return b, nil
}

// expected is how many plain bytes a chunk holds, -1 when that cannot be known.
func (v *LongValue) expected(i int) int {
	want := int64(-1)
	if i+1 < len(v.Chunks) {
		want = int64(v.Chunks[i+1].At) - int64(v.Chunks[i].At)
	} else if v.HasRoot {
		want = int64(v.Size) - int64(v.Chunks[i].At)
	}
	if v.chunkSize > 0 && (want > int64(v.chunkSize) || want < 0) {
		want = int64(v.chunkSize)
		if !v.HasRoot && i+1 == len(v.Chunks) {
			return -1 // the last of unknown size
		}
	}
	if want > maxPlain || want < 0 {
		return -1
	}
	return int(want)
}

func (v *LongValue) fail(kind Kind, format string, args ...any) error {
	e := otherError(kind, "the long value "+v.ID.String(), -1, format, args...)
	if v.HasRoot {
		e.Page, e.Offset = v.Root.Page, v.Root.Offset
	} else if len(v.Chunks) > 0 {
		e.Page, e.Offset = v.Chunks[0].Place.Page, v.Chunks[0].Place.Offset
	}
	return e
}

// loadLongValues reads the table's long values once.
func (t *Table) loadLongValues() *longValues {
	t.lvOnce.Do(func() {
		if tree := t.LongValueTree(); tree != nil {
			t.lvs = tree.longValues(t.LVChunk)
		} else {
			t.lvs = &longValues{}
		}
	})
	return t.lvs
}

// LongValue finds a long value of the table by its id.
func (t *Table) LongValue(id LID) (*LongValue, error) {
	if v := t.loadLongValues().byID[id]; v != nil {
		return v, nil
	}
	return nil, otherError(KindLongValue, "the long value "+id.String(), -1, "table %q has none of that id", t.Name)
}

// LongValues yields the long values of the table in the order of their ids, with or
// without records that point to them. Damage is an error, and the rest follows.
func (t *Table) LongValues() iter.Seq2[*LongValue, error] {
	return func(yield func(*LongValue, error) bool) {
		lvs := t.loadLongValues()
		for _, err := range lvs.errs {
			if !yield(nil, err) {
				return
			}
		}
		for _, id := range lvs.ids {
			if !yield(lvs.byID[id], nil) {
				return
			}
		}
	}
}

// References counts the live rows that point to each long value of the table. Rows
// that cannot be read are in the error, joined.
func (t *Table) References() (map[LID]int, error) {
	refs, errs := map[LID]int{}, []error(nil)
	for row, err := range t.Rows() {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if row.Deleted() {
			continue
		}
		for v, err := range row.Values() {
			if err != nil {
				errs = append(errs, err)
			} else if id, ok := v.LID(); ok {
				refs[id]++
			}
		}
	}
	return refs, errors.Join(errs...)
}
