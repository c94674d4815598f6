// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package fileserve

import (
	"os"

	"golang.org/x/sys/unix"
)

// openFlags keep a pipe without another end, and a terminal, from doing harm before it is seen that it is no plain file.
const openFlags = unix.O_NONBLOCK | unix.O_NOCTTY

func identify(f *os.File) (identity, bool) {
	c, err := f.SyscallConn()
	if err != nil {
		return identity{}, false
	}
	var s unix.Stat_t
	var statErr error
	if err := c.Control(func(fd uintptr) { statErr = unix.Fstat(int(fd), &s) }); err != nil || statErr != nil {
		return identity{}, false
	}
	return identity{
		Device: uint64(s.Dev), Inode: s.Ino, Size: s.Size, MTime: s.Mtim.Nano(), CTime: s.Ctim.Nano(), //nolint:unconvert // Dev is another type on other systems
	}, true
}
