// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package attack

import (
	"maps"
	"slices"
	"strings"
)

// Class is a class of D3FEND's ontology: a technique, a digital artifact, or what these are kinds of.
type Class struct {
	Name    string   // in the ontology, such as "ProcessLineageAnalysis"
	Label   string   // for people, such as "Process Lineage Analysis"
	ID      string   // such as "D3-PLA" or "T1197"; empty where the ontology gives none
	Parents []string // names of its direct superclasses
}

// URI names the class in the world.
func (c Class) URI() string { return "http://d3fend.mitre.org/ontologies/d3fend.owl#" + c.Name }

// ClassOf finds a class by its name. It knows those that the table speaks of, and all of their superclasses.
func ClassOf(name string) (Class, bool) {
	c, ok := classes[name]
	return c, ok
}

// Ancestors are the superclasses of a class, without the class itself: nearer ones first, those of one distance by name.
func (c Class) Ancestors() []Class {
	var list []Class
	seen := map[string]bool{c.Name: true}
	for level := []Class{c}; len(level) > 0; {
		next := map[string]Class{}
		for _, child := range level {
			for _, name := range child.Parents {
				if !seen[name] {
					next[name] = classes[name]
				}
			}
		}
		level = nil
		for _, name := range slices.Sorted(maps.Keys(next)) {
			seen[name] = true
			level = append(level, next[name])
		}
		list = append(list, level...)
	}
	return list
}

// Relation says what a technique has to do with a digital artifact.
type Relation struct {
	Property string // such as "analyzes" or "may-produce"
	Artifact string // name of a class
}

// Tactic is what a technique of ATT&CK is for.
type Tactic struct {
	ID   string // such as "TA0003"
	Name string // such as "Persistence"
}

// Short is the name as rules and STIX write it, such as "defense-evasion".
func (t Tactic) Short() string { return strings.ReplaceAll(strings.ToLower(t.Name), " ", "-") }

// OffensiveTechnique is a technique of ATT&CK as D3FEND has it; see D3FENDAttackVersion for the version of ATT&CK.
type OffensiveTechnique struct {
	class      string
	Definition string     // quoted from the ontology; empty for techniques that rules only name
	Tactics    []Tactic   // by identifier
	Relations  []Relation // to digital artifacts, where Definition is not empty
}

// Technique finds a technique by its identifier, such as "T1197" or "T1059.001", in any case of letters. It knows T1197 and the techniques
// that rules name.
func Technique(id string) (OffensiveTechnique, bool) {
	t, ok := offensive[strings.ToUpper(id)]
	return t, ok
}

// Techniques lists the identifiers that Technique knows, in order.
func Techniques() []string { return slices.Sorted(maps.Keys(offensive)) }

// ID is the identifier, such as "T1197".
func (t OffensiveTechnique) ID() string { return t.Class().ID }

// Label is the name for people, such as "BITS Jobs".
func (t OffensiveTechnique) Label() string { return t.Class().Label }

// Class is the technique's class.
func (t OffensiveTechnique) Class() Class { return classes[t.class] }

// URL is the technique's page at ATT&CK.
func (t OffensiveTechnique) URL() string {
	return "https://attack.mitre.org/techniques/" + strings.ReplaceAll(t.ID(), ".", "/") + "/"
}

// Countermeasures are those that the ontology gives, by rank. Only T1197 has them here.
func (t OffensiveTechnique) Countermeasures() []Match {
	if t.class != "T1197" {
		return nil
	}
	return slices.Clone(matched)
}

// Match is a countermeasure that meets T1197 at a digital artifact. It follows from two statements of the ontology: the technique may
// produce an artifact, and the countermeasure has to do with that artifact or with a superclass of it below DigitalArtifact.
type Match struct {
	ID       string
	Relation Relation // of the countermeasure
	Produced []string // artifacts of the technique that are the countermeasure's artifact or a kind of it
	Distance int      // subclass steps from the nearest of them; 0: it is the same artifact
	Reach    int      // techniques of ATT&CK that meet the countermeasure at this artifact: the more, the less it says of T1197
	Rank     int      // from 1: by Distance, then by Reach; equals have the same
}

// Via says how the two artifacts are related: "exact" or "ancestor".
func (m Match) Via() string {
	if m.Distance == 0 {
		return "exact"
	}
	return "ancestor"
}

// DefensiveTechnique is a countermeasure of D3FEND.
type DefensiveTechnique struct {
	class      string
	Definition string     // quoted from the ontology
	Tactic     string     // Model, Harden, Detect, Isolate, Deceive, Evict or Restore
	Relations  []Relation // its own, to digital artifacts
}

// Countermeasure finds a countermeasure by its identifier, such as "D3-PLA", in any case of letters. It knows those that findings name.
func Countermeasure(id string) (DefensiveTechnique, bool) {
	c, ok := defensive[strings.ToUpper(id)]
	return c, ok
}

// Countermeasures lists the identifiers that Countermeasure knows, in order.
func Countermeasures() []string { return slices.Sorted(maps.Keys(defensive)) }

// ID is the identifier, such as "D3-PLA".
func (d DefensiveTechnique) ID() string { return d.Class().ID }

// Label is the name for people, such as "Process Lineage Analysis".
func (d DefensiveTechnique) Label() string { return d.Class().Label }

// Class is the countermeasure's class.
func (d DefensiveTechnique) Class() Class { return classes[d.class] }

// URL is the countermeasure's page at D3FEND.
func (d DefensiveTechnique) URL() string {
	return "https://d3fend.mitre.org/technique/d3f:" + d.class + "/"
}

// Inferred reports whether the ontology does not give this countermeasure for T1197, so that it can only follow from
// what a finding is about.
func (d DefensiveTechnique) Inferred() bool {
	return !slices.ContainsFunc(matched, func(m Match) bool { return m.ID == d.ID() })
}
