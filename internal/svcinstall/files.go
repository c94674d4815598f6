// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package svcinstall

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/openbits/openbits"
)

// mark stands in every file that this package writes. A file without it belongs to somebody else.
const mark = "written by bits service install"

// file is one file to install.
type file struct {
	path string
	data []byte
	mode fs.FileMode
	mark []byte // as it stands in data; nil: mark itself
}

func (f file) marked(data []byte) bool {
	if f.mark != nil {
		return bytes.Contains(data, f.mark)
	}
	return bytes.Contains(data, []byte(mark))
}

func (o Options) beneath(path string) string {
	if o.Root == "" {
		return path
	}
	return filepath.Join(o.Root, path)
}

// ours reports whether the file exists and was written by this package; another's is an error.
func (o Options) ours(f file) (bool, error) {
	data, err := os.ReadFile(o.beneath(f.path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fileError("read", f.path, err)
	case !f.marked(data):
		return false, &openbits.Error{
			Op: "take over", Object: f.path, Kind: openbits.KindFileExists, Context: openbits.ContextLocalFile, File: -1,
			Text: "it was not written by bits service install",
			Hint: "Remove it, or keep it and manage the service by hand.",
		}
	}
	return true, nil
}

// write replaces the file as a whole, so that a crash leaves the old one or the new one.
func (o Options) write(f file) error {
	if _, err := o.ours(f); err != nil {
		return err
	}
	path := o.beneath(f.path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fileError("write", f.path, err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".bits-*")
	if err != nil {
		return fileError("write", f.path, err)
	}
	defer os.Remove(temp.Name()) // it is gone when all went well
	_, err = temp.Write(f.data)
	err = errors.Join(err, temp.Sync(), temp.Close(), os.Chmod(temp.Name(), f.mode))
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fileError("write", f.path, err)
	}
	return nil
}

func (o Options) remove(f file) error {
	if ours, err := o.ours(f); err != nil || !ours {
		return err
	}
	if err := os.Remove(o.beneath(f.path)); err != nil {
		return fileError("remove", f.path, err)
	}
	return nil
}

func fileError(op, path string, err error) error {
	e := &openbits.Error{
		Op: op, Object: path, Kind: openbits.KindLocalFile, Context: openbits.ContextLocalFile, File: -1, Err: err,
	}
	var inner *fs.PathError
	if errors.As(err, &inner) {
		e.Text = inner.Err.Error() // the path stands in Object already
	}
	if errors.Is(err, fs.ErrPermission) {
		e.Kind = openbits.KindWriteDenied
		e.Hint = "The machine's service is installed as root: sudo bits service install --system."
	}
	return e
}

// failed is an error of a service manager's own program.
func failed(op, program, out string, err error) error {
	text := out
	if text == "" {
		text = err.Error()
	}
	return &openbits.Error{
		Op: op, Kind: openbits.KindServiceUnavailable, Context: openbits.ContextNone, File: -1,
		Text: fmt.Sprintf("%s failed: %s", program, text), Err: err,
		Hint: "The files are in place; once that is repaired, run the same command again.",
	}
}
