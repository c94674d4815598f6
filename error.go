// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import (
	"errors"
	"fmt"
	"time"
)

// Error is the one error type of openbits. Its text is one clause in lower case
// that begins with "cannot"; the next step for people is in Hint.
type Error struct {
	Op      string        // what was attempted, such as "fetch" or "publish"
	Object  string        // what it was attempted on, secrets removed
	Kind    Kind          // what is wrong, to be compared with errors.Is
	Context Context       // where it went wrong
	Text    string        // what is wrong in words; empty: the text of Err or of Kind
	Hint    string        // what to do about it, a sentence of its own
	File    int           // index of the file, when Context is about one; -1 otherwise
	After   time.Duration // the server asked not to come back sooner (Retry-After); 0: it did not
	Err     error         // the cause, when there is one
}

// Context is the part of a transfer that an error comes from (BG_ERROR_CONTEXT).
type Context string

const (
	// ContextNone: the error concerns no part of a transfer.
	ContextNone Context = "none"
	// ContextUnknown: the part is not known.
	ContextUnknown Context = "unknown"
	// ContextQueueManager: the service's own queue.
	ContextQueueManager Context = "queue_manager"
	// ContextLocalFile: the file on this machine.
	ContextLocalFile Context = "local_file"
	// ContextRemoteFile: the file on the server.
	ContextRemoteFile Context = "remote_file"
	// ContextTransport: the connection between them.
	ContextTransport Context = "general_transport"
	// ContextRemoteApplication: the application behind the server of an upload.
	ContextRemoteApplication Context = "remote_application"
)

// Error is the whole sentence without the hint.
func (e *Error) Error() string {
	what := e.Text
	if what == "" && e.Err != nil {
		what = e.Err.Error()
	}
	if what == "" {
		what = string(e.Kind)
	}
	switch {
	case e.Op == "":
		return what
	case e.Object == "":
		return fmt.Sprintf("cannot %s: %s", e.Op, what)
	default:
		return fmt.Sprintf("cannot %s %s: %s", e.Op, e.Object, what)
	}
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error's kind.
func (e *Error) Is(target error) bool {
	kind, ok := target.(Kind)
	return ok && kind == e.Kind
}

// AsError finds the Error in err's chain; for any other error it makes one of KindInternal.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: KindInternal, Context: ContextUnknown, Err: err, File: -1}
}

// KindOf is the kind of err: KindInternal when it has none, "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	return AsError(err).Kind
}
