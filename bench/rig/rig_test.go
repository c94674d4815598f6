// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []int64
		want int64
	}{
		{nil, 0},
		{[]int64{7}, 7},
		{[]int64{9, 1, 5}, 5},
		{[]int64{4, 1, 9, 2}, 3},
	} {
		if got := Median(c.in); got != c.want {
			t.Errorf("Median(%v) = %d, want %d", c.in, got, c.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	var list []time.Duration
	for n := 100; n > 0; n-- {
		list = append(list, time.Duration(n))
	}
	if got := Percentile(list, 0.5); got != 51 {
		t.Errorf("half of them: %d, want 51", got)
	}
	if got := Percentile(list, 0.99); got != 100 {
		t.Errorf("99 of 100: %d, want 100", got)
	}
	if got := Percentile(list, 1); got != 100 {
		t.Errorf("all of them: %d, want 100", got)
	}
}

func TestField(t *testing.T) {
	status := []byte("VmHWM:\t   21640 kB\nVmRSS:\t   21328 kB\nThreads:\t7\n")
	for key, want := range map[string]int64{"VmRSS": 21328, "VmHWM": 21640, "Threads": 7, "RssAnon": 0} {
		if got := field(status, key); got != want {
			t.Errorf("%s = %d, want %d", key, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, [][]string{{"who", "×"}, {"bits", "1.00"}}); err != nil {
		t.Fatal(err)
	}
	const want = "| who  | ×    |\n|------|------|\n| bits | 1.00 |\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
