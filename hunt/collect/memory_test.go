// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"io"
	"testing"
	"testing/iotest"
)

// TestMemory: it reads as any reader does, lends the same, and what is lent cannot grow into what follows.
func TestMemory(t *testing.T) {
	m := memory("0123456789")
	if err := iotest.TestReader(io.NewSectionReader(m, 0, int64(len(m))), m); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct {
		off  int64
		n    int
		want string
	}{{0, 10, "0123456789"}, {3, 4, "3456"}, {8, 5, "89"}, {10, 1, ""}, {-1, 3, ""}, {2, 0, ""}, {11, 1 << 30, ""}} {
		got, ok := m.Lend(tt.off, tt.n)
		if !ok || string(got) != tt.want || cap(got) != len(got) {
			t.Errorf("%d bytes at %d are %q (%d), %v; want %q", tt.n, tt.off, got, cap(got), ok, tt.want)
		}
	}
	if _, ok := (&Content{ReaderAt: io.NewSectionReader(m, 0, 3)}).Lend(0, 3); ok {
		t.Error("what is not in memory is lent")
	}
}
