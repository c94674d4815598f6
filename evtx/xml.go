// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// AppendXML adds the event as canonical XML (W3C Canonical XML 1.0: UTF-8, no declaration, attributes in order, every element with an
// end tag) to b. An event that is cut (see [Event.Cut]) ends with a comment that says so. Characters that XML cannot hold become U+FFFD, and characters of names that it cannot, "_".
func (e *Event) AppendXML(b []byte) []byte {
	x := xmlWriter{out: b}
	if e.walk(&x, false) != nil {
		x.out = append(x.out, "<!-- cut -->"...)
	}
	return x.out
}

// XML is the event as [Event.AppendXML] writes it.
func (e *Event) XML() string { return string(e.AppendXML(nil)) }

// appendFragment writes a value of binary XML as XML.
func (v Value) appendFragment(b []byte) []byte {
	if v.doc == nil {
		return b
	}
	x := xmlWriter{out: b}
	w := walker{visitor: &x, left: allowance(len(v.raw)), at: v.at}
	w.value(v, &scope{doc: v.doc, array: noIndex})
	return x.out
}

// xmlWriter is the visitor that writes XML.
type xmlWriter struct{ out []byte }

func (x *xmlWriter) start(n *node, sc *scope) bool {
	x.out = append(append(x.out, '<'), n.name...)
	for i := range n.attrs {
		a := &n.attrs[i]
		v, ok := sc.join(a.parts)
		if !ok {
			continue
		}
		x.out = append(append(append(x.out, ' '), a.name...), `="`...)
		x.out = appendEscaped(x.out, v, true)
		x.out = append(x.out, '"')
	}
	x.out = append(x.out, '>')
	return true
}

func (x *xmlWriter) content(v Value) { x.out = appendEscaped(x.out, v, false) }

func (x *xmlWriter) instruction(target, text string) {
	x.out = append(append(x.out, "<?"...), target...)
	if text != "" {
		x.out = append(x.out, ' ')
		for _, r := range strings.ReplaceAll(text, "?>", "? >") {
			x.out = utf8.AppendRune(x.out, xmlRune(r))
		}
	}
	x.out = append(x.out, "?>"...)
}

func (x *xmlWriter) end(n *node) {
	x.out = append(append(append(x.out, "</"...), n.name...), '>')
}

// appendEscaped writes a value as the text of an element or attribute: in place when nothing is to be escaped.
func appendEscaped(b []byte, v Value, attribute bool) []byte {
	first := len(b)
	b = v.AppendText(b)
	clean := true
	for _, c := range b[first:] {
		if c < 0x20 || c >= 0x80 || c == '&' || c == '<' || c == '>' || c == '"' {
			clean = false
			break
		}
	}
	if clean {
		return b
	}
	text := string(b[first:])
	b = b[:first]
	for _, r := range text {
		if escape := escapeOf(r, attribute); escape != "" {
			b = append(b, escape...)
		} else {
			b = utf8.AppendRune(b, xmlRune(r))
		}
	}
	return b
}

// escapeOf is how canonical XML writes characters that would be markup, or change when they are read again.
func escapeOf(r rune, attribute bool) string {
	switch {
	case r == '&':
		return "&amp;"
	case r == '<':
		return "&lt;"
	case r == '>' && !attribute:
		return "&gt;"
	case r == '"' && attribute:
		return "&quot;"
	case r == '\t' && attribute:
		return "&#x9;"
	case r == '\n' && attribute:
		return "&#xA;"
	case r == '\r':
		return "&#xD;"
	}
	return ""
}

// xmlRune is r, or U+FFFD when XML 1.0 has no such character.
func xmlRune(r rune) rune {
	if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
		return r
	}
	return utf8.RuneError
}

// cleanName makes a name of XML of any text. Windows only writes ASCII letters and digits.
func cleanName(text string) string {
	if text == "" {
		return "_"
	}
	var b []byte
	for i, r := range text {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == ':' && i > 0 && i < len(text)-1
		if letter || i > 0 && (r >= '0' && r <= '9' || r == '-' || r == '.') {
			b = append(b, byte(r))
		} else {
			b = append(b, '_')
		}
	}
	return string(b)
}

// sortAttributes puts namespaces first, then the others by name, and drops those that come a second time.
func sortAttributes(attrs []attribute) []attribute {
	key := func(name string) string {
		switch {
		case name == "xmlns":
			return "\x00"
		case strings.HasPrefix(name, "xmlns:"):
			return "\x01" + name
		case strings.Contains(name, ":"):
			return "\x7f" + name
		}
		return name
	}
	slices.SortStableFunc(attrs, func(a, b attribute) int { return strings.Compare(key(a.name), key(b.name)) })
	return slices.CompactFunc(attrs, func(a, b attribute) bool { return a.name == b.name })
}
