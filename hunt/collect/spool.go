// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// spool holds bytes that came out of an archive: in memory, or in a temporary file when they are many.
type spool struct {
	data []byte
	file *os.File
	size int64
	path string // of a file that could not be removed while it is open
}

// newSpool reads r to its end. size is what it is said to have; up to most bytes stay in memory.
func newSpool(r io.Reader, size, most int64) (*spool, error) {
	if size <= most {
		var buf bytes.Buffer
		buf.Grow(int(min(size, 1<<20)) + bytes.MinRead) // a lie about the size costs no more than this
		_, err := buf.ReadFrom(io.LimitReader(r, size+1))
		return &spool{data: buf.Bytes(), size: int64(buf.Len())}, err
	}
	f, err := os.CreateTemp("", "bits-hunt-*")
	if err != nil {
		return nil, err
	}
	s := &spool{file: f}
	if os.Remove(f.Name()) != nil { // Windows keeps the name of an open file
		s.path = f.Name()
	}
	s.size, err = io.Copy(f, io.LimitReader(r, size+1))
	return s, err
}

func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, off)
	}
	return memory(s.data).ReadAt(p, off)
}

func (s *spool) close() error {
	s.data = nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.path != "" {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}
