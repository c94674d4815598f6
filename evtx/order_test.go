// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestOrder: the templates of all events of the corpus have the order of values that is relied on where a template is lost.
func TestOrder(t *testing.T) {
	dir := os.Getenv("OPENBITS_CORPUS")
	if dir == "" {
		dir = "../../shared/corpus"
	}
	files, _ := filepath.Glob(filepath.Join(dir, "evtx", "*.evtx"))
	if len(files) == 0 {
		t.Skipf("there is no corpus of real logs in %s; OPENBITS_CORPUS names its folder", dir)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		l, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for e := range l.Events() {
			want := conventionalPlan(e.fragment.slots)
			for i, parts := range e.fragment.template.plan {
				if len(parts) == 1 && parts[0].kind != textNode && want[i] != nil && parts[0].index != want[i][0].index {
					t.Errorf("%s, record %d: property %d is value %d, not %d", name, e.Record, i, parts[0].index, want[i][0].index)
				}
			}
		}
	}
}

// conventionalPlan is the plan of a lost template of the kind that the values of an event are for, with values of all the types.
func conventionalPlan(slots []slot) plan {
	types := []Type{
		TypeUint8, TypeUint8, TypeUint16, TypeUint16, TypeUint16, TypeHexInt64, TypeFileTime, TypeGUID, TypeUint32, TypeUint32,
		TypeUint64, TypeUint8, TypeSID, TypeGUID, TypeString, TypeGUID, TypeString,
	}
	var full []slot
	for _, typ := range types {
		full = append(full, slot{typ: typ})
	}
	for i := len(full); i < len(slots); i++ {
		full = append(full, slot{typ: map[bool]Type{true: TypeBinXML, false: TypeGUID}[slots[i].typ == TypeBinXML]})
	}
	return planOf(lostEvent(nil, full))
}

// TestRelatedActivity: the related activity of an event whose template is lost, for both kinds of templates.
func TestRelatedActivity(t *testing.T) {
	slots := func(count, data int, typ Type) []slot {
		list := make([]slot, count)
		for i, typ := range map[int]Type{3: TypeUint16, 5: TypeHexInt64, 6: TypeFileTime, 10: TypeUint64, 13: typ, 18: typ, data: TypeBinXML} {
			if i < count {
				list[i].typ = typ
			}
		}
		return list
	}
	for _, c := range []struct {
		slots []slot
		want  int // -1: none
	}{
		{slots(18, 17, TypeGUID), 13},
		{slots(20, 19, TypeGUID), 18},
		{slots(18, 17, TypeNull), -1},
		{slots(20, 19, TypeString), -1},
		{slots(19, 16, TypeGUID), -1},
	} {
		p := planOf(lostEvent(nil, c.slots))
		got := -1
		if parts := p[propRelatedActivityID]; len(parts) == 1 {
			got = int(parts[0].index)
		}
		if got != c.want {
			t.Errorf("of %d values, %v, it is value %d, not %d", len(c.slots), c.slots[len(c.slots)-1].typ, got, c.want)
		}
	}
}

// TestNameHash: the hashes in the examples of [MS-EVEN6], 4.4.
func TestNameHash(t *testing.T) {
	for name, want := range map[string]uint16{"Event": 0x0cba, "Element1": 0x79b5, "Element2": 0x79b6, "Element3": 0x79b7, "AttrA": 0xd890, "AttrB": 0xd891} {
		var raw []byte
		for _, c := range name {
			raw = append(raw, byte(c), 0)
		}
		if got := nameHash(raw); got != want {
			t.Errorf("%s has hash 0x%04x, not 0x%04x", name, got, want)
		}
	}
}
