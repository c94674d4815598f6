// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import "fmt"

// NodeFlags are the flags of a node (node.hxx).
type NodeFlags uint8

const (
	// NodeVersioned: a transaction had changed the node and was not over, or its versions were not cleaned up.
	NodeVersioned NodeFlags = 1
	// NodeDeleted: the node is deleted, and still there.
	NodeDeleted NodeFlags = 2
	// NodeCompressed: the beginning of the key is in the page's external header.
	NodeCompressed NodeFlags = 4
)

// keyMask is the part of a key's size that is a size: on large pages the flags of
// a node are the top three bits of its first two bytes.
const keyMask = 0x1fff

// Node is an entry of a page.
type Node struct {
	Tag    int // its number in the page, from 1
	Start  int // of its bytes in the page
	Size   int // of its bytes in the page
	Flags  NodeFlags
	Key    []byte // whole, with what the external header holds of it
	Data   []byte // what follows the key
	Offset int    // of Data in the page
}

// Deleted reports whether the node is marked as deleted.
func (n Node) Deleted() bool { return n.Flags&NodeDeleted != 0 }

// tag reads a slot of the tag array, which grows down from the page's end: where
// its bytes lie in the page, and its flags.
func (p *Page) tag(i int) (start, size int, flags NodeFlags) {
	at := len(p.Data) - (i+1)*tagSize
	sizeWord, offWord := u16(p.Data, at), u16(p.Data, at+2)
	if small(len(p.Data)) {
		return smallHeader + int(offWord&keyMask), int(sizeWord & keyMask), NodeFlags(offWord >> 13)
	}
	start, size = largeHeader+int(offWord&0x7fff), int(sizeWord&0x7fff)
	if size >= 2 && start+1 < len(p.Data) {
		flags = NodeFlags(p.Data[start+1] >> 5)
	}
	return start, size, flags
}

// external is the data of tag 0: of a root its space header, else the beginning of
// the page's keys. It is nil when the tag is wrong.
func (p *Page) external() []byte {
	start, size, _ := p.tag(0)
	if p.TagCount == 0 || start+size > p.dataEnd() {
		return nil
	}
	return p.Data[start : start+size : start+size]
}

// prefix is what the compressed keys of the page begin with.
func (p *Page) prefix() []byte {
	if p.Flags&FlagRoot != 0 {
		return nil // the space header is no key
	}
	return p.external()
}

// Nodes yields the nodes of the page in their order. A node that cannot be read is
// an error; the next may be fine. Nodes that overlap so much that together they are
// larger than the page end the list: work would be out of proportion to the input.
func (p *Page) Nodes() func(yield func(Node, error) bool) {
	return func(yield func(Node, error) bool) {
		if p.fault != nil || p.Status == PageBlank {
			return
		}
		prefix, room := p.prefix(), len(p.Data)
		for i := max(1, p.Reserved); i < p.TagCount; i++ {
			n, err := p.node(i, prefix, p.dataEnd())
			if room -= n.Size; room < 0 {
				yield(Node{}, pageError(KindPage, p.Number, p.Offset, "its nodes overlap: those from tag %d on are left out", i))
				return
			}
			if !yield(n, err) {
				return
			}
		}
	}
}

// Node reads one node by its tag.
func (p *Page) Node(tag int) (Node, error) {
	if p.fault != nil {
		return Node{}, p.fault
	}
	if tag < 1 || tag >= p.TagCount {
		return Node{}, pageError(KindPage, p.Number, p.Offset, "it has no tag %d", tag)
	}
	return p.node(tag, p.prefix(), p.dataEnd())
}

func (p *Page) node(tag int, prefix []byte, end int) (Node, error) {
	start, size, flags := p.tag(tag)
	n := Node{Tag: tag, Start: start, Size: size, Flags: flags}
	bad := func(format string, args ...any) (Node, error) {
		return n, &Error{
			Kind: KindPage, Object: fmt.Sprintf("tag %d of page %d", tag, p.Number), Page: p.Number,
			Offset: p.Offset + int64(min(start, len(p.Data))), Text: fmt.Sprintf(format, args...),
		}
	}
	if start+size > end {
		return bad("it ends beyond the data of its page")
	}
	b, common := p.Data[start:start+size:start+size], 0
	if flags&NodeCompressed != 0 {
		if common = int(u16(b, 0) & keyMask); len(b) < 2 || common > len(prefix) {
			return bad("its key begins with %d bytes of %d", common, len(prefix))
		}
		b = b[2:]
	}
	own := int(u16(b, 0) & keyMask)
	if len(b) < 2+own {
		return bad("its key of %d bytes does not fit", own)
	}
	n.Key, n.Data = b[2:2+own:2+own], b[2+own:]
	n.Offset = start + size - len(n.Data)
	if common > 0 {
		n.Key = append(append(make([]byte, 0, common+own), prefix[:common]...), n.Key...)
	}
	return n, nil
}
