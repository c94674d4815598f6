// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"strconv"
	"time"
)

// System has the fields of an event's System element (Windows event schema, SystemPropertiesType). Numbers
// that an event does not have are Absent; texts are empty, times and GUIDs zero.
type System struct {
	Provider          string // name of what wrote the event
	ProviderGUID      GUID
	EventSource       string // name of a provider of the classic kind, beside Provider
	ID                int    // of the event: 0 to 65,535
	Qualifiers        int    // upper half of the identifier of classic events
	Version           int
	Level             int // 1 critical, 2 error, 3 warning, 4 information, 5 verbose
	Task              int
	Opcode            int
	Keywords          uint64 // a bit mask
	Time              time.Time
	RecordID          uint64 // number of the event in its log; another than Event.Record in exported logs
	ActivityID        GUID
	RelatedActivityID GUID
	ProcessID         int64
	ThreadID          int64
	Channel           string // the log that the event was written to
	Computer          string
	UserSID           string // security identifier of whom the provider ran as, "S-1-5-18"
}

// Absent is a number of System that the event does not have.
const Absent = -1

// GUID is a GUID in the order of bytes that the log has it in. The zero value stands for none.
type GUID [16]byte

// String writes {01234567-89AB-CDEF-0123-456789ABCDEF}; nothing for the zero value.
func (g GUID) String() string {
	if g == (GUID{}) {
		return ""
	}
	return string(appendGUID(make([]byte, 0, 38), g))
}

// property is a place in the System element.
type property int

const (
	propProvider property = iota
	propProviderGUID
	propEventSource
	propID
	propQualifiers
	propVersion
	propLevel
	propTask
	propOpcode
	propKeywords
	propTime
	propRecordID
	propActivityID
	propRelatedActivityID
	propProcessID
	propThreadID
	propChannel
	propComputer
	propUserSID
	propCount
)

// plan is where a template has the properties of System: for each the parts of an attribute or of an element's content.
type plan [propCount][]node

// maxParts is how many parts a property may consist of: they are put together before anybody asks for them. Windows has one.
const maxParts = 8

// planOf looks for them in the elements of a fragment.
func planOf(nodes []node) (p plan) {
	event := child(nodes, "Event")
	if event == nil {
		return p
	}
	system := child(event.children, "System")
	if system == nil {
		return p
	}
	for i := range system.children {
		n := &system.children[i]
		if where := propertyOf(n.name, ""); where >= 0 {
			p[where] = n.children
		}
		for _, a := range n.attrs {
			if where := propertyOf(n.name, a.name); where >= 0 {
				p[where] = a.parts
			}
		}
	}
	return p
}

func child(nodes []node, name string) *node {
	for i := range nodes {
		if nodes[i].kind == elementNode && nodes[i].name == name {
			return &nodes[i]
		}
	}
	return nil
}

// propertyOf knows the elements and attributes of System; -1 is any other.
func propertyOf(element, attribute string) property {
	places := [propCount][2]string{
		propProvider: {"Provider", "Name"}, propProviderGUID: {"Provider", "Guid"}, propEventSource: {"Provider", "EventSourceName"},
		propID: {"EventID"}, propQualifiers: {"EventID", "Qualifiers"}, propVersion: {"Version"}, propLevel: {"Level"},
		propTask: {"Task"}, propOpcode: {"Opcode"}, propKeywords: {"Keywords"}, propTime: {"TimeCreated", "SystemTime"},
		propRecordID: {"EventRecordID"}, propActivityID: {"Correlation", "ActivityID"},
		propRelatedActivityID: {"Correlation", "RelatedActivityID"}, propProcessID: {"Execution", "ProcessID"},
		propThreadID: {"Execution", "ThreadID"}, propChannel: {"Channel"}, propComputer: {"Computer"}, propUserSID: {"Security", "UserID"},
	}
	for i, place := range places {
		if place == [2]string{element, attribute} {
			return property(i)
		}
	}
	return -1
}

// system fills in what the plan finds. Texts that come again and again are kept once, in words.
func (p *plan) system(sc *scope, words *words) System {
	value := func(which property) Value {
		if parts := len(p[which]); parts == 0 || parts > maxParts {
			return Value{}
		}
		v, _ := sc.join(p[which])
		return v
	}
	number := func(which property) int64 { return integer(value(which), Absent) }
	return System{
		Provider:          words.text(value(propProvider)),
		ProviderGUID:      guidOf(value(propProviderGUID)),
		EventSource:       words.text(value(propEventSource)),
		ID:                int(number(propID)),
		Qualifiers:        int(number(propQualifiers)),
		Version:           int(number(propVersion)),
		Level:             int(number(propLevel)),
		Task:              int(number(propTask)),
		Opcode:            int(number(propOpcode)),
		Keywords:          unsigned(value(propKeywords)),
		Time:              timeOf(value(propTime)),
		RecordID:          unsigned(value(propRecordID)),
		ActivityID:        guidOf(value(propActivityID)),
		RelatedActivityID: guidOf(value(propRelatedActivityID)),
		ProcessID:         number(propProcessID),
		ThreadID:          number(propThreadID),
		Channel:           words.text(value(propChannel)),
		Computer:          words.text(value(propComputer)),
		UserSID:           words.text(value(propUserSID)),
	}
}

// integer reads a number that stands in the log as one, or in a template as text.
func integer(v Value, none int64) int64 {
	if i, ok := v.Int(); ok {
		return i
	}
	if v.typ == TypeString {
		if i, err := strconv.ParseInt(v.String(), 0, 64); err == nil {
			return i
		}
	}
	return none
}

func unsigned(v Value) uint64 {
	if u, ok := v.Uint(); ok {
		return u
	}
	if v.typ == TypeString {
		if u, err := strconv.ParseUint(v.String(), 0, 64); err == nil {
			return u
		}
	}
	return uint64(max(integer(v, 0), 0))
}

func timeOf(v Value) time.Time {
	if t, ok := v.Time(); ok {
		return t
	}
	if v.typ == TypeString {
		if t, err := time.Parse(time.RFC3339Nano, v.String()); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func guidOf(v Value) GUID {
	switch {
	case v.typ == TypeGUID && len(v.raw) == 16:
		return GUID(v.raw)
	case v.typ == TypeString:
		g, _ := parseGUID(v.String())
		return g
	}
	return GUID{}
}

// words keeps texts, so that a name that a thousand events have is in memory once.
type words struct {
	seen    map[string]string // bytes in the log: text
	scratch []byte
}

// maxWords bounds how many texts are kept, and maxWord how long they may be, in bytes.
const (
	maxWords = 4096
	maxWord  = 512
)

func (w *words) text(v Value) string {
	if v.raw == nil {
		return v.text
	}
	if len(v.raw) > maxWord {
		return v.String()
	}
	w.scratch = append(append(w.scratch[:0], byte(v.typ)), v.raw...)
	if text, ok := w.seen[string(w.scratch)]; ok {
		return text
	}
	text := v.String()
	if w.seen == nil || len(w.seen) >= maxWords {
		w.seen = map[string]string{}
	}
	w.seen[string(w.scratch)] = text
	return text
}
