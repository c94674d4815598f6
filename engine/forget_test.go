// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/engine/enginetest"
)

// contexts is a mover that keeps the contexts of its calls.
type contexts struct {
	engine.Mover
	byURL *sync.Map
}

func (c contexts) Move(ctx context.Context, t openbits.Transfer, part openbits.Part) error {
	c.byURL.Store(t.URL, ctx)
	return c.Mover.Move(ctx, t, part)
}

// What a file needed while it moved is given back when it has moved, not when its job ends.
func TestFileIsForgotten(t *testing.T) {
	var seen sync.Map
	inWorld(t, func(o *engine.Options) { o.Downloads = contexts{o.Downloads, &seen} }, func(w *world) {
		w.put("whole", enginetest.Page{Body: body(1000)})
		w.put("slow", slow(1000, time.Hour))
		id := w.create(file("whole"), file("missing"), file("slow"))
		w.after(time.Minute)
		w.is(id, openbits.StateTransferring)
		for name, moving := range map[string]bool{"whole": false, "missing": false, "slow": true} {
			ctx, _ := seen.Load(site + name)
			if got := ctx.(context.Context).Err() == nil; got != moving {
				t.Errorf("%s has a context that lives on: %v, want %v", name, got, moving)
			}
		}
	})
}
