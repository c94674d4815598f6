// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/judge"
)

func TestAllow(t *testing.T) {
	entry := "- reason: our deployment\n  name: 'deploy *'\n"
	for name, c := range map[string]struct {
		text string
		want evidence.Severity // of odd-destination, which is medium by itself
		keep evidence.Severity // of bitsadmin-download, which only an entry that names it lowers
	}{
		"name":          {entry, evidence.Info, evidence.Medium},
		"all parts":     {entry + "  url_host: deploy.example.com\n  path: c:\\deploy\\*\n  owner: S-1-5-18\n  creator: '*\\bitsadmin.exe'\n  host: p?\n", evidence.Info, evidence.Medium},
		"owner by name": {"- {reason: x, owner: '*\\SYSTEM'}\n", evidence.Info, evidence.Medium},
		"one is wrong":  {entry + "  url_host: other.example.com\n", evidence.Medium, evidence.Medium},
		"another host":  {entry + "  host: x*\n", evidence.Medium, evidence.Medium},
		"a rule":        {entry + "  rule: bitsadmin-download\n", evidence.Medium, evidence.Info},
		"a behaviour":   {"- {reason: x, rule: bitsadmin_download, host: PC}\n", evidence.Medium, evidence.Info},
		"not known":     {"- {reason: x, command: '*'}\n- {reason: y, command: cmd*}\n", "", ""},
		"none":          {"", evidence.Medium, evidence.Medium},
	} {
		r, err := judge.Load(judge.LoadOptions{Allow: []string{writeFile(t, c.text)}})
		if err != nil {
			if c.want != "" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if c.want == "" {
			t.Errorf("%s: it is taken", name)
			continue
		}
		findings := r.Judge(&evidence.Host{Name: "PC", Jobs: []evidence.Job{tool("r")}})
		for rule, want := range map[string]evidence.Severity{"odd-destination": c.want, "bitsadmin-download": c.keep} {
			f := find(findings, rule)
			if f == nil || f.Severity != want || (f.Known != "") != (want == evidence.Info) {
				t.Errorf("%s: %s is %+v, not %s", name, rule, f, want)
			}
		}
	}
}

func TestAllowMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"- name: x\n":                           "line 1: the entry has no reason",
		"- {reason: x, name: x}\n- {nmae: y}\n": "line 2: field nmae is not known",
		"- {reason: x}\n":                       "would allow too much",
		"- {reason: x, name: '*'}\n":            "would allow too much",
		"- {reason: x, host: PC}\n":             "would allow too much",
		"- {reason: x, rule: volume}\n":         "would allow too much",
		"reason: x\n":                           "no list",
		"- [\n":                                 "cannot use the allow list",
		"- {reason: x, name: [a]}\n":            "line 1:",
	} {
		_, err := judge.Load(judge.LoadOptions{Allow: []string{writeFile(t, text)}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v, not %q", text, err, want)
		}
	}
	if _, err := judge.Load(judge.LoadOptions{Allow: []string{filepath.Join(t.TempDir(), "none")}}); err == nil {
		t.Error("a list that is not there is no error")
	}
}

const foreignRule = `title: A rule of others
id: 11111111-2222-4333-8444-555555555555
description: It looks for a word.
references: [https://example.org/why]
tags: [attack.t1105, attack.command-and-control]
logsource: {product: windows, service: bits-client}
detection:
  s: {EventID: 59, url|contains: evil}
  condition: s
falsepositives: [None]
level: critical
---
title: bad
logsource: {category: bits_job}
detection: {s: {a|frobs: 1}, condition: s}
`
