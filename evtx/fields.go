// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import "strings"

// Field is one of the data of an event.
type Field struct {
	Name  string
	Value Value
}

// Fields are the event's own data: what stands in EventData, UserData or another element beside System, in order.
//
// The name is that of the attribute Name where there is one (<Data Name="url">), else that of the element; in UserData it is the path
// beneath the one element in it ("SubjectUserName", "Detail/Code"). An attribute is a field of its own, "Element@Attribute". Names may come several
// times. An array is one field. Elements that have others within are no fields. When the definition of a template is lost, the names are
// "#0", "#1", and so on.
func (e *Event) Fields() []Field {
	fields, _ := e.collect()
	return fields
}

func (e *Event) collect() ([]Field, *Error) {
	c := collector{fields: make([]Field, 0, 16)}
	err := e.walk(&c, true)
	return c.fields, err
}

// Field is the value of the first field of that name, in any case of letters; Null when there is none.
func (e *Event) Field(name string) Value {
	for _, f := range e.Fields() {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return Value{}
}

// collector is the visitor that makes fields of what is beside System.
type collector struct {
	fields []Field
	open   []level
}

// level is an element that has not ended.
type level struct {
	name   string // of the field that it may become; "" above fields
	skip   bool
	parent bool // it has elements within
	values int
	value  Value
}

// Elements of an event that hold no data of its own. RenderingInfo is what a forwarding machine made of them.
const (
	systemElement    = "System"
	renderingElement = "RenderingInfo"
	userDataElement  = "UserData"
)

func (c *collector) start(n *node, sc *scope) bool {
	depth := len(c.open)
	l := level{}
	if depth > 0 {
		c.open[depth-1].parent = true
	}
	switch {
	case depth == 1:
		l.skip = n.name == systemElement || n.name == renderingElement
		l.name = ""
		if n.name == userDataElement {
			l.name = userDataElement // one more level is no field
		}
	case depth == 2 && c.open[1].name == userDataElement:
	case depth >= 2:
		l.name = c.name(n, sc)
	}
	c.open = append(c.open, l)
	return !l.skip
}

// name makes the name of an element's field, and fields of its attributes.
func (c *collector) name(n *node, sc *scope) string {
	name := n.name
	if above := c.open[len(c.open)-1].name; len(c.open) > 2 && above != "" {
		name = above + "/" + name
	}
	for i := range n.attrs {
		if a := &n.attrs[i]; a.name == "Name" {
			if v, ok := sc.join(a.parts); ok && !v.IsNull() {
				name = v.String()
			}
		}
	}
	for i := range n.attrs {
		a := &n.attrs[i]
		if n.kind == lostNode || a.name == "Name" || strings.HasPrefix(a.name, "xmlns") {
			continue
		}
		if v, ok := sc.join(a.parts); ok {
			c.fields = append(c.fields, Field{name + "@" + a.name, v})
		}
	}
	return name
}

func (c *collector) content(v Value) {
	if len(c.open) == 0 {
		return
	}
	l := &c.open[len(c.open)-1]
	switch l.values++; l.values {
	case 1:
		l.value = v
	default:
		l.value = constant(l.value.String() + v.String())
	}
}

func (c *collector) instruction(string, string) {}

func (c *collector) end(*node) {
	l := c.open[len(c.open)-1]
	c.open = c.open[:len(c.open)-1]
	if len(c.open) >= 2 && l.name != "" && !l.parent {
		c.fields = append(c.fields, Field{l.name, l.value})
	}
}
