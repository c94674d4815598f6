// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package urlpath

import (
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNew(t *testing.T) {
	for _, c := range []struct {
		url, want string
		err       error
	}{
		{"/a", "a", nil},
		{"/a/b/c.txt", "a/b/c.txt", nil},
		{"/sp%20ace/%C3%A4", "sp ace/ä", nil},
		{"/100%25", "100%", nil},
		{"/100%25ab", "100%ab", ErrInvalid}, // what is decoded once more is no UTF-8
		{"/%E3%80%80x", "\u3000x", nil},
		{"/-dash", "-dash", nil},
		{"/a..b", "a..b", nil},
		{"/", "", ErrFolder},
		{"/a/", "", ErrFolder},
		{"", "", ErrInvalid},
		{"/..", "", ErrInvalid},
		{"/a/%2e%2e/b", "", ErrInvalid},
		{"/a%2fb", "", ErrInvalid},
		{"/a%252fb", "", ErrInvalid},
		{"/.a", "", ErrHidden},
		{"/a/.b", "", ErrHidden},
		{"/%252ea", "", ErrInvalid},
		{"/a:b", "", ErrInvalid},
		{"/nul", "", ErrInvalid},
		{"/a.", "", ErrInvalid},
		{"/" + strings.Repeat("x", 255), strings.Repeat("x", 255), nil},
		{"/" + strings.Repeat("x", 256), "", ErrTooLong},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		got, err := New(u)
		if c.err != nil {
			c.want = ""
		}
		if got != c.want || err != c.err { //nolint:errorlint // constants
			t.Errorf("New(%.40q) = %.40q, %v; want %.40q, %v", c.url, got, err, c.want, c.err)
		}
	}
}

// TestExisting: what is there already may have names that Windows does not take.
func TestExisting(t *testing.T) {
	u := &url.URL{Path: "/CON/a ?", RawPath: "/CON/a%20%3F"}
	got, err := Existing(u)
	if systemReadable("CON") == nil && (got != "CON/a ?" || err != nil) {
		t.Errorf("Existing = %q, %v", got, err)
	}
}

func TestDeviceOrShort(t *testing.T) {
	for name, want := range map[string]bool{
		"BITS-S~1": true, "bits-s~12": false, "abc~1.txt": true, "abc~1.html": false, "~1": false, "abc~": false, "abc~x": false, "a~1~2": true,
		"com1": true, "com10": false, "longer-name~1": false, "plain": false,
	} {
		if got := deviceOrShort(name); got != want {
			t.Errorf("deviceOrShort(%q) = %v", name, got)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, text := range []string{"/a", "/a/b", "/%2e%2e/a", "/%252e%252e/a", "/a%00", "/a\\b", "/.a", "/a/./b", "//a", "http://h/a", "/%zz", "*", "/ä", "/a;b?c#d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.ParseRequestURI(text)
		if err != nil {
			return
		}
		for _, parse := range []func(*url.URL) (string, error){Existing, New} {
			got, err := parse(u)
			if err != nil {
				continue
			}
			if path.Clean("/"+got) != "/"+got || got == "" || strings.HasPrefix(got, ".") || strings.Contains(got, "/.") ||
				strings.ContainsAny(got, "\\\x00") || !utf8.ValidString(got) {
				t.Errorf("%q is taken for %q", text, got)
			}
		}
	})
}
