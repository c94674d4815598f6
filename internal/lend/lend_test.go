// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package lend_test

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/openbits/openbits/internal/lend"
)

// TestMemory: it reads as any reader does, lends the same, and what is lent cannot grow into what follows.
func TestMemory(t *testing.T) {
	content := []byte("0123456789")
	m := lend.Memory(content)
	if err := iotest.TestReader(io.NewSectionReader(m, 0, int64(len(m))), content); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct {
		off  int64
		n    int
		want string
	}{{0, 10, "0123456789"}, {3, 4, "3456"}, {8, 5, "89"}, {10, 1, ""}, {-1, 3, ""}, {2, 0, ""}, {11, 1 << 40, ""}} {
		got, ok := lend.Bytes(m, tt.off, tt.n)
		if !ok || string(got) != tt.want || cap(got) != len(got) {
			t.Errorf("%d bytes at %d are %q (%d), %v; want %q", tt.n, tt.off, got, cap(got), ok, tt.want)
		}
	}
	if b, ok := lend.Bytes(bytes.NewReader(content), 0, 4); ok {
		t.Errorf("a reader that does not lend lends %q", b)
	}
}
