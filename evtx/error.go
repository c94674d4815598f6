// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"errors"
	"fmt"
	"strings"
)

// What is wrong, to be compared with errors.Is. The text of an [Error] says it in detail.
var (
	// ErrNotLog: the stream is no event log: neither its header nor a chunk is where they belong.
	ErrNotLog = errors.New("this is no event log")
	// ErrDamaged: the bytes contradict themselves or the format.
	ErrDamaged = errors.New("the log is damaged")
	// ErrChecksum: a checksum is not that of the bytes it covers.
	ErrChecksum = errors.New("a checksum does not fit")
	// ErrTruncated: the stream ends before the log does.
	ErrTruncated = errors.New("the log is cut off")
	// ErrTemplate: the definition of the template that a record refers to is not there any more.
	ErrTemplate = errors.New("a template is missing")
	// ErrLimit: the record would unfold into more than a record may (see the package's promises).
	ErrLimit = errors.New("a limit was reached")
	// ErrRead: the stream could not be read.
	ErrRead = errors.New("the log cannot be read")
)

// Error says what is wrong and where.
type Error struct {
	Chunk  int    // number of the chunk, from 0 in the order of the file; NoChunk when it concerns none
	Offset int64  // of the bytes concerned, from the beginning of the stream
	Record uint64 // identifier of the record concerned; 0: none
	Text   string // what is wrong, in words
	Kind   error  // one of the errors of this package
	Err    error  // the cause, when the stream gave one
}

// NoChunk is the number of the chunk where there is none.
const NoChunk = -1

// Error is the place and what is wrong there.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Chunk != NoChunk {
		fmt.Fprintf(&b, "chunk %d, ", e.Chunk)
	}
	fmt.Fprintf(&b, "offset 0x%x", e.Offset)
	if e.Record != 0 {
		fmt.Fprintf(&b, ", record %d", e.Record)
	}
	b.WriteString(": " + e.Text)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap are the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
