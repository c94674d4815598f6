// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package urlpath

import "strings"

// systemReadable refuses what Windows reads as something else: streams ("name:stream", "name::$DATA"), devices, names
// whose last dots and blanks it drops, and the short names (8.3) under which it would also find hidden ones.
func systemReadable(name string) error {
	if strings.ContainsAny(name, `:*?"<>|`) || strings.TrimRight(name, " .") != name || deviceOrShort(name) {
		return ErrInvalid
	}
	return nil
}
