// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package sink

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/openbits/openbits"
)

// This is for systems of which no more is known than what package os offers. Files have no identity here: a
// publication that a crash interrupted after the rename is answered with not_found, and a link that is put in a
// file's place between two looks at it is found after it was opened. Nothing leaves the folder even so.

func (d *dir) create(name string) (*os.File, error) {
	return d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, privateMode)
}

func (d *dir) open(name string, write bool) (*os.File, error) {
	before, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errNotPlain
	}
	flags := os.O_RDONLY
	if write {
		flags = os.O_RDWR
	}
	f, err := d.root.OpenFile(name, flags, 0)
	if err != nil {
		return nil, err
	}
	if after, err := f.Stat(); err != nil || !os.SameFile(before, after) {
		_ = f.Close()
		return nil, errNotPlain
	}
	return f, nil
}

func (d *dir) remove(name string) error { return d.root.Remove(name) }

func (d *dir) sync() error {
	err := d.handle.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrInvalid) {
		return nil
	}
	return err
}

// writable looks at the permission bits of the folder's owner, which says no for a folder that nobody may write.
func (d *dir) writable() error {
	if d.self.Mode().Perm()&0o222 == 0 {
		return fs.ErrPermission
	}
	return nil
}

func (d *dir) mine(info) bool      { return true }
func (d *dir) private(i info) bool { return i.mode&0o077 == 0 }

func (d *dir) setMode(f *os.File, mode uint32) error { return f.Chmod(fs.FileMode(mode & 0o777)) }

func (d *dir) describe() error { return nil }

func (d *dir) free() (int64, error) {
	return 0, &openbits.Error{
		Op: "measure the room in", Object: d.handle.Name(), Kind: openbits.KindNotSupported,
		Context: openbits.ContextLocalFile, Text: "this system's way to tell is not known", File: -1,
	}
}

func (d *dir) stat(f *os.File) (info, error) {
	i, err := f.Stat()
	if err != nil {
		return info{}, err
	}
	return infoOf(i), nil
}

func (d *dir) lstat(name string) (info, error) {
	i, err := d.root.Lstat(name)
	if err != nil {
		return info{}, err
	}
	return infoOf(i), nil
}

func infoOf(i os.FileInfo) info {
	return info{
		plain: i.Mode().IsRegular(), folder: i.IsDir(), link: i.Mode()&fs.ModeSymlink != 0,
		size: i.Size(), links: 1, mode: uint32(i.Mode().Perm()),
	}
}

func (d *dir) moveOver(from, to string) error { return d.root.Rename(from, to) }

func (d *dir) moveNew(from, to string) error {
	if _, err := d.root.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return err
	}
	return d.root.Rename(from, to)
}

func reserve(*os.File, int64, int64) error { return errors.ErrUnsupported }

func startWriting(*os.File) error { return nil }

func (d *dir) setModified(f *os.File, t time.Time) error {
	return d.root.Chtimes(filepath.Base(f.Name()), time.Time{}, t)
}

func classifySystem(error) (openbits.Kind, string) { return "", "" }

func writeAt(f *os.File, b []byte, off int64) (int, error) { return f.WriteAt(b, off) }
