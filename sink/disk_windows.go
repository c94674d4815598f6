// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// reserve sets clusters aside. Windows gives back what lies past the end when the last handle is closed.
func reserve(f *os.File, _, to int64) error {
	err := windows.SetFileInformationByHandle(windows.Handle(f.Fd()), windows.FileAllocationInfo,
		(*byte)(unsafe.Pointer(&to)), uint32(unsafe.Sizeof(to)))
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) || errors.Is(err, windows.ERROR_INVALID_FUNCTION) {
		return errors.ErrUnsupported
	}
	return err
}

// startWriting does nothing: Windows has no call for it but those that wait.
func startWriting(*os.File) error { return nil }

func (d *dir) setModified(f *os.File, t time.Time) error {
	modified := windows.NsecToFiletime(t.UnixNano())
	return windows.SetFileTime(windows.Handle(f.Fd()), nil, nil, &modified)
}

func writeAt(f *os.File, b []byte, off int64) (int, error) { return f.WriteAt(b, off) }
