// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import "testing"

func TestIdentity(t *testing.T) {
	tests := []struct {
		a, b         string
		file, folder bool // the same
	}{
		{"v.1.b", "v.1.b", true, true},
		{"v.1.b", "v.2.b", false, false},
		{"v.1.b", "v.1.c", false, false},
		{"v.1.b", "w.1.b", true, true}, // the volume got another number
		{"v.1.-", "v.1.-", true, true},
		{"v.1.-", "v.1.b", true, true}, // the system learned to tell birth times
		{"v.1.-", "w.1.-", true, false},
		{"v.1.-", "w.1.b", true, false},
		{"-.1.-", "-.1.-", true, true},
		{"-.1.-", "v.1.-", true, false},
		{"v.-.b", "v.-.b", true, true}, // FAT
		{"v.-.b", "v.-.c", false, false},
		{"v.-.-", "v.-.-", false, true}, // files without an identity are never the same
		{"-.-.-", "-.-.-", false, false},
		{"", "", false, false},
		{"rubbish", "v.1.b", false, false},
		{"v.1.b.x", "v.1.b", false, false},
	}
	for _, test := range tests {
		a, b := parseIdentity(test.a), parseIdentity(test.b)
		if got := a.sameFile(b); got != test.file || b.sameFile(a) != got {
			t.Errorf("%s and %s: same file is %v, want %v", test.a, test.b, got, test.file)
		}
		if got := a.sameFolder(b); got != test.folder || b.sameFolder(a) != got {
			t.Errorf("%s and %s: same folder is %v, want %v", test.a, test.b, got, test.folder)
		}
	}
	for _, text := range []string{"v.1.b", "-.1.-", "v.-.b", "-.-.-"} {
		if got := parseIdentity(text).String(); got != text {
			t.Errorf("%s became %s", text, got)
		}
	}
}
