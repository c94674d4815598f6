// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"fmt"
	"iter"

	"go.yaml.in/yaml/v3"
)

// pairs are the keys and values of a map.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, v *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// items are the elements of a list; anything else is a list of itself, and null one of nothing.
func items(n *yaml.Node) []*yaml.Node {
	switch {
	case n.Kind == yaml.SequenceNode:
		return n.Content
	case n.Tag == "!!null":
		return nil
	}
	return []*yaml.Node{n}
}

// unsound looks for what no rule has and what costs more than it seems: aliases, keys that come twice, depth.
func unsound(n *yaml.Node, depth int) (*yaml.Node, string) {
	if depth > MaxDepth {
		return n, fmt.Sprintf("it is more than %d levels deep", MaxDepth)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return n, "it uses a YAML alias, which is not supported: write the value out"
	case yaml.MappingNode:
		seen := make(map[string]bool, len(n.Content)/2)
		for key := range pairs(n) {
			if key.Kind != yaml.ScalarNode {
				return key, "a key is no text"
			}
			if seen[key.Value] {
				return key, fmt.Sprintf("the key %q comes twice", key.Value)
			}
			seen[key.Value] = true
		}
	}
	for _, c := range n.Content {
		if bad, what := unsound(c, depth+1); bad != nil {
			return bad, what
		}
	}
	return nil, ""
}
