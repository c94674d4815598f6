// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// protect wraps the key with DPAPI, so that the file is of use to this account on this
// machine only (CryptProtectData, CRYPTPROTECT_UI_FORBIDDEN).
func protect(key []byte) ([]byte, error) {
	return dpapi(key, func(in, out *windows.DataBlob) error {
		return windows.CryptProtectData(in, nil, nil, 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, out)
	})
}

func unprotect(wrapped []byte) ([]byte, error) {
	return dpapi(wrapped, func(in, out *windows.DataBlob) error {
		return windows.CryptUnprotectData(in, nil, nil, 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, out)
	})
}

func dpapi(data []byte, call func(in, out *windows.DataBlob) error) ([]byte, error) {
	if len(data) == 0 {
		return nil, errors.New("nothing to unwrap")
	}
	in := windows.DataBlob{Size: uint32(len(data)), Data: &data[0]}
	var out windows.DataBlob
	if err := call(&in, &out); err != nil {
		return nil, err
	}
	defer windows.LocalFree(windows.Handle(unsafe.Pointer(out.Data)))
	answer := make([]byte, out.Size)
	copy(answer, unsafe.Slice(out.Data, out.Size))
	return answer, nil
}

// private leaves the file's rights as the state folder hands them down; DPAPI guards the content.
func private(*os.File) error { return nil }

// syncFolder does nothing: NTFS journals the rename itself.
func syncFolder(string) error { return nil }
