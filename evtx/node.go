// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

// nodeKind is what a node of a compiled fragment is.
type nodeKind uint8

const (
	elementNode     nodeKind = iota + 1
	textNode                 // text, character and entity references, CDATA
	valueNode                // a substitution
	optionalNode             // a substitution that takes its element or attribute away when it is null
	instructionNode          // a processing instruction
	fragmentNode             // a template instance in the middle of elements
	lostNode                 // an element that stands in for those of a template that is lost
)

// node is a part of a fragment, compiled once: elements with their content, and where values go.
type node struct {
	kind     nodeKind
	typ      Type        // of substitutions: as declared
	index    uint16      // of substitutions: the value; of elements: the value without which they are left out, or noIndex
	name     string      // of elements and instructions
	text     string      // of text and instructions
	attrs    []attribute // in canonical order
	children []node
	fragment *fragment // of fragmentNode
}

// attribute of an element; its parts are text and substitutions.
type attribute struct {
	name  string
	parts []node
}

// noIndex: the element depends on no value ([MS-EVEN6] 2.2.12: dependency 0xffff).
const noIndex = 0xffff

// slot is where a value of a template instance lies.
type slot struct {
	at   uint32 // in the document's bytes
	size uint16
	typ  Type
}

// fragment is a parsed piece of binary XML: nodes, and the values that belong into them.
type fragment struct {
	nodes    []node
	slots    []slot
	template *template // nil: the nodes are the fragment's own
	borrowed bool      // the template is from elsewhere
	lost     bool      // the template is nowhere: nodes stand in for it
}

// scope is what substitutions are looked up in.
type scope struct {
	doc   *document
	slots []slot
	item  Value  // what stands for value number array while its element is repeated
	array uint16 // noIndex: none is
}

// value answers value number i; it is Null when the instance has fewer.
func (s *scope) value(i uint16) Value {
	if i == s.array && i != noIndex {
		return s.item
	}
	if int(i) >= len(s.slots) {
		return Value{}
	}
	at := s.slots[i]
	return Value{typ: at.typ, raw: s.doc.data[at.at : at.at+uint32(at.size) : at.at+uint32(at.size)], doc: s.doc, at: int(at.at)}
}

// join makes one value of the parts of an attribute or of an element's text: the value itself when it is alone.
// It answers false when an optional value is null.
func (s *scope) join(parts []node) (Value, bool) {
	if len(parts) == 1 && parts[0].kind != elementNode {
		return s.part(&parts[0])
	}
	var text []byte
	for i := range parts {
		v, ok := s.part(&parts[i])
		if !ok {
			return Value{}, false
		}
		text = v.AppendText(text)
	}
	return constant(string(text)), true
}

func (s *scope) part(n *node) (Value, bool) {
	switch n.kind {
	case textNode:
		return constant(n.text), true
	case valueNode, optionalNode:
		v := s.value(n.index)
		return v, n.kind == valueNode || !v.IsNull()
	}
	return Value{}, true
}
