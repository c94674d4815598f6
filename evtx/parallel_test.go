// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx_test

import (
	"sync"
	"testing"

	"github.com/openbits/openbits/evtx"
	tt "github.com/openbits/openbits/internal/evtxtest"
)

// TestParallel: one log, and its events, may be used by several goroutines at once. The race detector sees more of it.
func TestParallel(t *testing.T) {
	data := tt.Sample(3, 10).Bytes()
	first := offsets(data[4096:])
	clear(data[4096+first[0] : 4096+first[1]]) // so that templates are lent
	log := open(t, data)
	var events []*evtx.Event
	for e := range log.Events() {
		if e != nil {
			events = append(events, e)
		}
	}
	want := make([]string, len(events))
	for i, e := range events {
		want[i] = e.XML()
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i, e := range events {
				if got := e.XML(); got != want[i] {
					t.Errorf("record %d is rendered as %s, want %s", e.Record, got, want[i])
				}
				_ = e.AppendJSON(nil)
			}
			log.Survey()
		})
	}
	group.Wait()
}
