// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !freebsd && !darwin

package collect

import "os"

// extentsOf takes the whole file for data: this system is not asked where its holes are.
func extentsOf(_ *os.File, size int64) []Extent { return []Extent{{0, size}} }
