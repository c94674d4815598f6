// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build darwin || freebsd

package sink

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// describe fills in the identity of the folder and of its volume; both systems have an f_fsid for every volume.
func (d *dir) describe() error {
	var s unix.Statfs_t
	if _, err := retry(func() (int, error) { return 0, unix.Fstatfs(d.fd(), &s) }); err != nil {
		return &fs.PathError{Op: "statfs", Path: d.handle.Name(), Err: err}
	}
	d.volume.fsid = hex(uint64(uint32(s.Fsid.Val[0])) | uint64(uint32(s.Fsid.Val[1]))<<32)
	d.volume.id = d.volume.fsid
	switch unix.ByteSliceToString(s.Fstypename[:]) {
	case "msdos", "msdosfs", "exfat", "smbfs":
		d.volume.ownerless = true
	}
	i, err := d.stat(d.handle)
	if err != nil {
		return err
	}
	d.id = i.id
	d.id.volume = d.volume.fsid
	return nil
}

func (d *dir) free() (int64, error) {
	var s unix.Statfs_t
	if _, err := retry(func() (int, error) { return 0, unix.Fstatfs(d.fd(), &s) }); err != nil {
		return 0, err
	}
	// FreeBSD counts below zero when only root's reserve is left.
	blocks, unit := int64(s.Bavail), int64(s.Bsize)
	if blocks <= 0 || unit <= 0 {
		return 0, nil
	}
	if blocks > math.MaxInt64/unit {
		return math.MaxInt64, nil
	}
	return blocks * unit, nil
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
	birth := ""
	if st.Btim.Sec > 0 { // FreeBSD answers -1 where the file system keeps none
		birth = birthOf(int64(st.Btim.Sec), int64(st.Btim.Nsec))
	}
	return info{
		id:    identity{number: fmt.Sprintf("%x", st.Ino), birth: birth},
		plain: format == unix.S_IFREG, folder: format == unix.S_IFDIR, link: format == unix.S_IFLNK,
		size: st.Size, links: uint64(st.Nlink), owner: strconv.FormatUint(uint64(st.Uid), 10), mode: uint32(st.Mode) & 0o7777,
	}
}
