// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package term

import (
	"strings"
	"unicode"
)

// Plain is text without anything that a terminal acts on: control characters and those that change the direction
// of writing become "?"; line ends and tabs become spaces.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r == 0xfffd, unicode.In(r, unicode.Cc, unicode.Cf):
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// wide are the ranges of characters that take two columns (Unicode's East Asian Width W and F, by blocks).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1},
		{0x231a, 0x231b, 1},
		{0x2329, 0x232a, 1},
		{0x23e9, 0x23ec, 1},
		{0x25fd, 0x25fe, 1},
		{0x2614, 0x2615, 1},
		{0x2648, 0x2653, 1},
		{0x26a1, 0x26a1, 1},
		{0x26ce, 0x26ce, 1},
		{0x2705, 0x2705, 1},
		{0x2728, 0x2728, 1},
		{0x274c, 0x274c, 1},
		{0x2753, 0x2755, 1},
		{0x2795, 0x2797, 1},
		{0x2b1b, 0x2b1c, 1},
		{0x2e80, 0x303e, 1},
		{0x3041, 0xa4cf, 1},
		{0xa960, 0xa97c, 1},
		{0xac00, 0xd7a3, 1},
		{0xf900, 0xfaff, 1},
		{0xfe30, 0xfe6f, 1},
		{0xff01, 0xff60, 1},
		{0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{
		{0x16fe0, 0x18cff, 1},
		{0x1b000, 0x1b2ff, 1},
		{0x1f004, 0x1f004, 1},
		{0x1f0cf, 0x1f0cf, 1},
		{0x1f18e, 0x1f18e, 1},
		{0x1f191, 0x1f19a, 1},
		{0x1f200, 0x1f320, 1},
		{0x1f32d, 0x1f64f, 1},
		{0x1f680, 0x1f6ff, 1},
		{0x1f7e0, 0x1f7eb, 1},
		{0x1f90c, 0x1f9ff, 1},
		{0x1fa70, 0x1faff, 1},
		{0x20000, 0x3fffd, 1},
	},
}

func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// Width is the number of columns that plain text takes.
func Width(text string) int {
	n := 0
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

// Fit makes plain text exactly width columns wide: padded on the right, or cut in the middle.
func Fit(text string, width int) string {
	text = Cut(text, width)
	return text + strings.Repeat(" ", max(0, width-Width(text)))
}

// Cut makes plain text at most width columns wide. It takes out the middle, so that the ending of a name stays.
func Cut(text string, width int) string {
	if Width(text) <= width {
		return text
	}
	if width < 3 {
		return head(text, width)
	}
	const mark = ".."
	tail := min((width-len(mark))/3, 8)
	return head(text, width-len(mark)-tail) + mark + end(text, tail)
}

func head(text string, width int) string {
	for i, r := range text {
		if width -= runeWidth(r); width < 0 {
			return text[:i]
		}
	}
	return text
}

func end(text string, width int) string {
	runes := []rune(text)
	i := len(runes)
	for i > 0 && width >= runeWidth(runes[i-1]) {
		width -= runeWidth(runes[i-1])
		i--
	}
	return string(runes[i:])
}

// Clip makes plain text at most width columns wide by cutting its end.
func Clip(text string, width int) string {
	if Width(text) <= width {
		return text
	}
	return head(text, max(0, width-2)) + ".."
}
