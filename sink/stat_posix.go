// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build netbsd || openbsd || dragonfly

package sink

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits"
)

// describe takes the device's number for the volume and the inode for the folder.
func (d *dir) describe() error {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd(), &st); err != nil {
		return &fs.PathError{Op: "stat", Path: d.handle.Name(), Err: err}
	}
	d.volume.fsid = fmt.Sprintf("%x", st.Dev)
	d.volume.id = d.volume.fsid
	d.id = infoOf(&st).id
	d.id.volume = d.volume.fsid
	return nil
}

// free is not known on these systems, whose statfs and statvfs have a shape each.
func (d *dir) free() (int64, error) {
	return 0, &openbits.Error{
		Op: "measure the room in", Object: d.handle.Name(), Kind: openbits.KindNotSupported,
		Context: openbits.ContextLocalFile, Text: "this system's way to tell is not known", File: -1,
	}
}

func (d *dir) stat(f *os.File) (info, error) {
	var st unix.Stat_t
	if _, err := retry(func() (int, error) { return 0, unix.Fstat(int(f.Fd()), &st) }); err != nil {
		return info{}, &fs.PathError{Op: "stat", Path: f.Name(), Err: err}
	}
	return infoOf(&st), nil
}

func (d *dir) lstat(name string) (info, error) {
	var st unix.Stat_t
	_, err := retry(func() (int, error) { return 0, unix.Fstatat(d.fd(), name, &st, unix.AT_SYMLINK_NOFOLLOW) })
	if err != nil {
		return info{}, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return infoOf(&st), nil
}

func infoOf(st *unix.Stat_t) info {
	format := uint32(st.Mode) & unix.S_IFMT
	return info{
		id:    identity{number: fmt.Sprintf("%x", st.Ino)},
		plain: format == unix.S_IFREG, folder: format == unix.S_IFDIR, link: format == unix.S_IFLNK,
		size: int64(st.Size), links: uint64(st.Nlink), owner: strconv.FormatUint(uint64(st.Uid), 10),
		mode: uint32(st.Mode) & 0o7777,
	}
}
