// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netrc

import (
	"strings"
	"testing"
)

const sample = `# mine
machine Example.com login ann password s3cret
machine other.example
	login bob
	password "two words \" and a quote"
macdef init
machine not.an.entry login x password y

machine example.com login second password ignored
machine nopass login carl
machine hash login a password #notacomment
default login anonymous password ann@example.com
`

func TestFind(t *testing.T) {
	f, err := Parse(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]Entry{
		"example.com":   {"ann", "s3cret"},
		"EXAMPLE.COM":   {"ann", "s3cret"},
		"other.example": {"bob", `two words " and a quote`},
		"nopass":        {"carl", ""},
		"hash":          {"a", "#notacomment"},
		"not.an.entry":  {"anonymous", "ann@example.com"},
	} {
		if got, ok := f.Find(host); !ok || got != want {
			t.Errorf("Find(%q) = %v, %v; want %v", host, got, ok, want)
		}
	}
	empty, err := Parse(strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := empty.Find("example.com"); ok {
		t.Error("an empty file has an entry")
	}
}

func TestErrorsNameTheLineAndNoSecret(t *testing.T) {
	for text, want := range map[string]string{
		"login ann":                          "line 1",
		"machine a login b\nhunter2":         "line 2",
		"machine a password \"hunter2":       "line 1",
		"machine a login b password":         "no value",
		"machine a login b password x y z":   "line 1",
		strings.Repeat("x", maxSize+1) + " ": "",
	} {
		_, err := Parse(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Parse(%.40q) = %v, want an error with %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("default\nmachine \"\" login \"\" password \"\"")
	f.Add("macdef x")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse(strings.NewReader(text))
		if (file == nil) == (err == nil) {
			t.Fatalf("Parse = %v, %v", file, err)
		}
		if file != nil {
			file.Find("example.com")
		}
	})
}
