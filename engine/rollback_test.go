// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/testlab"
)

// TestRolledBack: the server's file changes and changes back, and the service dies while it holds more of the second
// version than it had of the first. What it holds must not be taken for the first one's.
func TestRolledBack(t *testing.T) {
	origin := startOrigin(t)
	first, second := testlab.Content{Seed: 1, Size: 3 << 20}, testlab.Content{Seed: 2, Size: 3 << 20}
	for write := 3; write <= 10; write++ {
		inStorm(t, func(t *testing.T) {
			w := newStorm(t, t.TempDir(), origin, func(o *engine.Options) { o.CheckpointBytes = 16 << 20 })
			defer w.end()
			n := w.request(origin, 1)
			origin.Put("/f0", testlab.File{Content: first, Plan: testlab.Steps(testlab.Step{Fault: testlab.FaultCut, At: 500_000})})
			if _, _, err := w.Create(w.ctx, n); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
			if f, err := w.File(w.ctx, n.ID, 0); err != nil || f.State != openbits.FileWaiting || f.BytesDone == 0 {
				t.Fatalf("the file is %s with %d bytes (%v)", f.State, f.BytesDone, err)
			}
			origin.Put("/f0", testlab.File{Content: second})
			writes := 0
			w.setPlan(func(op diskOp, _ string) *strike {
				if op == opWrite {
					writes++
				}
				if op != opWrite || writes != write {
					return nil
				}
				return &strike{crash: true, after: true}
			})
			w.settle()
			if !w.dead() {
				t.Fatalf("there were %d writes", writes)
			}
			w.setPlan(nil)
			origin.Put("/f0", testlab.File{Content: first})
			w.revive(false, nil)
			w.finished(n.ID)
		})
	}
}
