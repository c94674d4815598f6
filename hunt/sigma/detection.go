// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxSearches bounds the search identifiers of a rule, and maxValues the values of one field.
const (
	maxSearches = 1000
	maxValues   = 20_000
)

// detect reads the detection of a rule. With an error comes the place of what is wrong.
func (r *Rule) detect(n *yaml.Node, left *budget) (*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return n, errors.New("the detection is no map")
	}
	if len(n.Content)/2 > maxSearches {
		return n, fmt.Errorf("the detection has more than %d search identifiers", maxSearches)
	}
	r.named = map[string]expr{}
	wanted := map[string][]string{}
	var condition *yaml.Node
	for key, v := range pairs(n) {
		switch key.Value {
		case "condition":
			condition = v
		case "timeframe":
			return key, errors.New("it has a timeframe, which is not supported: only single events are matched")
		default:
			b := &builder{left: left}
			e, err := b.search(v)
			if err != nil {
				return b.at(v), fmt.Errorf("%s: %w", key.Value, err)
			}
			r.named[key.Value], wanted[key.Value] = e, b.fields
		}
	}
	if condition == nil {
		return n, errors.New("the detection has no condition")
	}
	var list or
	for _, c := range items(condition) {
		if c.Kind != yaml.ScalarNode {
			return c, errors.New("the condition is no text")
		}
		e, err := parseCondition(c.Value, r.named, func(name string) {
			for _, f := range wanted[name] {
				if !slices.Contains(r.fields, f) {
					r.fields = append(r.fields, f)
				}
			}
		})
		if err != nil {
			return c, err
		}
		list = append(list, e)
	}
	if len(list) == 0 {
		return condition, errors.New("the condition is empty")
	}
	if r.root = list; len(list) == 1 {
		r.root = list[0]
	}
	return nil, nil
}

// builder makes expressions of YAML and remembers which fields were wanted and where it was.
type builder struct {
	fields []string
	bad    *yaml.Node
	left   *budget
}

func (b *builder) at(n *yaml.Node) *yaml.Node {
	if b.bad != nil {
		return b.bad
	}
	return n
}

// search is a map (all of it), a list of maps or keywords (any of it), or one keyword.
func (b *builder) search(n *yaml.Node) (expr, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return b.conjunction(n)
	case yaml.SequenceNode:
		if len(n.Content) == 0 {
			return nil, errors.New("the list is empty")
		}
		if len(n.Content) > maxValues {
			return nil, fmt.Errorf("the list has more than %d values", maxValues)
		}
		var list or
		for _, c := range n.Content {
			e, err := b.search(c)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		}
		return list, nil
	}
	if n.Tag == "!!null" {
		return nil, errors.New("there is nothing in it")
	}
	return b.item(&yaml.Node{Kind: yaml.ScalarNode, Line: n.Line}, n)
}

func (b *builder) conjunction(n *yaml.Node) (expr, error) {
	if len(n.Content) == 0 {
		return nil, errors.New("the map is empty")
	}
	var list and
	for key, v := range pairs(n) {
		e, err := b.item(key, v)
		if err != nil {
			if b.bad == nil {
				b.bad = key
			}
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// item is one "Field|modifier: values".
func (b *builder) item(key, v *yaml.Node) (expr, error) {
	m, err := parseModifiers(key.Value)
	if err != nil {
		return nil, err
	}
	values := items(v)
	if len(values) > maxValues {
		return nil, fmt.Errorf("%s has more than %d values", m.field, maxValues)
	}
	if v.Tag == "!!null" {
		values = []*yaml.Node{v}
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%q has no value", key.Value)
	}
	var list []expr
	for _, c := range values {
		e, err := m.value(c, b.left)
		if err != nil {
			b.bad = c
			return nil, fmt.Errorf("%q: %w", key.Value, err)
		}
		list = append(list, e)
	}
	if m.field != "" && !m.neq && !slices.Contains(b.fields, m.field) {
		b.fields = append(b.fields, m.field)
	}
	var e expr
	switch {
	case m.all:
		e = and(list)
	case len(list) == 1:
		e = list[0]
	default:
		e = gather(list)
	}
	if m.neq {
		e = not{e}
	}
	return e, nil
}

// gather makes one test of many plain texts of one field.
func gather(list []expr) expr {
	texts := oneOf{}
	for _, e := range list {
		f, ok := e.(field)
		if !ok {
			return or(list)
		}
		x, ok := f.test.(exactly)
		if !ok || x.cased || x.number {
			return or(list)
		}
		texts[x.text] = struct{}{}
	}
	first := list[0].(field)
	first.test = texts
	return first
}

// fieldTest puts a test where the modifiers want it: at a field, or at all values.
func (m *modifiers) fieldTest(t test) expr {
	if m.field == "" {
		return keyword{t}
	}
	return field{name: strings.ToLower(m.field), test: t}
}
