// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import (
	"strings"
	"time"
)

// Strong is the value to send in If-Range, or "" when no strong validator is known.
// A Last-Modified is strong when the Date beside it is at least one second later
// (RFC 9110, section 8.8.2.2); a client that keeps it uses it then.
func (v Validator) Strong() string {
	if v.ETag != "" {
		if strings.HasPrefix(v.ETag, "W/") {
			return ""
		}
		return v.ETag
	}
	modified, err := ParseHTTPTime(v.LastModified)
	if err != nil {
		return ""
	}
	date, err := ParseHTTPTime(v.Date)
	if err != nil || date.Sub(modified) < time.Second {
		return ""
	}
	return v.LastModified
}

// Same reports whether w names the version that v names, as far as both say anything:
// a validator that only one of them has proves nothing and contradicts nothing.
// Weak entity tags are compared as text, since a differing one still proves a change.
func (v Validator) Same(w Validator) bool {
	if v.ETag != "" && w.ETag != "" && v.ETag != w.ETag {
		return false
	}
	if v.LastModified != "" && w.LastModified != "" && v.LastModified != w.LastModified {
		// Equal strong tags outrank times, which mirrors and caches set differently.
		return v.ETag != "" && v.ETag == w.ETag && !strings.HasPrefix(v.ETag, "W/")
	}
	return true
}

// ParseHTTPTime reads a date of HTTP in any of its three forms (RFC 9110, section 5.6.7).
func ParseHTTPTime(text string) (time.Time, error) {
	for _, layout := range []string{"Mon, 02 Jan 2006 15:04:05 GMT", time.RFC850} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	t, err := time.Parse(time.ANSIC, text)
	return t.UTC(), err
}
