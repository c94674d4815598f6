// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Names are opened with NtCreateFile from the folder's handle, with FILE_OPEN_REPARSE_POINT, so that a link is
// opened itself and then refused. os.Root would follow links that stay inside the folder.

const shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE

// ntOpen opens name in the folder; the empty name is the folder itself. It blocks nobody else from the file.
func (d *dir) ntOpen(name string, access, disposition, options uint32) (windows.Handle, error) {
	object, err := windows.NewNTUnicodeString(name)
	if err != nil {
		return windows.InvalidHandle, err
	}
	attributes := windows.OBJECT_ATTRIBUTES{
		RootDirectory: windows.Handle(d.handle.Fd()), ObjectName: object, Attributes: windows.OBJ_CASE_INSENSITIVE,
	}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	var (
		handle windows.Handle
		status windows.IO_STATUS_BLOCK
	)
	err = windows.NtCreateFile(&handle, access|windows.SYNCHRONIZE, &attributes, &status, nil,
		windows.FILE_ATTRIBUTE_NORMAL, shareAll, disposition,
		options|windows.FILE_SYNCHRONOUS_IO_NONALERT|windows.FILE_OPEN_REPARSE_POINT, 0, 0)
	if err != nil {
		return windows.InvalidHandle, plainError(err)
	}
	return handle, nil
}

// plainError turns an NTSTATUS into the Win32 error that package errors can compare.
func plainError(err error) error {
	var status windows.NTStatus
	if !errors.As(err, &status) {
		return err
	}
	if status == windows.STATUS_FILE_IS_A_DIRECTORY {
		return errNotPlain // as a Win32 error it could not be told from denied access
	}
	return status.Errno()
}

// create makes a file that was not there. Its rights are inherited from the folder.
func (d *dir) create(name string) (*os.File, error) {
	h, err := d.ntOpen(name, windows.GENERIC_READ|windows.GENERIC_WRITE|windows.READ_CONTROL,
		windows.FILE_CREATE, windows.FILE_NON_DIRECTORY_FILE)
	return d.file(h, name, err)
}

// open opens a file that is there, for writing too if write is true.
func (d *dir) open(name string, write bool) (*os.File, error) {
	access := uint32(windows.GENERIC_READ | windows.READ_CONTROL)
	if write {
		access |= windows.GENERIC_WRITE
	}
	h, err := d.ntOpen(name, access, windows.FILE_OPEN, windows.FILE_NON_DIRECTORY_FILE)
	return d.file(h, name, err)
}

func (d *dir) file(h windows.Handle, name string, err error) (*os.File, error) {
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(h), filepath.Join(d.handle.Name(), name)), nil
}

// remove deletes a file. The caller has made sure that it is one.
func (d *dir) remove(name string) error { return d.root.Remove(name) }

// sync flushes the folder; FlushFileBuffers wants it open for writing. File systems that know no such thing
// write their changes to a log in order (NTFS, ReFS) or give no promise (FAT).
func (d *dir) sync() error {
	h, err := d.ntOpen("", windows.FILE_WRITE_DATA, windows.FILE_OPEN, windows.FILE_DIRECTORY_FILE)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(h) }()
	err = windows.FlushFileBuffers(h)
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_INVALID_FUNCTION),
		errors.Is(err, windows.ERROR_NOT_SUPPORTED), errors.Is(err, windows.ERROR_INVALID_HANDLE):
		return nil
	default:
		return err
	}
}

// writable asks for the right to add files; on a folder that is what FILE_WRITE_DATA means (FILE_ADD_FILE).
func (d *dir) writable() error {
	var flags uint32
	err := windows.GetVolumeInformationByHandle(windows.Handle(d.handle.Fd()), nil, 0, nil, nil, &flags, nil, 0)
	if err == nil && flags&windows.FILE_READ_ONLY_VOLUME != 0 {
		return windows.ERROR_WRITE_PROTECT
	}
	h, err := d.ntOpen("", windows.FILE_WRITE_DATA|windows.FILE_TRAVERSE, windows.FILE_OPEN, windows.FILE_DIRECTORY_FILE)
	if err != nil {
		return err
	}
	return windows.CloseHandle(h)
}

// mine reports whether a file belongs to this process's account. Files that an elevated administrator makes
// belong to the group of administrators.
func (d *dir) mine(i info) bool {
	if d.volume.ownerless {
		return true
	}
	token := windows.GetCurrentProcessToken()
	if user, err := token.GetTokenUser(); err == nil && user.User.Sid.String() == i.owner {
		return true
	}
	admins, err := windows.CreateWellKnownSid(windows.WinBuiltinAdministratorsSid)
	return err == nil && token.IsElevated() && admins.String() == i.owner
}

// private: rights come from the folder, so they tell nothing.
func (d *dir) private(info) bool { return true }

// setMode does nothing: rights come from the folder, and a file marked read-only could not be synced any more.
func (d *dir) setMode(*os.File, uint32) error { return nil }
