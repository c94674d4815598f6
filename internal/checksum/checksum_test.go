// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package checksum

import (
	"strings"
	"testing"
)

var (
	a256 = strings.Repeat("a1", 32)
	b256 = strings.Repeat("b2", 32)
	c512 = strings.Repeat("c3", 64)
)

func TestParse(t *testing.T) {
	text := "\ufeff" + a256 + "  plain.iso\r\n# comment\n\n" + strings.ToUpper(b256) + " *dir/binary.iso\n" +
		"SHA512 (tagged (1).iso) = " + c512 + "\n\\" + a256 + "  back\\\\slash\\nname\n" +
		a256 + "  x/twice\n" + b256 + "  y/twice\n" + b256 + "  ./dotted\n"
	l, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"plain.iso": a256, "dir/binary.iso": b256, "binary.iso": b256, "tagged (1).iso": c512, "back\\slash\nname": a256,
		"x/twice": a256, "dotted": b256,
	} {
		if d, ok := l.Find(name); !ok || d.Expected != want {
			t.Errorf("Find(%q) = %v, %v; want %s", name, d, ok, want)
		}
	}
	if d, ok := l.Find("twice"); ok {
		t.Errorf("Find of a name that two folders have = %v, want none", d)
	}
	if d, ok := l.Find("tagged"); ok {
		t.Errorf("Find of an unlisted name = %v, want none", d)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "no digest",
		"# nothing":                             "no digest",
		a256:                                    "line 1",
		a256 + " name":                          "line 1",
		a256 + "  ok\nzz" + a256[2:] + "  name": "line 2: a digest must be hexadecimal",
		a256[2:] + "  name":                     "this has 62",
		"SHA512 (x) = " + a256:                  "not as long as a sha512",
		a256 + "  x\n" + b256 + "  x":           "listed twice",
		strings.Repeat("x", maxLine+1):          "too long",
	} {
		_, err := Parse(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%.40q) = %v, want an error with %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(a256 + "  name\n")
	f.Add("SHA256 (name) = " + a256)
	f.Add("\\" + a256 + " *n\\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		for name, d := range l.exact {
			if len(d.Expected) != 64 && len(d.Expected) != 128 {
				t.Fatalf("%q has digest %q", name, d.Expected)
			}
		}
	})
}
