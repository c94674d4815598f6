// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Of ioprio_set(2) and linux/ioprio.h: the class is in the bits from 13 on; 0 as who is the calling thread.
const (
	ioprioWhoProcess = 1
	ioprioClassShift = 13
	ioprioRealTime   = 1
	ioprioIdle       = 3
)

// idly runs do on a thread that has the idle class for the disk meanwhile. The class belongs to the thread, so the goroutine
// stays on it until the class is what it was; the Go runtime starts no new thread from a locked one, which would inherit
// it (newm in runtime/proc.go). A pool of threads with the class would cost two switches of threads for each write instead of three
// short calls, and a slow volume would hold up the files of others in it.
func idly(do func()) {
	runtime.LockOSThread()
	before, lowered := lowerThread()
	do()
	if lowered && setIOPriority(before) != nil {
		return // still locked: the thread ends with its goroutine and serves nobody else
	}
	runtime.UnlockOSThread()
}

// lowerThread gives the calling thread the idle class, and answers what it had. A service that was given the realtime class keeps it,
// since only root could give it back.
func lowerThread() (before uintptr, lowered bool) {
	before, _, errno := unix.RawSyscall(unix.SYS_IOPRIO_GET, ioprioWhoProcess, 0, 0)
	class := before >> ioprioClassShift
	if errno != 0 || class == ioprioRealTime || class == ioprioIdle {
		return 0, false
	}
	return before, setIOPriority(ioprioIdle<<ioprioClassShift) == nil
}

func setIOPriority(value uintptr) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_IOPRIO_SET, ioprioWhoProcess, 0, value); errno != 0 {
		return errno
	}
	return nil
}

// setDiskPriority does nothing: Linux knows the priority of threads alone.
func setDiskPriority(*os.File, bool) {}

// startWriting queues dirty pages for the disk and does not wait for them. It gives no promise of durability.
func startWriting(f *os.File) error { return startWritingRange(f, 0, 0) }

// startWritingRange is startWriting for a part of the file; to 0 is its end.
func startWritingRange(f *os.File, from, to int64) error {
	return syncRange(f, from, to, unix.SYNC_FILE_RANGE_WRITE)
}

// awaitRange waits for what was given to the disk. An error is told to the first who asks for it by this descriptor, and to nobody
// who opens the file later.
func awaitRange(f *os.File, from, to int64) error {
	return syncRange(f, from, to, unix.SYNC_FILE_RANGE_WAIT_BEFORE)
}

func syncRange(f *os.File, from, to int64, flags int) error {
	_, err := retry(func() (int, error) {
		return 0, unix.SyncFileRange(int(f.Fd()), from, max(to-from, 0), flags)
	})
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ESPIPE) || errors.Is(err, unix.EINVAL) {
		return nil
	}
	return err
}

// forget drops clean pages of a part of the file from the page cache; to 0 is its end. Those of an error stay, which harms nobody.
// tmpfs, whose files are nowhere else, ignores it.
func forget(f *os.File, from, to int64) {
	_ = unix.Fadvise(int(f.Fd()), from, max(to-from, 0), unix.FADV_DONTNEED)
}
