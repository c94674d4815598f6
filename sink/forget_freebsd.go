// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"os"

	"golang.org/x/sys/unix"
)

// forget makes clean pages of a part of the file the first to be dropped; to 0 is its end (posix_fadvise(2)).
func forget(f *os.File, from, to int64) {
	_ = unix.Fadvise(int(f.Fd()), from, max(to-from, 0), unix.FADV_DONTNEED)
}
