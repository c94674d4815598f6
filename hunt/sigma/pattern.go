// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"strings"
	"unicode/utf8"
)

// glyph is a letter of a rule's text, or a wildcard.
type glyph struct {
	r    rune
	wild bool // r is * or ?
}

// glyphs reads a text of a rule. A backslash makes a wildcard or a backslash behind it plain; before anything else it is a backslash.
func glyphs(text string) []glyph {
	list := make([]glyph, 0, len(text))
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		switch {
		case r == '\\' && i < len(text) && strings.IndexByte(`*?\`, text[i]) >= 0:
			list = append(list, glyph{r: rune(text[i])})
			i++
		case r == '*' || r == '?':
			list = append(list, glyph{r: r, wild: true})
		default:
			list = append(list, glyph{r: r})
		}
	}
	return list
}

func hasWild(list []glyph) bool {
	for _, g := range list {
		if g.wild {
			return true
		}
	}
	return false
}

func plain(list []glyph) string {
	var b strings.Builder
	for _, g := range list {
		b.WriteRune(g.r)
	}
	return b.String()
}

// pattern is a text with wildcards: pieces between stars, each of which is found as far left as possible.
type pattern struct {
	pieces     [][]glyph
	head, tail bool // the first piece is at the start, the last at the end
}

func newPattern(list []glyph) *pattern {
	p := &pattern{head: true, tail: true}
	var piece []glyph
	for i, g := range list {
		if !g.wild || g.r != '*' {
			piece = append(piece, g)
			continue
		}
		if i == 0 {
			p.head = false
		}
		if len(piece) > 0 {
			p.pieces = append(p.pieces, piece)
			piece = nil
		}
		p.tail = i < len(list)-1
	}
	if len(piece) > 0 {
		p.pieces = append(p.pieces, piece)
	}
	return p
}

// fit answers how many bytes of text the piece takes at its start; -1: it does not fit.
func fit(piece []glyph, text string) int {
	at := 0
	for _, g := range piece {
		r, n := utf8.DecodeRuneInString(text[at:])
		if n == 0 || (!g.wild && r != g.r) {
			return -1
		}
		at += n
	}
	return at
}

func (p *pattern) match(text string) bool {
	pieces := p.pieces
	if p.head && len(pieces) > 0 {
		n := fit(pieces[0], text)
		if n < 0 {
			return false
		}
		if pieces, text = pieces[1:], text[n:]; len(pieces) == 0 {
			return !p.tail || text == ""
		}
	}
	for i, piece := range pieces {
		if i == len(pieces)-1 && p.tail {
			return fitEnd(piece, text)
		}
		at := find(piece, text)
		if at < 0 {
			return false
		}
		text = text[at:]
	}
	return len(p.pieces) > 0 || !p.head || text == ""
}

// find answers where the first fit of the piece ends; -1: there is none.
func find(piece []glyph, text string) int {
	for at := 0; at <= len(text); {
		if !piece[0].wild { // skip to where it may begin
			next := strings.IndexRune(text[at:], piece[0].r)
			if next < 0 {
				return -1
			}
			at += next
		}
		if n := fit(piece, text[at:]); n >= 0 {
			return at + n
		}
		_, n := utf8.DecodeRuneInString(text[at:])
		at += max(n, 1)
	}
	return -1
}

// fitEnd tells whether the piece fits the end of the text.
func fitEnd(piece []glyph, text string) bool {
	at := len(text)
	for range piece {
		if at == 0 {
			return false
		}
		_, n := utf8.DecodeLastRuneInString(text[:at])
		at -= n
	}
	return fit(piece, text[at:]) == len(text)-at
}

// Glob makes a test of texts with * and ? in any case of letters, in which a backslash is a backslash: for paths and the like.
func Glob(text string) func(string) bool {
	var letters []glyph
	for _, r := range strings.ToLower(text) {
		letters = append(letters, glyph{r, r == '*' || r == '?'})
	}
	p := newPattern(letters)
	return func(s string) bool { return p.match(strings.ToLower(s)) }
}
