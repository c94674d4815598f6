// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds of a file of rules.
const (
	MaxFile  = 1 << 20 // bytes
	MaxDepth = 64      // levels of YAML, and of parentheses in a condition
	maxDocs  = 10_000  // rules in a file
)

// Parse reads the rules of a file: one in each YAML document. What is wrong with one does not keep the others from being read; each problem
// is an Error.
func Parse(file string, data []byte) (rules []*Rule, problems []error) {
	if len(data) > MaxFile {
		return nil, []error{&Error{File: file, What: fmt.Sprintf("it has %d bytes; a file of rules has at most %d", len(data), MaxFile)}}
	}
	left := &budget{maxTests}
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml.Node
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return rules, problems
		}
		if err != nil { // the reader has lost its place: nothing behind it can be read
			return rules, append(problems, &Error{File: file, What: strings.TrimPrefix(err.Error(), "yaml: ")})
		}
		if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
			continue
		}
		if len(rules)+len(problems) >= maxDocs {
			return rules, append(problems, &Error{File: file, Line: doc.Content[0].Line, What: fmt.Sprintf("there are more than %d rules in the file", maxDocs)})
		}
		r, err := parseRule(file, doc.Content[0], left)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		rules = append(rules, r)
	}
}

// unsupported are attributes that make a document something else than a rule of single events.
var unsupported = map[string]string{
	"correlation": "it is a correlation, which is not supported: only single events are matched",
	"filter":      "it is a filter of other rules, which is not supported",
	"action":      "it is part of a rule collection (\"action\"), which is not supported: write each rule out",
}

func parseRule(file string, n *yaml.Node, left *budget) (*Rule, error) {
	fail := func(n *yaml.Node, format string, args ...any) error {
		return &Error{File: file, Line: n.Line, What: fmt.Sprintf(format, args...)}
	}
	if bad, what := unsound(n, 0); bad != nil {
		return nil, fail(bad, "%s", what)
	}
	if n.Kind != yaml.MappingNode {
		return nil, fail(n, "it is no rule: a rule is a map with logsource and detection")
	}
	r := &Rule{File: file, Line: n.Line}
	var detection *yaml.Node
	for key, v := range pairs(n) {
		if what, ok := unsupported[key.Value]; ok {
			return nil, fail(key, "%s", what)
		}
		if key.Value == "detection" {
			detection = v
		} else if err := r.attribute(key.Value, v); err != nil {
			return nil, fail(v, "%s: %v", key.Value, err)
		}
	}
	if r.Title == "" {
		return nil, fail(n, "it has no title")
	}
	if detection == nil {
		return nil, fail(n, "it has no detection")
	}
	if r.Source == (LogSource{}) {
		return nil, fail(n, "it has no logsource")
	}
	if bad, err := r.detect(detection, left); err != nil {
		return nil, fail(bad, "%v", err)
	}
	return r, nil
}

// attribute sets what a top-level attribute says. Those that Sigma does not know are kept for Custom.
func (r *Rule) attribute(name string, v *yaml.Node) error {
	texts := map[string]*string{
		"id": &r.ID, "title": &r.Title, "status": &r.Status, "level": &r.Level, "description": &r.Description,
		"author": &r.Author, "date": &r.Date, "modified": &r.Modified,
	}
	if into, ok := texts[name]; ok {
		if v.Kind != yaml.ScalarNode {
			return errors.New("it is no text")
		}
		*into = strings.TrimSpace(v.Value)
		if name == "level" && !slices.Contains(levels, r.Level) {
			return fmt.Errorf("%q is no level; there are %s", r.Level, strings.Join(levels, ", "))
		}
		return nil
	}
	lists := map[string]*[]string{"references": &r.References, "tags": &r.Tags, "falsepositives": &r.FalsePositives}
	if into, ok := lists[name]; ok {
		for _, item := range items(v) {
			if item.Kind != yaml.ScalarNode {
				return errors.New("it is no list of texts")
			}
			*into = append(*into, strings.TrimSpace(item.Value))
		}
		return nil
	}
	switch name {
	case "logsource":
		return r.logSource(v)
	case "fields", "name", "related", "license", "scope", "taxonomy", "simulation", "regression_tests_path": // nothing that matching needs
		return nil
	}
	if r.extra == nil {
		r.extra = map[string]*yaml.Node{}
	}
	r.extra[name] = v
	return nil
}

func (r *Rule) logSource(v *yaml.Node) error {
	if v.Kind != yaml.MappingNode {
		return errors.New("it is no map")
	}
	parts := map[string]*string{"product": &r.Source.Product, "category": &r.Source.Category, "service": &r.Source.Service}
	for key, part := range pairs(v) {
		if into, ok := parts[key.Value]; ok {
			if part.Kind != yaml.ScalarNode {
				return fmt.Errorf("%s is no text", key.Value)
			}
			*into = strings.ToLower(strings.TrimSpace(part.Value))
		}
	}
	return nil
}
