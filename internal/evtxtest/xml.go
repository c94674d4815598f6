// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtxtest

import "encoding/binary"

// Template is a template definition.
type Template struct {
	GUID [16]byte
	Root Element
}

// Element is an element with its attributes and what is in it: Text, CDATA, CharRef, EntityRef, PI, Sub, Element.
type Element struct {
	Name    string
	Depends int // 1 + the number of the value without which it is left out; 0: none
	Attrs   []Attr
	Content []any
}

// Attr is an attribute; its content is Text, CharRef, EntityRef and Sub.
type Attr struct {
	Name    string
	Content []any
}

type (
	// Text is text.
	Text string
	// CDATA is a CDATA section.
	CDATA string
	// CharRef is a character reference.
	CharRef uint16
	// EntityRef is a reference to an entity, such as "amp".
	EntityRef string
	// PI is a processing instruction.
	PI struct{ Target, Data string }
	// Sub is where a value goes.
	Sub struct {
		Index    int
		Type     byte
		Optional bool
	}
	// Raw is any bytes.
	Raw []byte
)

// Value is a value of an instance: bytes, or another instance (then Type is 0x21), or elements.
type Value struct {
	Type     byte
	Data     []byte
	Template *Template
	Values   []Value
	Element  *Element
}

// String is a value of UTF-16 text.
func String(text string) Value { return Value{Type: 0x01, Data: UTF16(text)} }

// Nested is a value of binary XML: an instance of a template.
func Nested(t *Template, values ...Value) Value {
	return Value{Type: 0x21, Template: t, Values: values}
}

func (c *Chunk) instance(t *Template, values []Value) {
	c.buf = append(c.buf, 0x0c, 1)
	c.u32(binary.LittleEndian.Uint32(t.GUID[:]))
	if at, ok := c.templates[t]; ok {
		c.u32(at)
	} else {
		c.u32(uint32(len(c.buf) + 4))
		c.define(t)
	}
	c.u32(uint32(len(values)))
	table := len(c.buf)
	for _, v := range values {
		c.u16(0)
		c.buf = append(c.buf, v.Type, 0)
	}
	for i, v := range values {
		start := len(c.buf)
		switch {
		case v.Template != nil:
			c.buf = append(c.buf, 0x0f, 1, 1, 0)
			c.instance(v.Template, v.Values)
			c.buf = append(c.buf, 0)
		case v.Element != nil:
			c.buf = append(c.buf, 0x0f, 1, 1, 0)
			c.element(*v.Element, false)
			c.buf = append(c.buf, 0)
		default:
			c.buf = append(c.buf, v.Data...)
		}
		binary.LittleEndian.PutUint16(c.buf[table+4*i:], uint16(len(c.buf)-start))
	}
}

func (c *Chunk) define(t *Template) {
	at := uint32(len(c.buf))
	c.templates[t] = at
	bucket := c.buf[384+4*(binary.LittleEndian.Uint32(t.GUID[:])%32):]
	c.u32(binary.LittleEndian.Uint32(bucket)) // what was the first definition of the bucket is now the second
	binary.LittleEndian.PutUint32(bucket, at)
	c.buf = append(c.buf, t.GUID[:]...)
	size := len(c.buf)
	c.u32(0)
	c.buf = append(c.buf, 0x0f, 1, 1, 0)
	c.element(t.Root, true)
	c.buf = append(c.buf, 0)
	binary.LittleEndian.PutUint32(c.buf[size:], uint32(len(c.buf)-size-4))
}

// sized writes a size of four bytes and what it is the size of.
func (c *Chunk) sized(body func()) {
	at := len(c.buf)
	c.u32(0)
	body()
	binary.LittleEndian.PutUint32(c.buf[at:], uint32(len(c.buf)-at-4))
}

func (c *Chunk) element(e Element, template bool) {
	token := byte(0x01)
	if len(e.Attrs) > 0 {
		token = 0x41
	}
	c.buf = append(c.buf, token)
	if template {
		c.u16(uint16(e.Depends - 1))
	}
	c.sized(func() {
		c.name(e.Name)
		if len(e.Attrs) > 0 {
			c.sized(func() { c.attributes(e.Attrs) })
		}
		if len(e.Content) == 0 {
			c.buf = append(c.buf, 0x03)
			return
		}
		c.buf = append(c.buf, 0x02)
		for i, item := range e.Content {
			c.item(item, i < len(e.Content)-1, template)
		}
		c.buf = append(c.buf, 0x04)
	})
}

func (c *Chunk) attributes(attrs []Attr) {
	for i, a := range attrs {
		token := byte(0x46)
		if i == len(attrs)-1 {
			token = 0x06
		}
		c.buf = append(c.buf, token)
		c.name(a.Name)
		for k, item := range a.Content {
			c.item(item, k < len(a.Content)-1, false)
		}
	}
}

func (c *Chunk) item(item any, more, template bool) {
	flag := byte(0)
	if more {
		flag = 0x40
	}
	switch v := item.(type) {
	case Element:
		c.element(v, template)
	case Text:
		c.buf = append(c.buf, 0x05|flag, 0x01)
		c.counted(string(v))
	case CDATA:
		c.buf = append(c.buf, 0x07|flag)
		c.counted(string(v))
	case CharRef:
		c.buf = append(c.buf, 0x08|flag)
		c.u16(uint16(v))
	case EntityRef:
		c.buf = append(c.buf, 0x09|flag)
		c.name(string(v))
	case PI:
		c.buf = append(c.buf, 0x0a)
		c.name(v.Target)
		c.buf = append(c.buf, 0x0b)
		c.counted(v.Data)
	case Sub:
		token := byte(0x0d)
		if v.Optional {
			token = 0x0e
		}
		c.buf = append(c.buf, token)
		c.u16(uint16(v.Index))
		c.buf = append(c.buf, v.Type)
	case Raw:
		c.buf = append(c.buf, v...)
	}
}

func (c *Chunk) counted(text string) {
	units := UTF16(text)
	c.u16(uint16(len(units) / 2))
	c.buf = append(c.buf, units...)
}

// name writes the offset of a name, and the name where it is first used.
func (c *Chunk) name(text string) {
	if at, ok := c.names[text]; ok {
		c.u32(at)
		return
	}
	at := uint32(len(c.buf) + 4)
	c.u32(at)
	c.names[text] = at
	units := UTF16(text)
	var hash uint32
	for i := 0; i < len(units); i += 2 {
		hash = hash*65599 + uint32(binary.LittleEndian.Uint16(units[i:]))
	}
	bucket := c.buf[128+4*(hash&0xffff%64):]
	c.u32(binary.LittleEndian.Uint32(bucket))
	binary.LittleEndian.PutUint32(bucket, at)
	c.u16(uint16(hash))
	c.counted(text)
	c.u16(0)
}
