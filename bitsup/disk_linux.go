// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncData makes what was written durable, with the metadata that is needed to read it back, and nothing else:
// fdatasync(2) of a record, which is written over an older one, costs no change of the journal.
func syncData(f *os.File) error { return onDescriptor(f, unix.Fdatasync) }

// startWriting lets the disk begin with what was written by now, so that the sync in the end finds little to do. It
// promises nothing, and errors come with that sync.
func startWriting(f *os.File, off, n int64) {
	_ = onDescriptor(f, func(fd int) error { return unix.SyncFileRange(fd, off, n, unix.SYNC_FILE_RANGE_WRITE) })
}

func onDescriptor(f *os.File, call func(fd int) error) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var callErr error
	err = c.Control(func(fd uintptr) {
		for {
			if callErr = call(int(fd)); !errors.Is(callErr, unix.EINTR) {
				return
			}
		}
	})
	return errors.Join(err, callErr)
}
