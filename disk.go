// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import "io"

// PartFile is an open part file.
type PartFile interface {
	io.ReaderAt
	io.WriterAt
	Size() (int64, error)
	Truncate(size int64) error
	// Reserve sets blocks aside so that the file can grow to size; its length stays. Where the file system
	// cannot do that, the error is errors.ErrUnsupported. Kinds: disk_full, file_too_large, not_supported.
	Reserve(size int64) error
	// SetBackground tells whether the file's job takes only what others leave idle. If so, the bytes reach the disk
	// behind everybody else's and a large file does not stay in memory, as far as the system can do that. It may change at
	// any time, also during other calls, and does not wait for the disk.
	SetBackground(on bool)
	// Flush starts writing to the disk without waiting, where the system can.
	Flush() error
	// Sync makes everything written so far durable.
	Sync() error
	// Identity tells this file from any other that may come to stand under its name.
	Identity() string
	Close() error
}

// Content is a whole file opened for reading.
type Content interface {
	io.ReadSeekCloser
	io.ReaderAt
}
