// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"testing"
)

// TestFollows: the marker at a place is found among many, and no other one is taken for it.
func TestFollows(t *testing.T) {
	a, b := jobMarkers[0].marker, jobMarkers[1].marker
	hits := []hit{{0, a}, {16, b}, {48, a}, {80, b}}
	for _, tt := range []struct {
		want hit
		ok   bool
	}{{hit{0, a}, true}, {hit{80, b}, true}, {hit{48, b}, false}, {hit{47, a}, false}, {hit{96, b}, false}} {
		if got := follows(hits, tt.want); got != tt.ok {
			t.Errorf("%v: %v, want %v", tt.want, got, tt.ok)
		}
	}
}

// BenchmarkDense sweeps a megabyte of nothing but markers of jobs, which lead to no record.
func BenchmarkDense(b *testing.B) {
	var data []byte
	for i := 0; len(data) < 1<<20; i++ {
		data = append(data, jobMarkers[i%len(jobMarkers)].marker[:]...)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Read(bytes.NewReader(data), int64(len(data)), Options{}); err == nil {
			b.Fatal("a job was found")
		}
	}
}
