// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Idly is idly.
func Idly(do func()) { idly(do) }

// Resident is how many bytes of the first size of a file are in the page cache (mincore(2)).
func Resident(f *os.File, size int64) (sum int64, err error) {
	m, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return 0, err
	}
	defer func() { _ = unix.Munmap(m) }()
	page := os.Getpagesize()
	pages := make([]byte, (int(size)+page-1)/page)
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&m[0])), uintptr(size), uintptr(unsafe.Pointer(&pages[0]))); errno != 0 {
		return 0, errno
	}
	for _, p := range pages {
		sum += int64(p&1) * int64(page)
	}
	return sum, nil
}
