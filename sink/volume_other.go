// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sink

// syncVolume is not possible: sync(2) of other systems does not wait, or does not report errors.
func (d *dir) syncVolume() bool { return false }
