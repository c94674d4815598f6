// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"

	"golang.org/x/sys/windows"
)

// syncFolder does nothing: NTFS journals names itself.
func syncFolder(string) error { return nil }

func noSpace(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
