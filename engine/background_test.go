// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"
	"time"

	"github.com/openbits/openbits"
)

// TestPartsKnowTheirSide: a part file is told whether its job is in the background, when it is opened, whenever that changes, and
// when it is published.
func TestPartsKnowTheirSide(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f", slow(1_000_000, time.Hour))
		id := w.create(file("f"))
		w.after(10 * time.Minute)
		part := ""
		for name := range w.disk.Parts(folder) {
			part = folder + "/" + name
		}
		told := func(when string, path string, want bool) {
			t.Helper()
			if got := w.disk.Background(path); got != want {
				t.Errorf("%s: the file is told background: %v", when, got)
			}
		}
		told("a normal job", part, true)
		set := func(p openbits.Priority) {
			t.Helper()
			if _, err := w.Change(w.ctx, id, openbits.JobChange{Priority: &p}); err != nil {
				t.Fatal(err)
			}
			w.after(time.Second)
		}
		set(openbits.PriorityForeground)
		told("raised to the foreground", part, false)
		set(openbits.PriorityLow)
		told("back in the background", part, true)
		w.after(2 * time.Hour)
		w.is(id, openbits.StateAcknowledged)
		told("published", folder+"/f", true)

		w.put("g", slow(1_000_000, time.Hour))
		w.is(w.create(file("g"), priority(openbits.PriorityForeground)), openbits.StateTransferring)
		w.after(2 * time.Hour)
		told("published in the foreground", folder+"/g", false)
	})
}
