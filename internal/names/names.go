// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package names makes names of files from what a server or a URL says. It is the only place that does.
//
// What it returns is one path element that every file system takes as it is: no separator of any
// system, no control or invisible character, no leading dot or dash, no trailing dot or space, no name that
// Windows keeps for a device, at most 255 bytes of UTF-8. The rules of Windows hold on every system, so
// that one URL has one name everywhere. Cleaning a clean name changes nothing.
package names

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fallback is the name of a file whose URL has none.
const Fallback = "download"

// MaxLength is the longest name in bytes: what ext4, APFS and others take (NTFS counts 255 UTF-16 units).
const MaxLength = 255

// FromURL is the name of the file that u leads to: the last segment of its path that is not empty, decoded and cleaned.
func FromURL(u *url.URL) string {
	segments := strings.Split(u.EscapedPath(), "/")
	for i := len(segments) - 1; i >= 0; i-- {
		if segments[i] == "" {
			continue
		}
		decoded, err := url.PathUnescape(segments[i])
		if err != nil {
			decoded = segments[i]
		}
		return Clean(decoded)
	}
	return Fallback
}

// Clean turns any text into a safe name.
func Clean(text string) string {
	name := strings.Map(visible, strings.ToValidUTF8(text, "_"))
	name = strings.TrimLeft(name, " .-")
	name = strings.TrimRight(name, " .")
	if name == "" {
		return Fallback
	}
	name = shorten(name)
	if Device(name) {
		name = shorten("_" + name)
	}
	return name
}

// Safe reports whether Clean would leave name as it is.
func Safe(name string) bool { return Clean(name) == name }

// visible maps what a name must not hold: separators and wildcards to an underscore, spaces of all
// kinds to the plain one, and what cannot be seen to nothing (a name such as "invoice<RLO>fdp.exe" lies).
func visible(r rune) rune {
	switch {
	case strings.ContainsRune(`/\:*?"<>|`, r):
		return '_'
	case r == '\t', unicode.Is(unicode.Zs, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return -1
	case r == utf8.RuneError:
		return '_'
	}
	return r
}

// Device reports whether Windows takes the name for a device: CON, PRN, AUX, NUL, COM0–9, LPT0–9 (with the
// superscript digits), CONIN$ and CONOUT$, whatever extension follows
// (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
func Device(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	for _, port := range []string{"COM", "LPT"} {
		if digit, ok := strings.CutPrefix(stem, port); ok && utf8.RuneCountInString(digit) == 1 {
			return strings.Contains("0123456789¹²³", digit)
		}
	}
	return false
}

// shorten cuts the stem of a name that is too long, between characters, and keeps the extension.
func shorten(name string) string {
	if len(name) <= MaxLength {
		return name
	}
	ext := extension(name)
	stem := name[:MaxLength-len(ext)]
	for !utf8.RuneStart(name[len(stem)]) {
		stem = stem[:len(stem)-1]
	}
	return strings.TrimRight(stem, " .") + ext
}

// extension is what people take for the ending of name: ".iso", ".tar.gz", or nothing when it is too long to be one.
func extension(name string) string {
	ext := path.Ext(name)
	if len(ext) < 2 || len(ext) > 16 {
		return ""
	}
	if inner := path.Ext(strings.TrimSuffix(name, ext)); strings.EqualFold(inner, ".tar") {
		return inner + ext
	}
	return ext
}
