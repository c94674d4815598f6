// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package urlpath

// systemReadable has nothing to add: a name is taken as it is.
func systemReadable(string) error { return nil }
