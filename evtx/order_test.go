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
	want := conventionalPlan()
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
			for i, parts := range e.fragment.template.plan {
				if len(parts) == 1 && parts[0].kind != textNode && want[i] != nil && parts[0].index != want[i][0].index {
					t.Errorf("%s, record %d: property %d is value %d, not %d", name, e.Record, i, parts[0].index, want[i][0].index)
				}
			}
		}
	}
}

// conventionalPlan is the plan of a lost template with values of all the types.
func conventionalPlan() plan {
	types := []Type{
		TypeUint8, TypeUint8, TypeUint16, TypeUint16, TypeUint16, TypeHexInt64, TypeFileTime, TypeGUID, TypeUint32, TypeUint32,
		TypeUint64, TypeUint8, TypeSID, TypeNull, TypeString, TypeGUID, TypeString, TypeBinXML, TypeGUID,
	}
	var slots []slot
	for _, typ := range types {
		slots = append(slots, slot{typ: typ})
	}
	return planOf(lostEvent(nil, slots))
}
