// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// TestForegroundTakesAConnection: background jobs that hold all connections to a server give one to a foreground job,
// and go on from where they were when it is done.
func TestForegroundTakesAConnection(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for _, name := range []string{"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8"} {
			w.put(name, slow(1_000_000, time.Hour))
		}
		slow := w.create(files(9))
		w.put("now", enginetest.Page{Body: body(100)})
		w.after(30 * time.Minute)
		w.is(w.create(file("now"), priority(openbits.PriorityForeground)), openbits.StateAcknowledged)
		w.after(3 * time.Hour)
		w.is(slow, openbits.StateAcknowledged)
		begun := map[string]bool{}
		for _, c := range w.servers.Calls("") {
			if c.From == 0 && begun[c.URL] {
				t.Errorf("%s began again from its first byte", c.URL)
			}
			begun[c.URL] = true
		}
		if _, most := w.servers.Going(""); most > openbits.MaxConnectionsPerHost {
			t.Errorf("%d connections were used at once", most)
		}
	})
}
