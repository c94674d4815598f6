// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"os"
	"syscall"
	"unsafe"
)

// Resident is how much of a file is in the page cache, in bytes (mincore(2)).
func Resident(path string) (sum int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil || i.Size() == 0 {
		return 0, err
	}
	size, page := int(i.Size()), os.Getpagesize()
	m, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return 0, err
	}
	defer func() { _ = syscall.Munmap(m) }()
	pages := make([]byte, (size+page-1)/page)
	_, _, errno := syscall.Syscall(syscall.SYS_MINCORE, uintptr(unsafe.Pointer(&m[0])), uintptr(size), uintptr(unsafe.Pointer(&pages[0])))
	if errno != 0 {
		return 0, errno
	}
	for _, p := range pages {
		sum += int64(p&1) * int64(page)
	}
	return sum, nil
}

// OpenDirect opens a file whose reads go to the disk, past the page cache (O_DIRECT). Buffers must be aligned to 4 KiB.
func OpenDirect(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECT, 0)
}
