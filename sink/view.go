// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/openbits/openbits"
)

// View opens the part file of p, or for a published file the final one, for reading. No link is followed.
// Kinds: not_found, folder_missing, unsafe_path, invalid_name, write_denied when it may not be read.
func (s *Sink) View(ctx context.Context, p openbits.Place, published bool) (openbits.Content, error) {
	const op = "read"
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d, err := s.enter(op, p)
	if err != nil {
		return nil, err
	}
	defer s.folders.release(d)
	name := p.Part
	if published {
		name = p.Name
	}
	f, err := d.open(name, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, gone(op, p, "the file is not there any more", err)
	}
	if err != nil {
		return nil, fail(op, p.Path(), err)
	}
	i, err := d.stat(f)
	switch {
	case err != nil:
	case !published:
		err = d.ours(i)
	case !i.plain:
		err = errNotPlain
	}
	if err != nil {
		_ = f.Close()
		return nil, fail(op, p.Path(), err)
	}
	return &content{file: f, path: p.Path()}, nil
}

func gone(op string, p openbits.Place, text string, err error) error {
	return &openbits.Error{
		Op: op, Object: p.Path(), Kind: openbits.KindNotFound, Context: openbits.ContextLocalFile,
		Text: text, Hint: "Start the transfer again.", File: -1, Err: err,
	}
}

// content is a file opened for reading.
type content struct {
	file *os.File
	path string
}

func (c *content) Read(b []byte) (int, error) {
	n, err := c.file.Read(b)
	return n, c.fail(err)
}

func (c *content) ReadAt(b []byte, off int64) (int, error) {
	n, err := c.file.ReadAt(b, off)
	return n, c.fail(err)
}

func (c *content) Seek(offset int64, whence int) (int64, error) {
	at, err := c.file.Seek(offset, whence)
	return at, c.fail(err)
}

func (c *content) Close() error {
	if err := c.file.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return c.fail(err)
	}
	return nil
}

func (c *content) fail(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fail("read", c.path, err)
}
