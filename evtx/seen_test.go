// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/evtx"
	tt "github.com/openbits/openbits/internal/evtxtest"
)

// TestSeen: which of the events of two chunks, given one after the other, are copies.
func TestSeen(t *testing.T) {
	fields := func(text string) tt.Value { return tt.Nested(tt.DataTemplate(1, 1, "text"), tt.String(text)) }
	chunk := func(texts ...string) []*evtx.Event {
		c := tt.NewChunk(1)
		event := tt.EventTemplate()
		for i, text := range texts {
			c.Record(tt.Start, event, tt.Values(tt.Start, uint64(i+1), 59, fields(text))...)
		}
		data := (&tt.Log{Chunks: []*tt.Chunk{c}}).Bytes()
		log, err := evtx.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		var list []*evtx.Event
		for e, err := range log.Events() {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, e)
		}
		return list
	}
	first, second := chunk("a", "b", "c", "d"), chunk("a", "B", "c", "d", "e")
	second[2].State, second[4].State = evtx.Partial, evtx.Partial // as if they had been read up to somewhere
	second[3].Written = second[3].Written.Add(1)
	var seen evtx.Seen
	for i, e := range first {
		if seen.Add(e) {
			t.Errorf("event %d is called a copy", i)
		}
	}
	var got []bool
	for range 2 {
		for _, e := range second {
			got = append(got, seen.Add(e))
		}
	}
	// The same; changed; cut off; of another time; cut off and new. Then all of them once more.
	if diff := cmp.Diff([]bool{true, false, true, false, false, true, true, true, true, true}, got); diff != "" {
		t.Error(diff)
	}
}
