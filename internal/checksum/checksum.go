// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package checksum reads lists of digests as sha256sum, sha512sum and the BSD tools write them.
package checksum

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/openbits/openbits"
)

// maxLine is the longest line that is read, in bytes.
const maxLine = 64 << 10

// List holds the digests of files by name.
type List struct {
	exact map[string]openbits.Digest // by the name as listed
	base  map[string]openbits.Digest // by its last element; zero when two of one name differ
}

// Len is the number of files in the list.
func (l *List) Len() int { return len(l.exact) }

// Find answers the digest of the file of this name. A list may name files with folders
// before them: when only one digest is listed under that last element, it counts.
func (l *List) Find(name string) (openbits.Digest, bool) {
	if d, ok := l.exact[name]; ok {
		return d, true
	}
	d := l.base[name]
	return d, d.Expected != ""
}

// Parse reads a list. Each line is one of
//
//	HEX  NAME            text mode of sha256sum and sha512sum
//	HEX *NAME            their binary mode
//	SHA256 (NAME) = HEX  BSD and --tag
//
// Empty lines and lines that begin with "#" are skipped. A leading backslash marks a name with escapes, as coreutils
// writes it. Digests of other lengths than SHA-256's and SHA-512's are an error, which names the line.
func Parse(r io.Reader) (*List, error) {
	list := &List{exact: map[string]openbits.Digest{}, base: map[string]openbits.Digest{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimRight(lines.Text(), "\r")
		if n == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
			continue
		}
		name, digest, err := parseLine(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if err := list.add(name, digest); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(list.exact) == 0 {
		return nil, fmt.Errorf("no digest in it")
	}
	return list, nil
}

func (l *List) add(name string, d openbits.Digest) error {
	name = strings.TrimPrefix(name, "./")
	if known, ok := l.exact[name]; ok && known.Algorithm == d.Algorithm && known.Expected != d.Expected {
		return fmt.Errorf("%q is listed twice with different digests", name)
	}
	l.exact[name] = d
	base := path.Base(name)
	if known, ok := l.base[base]; ok && known.Algorithm == d.Algorithm && known.Expected != d.Expected {
		d = openbits.Digest{}
	}
	l.base[base] = d
	return nil
}

func parseLine(text string) (string, openbits.Digest, error) {
	escaped := strings.HasPrefix(text, `\`)
	text = strings.TrimPrefix(text, `\`)
	name, sum, algorithm, ok := tagged(text)
	if !ok {
		sum, name, ok = strings.Cut(text, " ")
		if !ok || len(name) < 2 || name[0] != ' ' && name[0] != '*' {
			return "", openbits.Digest{}, fmt.Errorf(`not of the form "HEX  NAME" or "SHA256 (NAME) = HEX"`)
		}
		name = name[1:]
	}
	digest, err := Digest(sum)
	if err != nil {
		return "", openbits.Digest{}, err
	}
	if algorithm != "" && algorithm != digest.Algorithm {
		return "", openbits.Digest{}, fmt.Errorf("the digest is not as long as a %s", algorithm)
	}
	if escaped {
		name = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\\`, `\`).Replace(name)
	}
	return name, digest, nil
}

func tagged(text string) (name, sum, algorithm string, ok bool) {
	for tag, algorithm := range map[string]string{"SHA256 (": "sha256", "SHA512 (": "sha512"} {
		if rest, found := strings.CutPrefix(text, tag); found {
			if i := strings.LastIndex(rest, ") = "); i > 0 {
				return rest[:i], rest[i+len(") = "):], algorithm, true
			}
		}
	}
	return "", "", "", false
}

// Digest tells by its length which digest the hex text is: SHA-256 (64 digits) or SHA-512 (128 digits).
func Digest(text string) (openbits.Digest, error) {
	sum := strings.ToLower(strings.TrimSpace(text))
	if _, err := hex.DecodeString(sum); err != nil {
		return openbits.Digest{}, fmt.Errorf("a digest must be hexadecimal digits")
	}
	switch len(sum) {
	case 64:
		return openbits.Digest{Algorithm: "sha256", Expected: sum}, nil
	case 128:
		return openbits.Digest{Algorithm: "sha512", Expected: sum}, nil
	}
	return openbits.Digest{}, fmt.Errorf("a digest has 64 (SHA-256) or 128 (SHA-512) hexadecimal digits, this has %d", len(sum))
}
