// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import "encoding/binary"

// template is a compiled definition: the XML that events of one kind have in common.
type template struct {
	guid  [16]byte
	nodes []node
	plan  plan
	need  int    // values that it refers to
	size  int    // bytes of the definition
	err   *Error // where its compilation ended early
}

// id is the part of its GUID by which records name a template.
func (t *template) id() uint32 { return binary.LittleEndian.Uint32(t.guid[:]) }

// definitionHead is the size of what precedes the binary XML of a definition: offset of the next definition of its hash bucket (4 bytes),
// GUID (16), size of the binary XML (4).
const definitionHead = 24

// instance reads a template instance whose token is next: the template's id and offset, its definition when this is the first use, the
// types and sizes of the values, the values. Slots are added to buf.
func (p *parser) instance(buf *[]slot) fragment {
	start := p.pos
	p.take(2) // token, and a byte that is always 1
	id, offset := p.u32(), p.u32()
	if p.err != nil {
		return fragment{}
	}
	if here, known := p.doc.offset(p.pos); known && here == offset || !known && p.inlineID(id) {
		p.skipDefinition()
	}
	f := fragment{slots: p.slots(buf)}
	var err *Error
	if f.template, f.borrowed, err = p.doc.template(start, id, offset, len(f.slots)); err != nil && p.err == nil {
		p.err = err
	}
	if f.template != nil {
		f.nodes = f.template.nodes
	} else {
		f.nodes, f.lost = nameless(id), true
	}
	return f
}

// inlineID reports whether a definition of template id follows.
func (p *parser) inlineID(id uint32) bool {
	return p.end-p.pos >= definitionHead && binary.LittleEndian.Uint32(p.doc.data[p.pos+4:]) == id
}

// skipDefinition passes a definition in the middle of an instance.
func (p *parser) skipDefinition() {
	if head := p.take(definitionHead); head != nil {
		p.take(int(binary.LittleEndian.Uint32(head[20:])))
	}
}

// slotBlock is how many slots are allocated at once, at most, unless an instance has more.
const slotBlock = 512

// slots reads the values of an instance. Those that the bytes do not suffice for are missing.
func (p *parser) slots(buf *[]slot) []slot {
	count := int64(p.u32())
	if p.err != nil {
		return nil
	}
	if count*4 > int64(p.end-p.pos) {
		p.fail(p.pos-4, ErrDamaged, "there is no room for the %d values of the template", count)
		return nil
	}
	descriptors := p.take(int(count) * 4)
	if cap(*buf)-len(*buf) < int(count) {
		*buf = make([]slot, 0, max(int(count), min(2*cap(*buf), slotBlock))) // those that were handed out keep the old one
	}
	first := len(*buf)
	for ; len(descriptors) > 0; descriptors = descriptors[4:] {
		size := binary.LittleEndian.Uint16(descriptors)
		if int(size) > p.end-p.pos {
			p.fail(p.pos, ErrDamaged, "value %d of %d ends outside of its record", len(*buf)-first, count)
			break
		}
		*buf = append(*buf, slot{at: uint32(p.pos), size: size, typ: Type(descriptors[2])})
		p.pos += int(size)
	}
	return (*buf)[first:len(*buf):len(*buf)]
}

// template finds a definition: at its offset, else by its id elsewhere in the log. In a place that may have been
// overwritten (behind d.live) the definition is believed only when it is the right one and sound.
func (d *document) template(at int, id, offset uint32, values int) (t *template, borrowed bool, err *Error) {
	live := at < d.live
	t, err = d.define(offset)
	own := t != nil && t.id() == id
	if own && t.err == nil {
		return t, false, nil
	}
	if other := d.lend(id); other != nil && other.need <= values {
		return other, true, nil
	}
	if own && live {
		return t, false, t.err
	}
	if t != nil && live && t.err == nil && t.need <= values {
		return t, false, d.fail(at, ErrDamaged, "the record names template 0x%08x, but 0x%08x is at offset 0x%x of the chunk", id, t.id(), offset)
	}
	if err == nil || err.Kind != ErrLimit {
		err = d.fail(at, ErrTemplate, "the definition of template 0x%08x, at offset 0x%x of the chunk, is not there", id, offset)
	}
	return nil, false, err
}

// define compiles the definition at an offset of the chunk, once. It answers no template when none is there.
func (d *document) define(offset uint32) (*template, *Error) {
	if t, ok := d.templates[offset]; ok {
		return t, nil
	}
	i, ok := d.at(offset)
	if !ok || i+definitionHead > len(d.data) {
		return nil, nil
	}
	size := int64(binary.LittleEndian.Uint32(d.data[i+20:]))
	if size == 0 || size > int64(len(d.data)-i-definitionHead) {
		return nil, nil // reading that again costs nothing
	}
	if *d.work -= int(size); *d.work < 0 {
		return nil, d.fail(i, ErrLimit, "the chunk has more template definitions than fit into a chunk")
	}
	t := &template{guid: [16]byte(d.data[i+4 : i+20]), size: int(size)}
	p := parser{doc: d, pos: i + definitionHead, end: i + definitionHead + int(size), template: true}
	t.nodes = p.root(nil).nodes
	t.err, t.need, t.plan = p.err, needed(t.nodes), planOf(t.nodes)
	if d.templates == nil {
		d.templates = map[uint32]*template{}
	}
	d.templates[offset] = t
	return t, nil
}

// needed is the number of values that nodes refer to.
func needed(nodes []node) (n int) {
	for i := range nodes {
		c := &nodes[i]
		if c.kind == valueNode || c.kind == optionalNode {
			n = max(n, int(c.index)+1)
		}
		for j := range c.attrs {
			n = max(n, needed(c.attrs[j].parts))
		}
		n = max(n, needed(c.children))
	}
	return n
}

// fragment reads a fragment of binary XML: a template instance, or elements. The error is where it ended early.
func (d *document) fragment(from, to int, buf *[]slot) (fragment, *Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := parser{doc: d, pos: from, end: to}
	f := p.root(buf)
	return f, p.err
}

// root reads what a record, a definition or a value of binary XML consists of.
func (p *parser) root(buf *[]slot) (f fragment) {
	for p.err == nil {
		switch token := p.next(); token {
		case tokenFragmentHeader:
			p.take(4) // token, major and minor version (1.1), flags (0)
		case tokenTemplateInstance:
			if buf == nil || f.nodes != nil {
				p.fail(p.pos, ErrDamaged, "a template instance within others")
				return f
			}
			f = p.instance(buf)
		case tokenOpenStart:
			n, _ := p.element()
			f.nodes = append(f.nodes[:len(f.nodes):len(f.nodes)], n)
		case tokenPITarget:
			f.nodes = append(f.nodes[:len(f.nodes):len(f.nodes)], p.instruction())
		case tokenEnd:
			return f
		default:
			p.fail(p.pos, ErrDamaged, "token 0x%02x at the top of binary XML", token)
		}
	}
	return f
}
