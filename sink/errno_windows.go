// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"

	"golang.org/x/sys/windows"

	"github.com/openbits/openbits"
)

func classifySystem(err error) (openbits.Kind, string) {
	var errno windows.Errno
	if !errors.As(err, &errno) {
		return "", ""
	}
	switch errno {
	case windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL:
		return openbits.KindDiskFull, "the volume has no room left"
	case windows.ERROR_DISK_QUOTA_EXCEEDED, windows.ERROR_NOT_ENOUGH_QUOTA:
		return openbits.KindDiskFull, "your quota on the volume is used up"
	case windows.ERROR_FILE_TOO_LARGE:
		return openbits.KindFileTooLarge, "the file is larger than the file system allows"
	case windows.ERROR_WRITE_PROTECT:
		return openbits.KindWriteDenied, "the volume is write-protected"
	case windows.ERROR_ACCESS_DENIED, windows.ERROR_PRIVILEGE_NOT_HELD:
		return openbits.KindWriteDenied, "access is denied"
	case windows.ERROR_FILE_NOT_FOUND, windows.ERROR_PATH_NOT_FOUND, windows.ERROR_DIRECTORY:
		return openbits.KindFolderMissing, "the folder does not exist any more"
	case windows.ERROR_INVALID_DRIVE, windows.ERROR_NOT_READY, windows.ERROR_BAD_NETPATH, windows.ERROR_BAD_NET_NAME,
		windows.ERROR_DEV_NOT_EXIST, windows.ERROR_DEVICE_NOT_CONNECTED:
		return openbits.KindFolderMissing, "the volume is gone"
	case windows.ERROR_FILE_EXISTS, windows.ERROR_ALREADY_EXISTS:
		return openbits.KindFileExists, "something stands under that name already"
	case windows.ERROR_INVALID_NAME, windows.ERROR_FILENAME_EXCED_RANGE, windows.ERROR_BAD_PATHNAME:
		return openbits.KindInvalidName, "Windows does not take that name"
	case windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION:
		return openbits.KindLocalFile, "another program holds the file open"
	default:
		return "", ""
	}
}
