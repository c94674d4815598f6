// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"fmt"
	"slices"
	"strconv"
)

// What stands in for templates whose definitions are lost.

// nameless stands in for a template that is lost.
func nameless(id uint32) []node {
	return []node{{kind: lostNode, index: noIndex, name: "Values", attrs: []attribute{
		{"Template", []node{{kind: textNode, text: fmt.Sprintf("0x%08X", id)}}},
	}}}
}

// lost visits the values of an instance in order, as elements with a number for a name. They are made while they are visited:
// there may be as many as bytes.
func (w *walker) lost(n *node, sc *scope) {
	w.start(n, sc)
	number, typ, value := []node{{kind: textNode}}, []node{{kind: textNode}}, []node{{kind: valueNode}}
	one := node{kind: lostNode, index: noIndex, name: "Value", attrs: []attribute{{"Name", number}, {"Type", typ}}, children: value}
	for i, s := range sc.slots {
		if w.err != nil {
			break
		}
		if s.typ == TypeBinXML {
			w.value(sc.value(uint16(i)), sc)
			continue
		}
		number[0].text, typ[0].text, value[0].index = "#"+strconv.Itoa(i), s.typ.String(), uint16(i)
		w.element(&one, sc)
	}
	w.end(n)
}

// lostEvent stands in for the template of a whole event. Windows makes these templates itself, and gives its values the same order in all of
// them (seen in every log at hand, from Windows 7 to 11): so System can be filled in when the types are those, too.
func lostEvent(nodes []node, slots []slot) []node {
	event := node{kind: elementNode, index: noIndex, name: "Event", children: nodes}
	types := map[int]Type{3: TypeUint16, 5: TypeHexInt64, 6: TypeFileTime, 10: TypeUint64}
	for i, t := range types {
		if i >= len(slots) || slots[i].typ != t {
			return []node{event}
		}
	}
	event.children = []node{conventional(slots)}
	for i, s := range slots {
		if s.typ == TypeBinXML {
			event.children = append(event.children, node{kind: valueNode, index: uint16(i), typ: s.typ})
		}
	}
	return []node{event}
}

// conventional is System with the values in the order that Windows gives them.
func conventional(slots []slot) node {
	value := func(i uint16, want Type) []node {
		if int(i) >= len(slots) || slots[i].typ != want {
			return nil
		}
		return []node{{kind: optionalNode, index: i, typ: want}}
	}
	element := func(name string, content []node, attrs ...attribute) node {
		if attrs = slices.DeleteFunc(attrs, func(a attribute) bool { return a.parts == nil }); len(attrs) == 0 {
			attrs = nil
		}
		return node{kind: elementNode, index: noIndex, name: name, children: content, attrs: attrs}
	}
	system := element("System", []node{
		element("Provider", nil, attribute{"Guid", value(15, TypeGUID)}, attribute{"Name", value(14, TypeString)}),
		element("EventID", value(3, TypeUint16), attribute{"Qualifiers", value(4, TypeUint16)}),
		element("Version", value(11, TypeUint8)),
		element("Level", value(0, TypeUint8)),
		element("Task", value(2, TypeUint16)),
		element("Opcode", value(1, TypeUint8)),
		element("Keywords", value(5, TypeHexInt64)),
		element("TimeCreated", nil, attribute{"SystemTime", value(6, TypeFileTime)}),
		element("EventRecordID", value(10, TypeUint64)),
		element("Correlation", nil, attribute{"ActivityID", value(7, TypeGUID)}, attribute{"RelatedActivityID", value(relatedActivity(slots), TypeGUID)}),
		element("Execution", nil, attribute{"ProcessID", value(8, TypeUint32)}, attribute{"ThreadID", value(9, TypeUint32)}),
		element("Channel", value(16, TypeString)),
		element("Security", nil, attribute{"UserID", value(12, TypeSID)}),
	})
	system.children = slices.DeleteFunc(system.children, func(n node) bool { return n.children == nil && n.attrs == nil })
	return system
}

// relatedActivity is the value that is RelatedActivityID. Two kinds of templates were seen: one gets provider and channel as values 14 to 16 and
// the data as 17, the other has them in its text and gets the data as 19.
func relatedActivity(slots []slot) uint16 {
	data := len(slots) - 1
	for data >= 0 && slots[data].typ != TypeBinXML {
		data--
	}
	switch data {
	case 17:
		return 13
	case 19:
		return 18
	}
	return noIndex
}
