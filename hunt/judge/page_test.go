// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/attack"
	"github.com/openbits/openbits/hunt/judge"
	"github.com/openbits/openbits/hunt/rules"
	"github.com/openbits/openbits/hunt/sigma"
)

//go:generate go test -run TestPage -update .

var update = flag.Bool("update", false, "write the page that the test compares with")

// TestPage holds docs/rules.md to the rules, profiles, facts and log sources as they are.
func TestPage(t *testing.T) {
	const path = "../../docs/rules.md"
	var b bytes.Buffer
	page(t, &b)
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(got)); diff != "" {
		t.Errorf("docs/rules.md is not what the rules say; \"go generate ./hunt/judge\" writes it (-want +got):\n%s", diff)
	}
}

func page(t *testing.T, b *bytes.Buffer) {
	all, err := rules.All()
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString(`<!-- Written by "go generate ./hunt/judge" from the rules themselves. -->

# Rules of bits hunt

What ` + "`bits hunt`" + ` looks for, how it treats known programs and local exceptions, and how to write rules of one's own.
The rules are Sigma files in ` + "`hunt/rules/data`" + `; samples that each must find, and must not, lie in ` + "`hunt/rules/samples`" + `.

- [Rules](#rules-by-behaviour)
- [Severity and confidence](#severity-and-confidence)
- [Known-good profiles](#known-good-profiles)
- [Allow lists](#allow-lists)
- [Writing rules](#writing-rules)

## Rules by behaviour
`)
	for _, behaviour := range rules.Behaviours {
		fmt.Fprintf(b, "\n### %s\n\n%s.\n", behaviour.Name, strings.ToUpper(behaviour.Text[:1])+behaviour.Text[1:])
		for _, r := range all {
			if r.Behaviour == behaviour.Name {
				writeRule(t, b, r)
			}
		}
	}
	b.WriteString(weighing)
	profileTable(t, b)
	b.WriteString(allowing)
	writing(b)
}

func writeRule(t *testing.T, b *bytes.Buffer, r *rules.Rule) {
	fmt.Fprintf(b, "\n#### %s: %s\n\n%s\n\n", r.Slug, r.Title, r.Description)
	fmt.Fprintf(b, "- Severity: %s%s\n", severity(r.Level), otherLevels(r))
	if r.Confidence != "" {
		fmt.Fprintf(b, "- Confidence: %s at most\n", r.Confidence)
	}
	if !r.Lowers() {
		b.WriteString("- Known-good profiles do not lower it.\n")
	}
	if r.Trace {
		b.WriteString("- Without other traces of BITS on the host it is info.\n")
	}
	fmt.Fprintf(b, "- Looks at: %s (%s)\n", source(r.Rule.Source), "`"+strings.Join(r.Fields(), "`, `")+"`")
	fmt.Fprintf(b, "- May be harmless: %s\n- Next: %s\n", strings.Join(r.FalsePositives, "; "), r.Next)
	var techniques []string
	for _, tag := range r.Tags {
		if id := strings.ToUpper(strings.TrimPrefix(tag, "attack.")); id[0] == 'T' && id[1] >= '0' && id[1] <= '9' {
			if known, ok := attack.Technique(id); ok {
				id += " " + known.Label()
			}
			techniques = append(techniques, id)
		}
	}
	fmt.Fprintf(b, "- ATT&CK: %s\n", strings.Join(techniques, ", "))
	var counters []string
	for _, id := range r.D3FEND {
		c, ok := attack.Countermeasure(id)
		if !ok {
			t.Errorf("%s: %s is no countermeasure that is known", r.Slug, id)
			continue
		}
		counters = append(counters, id+" "+c.Label())
	}
	fmt.Fprintf(b, "- D3FEND: %s\n- Id: `%s`\n", strings.Join(counters, ", "), r.ID)
}

func severity(level string) string { return strings.Replace(level, "informational", "info", 1) }

func otherLevels(r *rules.Rule) string {
	var b strings.Builder
	for _, l := range r.Levels {
		fmt.Fprintf(&b, "; %s where %s", severity(l.Level), l.Because)
	}
	return b.String()
}

func source(s sigma.LogSource) string {
	if s.Category == sigma.Jobs {
		return "jobs and files"
	}
	return strings.TrimSpace(s.Category + " " + s.Service)
}

const weighing = `
## Severity and confidence

Severity says how bad it is if it is what it looks like: info, low, medium, high, critical. Confidence says how sure it is:

- At most *high* for live rows and events, and for whole older versions of a job; *medium* for what deleted data left (slack); *low* for what was found by its marks alone (carved), and for a file that is a job's by a guess. A damaged or cut record is one step less.
- A rule may be less sure by itself; see there.
- Where at least four hosts were read, a job whose like (name, creator, remote host) is on one host only makes its findings one step surer, and one whose like is on half of the hosts one step less.

One finding is made for each job and rule, however many places it was seen in. Ages are measured against the newest time in the evidence of the host, never against the clock.

## Known-good profiles

A job that fits a profile in name, creator, host and local name together is known good: its findings become info and name the profile. They are never hidden.

- A known name with any other part wrong is a disguise: a finding of its own (masquerading), and nothing is lowered.
- What the evidence does not say neither proves nor disproves. Nothing must be wrong, and what is known must suffice: a host on which only the vendor can put files, or, where no remote name is known, name and creator. Hosts where anybody can put files need all four parts.
- Rules that an attacker could profit from (notify commands, local copies, certificate checks, owners, bitsadmin, ...) are never lowered; each rule says so.

`

const allowing = `
## Allow lists

` + "`bits hunt --allow FILE`" + ` takes a YAML list of what a site knows to be its own. It is never taken from the evidence. Findings that an entry fits are counted by entry, and not shown.

` + "```yaml" + `
- reason: software deployment          # needed: why this is allowed
  name: "Deploy *"                     # texts may have * and ?, in any case of letters
  creator: 'C:\Program Files\Deploy\agent.exe'
  url_host: deploy.example.com
- reason: lab machine, cleared daily
  rule: log-cleared                    # slug, id or behaviour
  host: LAB-*
` + "```" + `

An entry may name ` + "`rule`, `host`, `name`, `owner`, `creator`, `url_host`, `url`, `path`, `command`" + `; all that it names must fit. A word that is not known, or an entry without a reason, is an error: nothing is read then. An entry must name something of the job or
event, or both rule and host. Rules that profiles do not lower are lowered only by an entry that names them in ` + "`rule`" + `.

`

func profileTable(t *testing.T, b *bytes.Buffer) {
	list, err := rules.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	cell := func(texts []string) string {
		return "`" + strings.ReplaceAll(strings.Join(texts, "` `"), "|", `\|`) + "`"
	}
	b.WriteString("| profile | product | names | hosts | local names |\n| --- | --- | --- | --- | --- |\n")
	for _, p := range list {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", p.ID, p.Product, cell(p.Names), cell(p.Hosts), cell(p.Destinations))
	}
	b.WriteString("\nThe creators' paths stand in `hunt/rules/profiles.yml`.\n")
}

func writing(b *bytes.Buffer) {
	b.WriteString(`## Writing rules

` + "`bits hunt --sigma DIR`" + ` takes Sigma rules as they are. For jobs, and for logs as a whole, there are log sources of our own:

` + "```yaml" + `
title: Job of our old agent
logsource:
  product: windows
  category: bits_job
detection:
  selection:
    name|startswith: OldAgent
    url_host|endswith: .example.com
  condition: selection
level: low
` + "```" + `

The rule is matched with each file of each state of a job, whatever the state was found in, and with what command lines and scripts ask of BITS.

### Facts of bits_job

| field | of | meaning |
| --- | --- | --- |
`)
	for _, f := range judge.Fields {
		of := "job"
		if f.File {
			of = "file"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.Name, of, f.Text)
	}
	b.WriteString("\nKinds of folders:\n\n| kind | folder |\n| --- | --- |\n")
	for _, k := range judge.FolderKinds {
		fmt.Fprintf(b, "| `%s` | %s |\n", k[0], k[1])
	}
	b.WriteString("\nKinds of extensions (all others are `other`, names without one `none`):\n\n| kind | extensions |\n| --- | --- |\n")
	for _, k := range judge.ExtensionKinds {
		fmt.Fprintf(b, "| `%s` | %s |\n", k[0], k[1])
	}
	b.WriteString("\n### Facts of bits_log\n\nThe rules of this category are matched with each event log as a whole.\n\n| field | meaning |\n| --- | --- |\n")
	for _, f := range judge.LogFields {
		fmt.Fprintf(b, "| `%s` | %s |\n", f.Name, f.Text)
	}
	b.WriteString(`
### Processes that BITS started

Events of category process_creation have one more field, ` + "`StartedBy`" + `: ` + "`notify_command`" + ` when the process is the notify command of a job that is known, ` + "`bits`" + ` when its parent, of which the event tells no service, is the process from which BITS wrote to its log within ten minutes, alone as far as is known. Others lack it.

### What of Sigma is supported

- Fields with one value, lists, null, numbers; keywords; lists of maps; ` + "`*` and `?`" + ` with backslash as escape. Texts are compared without case.
- Modifiers: contains, startswith, endswith, all, cased, exists, neq, windash, re (with i, m, s; RE2, searched anywhere), cidr, lt, lte, gt, gte, fieldref, base64, base64offset, wide, utf16, utf16le, utf16be.
- Conditions: and, or, not, parentheses, 1 of, any of, all of, them; a list of conditions is "or".
- Refused, with file, line and what: correlations, filters, rule collections, aggregations, timeframes, placeholders (expand), time modifiers, unknown modifiers, regular expressions that are not RE2, YAML aliases. The other rules are used.
- A file has at most 1 MiB and 200,000 tests.

Beside an event's own data there are EventID, Channel, Provider_Name, Computer, Version and Security_UserID. For process_creation, event 4688 of the Security log has Sysmon's names: Image, ParentImage, ProcessId, ParentProcessId, User, LogonId, IntegrityLevel.

### Log sources

With product windows or none:

| log source | events |
| --- | --- |
`)
	for _, l := range sigma.Logs() {
		fmt.Fprintf(b, "| %s | %s |\n", l.Name, strings.Join(l.Events, "; "))
	}
}
