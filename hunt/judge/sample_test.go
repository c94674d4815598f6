// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/judge"
	"github.com/openbits/openbits/hunt/rules"
	"github.com/openbits/openbits/hunt/sigma"
)

// sample is evidence that lies beside a rule, with what the rule must say of it.
type sample struct {
	Name     string            `yaml:"name"`
	Find     bool              `yaml:"find"`     // the rule must find it; else it must find nothing
	Severity evidence.Severity `yaml:"severity"` // of the finding, when it is given
	Why      string            `yaml:"why"`      // part of what the finding must say
	Inputs   []any             `yaml:"inputs"`
	Jobs     []any             `yaml:"jobs"`
	Files    []any             `yaml:"files"`
	Events   []any             `yaml:"events"`
}

// host makes evidence of a sample. Jobs, files and events have the fields of the JSON report; an event's data may be a map.
func (s *sample) host(t *testing.T) *evidence.Host {
	t.Helper()
	h := &evidence.Host{Name: "PC"}
	read := func(from []any, into any) {
		text, err := json.Marshal(from)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			t.Fatalf("sample %q: %v", s.Name, err)
		}
	}
	for _, e := range s.Events {
		if m, ok := e.(map[string]any); ok {
			if data, ok := m["data"].(map[string]any); ok {
				list := []map[string]string{}
				for name, v := range data {
					list = append(list, map[string]string{"name": name, "value": fmt.Sprint(v)})
				}
				slices.SortFunc(list, func(a, b map[string]string) int { return strings.Compare(a["name"], b["name"]) })
				m["data"] = list
			}
		}
	}
	if s.Inputs != nil {
		read(s.Inputs, &h.Inputs)
	}
	if s.Jobs != nil {
		read(s.Jobs, &h.Jobs)
	}
	if s.Files != nil {
		read(s.Files, &h.Files)
	}
	if s.Events != nil {
		read(s.Events, &h.Events)
	}
	for i := range h.Jobs {
		j := &h.Jobs[i]
		if j.Ref == "" {
			j.Ref = fmt.Sprintf("job %d", i)
		}
		if j.Evidence.Layer == "" {
			j.Evidence.Layer = evidence.Live
		}
	}
	for i := range h.Events {
		if h.Events[i].Evidence.Layer == "" {
			h.Events[i].Evidence.Layer = evidence.Live
		}
	}
	return h
}

func samples(t *testing.T, slug string) []sample {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../rules/samples", slug+".yml"))
	if err != nil {
		t.Error(err)
		return nil
	}
	var list []sample
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil {
		t.Fatalf("%s: %v", slug, err)
	}
	return list
}

func load(t testing.TB) *judge.Rules {
	t.Helper()
	r, err := judge.Load(judge.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSamples holds every rule to its samples. A rule without one that it finds, or without one that it does not, fails.
func TestSamples(t *testing.T) {
	all, err := rules.All()
	if err != nil {
		t.Fatal(err)
	}
	r := load(t)
	for _, rule := range all {
		t.Run(rule.Slug, func(t *testing.T) {
			found, spared := 0, 0
			levels := map[evidence.Severity]bool{}
			for _, s := range samples(t, rule.Slug) {
				var hits []evidence.Finding
				for _, f := range r.Judge(s.host(t)) {
					if f.Rule == rule.Slug {
						hits = append(hits, f)
					}
				}
				if !s.Find {
					spared++
					if len(hits) > 0 {
						t.Errorf("%s: it finds %+v", s.Name, hits)
					}
					continue
				}
				found++
				if len(hits) != 1 {
					t.Errorf("%s: it finds %d", s.Name, len(hits))
					continue
				}
				levels[hits[0].Severity] = true
				if s.Severity != "" && hits[0].Severity != s.Severity {
					t.Errorf("%s: the severity is %s, not %s (%s)", s.Name, hits[0].Severity, s.Severity, hits[0].Known)
				}
				if !strings.Contains(hits[0].Why, s.Why) {
					t.Errorf("%s: %q does not say %q", s.Name, hits[0].Why, s.Why)
				}
				checkFinding(t, &hits[0])
			}
			if found == 0 || spared == 0 {
				t.Errorf("there are %d samples that it must find and %d that it must not; it needs one of each at least", found, spared)
			}
			for _, l := range rule.Levels {
				if want := evidence.Severity(strings.Replace(l.Level, "informational", "info", 1)); !levels[want] {
					t.Errorf("no sample has the severity %s, which is for %q", want, l.When)
				}
			}
		})
	}
}

// checkFinding holds a finding to what every one must say.
func checkFinding(t *testing.T, f *evidence.Finding) {
	t.Helper()
	for name, text := range map[string]string{
		"title": f.Title, "why": f.Why, "next": f.Next, "benign": f.Benign, "behaviour": f.Behaviour, "host": f.Host, "attack": f.Attack.Version,
		"confidence": string(f.Confidence),
	} {
		if text == "" {
			t.Errorf("%s: the finding has no %s", f.Rule, name)
		}
	}
	if f.Technique != "T1197" || len(f.Attack.Techniques) == 0 || len(f.Attack.Tactics) == 0 || len(f.D3FEND) == 0 || len(f.Evidence) == 0 || len(f.Matched) == 0 {
		t.Errorf("%s: the finding lacks something: %+v", f.Rule, f)
	}
	if strings.Contains(f.Why, "(not known)") {
		t.Errorf("%s: a value is missing in %q", f.Rule, f.Why)
	}
	for _, d := range f.D3FEND {
		if d.Name == "" || d.Tactic == "" {
			t.Errorf("%s: %s has no name", f.Rule, d.ID)
		}
	}
}

// TestRulesAreSound: slugs and ids are unique, attributes are known, fields are facts, countermeasures and techniques exist.
func TestRulesAreSound(t *testing.T) {
	all, err := rules.All()
	if err != nil {
		t.Fatal(err)
	}
	facts := map[string]bool{}
	for _, f := range judge.Fields {
		facts[f.Name] = true
	}
	logFacts := map[string]bool{}
	for _, f := range judge.LogFields {
		logFacts[f.Name] = true
	}
	seen, covered := map[string]string{}, map[string]bool{}
	for _, r := range all {
		for _, name := range []string{r.ID, r.Slug} {
			if seen[name] != "" {
				t.Errorf("%s and %s are both %s", seen[name], r.File, name)
			}
			seen[name] = r.File
		}
		covered[r.Behaviour] = true
		if r.File != r.Slug+".yml" {
			t.Errorf("rule %s is in %s", r.Slug, r.File)
		}
		if len(r.FalsePositives) == 0 || len(r.D3FEND) == 0 || len(r.Tags) == 0 {
			t.Errorf("%s has no false positives, no countermeasures or no tags", r.Slug)
		}
		if facts := map[string]map[string]bool{sigma.Jobs: facts, sigma.LogFiles: logFacts}[r.Source.Category]; facts != nil {
			for _, f := range append(r.Fields(), placeholders(r.Why)...) {
				if strings.EqualFold(f, "job") {
					continue
				}
				if !facts[strings.ToLower(f)] {
					t.Errorf("%s asks for %q, which is no fact", r.Slug, f)
				}
			}
		}
		var meta map[string]any
		if _, err := r.Custom("openbits", &meta); err != nil {
			t.Fatal(err)
		}
		for name := range meta {
			if !slices.Contains([]string{"slug", "behaviour", "confidence", "why", "next", "known", "levels", "d3fend", "host", "trace"}, name) {
				t.Errorf("%s has an attribute %q", r.Slug, name)
			}
		}
	}
	for _, b := range rules.Behaviours {
		if !covered[b.Name] {
			t.Errorf("no rule looks for %s", b.Name)
		}
	}
	files, err := filepath.Glob("../rules/samples/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if seen[strings.TrimSuffix(filepath.Base(f), ".yml")] == "" {
			t.Errorf("%s belongs to no rule", f)
		}
	}
}

func placeholders(text string) []string {
	var list []string
	for _, part := range strings.Split(text, "{")[1:] {
		name, _, _ := strings.Cut(part, "}")
		list = append(list, name)
	}
	return list
}
