// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bitsup

import (
	"errors"
	"os"
	"syscall"
)

// syncEntries makes the entries of a folder durable. File systems that cannot sync a folder (some of FUSE and SMB) order
// their changes themselves, or give no promise that could be had another way.
func syncEntries(f *os.File) error {
	err := f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.EBADF) {
		return nil
	}
	return err
}

// full reports whether the volume or the account's quota has no room.
func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// tooLarge reports whether the file system, or this process's limit, takes no file of that size.
func tooLarge(err error) bool { return errors.Is(err, syscall.EFBIG) }

// linksFail reports whether a file cannot have two names there.
func linksFail(err error) bool {
	for _, e := range []error{syscall.EPERM, syscall.ENOTSUP, syscall.EOPNOTSUPP, syscall.ENOSYS, syscall.EINVAL, syscall.EMLINK} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
