// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package netrc reads the file ~/.netrc, in which curl, wget, git and ftp look up the user's name
// and password for a host. Only what is asked for leaves the package.
package netrc

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// maxSize is the most that is read of a file: a real one has a few lines.
const maxSize = 1 << 20

// Entry is a user's name and password for one host.
type Entry struct{ User, Password string }

// File is a netrc file that was read.
type File struct {
	machines map[string]Entry
	fallback *Entry
}

// Find answers the entry for a host name, or that of "default".
func (f *File) Find(host string) (Entry, bool) {
	if e, ok := f.machines[strings.ToLower(host)]; ok {
		return e, true
	}
	if f.fallback != nil {
		return *f.fallback, true
	}
	return Entry{}, false
}

// Parse reads the format: words "machine NAME", "login NAME", "password WORD", "account WORD", "default"
// in any layout; "macdef" and its lines up to an empty one are skipped; "#" at the start of a word begins a
// comment; a word in double quotes may hold spaces. The first entry of a host counts. An error names the line, never what stands there.
func Parse(r io.Reader) (*File, error) {
	p := &parser{file: &File{machines: map[string]Entry{}}}
	lines := bufio.NewScanner(io.LimitReader(r, maxSize))
	lines.Buffer(nil, maxSize)
	for n := 1; lines.Scan(); n++ {
		if err := p.line(lines.Text()); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if p.want != "" {
		return nil, fmt.Errorf("the last %q has no value", p.want)
	}
	p.finish()
	return p.file, nil
}

type parser struct {
	file  *File
	entry *Entry // being read
	host  string // of entry; "" for default
	want  string // the keyword whose value is next
	macro bool   // inside a macdef
}

func (p *parser) line(text string) error {
	if p.macro {
		p.macro = strings.TrimSpace(text) != ""
		return nil
	}
	for rest := text; ; {
		word, quoted, tail, err := next(rest)
		if err != nil {
			return err
		}
		if word == "" && !quoted || p.want == "" && strings.HasPrefix(word, "#") {
			return nil
		}
		rest = tail
		if err := p.word(word); err != nil {
			return err
		}
		if p.macro {
			return nil
		}
	}
}

func (p *parser) word(word string) error {
	switch p.want {
	case "machine":
		p.entry, p.host = &Entry{}, strings.ToLower(word)
	case "login":
		p.entry.User = word
	case "password":
		p.entry.Password = word
	case "account":
	case "":
		return p.keyword(word)
	}
	p.want = ""
	return nil
}

func (p *parser) keyword(word string) error {
	switch word {
	case "machine":
		p.finish()
		p.want = word
	case "default":
		p.finish()
		p.entry, p.host = &Entry{}, ""
	case "login", "password", "account":
		if p.entry == nil {
			return fmt.Errorf("%q stands before any machine", word)
		}
		p.want = word
	case "macdef":
		p.macro = true
	default:
		return fmt.Errorf("expected machine, default, login, password, account or macdef")
	}
	return nil
}

func (p *parser) finish() {
	if p.entry == nil {
		return
	}
	if p.host == "" {
		if p.file.fallback == nil {
			p.file.fallback = p.entry
		}
	} else if _, known := p.file.machines[p.host]; !known {
		p.file.machines[p.host] = *p.entry
	}
	p.entry = nil
}

// next cuts the first word off text; quoted tells an empty word in quotes from the end of the line.
func next(text string) (word string, quoted bool, rest string, err error) {
	text = strings.TrimLeft(text, " \t\r")
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, " \t\r")
		if end < 0 {
			end = len(text)
		}
		return text[:end], false, text[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), true, text[i+1:], nil
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return "", false, "", fmt.Errorf("a quote is not closed")
}
