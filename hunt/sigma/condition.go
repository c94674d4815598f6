// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// tokens are the words and parentheses of a condition.
var tokens = regexp.MustCompile(`\(|\)|\||[^\s()|]+`)

// maxCondition bounds the words of a condition.
const maxCondition = 2000

// conditionParser reads a condition: or binds weakest, then and, then not.
type conditionParser struct {
	words []string
	at    int
	depth int
	named map[string]expr
}

func parseCondition(text string, named map[string]expr, used func(string)) (expr, error) {
	words := tokens.FindAllString(text, maxCondition+1)
	if len(words) == 0 {
		return nil, fmt.Errorf("the condition is empty")
	}
	if len(words) > maxCondition {
		return nil, fmt.Errorf("the condition has more than %d words", maxCondition)
	}
	if slices.Contains(words, "|") {
		return nil, fmt.Errorf("the condition has an aggregation (%q), which is not supported: only single events are matched", "|")
	}
	p := &conditionParser{words: words, named: named}
	e, err := p.or(false, used)
	if err != nil {
		return nil, err
	}
	if p.at < len(words) {
		return nil, fmt.Errorf("the condition has %q where it should end", words[p.at])
	}
	return e, nil
}

func (p *conditionParser) peek() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

func (p *conditionParser) take(word string) bool {
	if strings.EqualFold(p.peek(), word) {
		p.at++
		return true
	}
	return false
}

func (p *conditionParser) or(negated bool, used func(string)) (expr, error) {
	first, err := p.and(negated, used)
	if err != nil {
		return nil, err
	}
	list := or{first}
	for p.take("or") {
		e, err := p.and(negated, used)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	if len(list) == 1 {
		return first, nil
	}
	return list, nil
}

func (p *conditionParser) and(negated bool, used func(string)) (expr, error) {
	first, err := p.not(negated, used)
	if err != nil {
		return nil, err
	}
	list := and{first}
	for p.take("and") {
		e, err := p.not(negated, used)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	if len(list) == 1 {
		return first, nil
	}
	return list, nil
}

func (p *conditionParser) not(negated bool, used func(string)) (expr, error) {
	if p.depth++; p.depth > MaxDepth {
		return nil, fmt.Errorf("the condition is more than %d levels deep", MaxDepth)
	}
	defer func() { p.depth-- }()
	if p.take("not") {
		e, err := p.not(!negated, used)
		return not{e}, err
	}
	if p.take("(") {
		e, err := p.or(negated, used)
		if err == nil && !p.take(")") {
			err = fmt.Errorf("the condition lacks a closing parenthesis")
		}
		return e, err
	}
	return p.search(negated, used)
}

// search reads the name of a search identifier, or "1 of x*".
func (p *conditionParser) search(negated bool, used func(string)) (expr, error) {
	word := p.peek()
	p.at++
	if strings.EqualFold(p.peek(), "of") {
		p.at++
		return p.several(word, negated, used)
	}
	e, ok := p.named[word]
	switch {
	case word == "":
		return nil, fmt.Errorf("the condition ends where a name is expected")
	case !ok:
		return nil, fmt.Errorf("the condition speaks of %q, which the detection does not define", word)
	}
	if !negated {
		used(word)
	}
	return search{word, e}, nil
}

func (p *conditionParser) several(quantity string, negated bool, used func(string)) (expr, error) {
	glob := p.peek()
	p.at++
	if glob == "" {
		return nil, fmt.Errorf("the condition ends behind %q", quantity+" of")
	}
	var names []string
	pattern := newPattern(glyphs(glob))
	for name := range p.named {
		if them := strings.EqualFold(glob, "them"); them && !strings.HasPrefix(name, "_") || !them && pattern.match(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the condition speaks of %q, but nothing in the detection has such a name", glob)
	}
	slices.Sort(names)
	list := make([]expr, len(names))
	for i, name := range names {
		list[i] = search{name, p.named[name]}
		if !negated {
			used(name)
		}
	}
	switch strings.ToLower(quantity) {
	case "1", "any":
		return or(list), nil
	case "all":
		return and(list), nil
	}
	return nil, fmt.Errorf("the condition has %q, which is not supported: there are \"1 of\", \"any of\" and \"all of\"", quantity+" of")
}
