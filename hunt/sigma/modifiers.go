// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// modifiers is what the key of an item says: the field, and how its values are meant.
type modifiers struct {
	field   string // empty: keywords
	where   place
	kind    string // empty: text; re, cidr, lt, lte, gt, gte, exists, fieldref
	flags   string // of a regular expression
	all     bool
	cased   bool
	neq     bool
	windash bool
	encode  []string // in order
}

var (
	places   = map[string]place{"startswith": start, "endswith": end, "contains": anywhere}
	kinds    = []string{"re", "cidr", "lt", "lte", "gt", "gte", "exists", "fieldref"}
	encoders = []string{"base64", "base64offset", "wide", "utf16", "utf16le", "utf16be"}
	times    = []string{"minute", "hour", "day", "week", "month", "year"}
)

func parseModifiers(key string) (*modifiers, error) {
	words := strings.Split(key, "|")
	m := &modifiers{field: words[0]}
	if m.field == "" {
		m.where = anywhere
	}
	placed := false
	for _, w := range words[1:] {
		switch {
		case w == "all":
			m.all = true
		case w == "cased":
			m.cased = true
		case w == "neq":
			m.neq = true
		case w == "windash":
			m.windash = true
		case slices.Contains(encoders, w):
			m.encode = append(m.encode, w)
		case m.kind == "re" && (w == "i" || w == "m" || w == "s"):
			m.flags += w
		case places[w] != whole:
			if placed {
				return nil, fmt.Errorf("%q: only one of contains, startswith and endswith can be meant", key)
			}
			m.where, placed = places[w], true
		case slices.Contains(kinds, w):
			if m.kind != "" {
				return nil, fmt.Errorf("%q: %s and %s cannot be meant at once", key, m.kind, w)
			}
			m.kind = w
		case w == "expand":
			return nil, fmt.Errorf("%q: placeholders (expand) are not supported: write the values out", key)
		case slices.Contains(times, w):
			return nil, fmt.Errorf("%q: the time modifier %q is not supported", key, w)
		default:
			return nil, fmt.Errorf("%q: the modifier %q is not known", key, w)
		}
	}
	return m, m.check(key, placed)
}

// check refuses modifiers that say nothing together.
func (m *modifiers) check(key string, placed bool) error {
	if len(m.encode) > 3 {
		return fmt.Errorf("%q: too many encodings", key)
	}
	if m.kind == "" {
		return nil
	}
	if m.windash || len(m.encode) > 0 || placed && m.kind != "fieldref" || m.cased && m.kind != "fieldref" && m.kind != "re" {
		return fmt.Errorf("%q: the other modifiers say nothing together with %q", key, m.kind)
	}
	if m.field == "" && m.kind != "re" {
		return fmt.Errorf("%q: %s needs a field", key, m.kind)
	}
	return nil
}

// value makes the expression of one value.
func (m *modifiers) value(n *yaml.Node, left *budget) (expr, error) {
	if n.Kind != yaml.ScalarNode {
		return nil, errors.New("a value is a map or a list, where a text or number should be")
	}
	if err := left.take(1); err != nil {
		return nil, err
	}
	name := strings.ToLower(m.field)
	if n.Tag == "!!null" {
		if m.kind != "" || m.field == "" || len(m.encode) > 0 {
			return nil, errors.New("null says nothing here")
		}
		return blank{name: name}, nil
	}
	switch m.kind {
	case "":
		return m.text(n, left)
	case "exists":
		want, err := strconv.ParseBool(n.Value)
		if err != nil {
			return nil, fmt.Errorf("%q is neither true nor false", n.Value)
		}
		return present{name: name, want: want}, nil
	case "fieldref":
		return alike{name: name, other: strings.ToLower(n.Value), where: m.where, cased: m.cased}, nil
	}
	t, err := m.special(n.Value, left)
	if err != nil {
		return nil, err
	}
	return m.fieldTest(t), nil
}

func (m *modifiers) special(text string, left *budget) (test, error) {
	switch m.kind {
	case "re":
		if m.flags != "" {
			text = "(?" + m.flags + ")" + text
		}
		re, err := compile(text, left)
		if err != nil {
			return nil, err
		}
		return expression{re}, nil
	case "cidr":
		p, err := netip.ParsePrefix(text)
		if err != nil {
			if a, bad := netip.ParseAddr(text); bad == nil {
				p, err = a.Prefix(a.BitLen())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no network in CIDR notation", text)
		}
		return network{p.Masked()}, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no number", text)
	}
	return compare{m.kind, n}, nil
}

// compile makes a regular expression, if it is not too large.
func compile(text string, left *budget) (*regexp.Regexp, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the regular expression is not RE2, which alone is supported: %v", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if err := left.take(size(parsed)); err != nil {
		return nil, err
	}
	return regexp.Compile(text)
}

// text makes the expression of a text or number that stands for itself.
func (m *modifiers) text(n *yaml.Node, left *budget) (expr, error) {
	texts := []string{n.Value}
	if m.windash {
		var err error
		if texts, err = windash(n.Value); err != nil {
			return nil, err
		}
	}
	if len(m.encode) > 0 {
		if hasWild(glyphs(n.Value)) {
			return nil, errors.New("a value with wildcards cannot be encoded")
		}
		for i := range texts {
			texts[i] = plain(glyphs(texts[i]))
		}
	}
	for _, e := range m.encode {
		var next []string
		for _, t := range texts {
			next = append(next, encoded(e, t)...)
		}
		texts = next
	}
	if len(texts) == 0 {
		return nil, errors.New("the value is too short to be found once it is encoded")
	}
	if err := left.take(len(texts) - 1); err != nil {
		return nil, err
	}
	list := make(or, len(texts))
	for i, t := range texts {
		list[i] = m.fieldTest(m.textTest(t, n.Tag == "!!int"))
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return list, nil
}

func (m *modifiers) textTest(text string, number bool) test {
	if !m.cased {
		text = strings.ToLower(text)
	}
	letters := glyphs(text)
	if len(m.encode) > 0 { // nothing in it is a wildcard
		letters = letters[:0]
		for _, r := range text {
			letters = append(letters, glyph{r: r})
		}
	}
	star := glyph{'*', true}
	if m.where == end || m.where == anywhere {
		letters = append([]glyph{star}, letters...)
	}
	if m.where == start || m.where == anywhere {
		letters = append(letters, star)
	}
	n, err := strconv.ParseInt(text, 0, 64)
	return simplest(letters, m.cased, number && err == nil, n)
}

// simplest makes the cheapest test of a text with wildcards.
func simplest(letters []glyph, cased, number bool, n int64) test {
	isStar := func(i int) bool { return letters[i] == glyph{'*', true} }
	from, to := 0, len(letters)
	for from < to && isStar(from) {
		from++
	}
	for to > from && isStar(to-1) {
		to--
	}
	inner := letters[from:to]
	if hasWild(inner) {
		return wild{newPattern(letters), cased}
	}
	text := plain(inner)
	switch {
	case from > 0 && to < len(letters):
		return within{text, anywhere, cased}
	case from > 0 && to == len(letters) && text != "":
		return within{text, end, cased}
	case from > 0: // nothing but stars
		return within{"", anywhere, cased}
	case to < len(letters):
		return within{text, start, cased}
	}
	return exactly{text: text, cased: cased, number: number, n: n}
}
