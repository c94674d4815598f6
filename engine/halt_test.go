// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"testing"

	"github.com/openbits/openbits"
)

// TestFileStartsWithItsNewestRow: a row that was read before an owner changed it must not set the file in motion.
func TestFileStartsWithItsNewestRow(t *testing.T) {
	r := &run{
		ctx: t.Context(), poked: make(chan struct{}, 1),
		motions: make(map[int]*motion), held: make(map[int]bool), changed: make(map[int]int),
	}
	f := openbits.File{Index: 1}
	seen := r.changes(f.Index)
	if r.halt(f.Index) != nil {
		t.Fatal("the file is in motion")
	}
	if r.motion(f, seen) != nil {
		t.Error("a file starts while it is changed")
	}
	r.unhalt(f.Index)
	if r.motion(f, seen) != nil {
		t.Error("a file starts with the row it had before it was changed")
	}
	if r.motion(f, r.changes(f.Index)) == nil {
		t.Error("a file does not start with its newest row")
	}
	if r.motion(f, r.changes(f.Index)) != nil {
		t.Error("a file starts twice")
	}
}
