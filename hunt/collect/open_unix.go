// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package collect

import (
	"os"
	"syscall"
)

// openFlags keep a file that became a pipe in the meantime from blocking.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY
