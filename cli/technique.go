// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/openbits/openbits/attack"
)

// techniquePage explains T1197, or a countermeasure.
func techniquePage(word string) (*page, bool) {
	if t, ok := attack.Technique(word); ok && t.Definition != "" {
		return offensivePage(t), true
	}
	if c, ok := attack.Countermeasure(word); ok {
		return defensivePage(c), true
	}
	return nil, false
}

// source says where statements about classes come from.
func source() string {
	return "D3FEND " + attack.D3FENDVersion + " (with ATT&CK " + attack.D3FENDAttackVersion + " in it)"
}

func offensivePage(t attack.OffensiveTechnique) *page {
	p := new(page)
	p.title(t.ID() + " " + t.Label() + " (technique of attackers)")
	p.text(t.Definition)
	facts, _ := attack.FactsOf(t.ID())
	p.facts(
		[2]string{"URI", t.Class().URI()},
		[2]string{"Ontology", source()},
		[2]string{"ATT&CK", t.URL()},
		[2]string{"Version", fmt.Sprintf("%s of %s, in ATT&CK %s", facts.Version, facts.Modified, attack.Version)},
		[2]string{"Tactics", tactics(t.Tactics)},
		[2]string{"Platforms", strings.Join(facts.Platforms, ", ")},
	)
	p.heading("Superclasses")
	p.list(tree(t.Class()))
	p.heading("Digital artifacts")
	p.list(relations(t.Relations))
	p.heading("Countermeasures that the ontology gives, by an artifact that both have to do with")
	p.table(matchTable(t.Countermeasures()))
	p.heading("Countermeasures that are inferred from what a finding is about (the ontology knows no BITS job, queue database or notify command)")
	p.table(inferredTable())
	p.rules("Rules of bits hunt that look for it", t.ID())
	p.heading("What ATT&CK says besides")
	p.facts(attackFacts(facts)...)
	p.graph(techniqueGraph(t))
	return p
}

// matchTable has the countermeasures of the ontology: those that this program serves first, among equals.
func matchTable(matches []attack.Match) [][]string {
	slices.SortStableFunc(matches, func(a, b attack.Match) int {
		if a.Rank != b.Rank {
			return a.Rank - b.Rank
		}
		return useOrder(a.ID) - useOrder(b.ID)
	})
	rows := [][]string{{"Rank", "ID", "Name", "Tactic", "Relation", "Via", "In openbits"}}
	for _, m := range matches {
		c, _ := attack.Countermeasure(m.ID)
		rows = append(rows, []string{
			strconv.Itoa(m.Rank), m.ID, c.Label(), c.Tactic, m.Relation.Property + " " + m.Relation.Artifact, via(m), feature(m.ID),
		})
	}
	return rows
}

// via says how near the artifacts are.
func via(m attack.Match) string {
	if m.Distance == 0 {
		return m.Via()
	}
	return m.Via() + ", " + count(m.Distance, "step")
}

func inferredTable() [][]string {
	rows := [][]string{{"From", "ID", "Name", "Tactic", "Relation", "In openbits"}}
	for _, n := range attack.Inferences() {
		for _, id := range n.IDs {
			c, _ := attack.Countermeasure(id)
			rows = append(rows, []string{n.About, id, c.Label(), c.Tactic, strings.Join(relations(c.Relations), ", "), feature(id)})
		}
	}
	return rows
}

// feature says what of this program serves a countermeasure.
func feature(id string) string {
	f, _ := attack.FeatureFor(id)
	switch f.Use {
	case attack.Helps:
		return "helped by " + f.Text
	case attack.Serves:
		return "served by " + f.Text
	}
	return "nothing: " + f.Text
}

func useOrder(id string) int {
	f, _ := attack.FeatureFor(id)
	return slices.Index([]attack.Use{attack.Serves, attack.Helps, attack.None}, f.Use)
}

func attackFacts(f attack.Facts) [][2]string {
	var mitigations, analytics, related []string
	for _, m := range f.Mitigation {
		mitigations = append(mitigations, m.ID+" "+m.Name)
	}
	for _, c := range f.CAR {
		analytics = append(analytics, c.ID+" "+c.Name)
	}
	for _, id := range f.Related {
		t, _ := attack.Technique(id)
		related = append(related, id+" "+t.Label())
	}
	return [][2]string{
		{"Mitigations", strings.Join(mitigations, "; ")},
		{"Detection", fmt.Sprintf("%s %s (analytic %s): %s", f.Detection.ID, f.Detection.Name, f.Detection.Analytic, strings.Join(f.Detection.Sources, "; "))},
		{"Analytics", strings.Join(analytics, "; ")},
		{"Related", strings.Join(related, "; ")},
		{"Later", fmt.Sprintf("ATT&CK %s has version %s of %s, tactics %s; %s",
			f.Later.Attack, f.Later.Version, f.Later.Modified, strings.Join(f.Later.Tactics, ", "), f.Later.Note)},
	}
}

func defensivePage(c attack.DefensiveTechnique) *page {
	p := new(page)
	p.title(c.ID() + " " + c.Label() + " (countermeasure)")
	p.text(c.Definition)
	p.facts(
		[2]string{"URI", c.Class().URI()},
		[2]string{"Ontology", source()},
		[2]string{"D3FEND", c.URL()},
		[2]string{"Tactic", c.Tactic},
		[2]string{"For T1197", forBITS(c)},
		[2]string{"In openbits", feature(c.ID())},
	)
	p.heading("Superclasses")
	p.list(tree(c.Class()))
	p.heading("Digital artifacts")
	p.list(relations(c.Relations))
	p.rules("Rules of bits hunt that name it", c.ID())
	p.graph(countermeasureGraph(c))
	return p
}

// forBITS says why a countermeasure is one against the abuse of BITS jobs.
func forBITS(c attack.DefensiveTechnique) string {
	t, _ := attack.Technique("T1197")
	for _, m := range t.Countermeasures() {
		if m.ID == c.ID() {
			return fmt.Sprintf("by the ontology, rank %d of %d: T1197 may produce %s; it %s %s (%s)",
				m.Rank, len(t.Countermeasures()), strings.Join(m.Produced, ", "), m.Relation.Property, m.Relation.Artifact, via(m))
		}
	}
	for _, n := range attack.Inferences() {
		if slices.Contains(n.IDs, c.ID()) {
			return "inferred from the finding (" + n.About + "), not by the ontology: " + n.Why
		}
	}
	return ""
}

func tactics(list []attack.Tactic) string {
	var names []string
	for _, t := range list {
		names = append(names, t.Name+" ("+t.ID+")")
	}
	return strings.Join(names, ", ")
}

func relations(list []attack.Relation) (lines []string) {
	for _, r := range list {
		lines = append(lines, r.Property+" "+r.Artifact)
	}
	return lines
}

// tree lists a class and what it is a subclass of, each beneath its subclass. A class that is met again is not followed again.
func tree(c attack.Class) []string {
	var lines []string
	seen := map[string]bool{}
	var add func(c attack.Class, depth int)
	add = func(c attack.Class, depth int) {
		line := strings.Repeat("  ", depth) + c.Name
		if seen[c.Name] && len(c.Parents) > 0 {
			lines = append(lines, line+" (see above)")
			return
		}
		seen[c.Name] = true
		lines = append(lines, line)
		for _, name := range c.Parents {
			parent, _ := attack.ClassOf(name)
			add(parent, depth+1)
		}
	}
	add(c, 0)
	return lines
}
