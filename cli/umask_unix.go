// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// umask is this process's file mode creation mask in octal. Linux tells it; elsewhere it can only be
// read by setting it, which is harmless here: no other goroutine makes files meanwhile.
func umask() string {
	if f, err := os.Open("/proc/self/status"); err == nil {
		defer func() { _ = f.Close() }()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if value, ok := strings.CutPrefix(lines.Text(), "Umask:"); ok {
				return strings.TrimSpace(value)
			}
		}
	}
	mask := unix.Umask(0o077)
	unix.Umask(mask)
	return fmt.Sprintf("%03o", mask)
}
