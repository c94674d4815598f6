// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"testing"
	"testing/fstest"
	"time"
)

// TestUsageUnderWay: what is being received counts, although a look at the disk does not show it yet.
func TestUsageUnderWay(t *testing.T) {
	tree := fstest.MapFS{"a": {Data: make([]byte, 3)}}
	u := newUsage(10, tree, time.Now)
	if !u.reserve(6) {
		t.Fatal("there is room for 6 bytes")
	}
	u.recount()
	if u.reserve(6) {
		t.Error("a count forgot what is under way")
	}
	u.settle(6, false)
	if !u.reserve(7) {
		t.Error("what did not arrive takes room")
	}
	u.settle(7, true)
	if u.reserve(1) {
		t.Error("what arrived takes no room")
	}
	u.release(7)
	if !u.reserve(7) {
		t.Error("what was deleted takes room")
	}
}
