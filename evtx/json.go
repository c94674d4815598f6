// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// MarshalJSON is the event as [Event.AppendJSON] writes it.
func (e *Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// AppendJSON adds the event to b as one JSON object without line breaks:
//
//	{"record":10260,"time":"2021-02-22T23:07:21.0433571Z","provider":"…","event_id":3,…,"data":{"jobTitle":"…","processId":7680},
//	 "found":{"layer":"live","state":"whole","offset":4608,"chunk":0,"record":1,"verified":true}}
//
// What the event does not have is left out; "cut" says that it is cut (see [Event.Cut]). In "data" a name that comes several times has an array of its values. Numbers are
// JSON numbers (up to 64 bits: more than JavaScript keeps), Bool true or false, Null null, arrays arrays, and all
// other types text as [Value.AppendText] writes it.
func (e *Event) AppendJSON(b []byte) []byte {
	j := jsonWriter{b}
	j.out = append(j.out, '{')
	s := &e.System
	if s.RecordID != 0 {
		j.key("record")
		j.out = strconv.AppendUint(j.out, s.RecordID, 10)
	}
	j.key("time")
	j.out = append(appendTime(append(j.out, '"'), e.Time()), '"')
	j.text("provider", s.Provider)
	j.text("provider_guid", s.ProviderGUID.String())
	j.text("event_source", s.EventSource)
	j.number("event_id", int64(s.ID), s.ID < 0)
	j.number("qualifiers", int64(s.Qualifiers), s.Qualifiers < 0)
	j.number("version", int64(s.Version), s.Version < 0)
	j.number("level", int64(s.Level), s.Level < 0)
	j.number("task", int64(s.Task), s.Task < 0)
	j.number("opcode", int64(s.Opcode), s.Opcode < 0)
	if s.Keywords != 0 {
		j.text("keywords", "0x"+strconv.FormatUint(s.Keywords, 16))
	}
	j.text("activity_id", s.ActivityID.String())
	j.text("related_activity_id", s.RelatedActivityID.String())
	j.number("process_id", s.ProcessID, s.ProcessID < 0)
	j.number("thread_id", s.ThreadID, s.ThreadID < 0)
	j.text("channel", s.Channel)
	j.text("computer", s.Computer)
	j.text("user_sid", s.UserSID)
	fields, cut := e.collect()
	j.key("data")
	j.fields(fields)
	if cut != nil {
		j.text("cut", cut.Error())
	}
	j.found(e)
	return append(j.out, '}')
}

// jsonWriter writes members of objects; those that are empty are left out.
type jsonWriter struct{ out []byte }

func (j *jsonWriter) key(name string) {
	if j.out[len(j.out)-1] != '{' {
		j.out = append(j.out, ',')
	}
	j.out = append(appendQuoted(j.out, name), ':')
}

func (j *jsonWriter) number(name string, n int64, absent bool) {
	if !absent {
		j.key(name)
		j.out = strconv.AppendInt(j.out, n, 10)
	}
}

func (j *jsonWriter) text(name, text string) {
	if text != "" {
		j.key(name)
		j.out = appendQuoted(j.out, text)
	}
}

func (j *jsonWriter) found(e *Event) {
	j.key("found")
	j.out = append(j.out, '{')
	j.text("layer", string(e.Place.Layer))
	j.text("state", string(e.State))
	j.number("offset", e.Place.Offset, false)
	j.number("chunk", int64(e.Place.Chunk), e.Place.Chunk == NoChunk)
	j.key("record")
	j.out = strconv.AppendUint(j.out, e.Record, 10)
	j.key("verified")
	j.out = strconv.AppendBool(j.out, e.Place.Verified)
	if e.Problem != nil {
		j.text("problem", e.Problem.Error())
	}
	j.out = append(j.out, '}')
}

// fields writes an object; what comes several times is gathered where it came first.
func (j *jsonWriter) fields(fields []Field) {
	next := repeats(fields)
	j.out = append(j.out, '{')
	for i, f := range fields {
		if next != nil && next[i].repeated {
			continue
		}
		j.key(f.Name)
		if next == nil || next[i].next == 0 {
			j.out = f.Value.appendJSON(j.out)
			continue
		}
		j.out = f.Value.appendJSON(append(j.out, '['))
		for k := next[i].next; k != 0; k = next[k].next {
			j.out = fields[k].Value.appendJSON(append(j.out, ','))
		}
		j.out = append(j.out, ']')
	}
	j.out = append(j.out, '}')
}

// repeat is where a field's name comes next, 0 when it does not, and whether it came before.
type repeat struct {
	next     int
	repeated bool
}

// repeats finds names that come several times; nil: none does.
func repeats(fields []Field) []repeat {
	const few = 32
	distinct := len(fields) <= few
	for i := range fields {
		for k := 0; distinct && k < i; k++ {
			distinct = fields[k].Name != fields[i].Name
		}
	}
	if distinct {
		return nil
	}
	all, last := make([]repeat, len(fields)), make(map[string]int, len(fields))
	for i, f := range fields {
		if before, ok := last[f.Name]; ok {
			all[before].next, all[i].repeated = i, true
		}
		last[f.Name] = i
	}
	return all
}

func (v Value) appendJSON(b []byte) []byte {
	if v.typ.IsArray() {
		b = append(b, '[')
		for i, item := range v.Items() {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	}
	if v.IsNull() {
		return append(b, "null"...)
	}
	switch v.typ {
	case TypeInt8, TypeInt16, TypeInt32, TypeInt64, TypeUint8, TypeUint16, TypeUint32, TypeUint64, TypeBool:
		if out, ok := v.appendScalar(b); ok {
			return out
		}
	case TypeReal32, TypeReal64:
		if f, ok := v.Float(); ok && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return appendFloat(b, f, 8*len(v.raw), true)
		}
	}
	first := len(b)
	b = v.AppendText(append(b, '"'))
	for _, c := range b[first+1:] {
		if c < 0x20 || c >= 0x80 || c == '"' || c == '\\' {
			return appendQuoted(b[:first], string(b[first+1:]))
		}
	}
	return append(b, '"')
}

// appendQuoted writes a JSON string (RFC 8259): what is no text becomes U+FFFD; U+2028 and U+2029, which end lines in JavaScript, are escaped.
func appendQuoted(b []byte, text string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < 0x20:
			b = append(b, `\u00`...)
			b = append(b, digits[r>>4], digits[r&15])
		case r == 0x2028 || r == 0x2029:
			b = append(b, `\u202`...)
			b = append(b, digits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
