// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget_test

import (
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpget"
)

// TestByDigest goes on at a mirror that gives the same content a tag of its own. Where a digest will
// judge the whole, what is held is kept; without one it is fetched again; another size is another file.
func TestByDigest(t *testing.T) {
	content := testlab.Content{Seed: 7, Size: 3 << 20}
	for _, c := range []struct {
		name     string
		byDigest bool
		grow     int64
		kept     bool // what is held, at the mirror
	}{
		{"with a digest", true, 0, true},
		{"without one", false, 0, false},
		{"another size", true, 10, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin := startOrigin(t, testlab.Options{})
			origin.Put("/a", testlab.File{Content: content})
			origin.Put("/mirror", testlab.File{
				Content: testlab.Content{Seed: content.Seed, Size: content.Size + c.grow}, NoModified: true,
				Plan: testlab.Steps(testlab.Step{Fault: testlab.FaultOtherTag}, testlab.Step{Fault: testlab.FaultOtherTag}),
			})
			m := newMover(t, httpget.Options{})
			part := emptyPart()
			transfer := openbits.Transfer{Priority: openbits.PriorityNormal, URL: origin.URL + "/a", ByDigest: c.byDigest}
			interrupt(t, m, transfer, part, 1<<20)
			held := part.Held().Offset
			transfer.URL = origin.URL + "/mirror"
			if err := m.Move(t.Context(), transfer, part); err != nil {
				t.Fatal(err)
			}
			begins := part.Begins()
			got, want := begins[len(begins)-1].Offset, int64(0)
			if c.kept {
				want = held
			}
			if got != want {
				t.Errorf("the mirror's bytes begin at %d, want %d", got, want)
			}
			if !(testlab.Content{Seed: content.Seed, Size: content.Size + c.grow}).Is(part.Bytes()) {
				t.Error("the bytes are not the mirror's")
			}
		})
	}
}
