// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import "encoding/binary"

// Tokens of binary XML ([MS-EVEN6] 2.2.12). The bit moreFlag says that an element has attributes, or that more of a kind follows.
const (
	tokenEnd              = 0x00
	tokenOpenStart        = 0x01
	tokenCloseStart       = 0x02
	tokenCloseEmpty       = 0x03
	tokenEndElement       = 0x04
	tokenValue            = 0x05
	tokenAttribute        = 0x06
	tokenCDATA            = 0x07
	tokenCharRef          = 0x08
	tokenEntityRef        = 0x09
	tokenPITarget         = 0x0a
	tokenPIData           = 0x0b
	tokenTemplateInstance = 0x0c
	tokenNormalValue      = 0x0d
	tokenOptionalValue    = 0x0e
	tokenFragmentHeader   = 0x0f
	moreFlag              = 0x40
)

// maxDepth bounds how deep elements may stand in one another; events of Windows need five.
const maxDepth = 64

// unreadable is the name of what has lost its own.
const unreadable = "unreadable"

// parser compiles binary XML. After an error what was compiled until then stands.
type parser struct {
	doc      *document // its mutex is held
	pos, end int       // in doc.data
	template bool      // within a definition: elements say on which value they depend
	depth    int
	err      *Error // the first one
}

func (p *parser) fail(i int, kind error, format string, args ...any) bool {
	if p.err == nil {
		p.err = p.doc.fail(i, kind, format, args...)
	}
	return false
}

// take answers the next n bytes, or nil.
func (p *parser) take(n int) []byte {
	if p.err != nil || n > p.end-p.pos {
		p.fail(p.pos, ErrDamaged, "the binary XML ends in the middle of a token")
		return nil
	}
	p.pos += n
	return p.doc.data[p.pos-n : p.pos]
}

func (p *parser) u8() uint8 {
	if b := p.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (p *parser) u16() uint16 {
	if b := p.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (p *parser) u32() uint32 {
	if b := p.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// text reads a number of UTF-16 units and the units.
func (p *parser) text() string {
	return string(appendUTF16(nil, p.take(2*int(p.u16()))))
}

// name reads the offset of a name, and the name itself when it follows at once: that is where a name is defined first.
func (p *parser) name() string {
	at := p.pos
	offset := p.u32()
	if p.err != nil {
		return unreadable
	}
	here, known := p.doc.offset(p.pos)
	var n name
	switch {
	case !known:
		if n = readName(p.doc.data[p.pos:p.end]); n.size > 0 {
			p.pos += n.size
		}
	case offset == here:
		n = p.doc.name(offset)
		p.pos += n.size
		if n.size == 0 || p.pos > p.end {
			p.fail(p.pos, ErrDamaged, "the name that is defined here is damaged")
		}
	default:
		n = p.doc.name(offset)
	}
	if n.size == 0 {
		p.fail(at, ErrDamaged, "there is no name at offset 0x%x of the chunk", offset)
		return unreadable
	}
	return n.text
}

// element compiles an element whose token is next.
func (p *parser) element() (n node, ok bool) {
	n = node{kind: elementNode, index: noIndex}
	start := p.pos
	if p.depth++; p.depth > maxDepth {
		return n, p.fail(start, ErrLimit, "elements stand in one another more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	token := p.u8()
	if p.dependent() {
		n.index = p.u16()
	}
	p.u32() // size of the element's bytes, which tell it themselves
	n.name = p.name()
	if token&moreFlag != 0 {
		p.u32() // size of the attributes
		n.attrs = p.attributes()
	}
	switch end := p.u8(); {
	case p.err != nil:
		return n, false
	case end == tokenCloseEmpty:
		return n, true
	case end != tokenCloseStart:
		return n, p.fail(p.pos-1, ErrDamaged, "token 0x%02x where the start of an element ends", end)
	}
	n.children = p.content()
	if p.err == nil && p.u8() != tokenEndElement {
		p.fail(p.pos-1, ErrDamaged, "the element does not end")
	}
	return n, p.err == nil
}

// dependent reports whether the element at hand has a dependency: two bytes that elements have in template definitions and not
// elsewhere ([MS-EVEN6] 4.4 and 4.8 show both), where writers keep to it. What has a name in the right place decides.
func (p *parser) dependent() bool {
	sound := func(skip int) bool {
		i := p.pos + skip + 4
		if i+4 > p.end || p.doc.origin == noOrigin {
			return false
		}
		return p.doc.name(binary.LittleEndian.Uint32(p.doc.data[i:])).size > 0
	}
	if p.template {
		return sound(2) || !sound(0)
	}
	return !sound(0) && sound(2)
}

// attributes compiles attributes as long as they follow.
func (p *parser) attributes() []attribute {
	var attrs []attribute
	for p.err == nil && p.next() == tokenAttribute {
		p.u8()
		a := attribute{name: p.name()}
		if p.err == nil {
			a.parts = p.inline()
		}
		attrs = append(attrs, a)
	}
	return sortAttributes(attrs)
}

// next is the token at hand without its flag; the end of the bytes is an end.
func (p *parser) next() uint8 {
	if p.pos >= p.end {
		return tokenEnd
	}
	return p.doc.data[p.pos] &^ moreFlag
}

// content compiles what stands between the tags of an element.
func (p *parser) content() []node {
	var nodes []node
	for p.err == nil {
		switch p.next() {
		case tokenOpenStart:
			n, _ := p.element()
			nodes = append(nodes, n)
		case tokenPITarget:
			nodes = append(nodes, p.instruction())
		case tokenTemplateInstance:
			if p.template {
				p.fail(p.pos, ErrDamaged, "a template instance within a definition")
				return nodes
			}
			f := p.instance(new([]slot))
			nodes = append(nodes, node{kind: fragmentNode, fragment: &f})
		default:
			inline := p.inline()
			if len(inline) == 0 {
				return nodes
			}
			nodes = append(nodes, inline...)
		}
	}
	return nodes
}

// inline compiles text, references and substitutions as long as they follow.
func (p *parser) inline() []node {
	var nodes []node
	for p.err == nil {
		var n node
		switch p.next() {
		case tokenValue:
			n = p.value()
		case tokenCDATA:
			p.u8()
			n = node{kind: textNode, text: p.text()}
		case tokenCharRef:
			p.u8()
			n = node{kind: textNode, text: string(rune(p.u16()))}
		case tokenEntityRef:
			p.u8()
			n = node{kind: textNode, text: entity(p.name())}
		case tokenNormalValue, tokenOptionalValue:
			n = node{kind: valueNode}
			if p.u8() == tokenOptionalValue {
				n.kind = optionalNode
			}
			n.index, n.typ = p.u16(), Type(p.u8())
		default:
			return nodes
		}
		if p.err == nil {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// value compiles a text that stands in the binary XML itself. The format knows no other type here.
func (p *parser) value() node {
	p.u8()
	if t := Type(p.u8()); t != TypeString && p.err == nil {
		p.fail(p.pos-1, ErrDamaged, "text of type %v", t)
	}
	return node{kind: textNode, text: p.text()}
}

// instruction compiles a processing instruction: a target, and data that follow at once.
func (p *parser) instruction() node {
	p.u8()
	n := node{kind: instructionNode, name: p.name()}
	if p.err == nil && p.next() == tokenPIData {
		p.u8()
		n.text = p.text()
	}
	return n
}

// entity is the text of one of XML's own entities; of another it is the reference.
func entity(name string) string {
	switch name {
	case "lt":
		return "<"
	case "gt":
		return ">"
	case "amp":
		return "&"
	case "quot":
		return `"`
	case "apos":
		return "'"
	}
	return "&" + name + ";"
}
