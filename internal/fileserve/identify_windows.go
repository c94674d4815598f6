// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package fileserve

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// openFlags: nothing that can be opened beneath a folder is dangerous to open.
const openFlags = 0

// fileBasicInfo is FILE_BASIC_INFO of winbase.h.
type fileBasicInfo struct {
	created, accessed, written, changed int64 // 100 ns since 1601
	attributes, _                       uint32
}

func identify(f *os.File) (identity, bool) {
	h := windows.Handle(f.Fd())
	var s windows.ByHandleFileInformation
	if windows.GetFileInformationByHandle(h, &s) != nil {
		return identity{}, false
	}
	var b fileBasicInfo
	if windows.GetFileInformationByHandleEx(h, windows.FileBasicInfo, (*byte)(unsafe.Pointer(&b)), uint32(unsafe.Sizeof(b))) != nil {
		return identity{}, false
	}
	return identity{
		Device: uint64(s.VolumeSerialNumber),
		Inode:  uint64(s.FileIndexHigh)<<32 | uint64(s.FileIndexLow),
		Size:   int64(s.FileSizeHigh)<<32 | int64(s.FileSizeLow),
		MTime:  nanoseconds(b.written), CTime: nanoseconds(b.changed),
	}, true
}

func nanoseconds(filetime int64) int64 {
	t := windows.Filetime{LowDateTime: uint32(filetime), HighDateTime: uint32(filetime >> 32)}
	return t.Nanoseconds()
}
