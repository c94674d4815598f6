// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

const (
	d3f  = "http://d3fend.mitre.org/ontologies/d3fend.owl#"
	rdfs = "http://www.w3.org/2000/01/rdf-schema#"
	owl  = "http://www.w3.org/2002/07/owl#"
)

// ontology answers what the table needs of D3FEND. It reasons no further than along named superclasses: what a class inherits is what a
// chain of rdfs:subClassOf leads to, and a relation is a restriction that a class has itself.
type ontology struct{ graph }

// relation is a restriction of a class: some value of the property is of the class to.
type relation struct{ property, to string }

// name is a class without the ontology's namespace; "" when it is of another.
func name(iri string) string {
	local, ok := strings.CutPrefix(iri, d3f)
	if !ok {
		return ""
	}
	return local
}

// parents are the named superclasses of a class, in the order of their names.
func (o ontology) parents(class string) (list []string) {
	for _, super := range o.graph[d3f+class][rdfs+"subClassOf"] {
		if parent := name(super.text); parent != "" && !super.literal {
			list = append(list, parent)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// relations are the restrictions of a class itself, in the order of their names.
func (o ontology) relations(class string) (list []relation) {
	for _, super := range o.graph[d3f+class][rdfs+"subClassOf"] {
		if !strings.HasPrefix(super.text, "_:") {
			continue
		}
		restriction := o.graph[super.text]
		for _, property := range restriction[owl+"onProperty"] {
			for _, value := range restriction[owl+"someValuesFrom"] {
				if r := (relation{name(property.text), name(value.text)}); r.property != "" && r.to != "" {
					list = append(list, r)
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b relation) int {
		return cmp.Or(cmp.Compare(a.property, b.property), cmp.Compare(a.to, b.to))
	})
	return slices.Compact(list)
}

// ancestors are a class and all its superclasses, with the fewest steps that lead to each.
func (o ontology) ancestors(class string) map[string]int {
	steps := map[string]int{class: 0}
	for queue := []string{class}; len(queue) > 0; queue = queue[1:] {
		for _, parent := range o.parents(queue[0]) {
			if _, seen := steps[parent]; !seen {
				steps[parent] = steps[queue[0]] + 1
				queue = append(queue, parent)
			}
		}
	}
	return steps
}

// under reports whether class is root or a subclass of it.
func (o ontology) under(class, root string) bool {
	_, ok := o.ancestors(class)[root]
	return ok
}

// classes are all that have a property of the ontology's, such as d3fend-id, with its value.
func (o ontology) classes(property string) map[string]string {
	found := map[string]string{}
	for iri := range o.graph {
		if class := name(iri); class != "" {
			if value := o.text(iri, d3f+property); value != "" {
				found[class] = value
			}
		}
	}
	return found
}

// deprecated reports whether the ontology says that a class should not be used.
func (o ontology) deprecated(class string) bool { return o.text(d3f+class, owl+"deprecated") == "true" }

// artifacts are the relations of a class to digital artifacts.
func (o ontology) artifacts(class string) []relation {
	return slices.DeleteFunc(o.relations(class), func(r relation) bool { return !o.under(r.to, "DigitalArtifact") })
}

// enabled are the tactics that a technique enables: those of the nearest superclasses that name one.
func (o ontology) enabled(class, root string) (tactics []string) {
	level := []string{class}
	for len(level) > 0 && len(tactics) == 0 {
		next := map[string]bool{}
		for _, c := range level {
			for _, r := range o.relations(c) {
				if r.property == "enables" && r.to != root {
					tactics = append(tactics, r.to)
				}
			}
			for _, p := range o.parents(c) {
				next[p] = true
			}
		}
		level = slices.Sorted(maps.Keys(next))
	}
	slices.Sort(tactics)
	return slices.Compact(tactics)
}

// match is a countermeasure that meets a technique at an artifact.
type match struct {
	id, class string
	relation  relation
	produced  []string // artifacts of the technique that are the countermeasure's, or beneath it
	distance  int      // steps from the nearest of them
	reach     int      // offensive techniques that meet the countermeasure at this artifact
	rank      int
}

// countermeasures are the defensive techniques that have a relation to an artifact of the technique, or to an ancestor of one below
// DigitalArtifact. Those that meet it at a nearer artifact come first, among them those whose artifact fewer techniques have; equals have the
// same rank. A countermeasure is counted once, where it is nearest.
func (o ontology) countermeasures(technique string) []match {
	best := map[string]match{}
	produced := o.artifacts(technique)
	for class, id := range o.classes("d3fend-id") {
		if o.deprecated(class) || !o.under(class, "DefensiveTechnique") {
			continue
		}
		for _, r := range o.artifacts(class) {
			m := match{id: id, class: class, relation: r, distance: -1}
			for _, p := range produced {
				if steps, ok := o.ancestors(p.to)[r.to]; ok && r.to != "DigitalArtifact" {
					m.produced = append(m.produced, p.to)
					if m.distance < 0 || steps < m.distance {
						m.distance = steps
					}
				}
			}
			if known, ok := best[class]; m.distance >= 0 && (!ok || m.distance < known.distance) {
				best[class] = m
			}
		}
	}
	reach := o.reach()
	list := slices.Collect(maps.Values(best))
	for i := range list {
		list[i].reach = reach[list[i].relation.to]
	}
	order := func(a, b match) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.reach, b.reach))
	}
	slices.SortFunc(list, func(a, b match) int { return cmp.Or(order(a, b), cmp.Compare(a.id, b.id)) })
	for i := range list {
		list[i].rank = i + 1
		if i > 0 && order(list[i-1], list[i]) == 0 {
			list[i].rank = list[i-1].rank
		}
	}
	return list
}

// reach counts, for each artifact, the offensive techniques that have a relation to it or to a subclass.
func (o ontology) reach() map[string]int {
	count := map[string]int{}
	for class := range o.classes("attack-id") {
		if o.deprecated(class) || !o.under(class, "OffensiveTechnique") {
			continue
		}
		met := map[string]bool{}
		for _, r := range o.artifacts(class) {
			for a := range o.ancestors(r.to) {
				met[a] = true
			}
		}
		for a := range met {
			count[a]++
		}
	}
	return count
}
