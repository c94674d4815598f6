// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package daemon

import (
	"errors"
	"os"
)

// checkOwner checks that the state folder is one. Its access list is the profile
// folder's, which it inherits.
func checkOwner(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return stateError("look at", dir, err)
	}
	if !info.IsDir() {
		return stateError("use", dir, errors.New("it is not a folder"))
	}
	return nil
}
