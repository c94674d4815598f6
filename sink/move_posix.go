// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build freebsd || netbsd || openbsd || dragonfly

package sink

// moveNew renames without replacing. POSIX has no such call, but link(2) does not replace.
func (d *dir) moveNew(from, to string) error { return d.linkAndUnlink(from, to) }
