// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openbits/openbits/attack"
)

// classGraph collects classes and what is between them, and writes them as a class diagram of mermaid (https://mermaid.js.org).
type classGraph struct {
	classes   []attack.Class
	relations [][3]string // class, property, class
}

// add puts a class and all of its superclasses into the graph.
func (g *classGraph) add(c attack.Class) {
	for _, one := range append([]attack.Class{c}, c.Ancestors()...) {
		if !slices.ContainsFunc(g.classes, func(have attack.Class) bool { return have.Name == one.Name }) {
			g.classes = append(g.classes, one)
		}
	}
}

// relate adds the relations of a class to artifacts.
func (g *classGraph) relate(c attack.Class, relations ...attack.Relation) {
	for _, r := range relations {
		artifact, _ := attack.ClassOf(r.Artifact)
		g.add(artifact)
		if edge := [3]string{c.Name, r.Property, r.Artifact}; !slices.Contains(g.relations, edge) {
			g.relations = append(g.relations, edge)
		}
	}
}

// techniqueGraph has the technique, its artifacts, and the countermeasures at the artifacts by which they meet it.
func techniqueGraph(t attack.OffensiveTechnique) string {
	g := new(classGraph)
	g.add(t.Class())
	g.relate(t.Class(), t.Relations...)
	for _, m := range t.Countermeasures() {
		c, _ := attack.Countermeasure(m.ID)
		g.add(c.Class())
		g.relate(c.Class(), m.Relation)
	}
	return g.String()
}

// countermeasureGraph has a countermeasure with its artifacts, and T1197 where the ontology ties both.
func countermeasureGraph(c attack.DefensiveTechnique) string {
	g := new(classGraph)
	g.add(c.Class())
	g.relate(c.Class(), c.Relations...)
	t, _ := attack.Technique("T1197")
	for _, m := range t.Countermeasures() {
		if m.ID != c.ID() {
			continue
		}
		g.add(t.Class())
		for _, r := range t.Relations {
			if slices.Contains(m.Produced, r.Artifact) {
				g.relate(t.Class(), r)
			}
		}
	}
	return g.String()
}

func (g *classGraph) String() string {
	var b strings.Builder
	b.WriteString("---\nconfig:\n  class:\n    hideEmptyMembersBox: true\n---\nclassDiagram\n    direction BT\n")
	for _, c := range g.classes {
		fmt.Fprintf(&b, "    class %s[\"%s\"]\n", mermaidName(c.Name), mermaidText(strings.TrimSpace(labelID(c)+" "+c.Label)))
	}
	for _, c := range g.classes {
		for _, p := range c.Parents {
			fmt.Fprintf(&b, "    %s --|> %s\n", mermaidName(c.Name), mermaidName(p))
		}
	}
	for _, r := range g.relations {
		fmt.Fprintf(&b, "    %s ..> %s : %s\n", mermaidName(r[0]), mermaidName(r[2]), r[1])
	}
	return b.String()
}

// labelID is the identifier that a label begins with, where it is not the label.
func labelID(c attack.Class) string {
	if c.ID == c.Label {
		return ""
	}
	return c.ID
}

// mermaidName makes an identifier: letters, digits and underscores.
func mermaidName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
}

// mermaidText makes what may stand in quotes.
func mermaidText(text string) string {
	return strings.NewReplacer(`"`, "'", "`", "'", "[", "(", "]", ")").Replace(text)
}
