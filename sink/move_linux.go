// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"

	"golang.org/x/sys/unix"
)

// moveNew renames without replacing. RENAME_NOREPLACE is known by Linux 3.15 and most of its file systems;
// NFS, exFAT and older FUSE answer EINVAL.
func (d *dir) moveNew(from, to string) error {
	_, err := retry(func() (int, error) {
		return 0, unix.Renameat2(d.fd(), from, d.fd(), to, unix.RENAME_NOREPLACE)
	})
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP) {
		return d.linkAndUnlink(from, to)
	}
	return err
}
