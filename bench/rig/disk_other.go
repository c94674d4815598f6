// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package rig

import (
	"errors"
	"os"
)

// Resident is not known here.
func Resident(string) (int64, error) { return 0, errors.ErrUnsupported }

// OpenDirect is not possible here.
func OpenDirect(string) (*os.File, error) { return nil, errors.ErrUnsupported }
