// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build freebsd || netbsd || openbsd || dragonfly

package sink

import (
	"errors"
	"os"
)

// reserve is not possible: posix_fallocate changes the length of the file, which would then tell nothing of what is in it.
func reserve(*os.File, int64, int64) error { return errors.ErrUnsupported }
