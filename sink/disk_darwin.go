// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserve asks for blocks past the end of the file, whose length stays (fcntl(2), F_PREALLOCATE).
func reserve(f *os.File, from, to int64) error {
	_, err := retry(func() (int, error) {
		return 0, unix.FcntlFstore(f.Fd(), unix.F_PREALLOCATE, &unix.Fstore_t{
			Flags: unix.F_ALLOCATEALL, Posmode: unix.F_PEOFPOSMODE, Length: to - from,
		})
	})
	if errors.Is(err, unix.EINVAL) {
		return errors.ErrUnsupported
	}
	return err
}
