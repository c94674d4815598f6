// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package term

import "os"

// prepare has nothing to do: terminals of Unix understand control sequences.
func prepare(*os.File) bool { return true }
