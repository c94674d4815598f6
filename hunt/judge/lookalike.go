// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"strings"
	"unicode"
)

// lookalikes are letters of Greek and Cyrillic that look like Latin ones, with what they look like; those of Unicode's confusables.txt that names of products are made of.
var lookalikes = strings.NewReplacer(
	"А", "A", "В", "B", "Е", "E", "К", "K", "М", "M", "Н", "H", "О", "O", "Р", "P", "С", "C", "Т", "T", "Х", "X", "У", "Y", "І", "I", "Ј", "J", "Ѕ", "S",
	"а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "х", "x", "у", "y", "і", "i", "ј", "j", "ѕ", "s", "ԁ", "d", "һ", "h", "ԛ", "q", "ԝ", "w", "ӏ", "l",
	"Α", "A", "Β", "B", "Ε", "E", "Ζ", "Z", "Η", "H", "Ι", "I", "Κ", "K", "Μ", "M", "Ν", "N", "Ο", "O", "Ρ", "P", "Τ", "T", "Υ", "Y", "Χ", "X",
	"ο", "o", "ν", "v", "ι", "i", "α", "a", "ρ", "p",
)

// lookalikeOf is what a name looks like: wide letters and those of other scripts as Latin ones, without what cannot be seen. It is empty for a name that is what it looks like.
func lookalikeOf(name string) string {
	if strings.IndexFunc(name, func(c rune) bool { return c > unicode.MaxASCII }) < 0 {
		return ""
	}
	look := plainName(lookalikes.Replace(strings.Map(asciiHost, name)))
	if look == plainName(name) {
		return ""
	}
	return look
}
