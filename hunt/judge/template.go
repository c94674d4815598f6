// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxShown bounds a value in a sentence, in letters; the finding's Matched has it whole.
const maxShown = 160

// expand fills the values of a rule's sentence in: {field}. What stands in [ ] is left out when one of its fields is not known. Evidence is
// hostile: control characters and what turns the direction of writing are shown as escapes.
func expand(text string, values func(field string) []string) string {
	var b strings.Builder
	for text != "" {
		at := strings.IndexByte(text, '[')
		if at < 0 {
			part, _ := fillIn(text, values)
			b.WriteString(part)
			break
		}
		part, _ := fillIn(text[:at], values)
		b.WriteString(part)
		end := strings.IndexByte(text[at:], ']')
		if end < 0 {
			break
		}
		if part, whole := fillIn(text[at+1:at+end], values); whole {
			b.WriteString(part)
		}
		text = text[at+end+1:]
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// fillIn tells also whether all fields were known.
func fillIn(text string, values func(field string) []string) (string, bool) {
	var b strings.Builder
	whole := true
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String(), whole
		}
		field, after, _ := strings.Cut(rest, "}")
		list := values(field)
		if len(list) == 0 {
			whole = false
			b.WriteString("(not known)")
		} else {
			b.WriteString(shown(list))
		}
		text = after
	}
}

func shown(list []string) string {
	texts := make([]string, 0, len(list))
	for i, v := range list {
		if i == 3 {
			texts = append(texts, "…")
			break
		}
		texts = append(texts, printable(v))
	}
	return strings.Join(texts, ", ")
}

func printable(v string) string {
	var b strings.Builder
	n := 0
	for _, r := range v {
		if n++; n > maxShown {
			b.WriteString("…")
			break
		}
		switch {
		case r == utf8.RuneError, !unicode.IsPrint(r) && r != ' ':
			b.WriteString(strings.Trim(quoteRune(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func quoteRune(r rune) string { return strconv.QuoteRuneToASCII(r) }
