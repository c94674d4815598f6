// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

// visitor is told of an event's document in its order.
type visitor interface {
	start(n *node, sc *scope) (descend bool) // the start of an element; its attributes are asked of sc
	content(v Value)
	instruction(target, text string)
	end(n *node) // follows on each start, descended into or not
}

// walker goes through fragments with the values filled in.
type walker struct {
	visitor
	arrays bool // arrays are given as one value; else their element is repeated for each item
	at     int  // where the record lies in its document
	left   int  // bytes that may still be visited
	depth  int
	slots  []slot
	err    *Error
}

// visitCost is what visiting a node counts, in bytes, beside those of its value.
const visitCost = 16

// allowance is what an event may unfold into (see walker.left): templates are not part of its record.
func allowance(size int) int { return 8<<10 + 32*size }

// walk goes through the event.
func (e *Event) walk(v visitor, arrays bool) *Error {
	w := walker{visitor: v, arrays: arrays, left: allowance(e.size), at: int(e.Place.Offset - e.doc.base)}
	w.nodes(e.fragment.nodes, &scope{doc: e.doc, slots: e.fragment.slots, array: noIndex})
	return w.err
}

// Cut is the error of an event that would unfold into more than a record may: then Fields, XML and JSON end early. For nearly
// all events it is nil.
func (e *Event) Cut() *Error { return e.walk(nothing{}, false) }

// nothing is the visitor that looks at nothing.
type nothing struct{}

func (nothing) start(*node, *scope) bool   { return true }
func (nothing) content(Value)              {}
func (nothing) instruction(string, string) {}
func (nothing) end(*node)                  {}

func (w *walker) nodes(nodes []node, sc *scope) {
	for i := range nodes {
		n := &nodes[i]
		if w.spend(visitCost, sc) {
			return
		}
		switch n.kind {
		case elementNode:
			w.element(n, sc)
		case textNode:
			w.spend(len(n.text), sc)
			w.content(constant(n.text))
		case valueNode, optionalNode:
			w.value(sc.value(n.index), sc)
		case instructionNode:
			w.instruction(n.name, n.text)
		case fragmentNode:
			w.enter(*n.fragment, sc.doc)
		case lostNode:
			w.lost(n, sc)
		}
	}
}

// spend reports whether the allowance is used up.
func (w *walker) spend(n int, sc *scope) bool {
	if w.left -= n; w.left < 0 && w.err == nil {
		w.err = sc.doc.fail(w.at, ErrLimit, "the record unfolds into more than a record may; what is shown of it is cut")
	}
	return w.err != nil
}

// element visits an element: not at all when a value is null that it depends on, several times when its content is an array.
func (w *walker) element(n *node, sc *scope) {
	if n.index != noIndex && sc.value(n.index).IsNull() {
		return
	}
	if len(n.children) == 1 && n.children[0].kind == optionalNode && sc.value(n.children[0].index).IsNull() {
		return
	}
	list := -1
	for i := range n.children {
		c := &n.children[i]
		if (c.kind == valueNode || c.kind == optionalNode) && sc.value(c.index).typ.IsArray() {
			list = int(c.index)
			break
		}
	}
	if list < 0 || w.arrays {
		w.once(n, sc)
		return
	}
	array := sc.value(uint16(list))
	rest := array.raw
	for again := true; again && w.err == nil; again = len(rest) > 0 {
		one := *sc
		one.array = uint16(list)
		one.item = Value{typ: array.itemType(), raw: []byte{}}
		if len(rest) > 0 {
			item, size := array.next(rest)
			one.item, rest = item, rest[size:]
		}
		w.once(n, &one)
		w.spend(visitCost, sc)
	}
}

func (w *walker) once(n *node, sc *scope) {
	w.spend(len(n.name), sc)
	for i := range n.attrs {
		w.spend(visitCost+w.cost(n.attrs[i].parts, sc), sc)
	}
	if w.err != nil {
		return
	}
	if w.start(n, sc) {
		w.nodes(n.children, sc)
	}
	w.end(n)
}

// cost is the size of what an attribute consists of.
func (w *walker) cost(parts []node, sc *scope) (size int) {
	for i := range parts {
		size += visitCost + len(parts[i].text)
		if parts[i].kind != textNode {
			size += len(sc.value(parts[i].index).raw)
		}
	}
	return size
}

func (w *walker) value(v Value, sc *scope) {
	if w.spend(len(v.raw), sc) {
		return
	}
	if v.typ != TypeBinXML {
		w.content(v)
		return
	}
	if v.doc == nil || w.depth > maxFragments || w.spend(4*visitCost, sc) {
		return // Event.State says so
	}
	f, _ := v.doc.fragment(v.at, v.at+len(v.raw), &w.slots)
	w.enter(f, v.doc)
}

func (w *walker) enter(f fragment, doc *document) {
	w.depth++
	w.nodes(f.nodes, &scope{doc: doc, slots: f.slots, array: noIndex})
	w.depth--
}
