// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sink

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits"
)

// errLinkNotFollowed is what FreeBSD and NetBSD answer where POSIX has ELOOP (open(2), O_NOFOLLOW).
var errLinkNotFollowed = linkNotFollowed()

func classifySystem(err error) (openbits.Kind, string) {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return "", ""
	}
	switch errno {
	case unix.ENOSPC:
		return openbits.KindDiskFull, "the volume has no room left"
	case unix.EDQUOT:
		return openbits.KindDiskFull, "your quota on the volume is used up"
	case unix.EFBIG:
		return openbits.KindFileTooLarge, "the file is larger than the file system or a limit on this process allows"
	case unix.EROFS:
		return openbits.KindWriteDenied, "the file system is read-only"
	case unix.EACCES:
		return openbits.KindWriteDenied, "the rights of the folder do not allow it"
	case unix.EPERM:
		return openbits.KindWriteDenied, "the system does not permit it"
	case unix.ENOENT:
		return openbits.KindFolderMissing, "the folder does not exist any more"
	case unix.ENOTDIR:
		return openbits.KindFolderMissing, "what stands in the folder's place is not a folder"
	case unix.ENODEV, unix.ENXIO:
		return openbits.KindFolderMissing, "the volume is gone"
	case unix.EEXIST, unix.ENOTEMPTY, unix.EISDIR:
		return openbits.KindFileExists, "something stands under that name already"
	case unix.ELOOP:
		return openbits.KindUnsafePath, errNotPlain.Error()
	case unix.ENAMETOOLONG:
		return openbits.KindInvalidName, "the name is too long for the file system"
	case unix.EILSEQ:
		return openbits.KindInvalidName, "the file system does not take names with these characters"
	case unix.EMFILE, unix.ENFILE:
		return openbits.KindLocalFile, "too many files are open"
	default:
		return "", ""
	}
}
