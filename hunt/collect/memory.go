// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import "io"

// memory are bytes that are read, and lent to the readers of formats. Unlike a bytes.Reader it has no position, so that it can be shared.
type memory []byte

// Lend answers the n bytes at an offset, fewer at the end and none beyond it. They are not to be changed.
func (m memory) Lend(off int64, n int) ([]byte, bool) {
	if off < 0 || off >= int64(len(m)) || n <= 0 {
		return nil, true
	}
	end := min(int64(len(m)), off+int64(n))
	return m[off:end:end], true
}

// ReadAt implements io.ReaderAt.
func (m memory) ReadAt(p []byte, off int64) (int, error) {
	b, _ := m.Lend(off, len(p))
	if n := copy(p, b); n < len(p) {
		return n, io.EOF
	}
	return len(p), nil
}
