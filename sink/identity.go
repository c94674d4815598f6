// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"strconv"
	"strings"
	"time"
)

// identity tells one file or folder from another. It is the number of the file
// on its volume together with the time of its birth, since numbers are given
// again to younger files. Its text is "volume.number.birth" in hexadecimal, "-"
// for a part that is not known:
//
//   - Linux: f_fsid of statfs, inode, birth time of statx. The f_fsid of ext4
//     and btrfs comes from their UUID and outlives a reboot; that of XFS is made
//     of the device's number, which usually does; NFS and FUSE have none. Birth
//     times are kept by ext4, XFS, btrfs, tmpfs, FAT and exFAT. The numbers of
//     FAT and exFAT change with every mount and are left out.
//   - macOS, FreeBSD: f_fsid, inode, birth time (APFS, HFS+, UFS2, ZFS).
//   - Windows: serial number of the volume, 128-bit file id (NTFS, ReFS) or file
//     index, creation time.
//   - Other Unix systems: inode alone.
//   - Elsewhere nothing: a part file cannot be told from another of its name.
type identity struct {
	volume string
	number string
	birth  string
}

const unknown = "-"

func (i identity) String() string {
	return orUnknown(i.volume) + "." + orUnknown(i.number) + "." + orUnknown(i.birth)
}

func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}

func parseIdentity(s string) identity {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return identity{}
	}
	for n, part := range parts {
		if part == unknown {
			parts[n] = ""
		}
	}
	return identity{volume: parts[0], number: parts[1], birth: parts[2]}
}

// known reports whether i tells files apart at all.
func (i identity) known() bool { return i.number != "" || i.birth != "" }

// sameFile compares two files of one folder: the volume is theirs both.
func (i identity) sameFile(o identity) bool {
	if i.number != o.number {
		return false
	}
	if i.birth != "" && o.birth != "" {
		return i.birth == o.birth
	}
	return i.number != ""
}

// sameFolder compares two folders that may be on different volumes. Birth times, which count nanoseconds, decide
// where both are known, so that a volume which got another number is still found; otherwise the volume does.
func (i identity) sameFolder(o identity) bool {
	if i.number != o.number {
		return false
	}
	if i.birth != "" && o.birth != "" {
		return i.birth == o.birth
	}
	return i.volume == o.volume && (i.number != "" || i.volume != "")
}

func hex(n uint64) string { return strconv.FormatUint(n, 16) }

// birthOf is the text of a birth time; 0 stands for one that the file system does not keep.
func birthOf(seconds, nanoseconds int64) string {
	if seconds == 0 && nanoseconds == 0 {
		return ""
	}
	return hex(uint64(seconds*int64(time.Second) + nanoseconds))
}

// volume is what is known of the volume that a folder is on.
type volume struct {
	id        string // by which space is counted
	fsid      string // for identities; empty: the file system has none
	ownerless bool   // files have no owner or mode of their own
	unstable  bool   // the numbers of files change with every mount
	syncable  bool   // one call makes the whole volume durable and reports every error
	copying   bool   // birth times of folders change when something is first written in them
}

// info is what is known of a file, by the system's own means.
type info struct {
	id     identity
	plain  bool // a regular file
	folder bool
	link   bool // a symbolic link or another reparse point
	size   int64
	links  uint64 // number of its names; 1 where the system does not tell
	owner  string // user id on Unix
	mode   uint32 // permission bits on Unix
}
