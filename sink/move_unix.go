// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sink

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// moveOver renames a file and replaces what stands under the new name: rename(2) is atomic, does not follow a
// link there, and refuses a folder.
func (d *dir) moveOver(from, to string) error {
	_, err := retry(func() (int, error) { return 0, unix.Renameat(d.fd(), from, d.fd(), to) })
	return err
}

// linkAndUnlink gives the file its new name and then takes the old one away. link(2) never replaces. A crash
// in between leaves both names for one file, which the next publication settles.
func (d *dir) linkAndUnlink(from, to string) error {
	_, err := retry(func() (int, error) { return 0, unix.Linkat(d.fd(), from, d.fd(), to, 0) })
	switch {
	case err == nil:
		return d.remove(from)
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.EOPNOTSUPP),
		errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL), errors.Is(err, unix.EMLINK):
		return d.checkAndRename(from, to)
	default:
		return err
	}
}

// checkAndRename is for file systems that can neither rename without replacing nor have two names for a
// file (exFAT, some of FUSE). A file that another program makes between the two steps is replaced.
func (d *dir) checkAndRename(from, to string) error {
	switch _, err := d.lstat(to); {
	case err == nil:
		return unix.EEXIST
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return d.moveOver(from, to)
}
