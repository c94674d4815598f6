// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"encoding/base64"
	"fmt"
	"unicode/utf16"
)

// encoded applies a modifier that encodes to a text.
func encoded(modifier, text string) []string {
	switch modifier {
	case "wide", "utf16le":
		return []string{wide(text, false)}
	case "utf16be":
		return []string{wide(text, true)}
	case "utf16":
		return []string{"\xff\xfe" + wide(text, false)}
	case "base64":
		return []string{base64.StdEncoding.EncodeToString([]byte(text))}
	default: // base64offset
		return offsets(text)
	}
}

func wide(text string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// offsets are what a text looks like within something that is encoded in Base64, by its place in a group of three bytes. Of the
// first and last group only what the text alone decides is kept.
func offsets(text string) []string {
	list := make([]string, 0, 3)
	for shift := range 3 {
		b := append(make([]byte, shift), text...)
		code := base64.StdEncoding.EncodeToString(b)
		from := [3]int{0, 2, 3}[shift]
		to := len(code) - [3]int{0, 3, 2}[len(b)%3]
		if from < to {
			list = append(list, code[from:to])
		}
	}
	return list
}

// dashes are what Windows programs take as the mark of a flag.
var dashes = []rune{'-', '/', '–', '—', '―'}

// maxDashes bounds the flags of one text whose mark may vary: five ways each.
const maxDashes = 4

// windash answers the ways to write a text whose flags may begin with any dash. A flag's mark is a dash behind something that is no letter
// or digit, and before one that is.
func windash(text string) ([]string, error) {
	letters := []rune(text)
	word := func(i int) bool {
		return i >= 0 && i < len(letters) && (letters[i] == '_' || letters[i] >= '0' && letters[i] <= '9' ||
			letters[i] >= 'a' && letters[i] <= 'z' || letters[i] >= 'A' && letters[i] <= 'Z')
	}
	var marks []int
	for i, r := range letters {
		if (r == '-' || r == '/') && !word(i-1) && word(i+1) {
			marks = append(marks, i)
		}
	}
	if len(marks) > maxDashes {
		return nil, fmt.Errorf("windash: %q has more than %d flags", text, maxDashes)
	}
	all := []string{}
	var vary func(mark int)
	vary = func(mark int) {
		if mark == len(marks) {
			all = append(all, string(letters))
			return
		}
		for _, d := range dashes {
			letters[marks[mark]] = d
			vary(mark + 1)
		}
	}
	vary(0)
	return all, nil
}
