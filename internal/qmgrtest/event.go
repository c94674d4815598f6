// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/openbits/openbits/internal/evtxtest"
)

// Channel is a log that events go to.
type Channel struct {
	Name     string // as events have it
	File     string // in C:\Windows\System32\winevt\Logs
	Provider string
	GUID     string // of the provider; empty: a classic one, which has none
}

// The logs that tell of BITS.
var (
	BitsClient = Channel{
		"Microsoft-Windows-Bits-Client/Operational", "Microsoft-Windows-Bits-Client%4Operational.evtx", "Microsoft-Windows-Bits-Client",
		"ef1cc15b-46c1-414e-bb95-e76b077bd51e",
	}
	Security = Channel{"Security", "Security.evtx", "Microsoft-Windows-Security-Auditing", "54849625-5478-4994-a5ba-3e3b0328c30d"}
	Sysmon   = Channel{
		"Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon%4Operational.evtx", "Microsoft-Windows-Sysmon",
		"5770385f-c22a-43e0-bf4c-06f5698ffbd9",
	}
	PowerShell = Channel{
		"Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell%4Operational.evtx", "Microsoft-Windows-PowerShell",
		"a0c1853b-5c40-4b15-8766-3cf1c58f985a",
	}
	ClassicPowerShell = Channel{"Windows PowerShell", "Windows PowerShell.evtx", "PowerShell", ""}
	clearedSecurity   = Channel{"Security", "Security.evtx", "Microsoft-Windows-Eventlog", "fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148"}
	clearedSystem     = Channel{"System", "System.evtx", "Microsoft-Windows-Eventlog", "fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148"}
)

// Event is an event of a log.
type Event struct {
	Channel Channel
	ID      uint16
	Version byte
	Level   byte // 2 error, 3 warning, 5 verbose; 0: information
	Time    time.Time
	User    string // SID of the account that logged it; empty: SYSTEM
	PID     uint32 // of the process that logged it; 0: 1104
	Data    []Field
	Wrapper string // element within UserData that holds the data; empty: they are in EventData
	Removed uint64 // records that were taken out of the log before it
}

// Field is one value of an event.
type Field struct {
	Name  string // empty: it has none
	Value evtxtest.Value
}

func text(name, s string) Field { return Field{name, evtxtest.String(s)} }

func number(name string, v uint32) Field {
	return Field{name, evtxtest.Value{Type: 0x08, Data: binary.LittleEndian.AppendUint32(nil, v)}}
}

func signed(name string, v int32) Field {
	return Field{name, evtxtest.Value{Type: 0x07, Data: binary.LittleEndian.AppendUint32(nil, uint32(v))}}
}

func port(name string, v uint16) Field {
	return Field{name, evtxtest.Value{Type: 0x06, Data: binary.LittleEndian.AppendUint16(nil, v)}}
}

func size(name string, v uint64) Field {
	return Field{name, evtxtest.Value{Type: 0x0a, Data: binary.LittleEndian.AppendUint64(nil, v)}}
}

func hexadecimal(name string, v uint64) Field {
	return Field{name, evtxtest.Value{Type: 0x15, Data: binary.LittleEndian.AppendUint64(nil, v)}}
}

func guid(name, id string) Field {
	g := GUID(id)
	return Field{name, evtxtest.Value{Type: 0x0f, Data: g[:]}}
}

func filetime(name string, t time.Time) Field {
	return Field{name, evtxtest.Value{Type: 0x11, Data: binary.LittleEndian.AppendUint64(nil, FileTime(t))}}
}

func boolean(name string, v bool) Field {
	b := []byte{0, 0, 0, 0}
	if v {
		b[0] = 1
	}
	return Field{name, evtxtest.Value{Type: 0x0d, Data: b}}
}

func sid(name, s string) Field { return Field{name, evtxtest.Value{Type: 0x13, Data: SID(s)}} }

// texts is one value that is an array of texts, as classic events have it.
func texts(name string, list ...string) Field {
	var b []byte
	for _, s := range list {
		b = append(b, utf16le(s+"\x00")...)
	}
	return Field{name, evtxtest.Value{Type: 0x81, Data: b}}
}

// Logs are the files of events, by name. Records are in the order of the events, numbered from first.
func Logs(computer string, first uint64, events ...Event) map[string][]byte {
	lists := map[string][]Event{}
	for _, e := range events {
		lists[e.Channel.File] = append(lists[e.Channel.File], e)
	}
	files := map[string][]byte{}
	for name, list := range lists {
		slices.SortStableFunc(list, func(a, b Event) int { return a.Time.Compare(b.Time) })
		files[name] = logFile(computer, first, list)
	}
	return files
}

// chunkRoom is how far a chunk is filled: the largest event fits behind it.
const chunkRoom = 48 << 10

func logFile(computer string, first uint64, events []Event) []byte {
	log := new(evtxtest.Log)
	templates := map[string]*evtxtest.Template{}
	var chunk *evtxtest.Chunk
	var event *evtxtest.Template
	number := first
	for _, e := range events {
		number += e.Removed
		if chunk == nil || chunk.Len() > chunkRoom || e.Removed > 0 {
			chunk, event = evtxtest.NewChunk(number), evtxtest.EventTemplateOf(computer)
			log.Chunks = append(log.Chunks, chunk)
		}
		chunk.Record(e.Time, event, e.values(number, templates)...)
		number++
	}
	return log.Bytes()
}

// template is that of the event's data.
func (e Event) template(known map[string]*evtxtest.Template) *evtxtest.Template {
	key := fmt.Sprintf("%s %d %d %s", e.Channel.Provider, e.ID, e.Version, e.Wrapper)
	for _, f := range e.Data {
		key += fmt.Sprintf(" %s:%d", f.Name, f.Value.Type)
	}
	if t := known[key]; t != nil {
		return t
	}
	h := fnv.New128a()
	h.Write([]byte(key))
	t := &evtxtest.Template{GUID: [16]byte(h.Sum(nil)), Root: evtxtest.Element{Name: "EventData"}}
	var fields []any
	for i, f := range e.Data {
		element := evtxtest.Element{Name: "Data", Content: []any{evtxtest.Sub{Index: i, Type: f.Value.Type}}}
		switch {
		case e.Wrapper != "":
			element.Name = f.Name
		case f.Name != "":
			element.Attrs = []evtxtest.Attr{{Name: "Name", Content: []any{evtxtest.Text(f.Name)}}}
		}
		fields = append(fields, element)
	}
	t.Root.Content = fields
	if e.Wrapper != "" {
		t.Root = evtxtest.Element{Name: "UserData", Content: []any{evtxtest.Element{
			Name: e.Wrapper, Content: fields,
			Attrs: []evtxtest.Attr{{Name: "xmlns", Content: []any{evtxtest.Text("http://manifests.microsoft.com/win/2004/08/windows/eventlog")}}},
		}}}
	}
	known[key] = t
	return t
}

// level is that of the event; audits have none.
func (e Event) level() byte {
	if e.Channel == Security {
		return 0
	}
	return cmp.Or(e.Level, 4)
}

// values are those of the template of whole events.
func (e Event) values(record uint64, templates map[string]*evtxtest.Template) []evtxtest.Value {
	var data []evtxtest.Value
	for _, f := range e.Data {
		data = append(data, f.Value)
	}
	v := evtxtest.Values(e.Time, record, e.ID, evtxtest.Nested(e.template(templates), data...))
	v[0] = evtxtest.Value{Type: 0x04, Data: []byte{e.level()}}
	v[8] = evtxtest.Value{Type: 0x08, Data: binary.LittleEndian.AppendUint32(nil, cmp.Or(e.PID, 1104))}
	v[11] = evtxtest.Value{Type: 0x04, Data: []byte{e.Version}}
	v[12] = evtxtest.Value{Type: 0x13, Data: SID(cmp.Or(e.User, System))}
	v[14] = evtxtest.String(e.Channel.Provider)
	v[15], v[16] = evtxtest.Value{}, evtxtest.String(e.Channel.Name)
	if e.Channel.GUID == "" {
		v[11] = evtxtest.Value{} // classic events have no version
	} else {
		g := GUID(e.Channel.GUID)
		v[15] = evtxtest.Value{Type: 0x0f, Data: g[:]}
	}
	return v
}
