// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// TestTellingEnds: a server that cannot be told of the end of an upload is told again and again for a day, whether the job was
// cancelled or its file went elsewhere, and then no more.
func TestTellingEnds(t *testing.T) {
	origin := startOrigin(t)
	for _, renewed := range []bool{false, true} {
		inStorm(t, func(t *testing.T) {
			w := newStorm(t, t.TempDir(), origin, nil)
			defer w.end()
			var told atomic.Int64
			hook := w.post.Hook
			w.post.Hook = func(r *testlab.Received) *testlab.Reaction {
				if r.Packet == "Cancel-Session" {
					told.Add(1)
					return &testlab.Reaction{Status: http.StatusServiceUnavailable}
				}
				return hook(r)
			}
			n := openbits.NewJob{ID: newID(), Type: openbits.TypeUpload, Settings: openbits.DefaultSettings(), Start: true, Owner: openbits.Owner{ID: "1000"}}
			n.Settings.Limit = 10_000
			n.Files = []openbits.NewFile{w.write("f", "/in/f", testlab.Content{Seed: 1, Size: 1_000_000}, n.Type)}
			if _, _, err := w.Create(w.ctx, n); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Second)
			remembered := func() bool {
				f, err := w.store.File(w.ctx, n.ID, 0)
				if err != nil {
					t.Fatal(err)
				}
				if renewed {
					return len(f.Upload.Left) > 0
				}
				return !f.Upload.Session.Zero()
			}
			var err error
			if renewed {
				w.letters["/in/g"] = w.letters["/in/f"]
				_, err = w.RenewURL(w.ctx, n.ID, 0, w.post.URL+"/in/g")
			} else {
				_, err = w.Act(w.ctx, n.ID, openbits.ActionCancel)
			}
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(openbits.KeepTelling - time.Hour)
			first := told.Load()
			if !remembered() || first < 20 {
				t.Errorf("renewed %v: after a day but an hour it is remembered %v and was told %d times", renewed, remembered(), first)
			}
			time.Sleep(2 * time.Hour)
			last := told.Load()
			time.Sleep(24 * time.Hour)
			if remembered() || last == first || told.Load() != last {
				t.Errorf("renewed %v: after a day it is remembered %v and was told %d, then %d and %d times", renewed, remembered(), first, last, told.Load())
			}
		})
	}
}
