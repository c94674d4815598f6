// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reserve sets blocks aside past the end of the file, whose length stays.
func reserve(f *os.File, from, to int64) error {
	_, err := retry(func() (int, error) {
		return 0, unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, from, to-from)
	})
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return nil
	}
	return err
}

// startWriting queues dirty pages for the disk and does not wait for them. It gives no promise of durability.
func startWriting(f *os.File) error {
	_, err := retry(func() (int, error) {
		return 0, unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
	})
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ESPIPE) || errors.Is(err, unix.EINVAL) {
		return nil
	}
	return err
}

// setModified is futimens(3): utimensat(2) without a name works on the descriptor.
func (d *dir) setModified(f *os.File, t time.Time) error {
	modified, err := unix.TimeToTimespec(t)
	if err != nil {
		return nil //nolint:nilerr // a time that the system cannot express is left out, it does not stop a file
	}
	times := [2]unix.Timespec{{Nsec: unix.UTIME_OMIT}, modified}
	_, err = retry(func() (int, error) {
		_, _, errno := unix.Syscall6(unix.SYS_UTIMENSAT, f.Fd(), 0, uintptr(unsafe.Pointer(&times)), 0, 0, 0)
		if errno != 0 {
			return 0, errno
		}
		return 0, nil
	})
	if d.volume.ownerless && errors.Is(err, unix.EPERM) {
		return nil
	}
	return err
}
