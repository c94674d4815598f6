// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build freebsd || netbsd || openbsd || dragonfly

package sink

import "os"

// idly runs do. These systems know no priority of the disk.
func idly(do func()) { do() }

func setDiskPriority(*os.File, bool) {}

// startWritingRange and awaitRange do nothing: there is no call for it but those that wait for everything.
func startWritingRange(*os.File, int64, int64) error { return nil }

func awaitRange(*os.File, int64, int64) error { return nil }
