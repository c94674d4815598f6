// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package urlpath

import (
	"strings"

	"github.com/openbits/openbits/internal/names"
)

// deviceOrShort reports whether Windows would open something else under the name: a device, or the file whose short
// name it is. Short names are at most eight characters that end with ~ and a number, and an extension of up to three.
func deviceOrShort(name string) bool {
	if names.Device(name) {
		return true
	}
	stem, ext, _ := strings.Cut(name, ".")
	tilde := strings.LastIndexByte(stem, '~')
	if tilde < 1 || tilde == len(stem)-1 || len(stem) > 8 || len(ext) > 3 {
		return false
	}
	return strings.Trim(stem[tilde+1:], "0123456789") == ""
}
