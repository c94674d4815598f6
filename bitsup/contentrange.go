// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"errors"
	"math"
	"strings"
)

// span is the place of a fragment in its file: the bytes [first, first+length) of total.
type span struct {
	first, length, total int64
}

func (s span) end() int64 { return s.first + s.length }

var errRange = errors.New("Content-Range is not of the form bytes FIRST-LAST/TOTAL")

// parseSpan reads the Content-Range of a fragment, "bytes 0-5119/10000" ([MC-BUP] 2.2.5, RFC 9110 14.4). The unit is taken in
// any case, since documentation writes it "Bytes". "bytes */0" is the only fragment of an empty file: a range
// cannot express it, and the specification is silent.
func parseSpan(text string) (span, error) {
	unit, rest, ok := strings.Cut(strings.Trim(text, " \t"), " ")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return span{}, errRange
	}
	place, size, ok := strings.Cut(strings.Trim(rest, " \t"), "/")
	total, okTotal := parseOffset(size)
	if !ok || !okTotal {
		return span{}, errRange
	}
	if place == "*" && total == 0 {
		return span{}, nil
	}
	from, to, ok := strings.Cut(place, "-")
	first, okFirst := parseOffset(from)
	last, okLast := parseOffset(to)
	if !ok || !okFirst || !okLast || last < first || last >= total {
		return span{}, errRange
	}
	return span{first: first, length: last - first + 1, total: total}, nil
}

// parseOffset reads decimal digits and nothing else: no sign, no blanks, at most 2^63-1.
func parseOffset(text string) (int64, bool) {
	if text == "" || len(text) > 19 {
		return 0, false
	}
	var n uint64
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0') // 19 digits fit into 64 bits
	}
	return int64(n & math.MaxInt64), n <= math.MaxInt64
}
