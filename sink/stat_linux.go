// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// describe fills in the identity of the folder and of its volume.
//
// Space is counted by f_fsid; file systems without one (NFS, FUSE) are told apart by their device number. The
// subvolumes of one btrfs have an f_fsid each, so their common room is counted once for each.
func (d *dir) describe() error {
	var s unix.Statfs_t
	if _, err := retry(func() (int, error) { return 0, unix.Fstatfs(d.fd(), &s) }); err != nil {
		return &fs.PathError{Op: "statfs", Path: d.handle.Name(), Err: err}
	}
	switch int64(s.Type) & math.MaxUint32 {
	case unix.MSDOS_SUPER_MAGIC, unix.EXFAT_SUPER_MAGIC:
		d.volume.ownerless, d.volume.unstable = true, true
	case unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.V9FS_MAGIC:
		d.volume.ownerless = true
	case unix.NFS_SUPER_MAGIC:
		d.volume.ownerless = os.Geteuid() == 0 // the server may turn root into somebody else
	case unix.OVERLAYFS_SUPER_MAGIC:
		d.volume.copying = true // a folder of a lower layer is copied up
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC:
		d.volume.syncable = syncfsReports()
	}
	if s.Fsid.Val[0] != 0 || s.Fsid.Val[1] != 0 {
		d.volume.fsid = hex(uint64(uint32(s.Fsid.Val[0])) | uint64(uint32(s.Fsid.Val[1]))<<32)
	}
	i, device, err := d.statx(d.fd(), "", unix.AT_EMPTY_PATH)
	if err != nil {
		return err
	}
	d.id = i.id
	d.id.volume = d.volume.fsid
	if d.volume.copying {
		d.id.birth = ""
	}
	d.volume.id = d.volume.fsid
	if d.volume.id == "" {
		d.volume.id = "dev" + device
	}
	return nil
}

func (d *dir) free() (int64, error) {
	var s unix.Statfs_t
	if _, err := retry(func() (int, error) { return 0, unix.Fstatfs(d.fd(), &s) }); err != nil {
		return 0, err
	}
	unit := uint64(s.Frsize)
	if unit == 0 {
		unit = uint64(s.Bsize)
	}
	if s.Bavail > math.MaxInt64/max(unit, 1) {
		return math.MaxInt64, nil
	}
	return int64(s.Bavail * unit), nil
}

func (d *dir) stat(f *os.File) (info, error) {
	i, _, err := d.statx(int(f.Fd()), "", unix.AT_EMPTY_PATH)
	return i, err
}

func (d *dir) lstat(name string) (info, error) {
	i, _, err := d.statx(d.fd(), name, unix.AT_SYMLINK_NOFOLLOW)
	return i, err
}

// statx falls back to fstatat, which knows no birth time, for kernels before 4.11 and for sandboxes that
// answer EPERM to calls that they do not know.
func (d *dir) statx(fd int, name string, flags int) (info, string, error) {
	var x unix.Statx_t
	const mask = unix.STATX_BASIC_STATS | unix.STATX_BTIME
	_, err := retry(func() (int, error) { return 0, unix.Statx(fd, name, flags, mask, &x) })
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		return d.fstatat(fd, name, flags)
	}
	if err != nil {
		return info{}, "", &fs.PathError{Op: "statx", Path: name, Err: err}
	}
	i := infoOf(uint32(x.Mode), x.Ino, int64(x.Size), uint64(x.Nlink), x.Uid)
	if x.Mask&unix.STATX_BTIME != 0 {
		i.id.birth = birthOf(x.Btime.Sec, int64(x.Btime.Nsec))
	}
	if d.volume.unstable && i.id.birth != "" {
		i.id.number = ""
	}
	return i, fmt.Sprintf("%x:%x", x.Dev_major, x.Dev_minor), nil
}

func (d *dir) fstatat(fd int, name string, flags int) (info, string, error) {
	var st unix.Stat_t
	_, err := retry(func() (int, error) { return 0, unix.Fstatat(fd, name, &st, flags) })
	if err != nil {
		return info{}, "", &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	i := infoOf(st.Mode, st.Ino, st.Size, uint64(st.Nlink), st.Uid)
	return i, fmt.Sprintf("%x:%x", unix.Major(uint64(st.Dev)), unix.Minor(uint64(st.Dev))), nil
}

func infoOf(mode uint32, ino uint64, size int64, links uint64, uid uint32) info {
	format := mode & unix.S_IFMT
	return info{
		id:    identity{number: hex(ino)},
		plain: format == unix.S_IFREG, folder: format == unix.S_IFDIR, link: format == unix.S_IFLNK,
		size: size, links: links, owner: strconv.FormatUint(uint64(uid), 10), mode: mode & 0o7777,
	}
}
