// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package urlpath makes paths of files beneath a served folder of the paths of URLs. It is the only place that does.
//
// What it returns is relative, separated by slashes, and made of elements that lead nowhere else: no "." or "..", no
// separator of any system, no control character, no name that begins with a dot. Hidden names are never served,
// so a server may keep what is its own under one. It works on what was decoded once; a name
// that would lead elsewhere if somebody decoded it again is refused as well.
package urlpath

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/openbits/openbits/internal/names"
)

// MaxLength is the longest path of a URL in bytes, escaped: BITS takes URLs of 2,200 characters
// (learn.microsoft.com, IBackgroundCopyJob::AddFile).
const MaxLength = 2200

// maxDepth bounds the folders that one request makes a server walk through.
const maxDepth = 64

// Fault is what is wrong with a path.
type Fault string

func (f Fault) Error() string { return string(f) }

// What a path can have wrong.
const (
	// ErrTooLong: the path is longer than MaxLength, or an element of it than a file system takes.
	ErrTooLong Fault = "the path is too long"
	// ErrFolder: the path names no file: it is empty or ends with a slash.
	ErrFolder Fault = "the path names a folder"
	// ErrHidden: an element begins with a dot.
	ErrHidden Fault = "the path has a hidden element"
	// ErrInvalid: an element cannot be the name of a file, or would lead elsewhere.
	ErrInvalid Fault = "the path has an element that cannot be a name"
)

// Existing is the path of a file to read.
func Existing(u *url.URL) (string, error) { return parse(u, readable) }

// New is the path of a file to make. The rules of Windows for names hold on every system, so that what was stored
// here can be copied anywhere.
func New(u *url.URL) (string, error) { return parse(u, creatable) }

func parse(u *url.URL, check func(string) error) (string, error) {
	escaped := u.EscapedPath()
	rest, rooted := strings.CutPrefix(escaped, "/")
	switch {
	case !rooted || u.Opaque != "":
		return "", ErrInvalid
	case len(escaped) > MaxLength:
		return "", ErrTooLong
	case rest == "" || strings.HasSuffix(rest, "/"):
		return "", ErrFolder
	}
	elements := strings.Split(rest, "/")
	if len(elements) > maxDepth {
		return "", ErrTooLong
	}
	for i, element := range elements {
		name, err := url.PathUnescape(element)
		if err != nil {
			return "", ErrInvalid
		}
		if err := check(name); err != nil {
			return "", err
		}
		if err := decodedAgain(name); err != nil {
			return "", err
		}
		elements[i] = name
	}
	return strings.Join(elements, "/"), nil
}

// decodedAgain refuses what would be another path after one more decoding, by a proxy for instance.
func decodedAgain(name string) error {
	for strings.Contains(name, "%") {
		next, err := url.PathUnescape(name)
		if err != nil || next == name {
			return nil
		}
		if err := readable(next); err != nil {
			return ErrInvalid
		}
		name = next
	}
	return nil
}

// readable accepts names that stay in their folder on every system.
func readable(name string) error {
	switch {
	case name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`):
		return ErrInvalid
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return ErrInvalid
	case strings.HasPrefix(name, "."):
		return ErrHidden
	case len(name) > names.MaxLength:
		return ErrTooLong
	}
	return systemReadable(name)
}

// creatable accepts names that every system takes as they are
// (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
func creatable(name string) error {
	if err := readable(name); err != nil {
		return err
	}
	if strings.ContainsAny(name, `:*?"<>|`) || strings.HasPrefix(name, " ") || strings.TrimRight(name, " .") != name || names.Device(name) {
		return ErrInvalid
	}
	return nil
}
