// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// writeToSync: FlushFileBuffers wants a file that is open for writing.
const writeToSync = true

// How long a rename waits for others to let go of the file: virus scanners and indexers open what was just
// written. Denied access may be the same (a file that is being deleted) but is mostly meant.
const (
	busyPatience   = 10 * time.Second
	deniedPatience = time.Second
	maxPause       = 500 * time.Millisecond
)

// fileRenameInformation is FILE_RENAME_INFORMATION(_EX) of ntifs.h, with room for the longest name.
type fileRenameInformation struct {
	flags  uint32 // of the older form only the lowest byte counts: replace
	root   windows.Handle
	length uint32 // of name in bytes
	name   [maxName + 1]uint16
}

// fileRenameInformationEx is the number of FILE_RENAME_INFORMATION_EX, known by Windows 10 1709 and NTFS.
const fileRenameInformationEx = 65

// moveNew renames without replacing.
func (d *dir) moveNew(from, to string) error { return d.rename(from, to, 0) }

// moveOver renames and replaces a file or link, as POSIX does where the file system can: also one that is open.
func (d *dir) moveOver(from, to string) error {
	return d.rename(from, to, windows.FILE_RENAME_REPLACE_IF_EXISTS)
}

// rename moves a file inside the folder, whose handle keeps the new name from leading anywhere else.
func (d *dir) rename(from, to string, replace uint32) error {
	h, err := d.ntOpen(from, windows.DELETE, windows.FILE_OPEN, windows.FILE_NON_DIRECTORY_FILE)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(h) }()
	name, err := windows.UTF16FromString(to)
	if err != nil {
		return err
	}
	if len(name) > maxName+1 {
		return windows.ERROR_FILENAME_EXCED_RANGE
	}
	r := fileRenameInformation{
		flags: replace | windows.FILE_RENAME_POSIX_SEMANTICS, root: windows.Handle(d.handle.Fd()), length: uint32(len(name)-1) * 2,
	}
	copy(r.name[:], name)
	var status windows.IO_STATUS_BLOCK
	set := func(class uint32) error {
		return plainError(windows.NtSetInformationFile(h, &status, (*byte)(unsafe.Pointer(&r)), uint32(unsafe.Sizeof(r)), class))
	}
	err = set(fileRenameInformationEx)
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) || errors.Is(err, windows.ERROR_NOT_SUPPORTED) ||
		errors.Is(err, windows.ERROR_INVALID_FUNCTION) {
		r.flags = replace
		err = set(windows.FileRenameInformation)
	}
	return err
}

// patiently repeats a rename while another program holds the file.
func patiently(ctx context.Context, move func() error) error {
	start := time.Now()
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, maxPause) {
		err := move()
		patience := time.Duration(0)
		switch {
		case errors.Is(err, windows.ERROR_SHARING_VIOLATION), errors.Is(err, windows.ERROR_LOCK_VIOLATION):
			patience = busyPatience
		case errors.Is(err, windows.ERROR_ACCESS_DENIED):
			patience = deniedPatience
		}
		if time.Since(start) >= patience {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
