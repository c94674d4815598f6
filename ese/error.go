// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is what is wrong. Errors are compared by kind: errors.Is(err, ese.KindChecksum).
type Kind string

const (
	// KindNotDatabase: the input is no ESE database, and no pages of one were found in it.
	KindNotDatabase Kind = "not_a_database"
	// KindNotLog: the input is no ESE log file.
	KindNotLog Kind = "not_a_log"
	// KindHeader: a file header is damaged.
	KindHeader Kind = "damaged_header"
	// KindRead: the input could not be read there.
	KindRead Kind = "unreadable"
	// KindShort: the input ends before what it should hold.
	KindShort Kind = "cut_short"
	// KindChecksum: the checksum of a page or segment does not fit its content.
	KindChecksum Kind = "wrong_checksum"
	// KindCorrected: one bit of a page was wrong; its checksum told which, and the page was read with that bit turned.
	KindCorrected Kind = "corrected_bit"
	// KindPage: what a page says of itself makes no sense.
	KindPage Kind = "damaged_page"
	// KindTree: pages of a tree do not fit each other.
	KindTree Kind = "damaged_tree"
	// KindCatalog: the catalog lacks what is needed.
	KindCatalog Kind = "damaged_catalog"
	// KindRecord: a record cannot be divided into columns.
	KindRecord Kind = "damaged_record"
	// KindLongValue: a long value is missing or not whole.
	KindLongValue Kind = "damaged_long_value"
	// KindCompressed: compressed data is damaged.
	KindCompressed Kind = "damaged_compression"
	// KindUnsupported: a compression that this package does not know.
	KindUnsupported Kind = "unsupported_compression"
	// KindEncrypted: a value is encrypted; the key is not in the database.
	KindEncrypted Kind = "encrypted"
)

// Error makes a kind a target for errors.Is.
func (k Kind) Error() string { return string(k) }

// NoPage is the page of an Error that is about none.
const NoPage = ^uint32(0)

// Error is the one error type of this package.
type Error struct {
	Kind   Kind
	Object string // what it is about, such as "the header" or "page 31"
	Page   uint32 // the page's number, or NoPage
	Offset int64  // where in the input, in bytes; negative: nowhere in particular
	Text   string // what is wrong; empty: the text of Err or Kind
	Err    error  // the cause, when there is one
}

// Error says where and what, such as "page 31 at offset 524288: its checksum is wrong".
func (e *Error) Error() string {
	what := e.Text
	if what == "" && e.Err != nil {
		what = e.Err.Error()
	}
	if what == "" {
		what = strings.ReplaceAll(string(e.Kind), "_", " ")
	}
	where := ""
	if e.Offset >= 0 {
		where = fmt.Sprintf(" at offset %d", e.Offset)
	}
	if e.Object == "" {
		return what + where
	}
	return e.Object + where + ": " + what
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error's kind.
func (e *Error) Is(target error) bool {
	kind, ok := target.(Kind)
	return ok && kind == e.Kind
}

// pageError is an error about a page as a whole.
func pageError(kind Kind, number uint32, off int64, format string, args ...any) *Error {
	return &Error{Kind: kind, Object: fmt.Sprintf("page %d", number), Page: number, Offset: off, Text: fmt.Sprintf(format, args...)}
}

// otherError is an error about something that is no page.
func otherError(kind Kind, object string, off int64, format string, args ...any) *Error {
	return &Error{Kind: kind, Object: object, Page: NoPage, Offset: off, Text: fmt.Sprintf(format, args...)}
}

// KindOf is the kind of err: "" for nil, and for errors that are not of this package.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}
