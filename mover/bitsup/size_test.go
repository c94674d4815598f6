// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// run sends a file over a connection of so many bytes per second, and answers how large the fragments were.
func (z *sizer) run(size int64, perSecond float64, rtt time.Duration) (list []int64) {
	for left := size; left > 0; {
		n := z.next(left)
		z.acknowledged(n, rtt+time.Duration(float64(n)/perSecond*float64(time.Second)))
		list = append(list, n)
		left -= n
	}
	return list
}

func TestSizes(t *testing.T) {
	fast := newSizer(0).run(1<<30, 1e9, time.Millisecond)
	if last := fast[len(fast)/2]; last != maxFragment || len(fast) > 100 {
		t.Errorf("a fast connection gets %d fragments, %d bytes in the middle", len(fast), last)
	}
	slow := newSizer(0).run(4<<20, 100_000, 50*time.Millisecond)
	for i, n := range slow[2 : len(slow)-1] {
		if n > 110_000 {
			t.Errorf("fragment %d takes %v at 100 kB/s", i, time.Duration(n)*10*time.Microsecond)
		}
	}
	for _, n := range newSizer(0).run(100_000, 100, 0)[1:] {
		if n > 3*minFragment {
			t.Errorf("a fragment of %d bytes at 100 B/s", n)
		}
	}
}

// TestSizesHold: whatever happens, fragments keep their bounds, and what an interruption costs is a small share.
func TestSizesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := newSizer(rapid.Int64Range(-1, 1<<40).Draw(t, "known"))
		var brought int64
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			left := rapid.Int64Range(1, 1<<32).Draw(t, "left")
			n := z.next(left)
			if n < min(minFragment, left) || n > maxFragment || n > left {
				t.Fatalf("a fragment of %d bytes with %d left", n, left)
			}
			if n > max(startFragment, brought/share, int64(z.rate*quick.Seconds()))+minFragment {
				t.Fatalf("a fragment of %d bytes after %d", n, brought)
			}
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				z.refused(n)
			case 1:
				z.broke(n)
				brought = 0
			default:
				z.acknowledged(n, time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "took")))
				brought += n
			}
		}
	})
}
