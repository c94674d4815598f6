// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package seal

import (
	"errors"
	"os"
)

// protect leaves the key as it is: its file's mode is the protection.
func protect(key []byte) ([]byte, error) { return key, nil }

func unprotect(wrapped []byte) ([]byte, error) { return wrapped, nil }

// private takes away from other accounts what a careless copy of the state folder gave them.
func private(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return f.Chmod(0o600)
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
