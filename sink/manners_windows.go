// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Of PRIORITY_HINT (winbase.h): very low is the priority of background mode.
const (
	ioPriorityHintVeryLow = 0
	ioPriorityHintNormal  = 2
)

// idly runs do. Windows gives priority to a file rather than a thread: see setDiskPriority.
func idly(do func()) { do() }

// setDiskPriority has the requests of this handle wait behind others' (FILE_IO_PRIORITY_HINT_INFO, which must be aligned to eight
// bytes). File systems that do not know it, such as remote ones, say so, and nothing can be done.
func setDiskPriority(f *os.File, background bool) {
	hint := uint64(ioPriorityHintNormal)
	if background {
		hint = ioPriorityHintVeryLow
	}
	// The structure is the lower half, on processors that all begin with it.
	_ = windows.SetFileInformationByHandle(windows.Handle(f.Fd()), windows.FileIoPriorityHintInfo,
		(*byte)(unsafe.Pointer(&hint)), uint32(unsafe.Sizeof(int32(0))))
}

// startWritingRange and awaitRange do nothing: there is no call for it but those that wait for everything.
func startWritingRange(*os.File, int64, int64) error { return nil }

func awaitRange(*os.File, int64, int64) error { return nil }

// forget does nothing: what is in the cache cannot be dropped, and passing it by takes writes of whole sectors alone.
func forget(*os.File, int64, int64) {}
