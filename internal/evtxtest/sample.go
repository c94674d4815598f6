// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtxtest

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Start is the time of the first record of the samples.
var Start = time.Date(2024, 5, 6, 7, 8, 9, 123456700, time.UTC)

// system is the element System with the values in the order that Windows gives them.
func system(computer string) Element {
	sub := func(i int, typ byte) []any { return []any{Sub{i, typ, true}} }
	return Element{Name: "System", Content: []any{
		Element{Name: "Provider", Attrs: []Attr{{"Name", sub(14, 0x01)}, {"Guid", sub(15, 0x0f)}}},
		Element{Name: "EventID", Depends: 4, Attrs: []Attr{{"Qualifiers", sub(4, 0x06)}}, Content: sub(3, 0x06)},
		Element{Name: "Version", Depends: 12, Content: sub(11, 0x04)},
		Element{Name: "Level", Depends: 1, Content: sub(0, 0x04)},
		Element{Name: "Task", Depends: 3, Content: sub(2, 0x06)},
		Element{Name: "Opcode", Depends: 2, Content: sub(1, 0x04)},
		Element{Name: "Keywords", Depends: 6, Content: sub(5, 0x15)},
		Element{Name: "TimeCreated", Attrs: []Attr{{"SystemTime", sub(6, 0x11)}}},
		Element{Name: "EventRecordID", Depends: 11, Content: sub(10, 0x0a)},
		Element{Name: "Correlation", Attrs: []Attr{{"ActivityID", sub(7, 0x0f)}, {"RelatedActivityID", sub(13, 0x0f)}}},
		Element{Name: "Execution", Depends: 9, Attrs: []Attr{{"ProcessID", sub(8, 0x08)}, {"ThreadID", sub(9, 0x08)}}},
		Element{Name: "Channel", Content: sub(16, 0x01)},
		Element{Name: "Computer", Content: []any{Text(computer)}},
		Element{Name: "Security", Attrs: []Attr{{"UserID", sub(12, 0x13)}}},
	}}
}

// EventTemplate is the template of whole events; its value 17 is the data.
func EventTemplate() *Template { return EventTemplateOf("host.example") }

// EventTemplateOf is EventTemplate for the events of a computer.
func EventTemplateOf(computer string) *Template {
	return &Template{GUID: [16]byte{0xa1, 1: 0x5e, 15: 0x01}, Root: Element{
		Name:    "Event",
		Attrs:   []Attr{{"xmlns", []any{Text("http://schemas.microsoft.com/win/2004/08/events/event")}}},
		Content: []any{system(computer), Sub{17, 0x21, true}},
	}}
}

// DataTemplate is a template of EventData with the given names, all of one type.
func DataTemplate(id byte, typ byte, names ...string) *Template {
	data := Element{Name: "EventData"}
	for i, name := range names {
		data.Content = append(data.Content, Element{
			Name: "Data", Attrs: []Attr{{"Name", []any{Text(name)}}}, Content: []any{Sub{i, typ, false}},
		})
	}
	return &Template{GUID: [16]byte{id, 0xda, 15: 0x02}, Root: data}
}

// Values are the values of an event: of provider and id, with data.
func Values(at time.Time, record uint64, id uint16, data Value) []Value {
	le := binary.LittleEndian
	number := func(typ byte, b []byte) Value { return Value{Type: typ, Data: b} }
	return []Value{
		number(0x04, []byte{4}), number(0x04, []byte{0}), number(0x06, []byte{0, 0}), number(0x06, le.AppendUint16(nil, id)),
		{},
		number(0x15, le.AppendUint64(nil, 1<<62)), number(0x11, le.AppendUint64(nil, FileTime(at))),
		{},
		number(0x08, le.AppendUint32(nil, 1104)), number(0x08, le.AppendUint32(nil, 9132)), number(0x0a, le.AppendUint64(nil, record)),
		number(0x04, []byte{2}), number(0x13, []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}),
		{},
		String("Test-Provider"), number(0x0f, []byte{0x5b, 0xc1, 0x1c, 0xef, 0xc1, 0x46, 0x4e, 0x41, 0xbb, 0x95, 0xe7, 0x6b, 7, 0x7b, 0xd5, 0x1e}),
		String("Test/Operational"), data,
	}
}

// Sample is a log of chunks with as many records each, of events 3, 59 and 60 in turn. Each has its record's number in its data.
func Sample(chunks, records int) *Log {
	log := new(Log)
	id := uint64(1)
	for range chunks {
		c := NewChunk(id)
		event, data := EventTemplate(), DataTemplate(0xd1, 0x01, "name", "url")
		for range records {
			at := Start.Add(time.Duration(id) * time.Second)
			fields := Nested(data, String(fmt.Sprintf("job %d", id)), String(fmt.Sprintf("https://files.example/%d?a=1&b=2", id)))
			c.Record(at, event, Values(at, id, []uint16{3, 59, 60}[id%3], fields)...)
			id++
		}
		log.Chunks = append(log.Chunks, c)
	}
	return log
}
