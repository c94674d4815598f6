// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package bitsup

import "os"

// syncData makes what was written durable. On macOS it is F_FULLFSYNC, on Windows FlushFileBuffers.
func syncData(f *os.File) error { return f.Sync() }

// startWriting leaves it to the system when it begins to write.
func startWriting(*os.File, int64, int64) {}
