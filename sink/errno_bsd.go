// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build freebsd || netbsd || dragonfly

package sink

import (
	"runtime"

	"golang.org/x/sys/unix"
)

func linkNotFollowed() error {
	if runtime.GOOS == "netbsd" {
		return unix.EFTYPE
	}
	return unix.EMLINK
}
