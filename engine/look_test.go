// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"testing"

	"github.com/openbits/openbits"
)

func TestNeighbours(t *testing.T) {
	type ev = openbits.Event
	of := func(files ...int) (list []ev) {
		for _, f := range files {
			list = append(list, ev{JobID: "a", File: f})
		}
		return list
	}
	long := make([]int, 1000)
	for i := range long {
		long[i] = i
	}
	for _, c := range []struct {
		name   string
		events []ev
		want   int
	}{
		{"one", of(7), 1},
		{"a batch", of(0, 1, 2, 3), 4},
		{"out of order", of(2, 5, 3, 4), 4},
		{"those before are left out", of(5, 1, 2, 3), 1},
		{"half of the range", of(0, 2, 4, 6), 7},
		{"too few of the range", of(0, 100), 1},
		{"a far one behind a batch", of(0, 1, 2, 900), 3},
		{"another job", append(of(0), ev{JobID: "b", File: 1}), 1},
		{"events of the job itself", append(of(0), ev{JobID: "a", File: -1}), 1},
		{"more than a page", of(long...), eventPage},
	} {
		if got := neighbours(c.events); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
