// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Rule is one detection rule.
type Rule struct {
	File string // where it was read
	Line int    // of its document

	ID             string
	Title          string
	Status         string
	Level          string // informational, low, medium, high or critical; empty: the rule does not say
	Description    string
	Author         string
	Date           string
	Modified       string
	References     []string
	Tags           []string // such as attack.t1197
	FalsePositives []string
	Source         LogSource

	fields []string // that it looks at and that are not negated, as the rule writes them, in order
	root   expr
	named  map[string]expr // search identifiers
	extra  map[string]*yaml.Node
}

// LogSource says what logs a rule is for.
type LogSource struct {
	Product  string
	Category string
	Service  string
}

func (l LogSource) String() string {
	return fmt.Sprintf("product %q, category %q, service %q", l.Product, l.Category, l.Service)
}

// Fields are the names of the fields that the rule wants something of, in the order of the rule. What it only excludes is not among them.
func (r *Rule) Fields() []string { return r.fields }

// Custom decodes a top-level attribute that Sigma itself does not know. It answers false when there is none.
func (r *Rule) Custom(name string, into any) (bool, error) {
	n, ok := r.extra[name]
	if !ok {
		return false, nil
	}
	if err := n.Decode(into); err != nil {
		return true, &Error{File: r.File, Line: n.Line, What: name + ": " + err.Error()}
	}
	return true, nil
}

// Searches are the names of the rule's search identifiers, sorted.
func (r *Rule) Searches() []string {
	names := make([]string, 0, len(r.named))
	for name := range r.named {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// levels are the words that a rule may have as its level.
var levels = []string{"informational", "low", "medium", "high", "critical"}
