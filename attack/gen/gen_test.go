// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTableIsCurrent makes the table again and compares, byte for byte.
func TestTableIsCurrent(t *testing.T) {
	ttl, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "reference", "d3fend-protege.ttl"))
	if err != nil {
		t.Skip("the ontology is not here:", err)
	}
	from, err := sourceOf(ttl, "", "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := generate(ttl, from)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("..", "table.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("attack/table.go is not what attack/gen makes: %s", cmp.Diff(string(want), string(got)))
	}
}

const small = `@prefix : <http://d3fend.mitre.org/ontologies/d3fend.owl#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . # a comment
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:DigitalArtifact a owl:Class .
:Traffic rdfs:subClassOf :DigitalArtifact ; rdfs:label "Traffic" .
:WebTraffic rdfs:subClassOf :Traffic .
:MailTraffic rdfs:subClassOf :Traffic .
:OffensiveTechnique a owl:Class.
:DefensiveTechnique rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :enables ; owl:someValuesFrom :DefensiveTactic ] .
:Watching rdfs:subClassOf :DefensiveTechnique , [ owl:onProperty :enables ; owl:someValuesFrom :Detect ] ; ; :d3fend-id "D3-W" .
:WebWatching rdfs:subClassOf :Watching, [ owl:onProperty :analyzes ; owl:someValuesFrom :WebTraffic ],
        [ owl:onProperty :analyzes ; owl:someValuesFrom :Traffic ] ;
    :d3fend-id "D3-WW" ; :display-order 1 ; :weight -1.5e3 ; :done true .
:AllWatching rdfs:subClassOf :Watching, [ owl:onProperty :analyzes ; owl:someValuesFrom :Traffic ] ; :d3fend-id "D3-AW" .
:AnyWatching rdfs:subClassOf :Watching, [ owl:onProperty :analyzes ; owl:someValuesFrom :DigitalArtifact ] ; :d3fend-id "D3-YW" .
:MailWatching rdfs:subClassOf :Watching, [ owl:onProperty :analyzes ; owl:someValuesFrom :MailTraffic ] ; :d3fend-id "D3-MW" .
:OldWatching rdfs:subClassOf :Watching, [ owl:onProperty :analyzes ; owl:someValuesFrom :WebTraffic ] ; :d3fend-id "D3-OW" ; owl:deprecated true .
:T1.001 rdfs:subClassOf :OffensiveTechnique, [ owl:onProperty :may-produce ; owl:someValuesFrom :WebTraffic ] ;
    :attack-id "T1.001"^^xsd:string ; :definition """ "Quoted" and
\u00e4\t\\ """@en ; :list ( :a [] "x" ) ; :escaped :Per\(Host\) .
:T2 rdfs:subClassOf :OffensiveTechnique, [ owl:onProperty :uses ; owl:someValuesFrom :Traffic ] ; :attack-id "T2" .
`

func parsed(t *testing.T) ontology {
	t.Helper()
	g, err := parseTurtle(small)
	if err != nil {
		t.Fatal(err)
	}
	return ontology{g}
}

func TestTurtle(t *testing.T) {
	o := parsed(t)
	for predicate, want := range map[string]string{"definition": "\"Quoted\" and\nä\t\\", "attack-id": "T1.001"} {
		if got := o.text(d3f+"T1.001", d3f+predicate); got != want {
			t.Errorf("%s is %q, want %q", predicate, got, want)
		}
	}
	if got := o.graph[d3f+"T1.001"][d3f+"escaped"][0].text; got != d3f+"Per(Host)" {
		t.Errorf("an escaped name is %q", got)
	}
	for predicate, want := range map[string]string{"display-order": "1", "weight": "-1.5e3", "done": "true"} {
		if got := o.text(d3f+"WebWatching", d3f+predicate); got != want {
			t.Errorf("%s is %q, want %q", predicate, got, want)
		}
	}
	var items []string
	for node := o.graph[d3f+"T1.001"][d3f+"list"][0].text; node != rdf+"nil"; node = o.graph[node][rdf+"rest"][0].text {
		items = append(items, o.graph[node][rdf+"first"][0].text)
	}
	if len(items) != 3 || items[0] != d3f+"a" || items[2] != "x" {
		t.Errorf("the list is %q", items)
	}
}

func TestTurtleErrors(t *testing.T) {
	const head = "@prefix : <http://x#> .\n"
	for text, want := range map[string]string{
		"@prefix x <http://x> .":          "line 1: a prefix has no colon",
		head + `:a :b "c`:                 "line 2: a literal does not end",
		head + ":a :b \"c\n\" .":          "line 2: a literal does not end",
		head + `:a :b """c" .`:            "line 2: a literal does not end",
		head + `:a :b "\q" .`:             `line 2: \q is no escape`,
		head + `:a :b "\ud800" .`:         `line 2: \ud800 is no character`,
		head + `:a :b :c`:                 `line 2: there is no "."`,
		head + `:a :b [ :c :d .`:          `line 2: there is no "]"`,
		head + `:a :b <c> .`:              `line 2: the IRI "c" is relative, which is not read`,
		head + `:a :b <http://c`:          `line 2: an IRI does not end`,
		head + `:a y:b :c .`:              `line 2: nothing says what the prefix "y" is`,
		head + `"a" :b :c .`:              `line 2: a literal is a subject`,
		head + `:a :b _:c .`:              `line 2: "_:c ." is no name with a prefix`,
		head + `:a :b 'c' .`:              `line 2: a literal in single quotes is not read`,
		head + `:a :b`:                    `line 2: the document ends in a statement`,
		head + "# nothing\n\n:a nonsense": `line 4: "nonsense" is no name with a prefix`,
	} {
		_, err := parseTurtle(text)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestCountermeasures: nearest artifact, nothing by DigitalArtifact alone, no sibling's, nothing deprecated; ranks by distance, then by how
// many techniques there are.
func TestCountermeasures(t *testing.T) {
	o := parsed(t)
	want := []match{
		{id: "D3-WW", class: "WebWatching", relation: relation{"analyzes", "WebTraffic"}, produced: []string{"WebTraffic"}, reach: 1, rank: 1},
		{id: "D3-AW", class: "AllWatching", relation: relation{"analyzes", "Traffic"}, produced: []string{"WebTraffic"}, distance: 1, reach: 2, rank: 2},
	}
	if diff := cmp.Diff(want, o.countermeasures("T1.001"), cmp.AllowUnexported(match{}, relation{})); diff != "" {
		t.Error(diff)
	}
	if got := o.enabled("WebWatching", "DefensiveTactic"); len(got) != 1 || got[0] != "Detect" {
		t.Errorf("the inherited tactic is %q", got)
	}
}

func TestGenerateRefuses(t *testing.T) {
	if _, err := generate([]byte(small), source{}); err == nil || !strings.Contains(err.Error(), "no countermeasure for T1197") {
		t.Errorf("an ontology without T1197: %v", err)
	}
	with := strings.ReplaceAll(small, "T1.001", "T1197")
	if _, err := generate([]byte(with), source{}); err == nil || !strings.Contains(err.Error(), "T1027") {
		t.Errorf("an ontology without the other techniques: %v", err)
	}
	if _, err := sourceOf([]byte(small), "", ""); err == nil || !strings.Contains(err.Error(), "-version") {
		t.Errorf("an ontology of no known version: %v", err)
	}
}
