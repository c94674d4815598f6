// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package attack

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestT1197: what the ontology says of the technique, by hand from its file.
func TestT1197(t *testing.T) {
	got, ok := Technique("t1197")
	if !ok || got.ID() != "T1197" || got.Label() != "BITS Jobs" || !strings.HasPrefix(got.Definition, "Adversaries may abuse BITS jobs ") {
		t.Fatalf("T1197 is %+v, %v", got, ok)
	}
	want := []Relation{
		{"may-produce", "IntranetIPCNetworkTraffic"}, {"may-produce", "IntranetWebNetworkTraffic"}, {"may-produce", "OutboundInternetWebTraffic"},
	}
	if diff := cmp.Diff(want, got.Relations); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Tactic{{"TA0003", "Persistence"}, {"TA0005", "Defense Evasion"}}, got.Tactics); diff != "" {
		t.Error(diff)
	}
	if got.Class().URI() != "http://d3fend.mitre.org/ontologies/d3fend.owl#T1197" || got.URL() != "https://attack.mitre.org/techniques/T1197/" {
		t.Errorf("it is found at %s and %s", got.Class().URI(), got.URL())
	}
	var names []string
	for _, c := range got.Class().Ancestors() {
		names = append(names, c.Name)
	}
	wantNames := []string{
		"DefenseEvasionTechnique", "PersistenceTechnique", "ATTACKEnterpriseTechnique", "OffensiveTechnique", "ATTACKEnterpriseThing", "CyberTechnique",
	}
	if diff := cmp.Diff(wantNames, names[:min(len(names), len(wantNames))]); diff != "" {
		t.Error(diff)
	}
}

// TestCountermeasures: the twelve that were computed from the ontology by other means.
func TestCountermeasures(t *testing.T) {
	technique, _ := Technique("T1197")
	var got []string
	for _, m := range technique.Countermeasures() {
		c, ok := Countermeasure(m.ID)
		if !ok {
			t.Errorf("%s is not known", m.ID)
		}
		got = append(got, strings.Join([]string{m.ID, c.Label(), c.Tactic, m.Relation.Property, m.Relation.Artifact, m.Via()}, "|"))
		if c.Inferred() {
			t.Errorf("%s is called inferred", m.ID)
		}
	}
	want := []string{
		"D3-IPCTA|IPC Traffic Analysis|Detect|analyzes|IntranetIPCNetworkTraffic|exact",
		"D3-CAA|Connection Attempt Analysis|Detect|analyzes|IntranetNetworkTraffic|ancestor",
		"D3-RPA|Relay Pattern Analysis|Detect|analyzes|OutboundInternetNetworkTraffic|ancestor",
		"D3-OTF|Outbound Traffic Filtering|Isolate|filters|OutboundNetworkTraffic|ancestor",
		"D3-CSPP|Client-server Payload Profiling|Detect|analyzes|NetworkTraffic|ancestor",
		"D3-NTCD|Network Traffic Community Deviation|Detect|analyzes|NetworkTraffic|ancestor",
		"D3-NTF|Network Traffic Filtering|Isolate|filters|NetworkTraffic|ancestor",
		"D3-NTSA|Network Traffic Signature Analysis|Detect|analyzes|NetworkTraffic|ancestor",
		"D3-PHDURA|Per Host Download-Upload Ratio Analysis|Detect|analyzes|NetworkTraffic|ancestor",
		"D3-PMAD|Protocol Metadata Anomaly Detection|Detect|analyzes|NetworkTraffic|ancestor",
		"D3-RTSD|Remote Terminal Session Detection|Detect|analyzes|NetworkTraffic|ancestor",
		"D3-UGLPA|User Geolocation Logon Pattern Analysis|Detect|analyzes|NetworkTraffic|ancestor",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, id := range Techniques() {
		if other, _ := Technique(id); id != "T1197" && other.Countermeasures() != nil {
			t.Errorf("%s has countermeasures that are those of T1197", id)
		}
	}
}

// TestWhole: everything that is named is known.
func TestWhole(t *testing.T) {
	for name, c := range classes {
		if c.Name != name || c.Label == "" {
			t.Errorf("class %s is %+v", name, c)
		}
		for _, p := range c.Parents {
			if _, ok := classes[p]; !ok {
				t.Errorf("class %s: there is no class %s", name, p)
			}
		}
	}
	for _, id := range Techniques() {
		if x, _ := Technique(id); x.ID() != id || x.Label() == "" || len(x.Tactics) == 0 || x.Tactics[0].Name == "" {
			t.Errorf("%s is %+v", id, x)
		}
	}
	for _, id := range Countermeasures() {
		c, _ := Countermeasure(id)
		if c.ID() != id || c.Definition == "" || !slices.Contains([]string{"Model", "Harden", "Detect", "Isolate", "Deceive", "Evict", "Restore"}, c.Tactic) {
			t.Errorf("%s is %+v", id, c)
		}
		if f, ok := FeatureFor(id); !ok || f.Text == "" {
			t.Errorf("nothing says what serves %s", id)
		}
		for _, r := range c.Relations {
			if _, ok := ClassOf(r.Artifact); !ok {
				t.Errorf("%s %s %s, which is not known", id, r.Property, r.Artifact)
			}
		}
	}
	for id := range features {
		if _, ok := Countermeasure(id); !ok {
			t.Errorf("a feature serves %s, which is not known", id)
		}
	}
}

// TestInferred: what is inferred is not what the ontology gives, and each has a class.
func TestInferred(t *testing.T) {
	for _, n := range Inferences() {
		if _, ok := ClassOf(n.Class); !ok {
			t.Errorf("%s: there is no class %s", n.About, n.Class)
		}
		for _, id := range n.IDs {
			if c, ok := Countermeasure(id); !ok || !c.Inferred() {
				t.Errorf("%s: %s is not known, or the ontology gives it for T1197", n.About, id)
			}
		}
	}
	if n, ok := InferredFrom("process"); !ok || !slices.Contains(n.IDs, "D3-PLA") {
		t.Errorf("from a process %+v is inferred", n)
	}
	if n, ok := InferredFrom("weather"); ok {
		t.Errorf("from the weather %+v is inferred", n)
	}
}

func TestFacts(t *testing.T) {
	f, ok := FactsOf("T1197")
	if !ok || f.Tactics[1].Short() != "defense-evasion" || f.Later.Attack == Version {
		t.Errorf("T1197 is %+v", f)
	}
	for _, id := range f.Related {
		if _, ok := Technique(id); !ok {
			t.Errorf("%s is not known", id)
		}
	}
	if _, ok := FactsOf("T1105"); ok {
		t.Error("T1105 has facts, which are those of T1197")
	}
}

func TestUnknown(t *testing.T) {
	for _, id := range []string{"", "T1", "D3-", "D3-NONE", "notify"} {
		if _, ok := Technique(id); ok {
			t.Errorf("technique %q is known", id)
		}
		if _, ok := Countermeasure(id); ok {
			t.Errorf("countermeasure %q is known", id)
		}
	}
}
