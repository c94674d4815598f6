// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"errors"
	"fmt"
)

// ErrNoQueue is the cause when an input holds nothing of a queue of BITS.
var ErrNoQueue = errors.New("there is nothing of a BITS queue in it")

// Error is what is wrong with an input.
type Error struct {
	Offset int64 // where in the input, in bytes; negative: nowhere in particular
	Text   string
	Err    error // the cause, when there is one
}

// Error says where and what.
func (e *Error) Error() string {
	s := e.Text
	if e.Err != nil {
		if s != "" {
			s += ": "
		}
		s += e.Err.Error()
	}
	if e.Offset >= 0 {
		return fmt.Sprintf("offset %d: %s", e.Offset, s)
	}
	return s
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

func faultAt(at int64, format string, args ...any) *Error {
	return &Error{Offset: at, Text: fmt.Sprintf(format, args...)}
}
