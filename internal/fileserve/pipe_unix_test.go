// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package fileserve

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPipe: a pipe without another end does not hold the server up.
func TestPipe(t *testing.T) {
	s := newShelf(t, "")
	if err := unix.Mkfifo(filepath.Join(s.dir, "pipe"), 0o600); err != nil {
		t.Skipf("named pipes cannot be made here: %v", err)
	}
	if r := s.get("GET", "/pipe"); r.StatusCode != 404 {
		t.Errorf("a pipe is %d", r.StatusCode)
	}
}
