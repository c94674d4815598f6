// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	tests := []struct {
		name          string
		unix, windows bool // possible there
	}{
		{"file", true, true},
		{".hidden", true, true},
		{"two words.txt", true, true},
		{"...", true, false},
		{"naïve ☺", true, true},
		{strings.Repeat("n", 255), true, true},
		{strings.Repeat("é", 127), true, true},
		{strings.Repeat("n", 256), false, false},
		{strings.Repeat("é", 128), false, false},
		{"", false, false},
		{".", false, false},
		{"..", false, false},
		{"a/b", false, false},
		{"/", false, false},
		{"a/", false, false},
		{"../../etc/passwd", false, false},
		{"nul\x00byte", false, false},
		{`a\b`, true, false},
		{`..\..\autoexec.bat`, true, false},
		{"C:", true, false},
		{"file:stream", true, false},
		{"file::$DATA", true, false},
		{"what?", true, false},
		{"a*", true, false},
		{"<a>", true, false},
		{`"a"`, true, false},
		{"a|b", true, false},
		{"tab\t", true, false},
		{"line\nbreak", true, false},
		{"trailing dot.", true, false},
		{"trailing space ", true, false},
		{"CON", true, false},
		{"con", true, false},
		{"nul.txt", true, false},
		{"NUL .tar.gz", true, false},
		{"Aux", true, false},
		{"prn.", true, false},
		{"COM1", true, false},
		{"com9.log", true, false},
		{"COM¹", true, false},
		{"LPT³.txt", true, false},
		{"conin$", true, false},
		{"CONOUT$", true, false},
		{"COM", true, true},
		{"COM10", true, true},
		{"COM12.txt", true, true},
		{"CONSOLE", true, true},
		{"LPT", true, true},
		{"a.con", true, true},
		{"null", true, true},
	}
	for _, test := range tests {
		for windows, want := range map[bool]bool{false: test.unix, true: test.windows} {
			if why := badName(test.name, windows); (why == "") != want {
				t.Errorf("%q, windows %v: %q, want possible %v", test.name, windows, why, want)
			}
		}
	}
}
