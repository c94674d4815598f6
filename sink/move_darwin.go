// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"

	"golang.org/x/sys/unix"
)

// moveNew renames without replacing. RENAME_EXCL is known by APFS and HFS+ (renameatx_np(2)); others answer ENOTSUP.
func (d *dir) moveNew(from, to string) error {
	_, err := retry(func() (int, error) {
		return 0, unix.RenameatxNp(d.fd(), from, d.fd(), to, unix.RENAME_EXCL)
	})
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return d.linkAndUnlink(from, to)
	}
	return err
}
