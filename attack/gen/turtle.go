// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// term is an object of a triple: an IRI, a blank node ("_:" and a number) or a literal.
type term struct {
	text    string
	literal bool
}

// graph holds triples: what is said of a subject, by predicate, in the order of the file.
type graph map[string]map[string][]term

func (g graph) add(subject, predicate string, object term) {
	if g[subject] == nil {
		g[subject] = map[string][]term{}
	}
	g[subject][predicate] = append(g[subject][predicate], object)
}

// text is the first literal of a predicate, without surrounding space.
func (g graph) text(subject, predicate string) string {
	for _, o := range g[subject][predicate] {
		if o.literal {
			return strings.TrimSpace(o.text)
		}
	}
	return ""
}

const rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

// turtle reads RDF 1.1 Turtle (https://www.w3.org/TR/turtle/) without what ontologies that a program wrote do not use: relative IRIs,
// labelled blank nodes ("_:x") and literals in single quotes are errors that say so. Datatypes and languages of literals are dropped.
type turtle struct {
	text   string
	pos    int
	prefix map[string]string
	graph  graph
	blanks int
}

// parseTurtle reads a document. An error names the line.
func parseTurtle(text string) (g graph, err error) {
	t := &turtle{text: text, prefix: map[string]string{}, graph: graph{}}
	defer func() {
		if r := recover(); r != nil {
			failed, ours := r.(turtleError)
			if !ours {
				panic(r)
			}
			g, err = nil, failed
		}
	}()
	for t.space(); t.pos < len(t.text); t.space() {
		t.statement()
	}
	return t.graph, nil
}

// turtleError ends the reading of a document, from whatever depth.
type turtleError struct{ text string }

func (e turtleError) Error() string { return e.text }

func (t *turtle) fail(format string, args ...any) {
	line := 1 + strings.Count(t.text[:min(t.pos, len(t.text))], "\n")
	panic(turtleError{fmt.Sprintf("line %d: ", line) + fmt.Sprintf(format, args...)})
}

// space skips blanks and comments.
func (t *turtle) space() {
	for t.pos < len(t.text) {
		switch t.text[t.pos] {
		case ' ', '\t', '\r', '\n':
			t.pos++
		case '#':
			if end := strings.IndexByte(t.text[t.pos:], '\n'); end >= 0 {
				t.pos += end
			} else {
				t.pos = len(t.text)
			}
		default:
			return
		}
	}
}

// take consumes a mark when it is next, and says whether it was.
func (t *turtle) take(mark string) bool {
	t.space()
	if !strings.HasPrefix(t.text[t.pos:], mark) {
		return false
	}
	t.pos += len(mark)
	return true
}

func (t *turtle) want(mark string) {
	if !t.take(mark) {
		t.fail("there is no %q", mark)
	}
}

func (t *turtle) statement() {
	if t.take("@prefix") {
		t.space()
		end := strings.IndexAny(t.text[t.pos:], ": <\n")
		if end < 0 || t.text[t.pos+end] != ':' {
			t.fail("a prefix has no colon")
		}
		name := t.text[t.pos : t.pos+end]
		t.pos += end + 1
		t.space()
		t.prefix[name] = t.iri()
		t.want(".")
		return
	}
	subject := t.object()
	if subject.literal {
		t.fail("a literal is a subject")
	}
	t.properties(subject.text)
	t.want(".")
}

// properties reads predicates with their objects.
func (t *turtle) properties(subject string) {
	for {
		t.space()
		predicate := rdf + "type"
		if !t.verb() {
			predicate = t.iri()
		}
		t.graph.add(subject, predicate, t.object())
		for t.take(",") {
			t.graph.add(subject, predicate, t.object())
		}
		for t.take(";") { // several are one
		}
		t.space()
		if t.pos >= len(t.text) || t.text[t.pos] == '.' || t.text[t.pos] == ']' {
			return
		}
	}
}

// verb consumes the word "a", short for rdf:type.
func (t *turtle) verb() bool {
	if strings.HasPrefix(t.text[t.pos:], "a") && t.pos+1 < len(t.text) && strings.IndexByte(" \t\r\n<[", t.text[t.pos+1]) >= 0 {
		t.pos++
		return true
	}
	return false
}

func (t *turtle) blank() term {
	t.blanks++
	return term{text: "_:" + strconv.Itoa(t.blanks)}
}

func (t *turtle) object() term {
	t.space()
	if t.pos >= len(t.text) {
		t.fail("the document ends in a statement")
	}
	switch c := t.text[t.pos]; {
	case c == '[':
		t.pos++
		node := t.blank()
		if !t.take("]") {
			t.properties(node.text)
			t.want("]")
		}
		return node
	case c == '(':
		t.pos++
		return t.list()
	case c == '"':
		return t.literal()
	case c == '\'':
		t.fail("a literal in single quotes is not read")
	case c == '+' || c == '-' || c >= '0' && c <= '9':
		return term{text: t.while("+-.eE0123456789"), literal: true}
	}
	for _, word := range []string{"true", "false"} {
		if rest, ok := strings.CutPrefix(t.text[t.pos:], word); ok && (rest == "" || strings.IndexByte(" \t\r\n;,.])", rest[0]) >= 0) {
			t.pos += len(word)
			return term{text: word, literal: true}
		}
	}
	return term{text: t.iri()}
}

// while consumes characters of a set; a full stop at the end belongs to the statement.
func (t *turtle) while(set string) string {
	from := t.pos
	for t.pos < len(t.text) && strings.IndexByte(set, t.text[t.pos]) >= 0 {
		t.pos++
	}
	if t.text[t.pos-1] == '.' {
		t.pos--
	}
	return t.text[from:t.pos]
}

// list reads a collection: a chain of blank nodes.
func (t *turtle) list() term {
	if t.take(")") {
		return term{text: rdf + "nil"}
	}
	node := t.blank()
	t.graph.add(node.text, rdf+"first", t.object())
	t.graph.add(node.text, rdf+"rest", t.list())
	return node
}

// iri reads <…> or a prefixed name.
func (t *turtle) iri() string {
	if strings.HasPrefix(t.text[t.pos:], "<") {
		end := strings.IndexAny(t.text[t.pos:], ">\n")
		if end < 0 || t.text[t.pos+end] != '>' {
			t.fail("an IRI does not end")
		}
		iri := t.text[t.pos+1 : t.pos+end]
		if !strings.Contains(iri, ":") {
			t.fail("the IRI %q is relative, which is not read", iri)
		}
		t.pos += end + 1
		return iri
	}
	from, escaped := t.pos, false
	for t.pos < len(t.text) {
		c := t.text[t.pos]
		if c == '\\' && t.pos+1 < len(t.text) { // \( and the like, in a local name
			t.pos, escaped = t.pos+2, true
			continue
		}
		if c < utf8.RuneSelf && !strings.ContainsRune(":%-_.", rune(c)) && !alphanumeric(c) {
			break
		}
		t.pos++
	}
	for t.pos > from && t.text[t.pos-1] == '.' { // the end of the statement
		t.pos--
	}
	name := t.text[from:t.pos]
	prefix, local, ok := strings.Cut(name, ":")
	if !ok || prefix == "_" {
		t.fail("%.30q is no name with a prefix", t.text[from:min(from+30, len(t.text))])
	}
	base, known := t.prefix[prefix]
	if !known {
		t.fail("nothing says what the prefix %q is", prefix)
	}
	if escaped {
		local = strings.ReplaceAll(local, `\`, "")
	}
	return base + local
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
