// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package names

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestFromURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://h/a/file.iso":                              "file.iso",
		"https://h/a/file.iso?x=1#y":                        "file.iso",
		"https://h/releases/":                               "releases",
		"https://h":                                         "download",
		"https://h/":                                        "download",
		"https://h/a%20b.txt":                               "a b.txt",
		"https://h/..%2f..%2fetc%2fpasswd":                  "_.._etc_passwd",
		"https://h/%2e%2e":                                  "download",
		"https://h/.bashrc":                                 "bashrc",
		"https://h/-rf":                                     "rf",
		"https://h/x%00.txt":                                "x.txt",
		"https://h/a%5Cb%3Ac.txt":                           "a_b_c.txt",
		"https://h/NUL":                                     "_NUL",
		"https://h/con.txt":                                 "_con.txt",
		"https://h/COM%C2%B9.log":                           "_COM¹.log",
		"https://h/console.txt":                             "console.txt",
		"https://h/trailing.%20.":                           "trailing",
		"https://h/invoice%E2%80%AEfdp.exe":                 "invoicefdp.exe",
		"https://h/zero%E2%80%8Bwidth":                      "zerowidth",
		"https://h/%FF%FE":                                  "_",
		"https://h/na%C3%AFve.txt":                          "naïve.txt",
		"https://h/" + strings.Repeat("a", 300):             strings.Repeat("a", 255),
		"https://h/" + strings.Repeat("é", 200) + ".tar.gz": strings.Repeat("é", 124) + ".tar.gz",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := FromURL(u); got != want {
			t.Errorf("FromURL(%q) = %q, want %q", raw, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{
		"", ".", "..", "a/b", `a\b`, "CON", "nul.txt", "COM1 .x", "lpt³", "-x", "a. . .", "\xff", "\u202e", "conin$", "a\u3164",
		strings.Repeat("x", 300) + ".tar.gz", strings.Repeat("é", 300), strings.Repeat(".", 300) + "a", "CON" + strings.Repeat(" ", 300) + ".txt",
		strings.Repeat("a ", 140) + "." + strings.Repeat("b", 10), "~", "a:b", "\u2028", "\ufffd",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := Clean(text)
		if again := Clean(name); again != name {
			t.Fatalf("Clean(%q) = %q, and cleaned again %q", text, name, again)
		}
		if name == "" || name == "." || name == ".." || len(name) > MaxLength || !utf8.ValidString(name) {
			t.Fatalf("Clean(%q) = %q", text, name)
		}
		if strings.ContainsAny(name, `/\:*?"<>|`) || strings.ContainsFunc(name, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
		}) {
			t.Fatalf("Clean(%q) = %q holds a character it must not", text, name)
		}
		if name[0] == '.' || name[0] == '-' || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") {
			t.Fatalf("Clean(%q) = %q begins or ends wrongly", text, name)
		}
		if !filepath.IsLocal(name) || filepath.Base(name) != name {
			t.Fatalf("Clean(%q) = %q is not one path element", text, name)
		}
		if Device(name) {
			t.Fatalf("Clean(%q) = %q is a device on Windows", text, name)
		}
	})
}
