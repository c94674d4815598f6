// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget

import (
	"errors"
	"strconv"
	"strings"

	"github.com/openbits/openbits"
)

// contentRange is a Content-Range field in bytes (RFC 9110, section 14.4). Total is
// openbits.Unknown where it says "*"; First and Last are that in the form of a 416.
type contentRange struct{ First, Last, Total int64 }

var errContentRange = errors.New("not a range of bytes")

// parseContentRange reads "bytes 0-99/1234", "bytes 0-99/*" and "bytes */1234".
func parseContentRange(text string) (contentRange, error) {
	none := contentRange{openbits.Unknown, openbits.Unknown, openbits.Unknown}
	unit, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if !strings.EqualFold(unit, "bytes") {
		return none, errContentRange
	}
	span, size, ok := strings.Cut(strings.TrimSpace(rest), "/")
	if !ok {
		return none, errContentRange
	}
	r := none
	if size != "*" {
		if r.Total, ok = number(size); !ok {
			return none, errContentRange
		}
	}
	if span == "*" {
		if size == "*" {
			return none, errContentRange
		}
		return r, nil
	}
	first, last, _ := strings.Cut(span, "-")
	var okFirst, okLast bool
	r.First, okFirst = number(first)
	r.Last, okLast = number(last)
	if !okFirst || !okLast || r.Last < r.First || r.Total >= 0 && r.Last >= r.Total {
		return none, errContentRange
	}
	return r, nil
}

// number reads digits alone: no sign, no space. The largest value leaves room for adding 1.
func number(text string) (int64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return openbits.Unknown, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n == 1<<63-1 {
		return openbits.Unknown, false
	}
	return n, true
}
