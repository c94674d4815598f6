// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package docgen_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/docgen"
)

var update = flag.Bool("update", false, "rewrite the pages")

const root = "../.."

func TestPages(t *testing.T) {
	pages := map[string]func() (string, error){
		"errors.md":  func() (string, error) { return docgen.Errors(root) },
		"reasons.md": func() (string, error) { return docgen.Reasons(root) },
		"events.md":  func() (string, error) { return docgen.Events(root) },
		"states.md":  func() (string, error) { return docgen.States(root, table()) },
	}
	for name, make := range pages {
		t.Run(name, func(t *testing.T) {
			want, err := make()
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(root, "docs", name)
			if *update {
				if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("docs/%s is not what the code says; go test ./internal/docgen -update rewrites it:\n%s", name, diff)
			}
		})
	}
}

// table is the engine's state machine in words.
func table() []docgen.Transition {
	var list []docgen.Transition
	for _, r := range engine.Table() {
		t := docgen.Transition{On: string(r.On), From: r.From, To: r.To, Refuse: r.Refuse}
		for bit, name := range engine.EffectNames {
			if r.Do&(1<<bit) != 0 {
				t.Does = append(t.Does, name)
			}
		}
		list = append(list, t)
	}
	return list
}

// TestListsAreWhole: the lists in the code name every constant, in the same order.
func TestListsAreWhole(t *testing.T) {
	values := func(file, typ string) []string {
		list, err := docgen.Constants(filepath.Join(root, file), typ)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range list {
			out = append(out, c.Value)
		}
		return out
	}
	for name, pair := range map[string][2][]string{
		"Kinds":      {values("kind.go", "Kind"), text(openbits.Kinds)},
		"Reasons":    {values("reason.go", "ReasonCode"), text(openbits.Reasons)},
		"States":     {values("state.go", "State"), text(openbits.States)},
		"FileStates": {values("state.go", "FileState"), text(openbits.FileStates)},
		"EventTypes": {values("event.go", "EventType"), text(openbits.EventTypes)},
		"Modes":      {values("transport.go", "TransportMode"), text(openbits.TransportModes)},
		"Rivals":     {values("transport.go", "Rival"), text(openbits.Rivals)},
		"Actions":    {values("request.go", "Action"), text(openbits.Actions)},
		"Events":     {values("engine/transition.go", "Event"), text(engine.Events)},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s: constants (-), list (+):\n%s", name, diff)
		}
		sorted := slices.Sorted(slices.Values(pair[0]))
		if len(slices.Compact(sorted)) != len(pair[0]) {
			t.Errorf("%s: two constants have one value", name)
		}
	}
}

func text[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func TestConstantsRefuse(t *testing.T) {
	for name, source := range map[string]string{
		"no comment":     "package p\n\ntype T string\n\nconst A T = \"a\"\n",
		"other comment":  "package p\n\ntype T string\n\nconst (\n\t// B: b.\n\tA T = \"a\"\n)\n",
		"no constant":    "package p\n\ntype T string\n",
		"no string":      "package p\n\ntype T int\n\nconst (\n\t// A: a.\n\tA T = iota\n)\n",
		"does not parse": "package",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "p.go")
			if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
			if list, err := docgen.Constants(file, "T"); err == nil {
				t.Errorf("got %v", list)
			}
		})
	}
}
