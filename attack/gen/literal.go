// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// literal reads a text in one or three pairs of quotes, and passes its language or datatype.
func (t *turtle) literal() term {
	quote := `"`
	if strings.HasPrefix(t.text[t.pos:], `"""`) {
		quote = `"""`
	}
	t.pos += len(quote)
	var b strings.Builder
	for !strings.HasPrefix(t.text[t.pos:], quote) {
		switch {
		case t.pos >= len(t.text) || quote == `"` && t.text[t.pos] == '\n':
			t.fail("a literal does not end")
		case t.text[t.pos] == '\\':
			b.WriteString(t.escape())
		default:
			b.WriteByte(t.text[t.pos])
			t.pos++
		}
	}
	t.pos += len(quote)
	switch {
	case strings.HasPrefix(t.text[t.pos:], "^^"):
		t.pos += 2
		t.iri()
	case strings.HasPrefix(t.text[t.pos:], "@"):
		for t.pos++; t.pos < len(t.text) && (alphanumeric(t.text[t.pos]) || t.text[t.pos] == '-'); t.pos++ {
		}
	}
	return term{text: b.String(), literal: true}
}

// escape reads what begins with a backslash (Turtle 6.4).
func (t *turtle) escape() string {
	if t.pos+1 >= len(t.text) {
		t.fail("a literal does not end")
	}
	c := t.text[t.pos+1]
	if i := strings.IndexByte(`tbnrf"'\`, c); i >= 0 {
		t.pos += 2
		return "\t\b\n\r\f\"'\\"[i : i+1]
	}
	digits := map[byte]int{'u': 4, 'U': 8}[c]
	if digits == 0 || t.pos+2+digits > len(t.text) {
		t.fail(`\%c is no escape`, c)
	}
	code, err := strconv.ParseUint(t.text[t.pos+2:t.pos+2+digits], 16, 32)
	if err != nil || !utf8.ValidRune(rune(code)) {
		t.fail(`\%c%s is no character`, c, t.text[t.pos+2:t.pos+2+digits])
	}
	t.pos += 2 + digits
	return string(rune(code))
}
