// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package daemon

import (
	"errors"
	"os"
	"syscall"
)

// checkOwner refuses a state folder that somebody else owns or can write: whoever can change
// the queue can make this account fetch anything to anywhere.
func checkOwner(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return stateError("look at", dir, err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return stateError("use", dir, errors.New("it is not a folder"))
	case ok && int(stat.Uid) != os.Geteuid():
		return stateError("use", dir, errors.New("it belongs to another account"))
	case info.Mode().Perm()&0o022 != 0:
		return stateError("use", dir, errors.New("others can write in it"))
	}
	return nil
}
