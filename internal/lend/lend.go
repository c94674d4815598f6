// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package lend lets readers of formats use bytes that already are in memory, in place of copies of them.
package lend

import "io"

// Lender is an io.ReaderAt that may have its bytes in memory.
type Lender interface {
	io.ReaderAt
	// Lend answers the n bytes at an offset, fewer at the end and none beyond it; false when they are not in memory. They are not to be changed.
	Lend(off int64, n int) ([]byte, bool)
}

// Bytes asks r to lend n bytes at an offset; false when it does not.
func Bytes(r io.ReaderAt, off int64, n int) ([]byte, bool) {
	if l, ok := r.(Lender); ok {
		return l.Lend(off, n)
	}
	return nil, false
}

// Memory are bytes that can be lent. Unlike a bytes.Reader it has no position, so that it can be shared.
type Memory []byte

// Lend implements Lender.
func (m Memory) Lend(off int64, n int) ([]byte, bool) {
	if off < 0 || off >= int64(len(m)) || n <= 0 {
		return nil, true
	}
	end := min(int64(len(m)), off+int64(n))
	return m[off:end:end], true
}

// ReadAt implements io.ReaderAt.
func (m Memory) ReadAt(p []byte, off int64) (int, error) {
	b, _ := m.Lend(off, len(p))
	if n := copy(p, b); n < len(p) {
		return n, io.EOF
	}
	return len(p), nil
}
