// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/openbits/openbits/attack"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/rules"
	"github.com/openbits/openbits/hunt/sigma"
)

func itoa(n int) string { return strconv.Itoa(n) }

// fileFields are the facts of files, by name.
var fileFields = func() map[string]bool {
	all := map[string]bool{}
	for _, f := range Fields {
		if f.File {
			all[f.Name] = true
		}
	}
	return all
}()

// usesFile tells whether the rule asks for facts of a file.
func usesFile(r *sigma.Rule) bool {
	return slices.ContainsFunc(r.Fields(), func(name string) bool { return fileFields[strings.ToLower(name)] })
}

func confidenceOf(own *rules.Rule) evidence.Confidence {
	if own != nil && own.Confidence != "" {
		return own.Confidence
	}
	return evidence.Strong
}

func weaker(a, b evidence.Confidence) evidence.Confidence {
	if slices.Index(confidences, b) < slices.Index(confidences, a) {
		return b
	}
	return a
}

// layerCap is how sure a finding can be by where it was found: what the system itself would show, and whole older versions, are sure; what deleted data left is
// less so, and what was found by its marks alone, or is damaged, still less.
func layerCap(p evidence.Place) evidence.Confidence {
	c := evidence.Strong
	switch p.Layer {
	case evidence.Slack:
		c = evidence.Fair
	case evidence.Carved:
		c = evidence.Weak
	}
	if p.Damaged || p.Cut != "" {
		c = step(c, -1)
	}
	return c
}

// certainty is how sure a finding of a record is: the rule's own confidence, bounded by the layers of job and file, and by how the file is known to be the job's.
func certainty(own *rules.Rule, file bool, r *record) evidence.Confidence {
	c := weaker(confidenceOf(own), layerCap(r.job.Evidence))
	if file && r.file != nil {
		c = weaker(c, layerCap(r.file.Evidence))
		if strings.HasPrefix(r.file.Tie, "guess") {
			c = evidence.Weak
		}
	}
	return c
}

// valuesOf are the values of a field, in any case of letters.
func valuesOf(data []evidence.Datum, field string) []string {
	var list []string
	for _, d := range data {
		if strings.EqualFold(d.Name, field) && d.Value != "" {
			list = append(list, d.Value)
		}
	}
	return list
}

// matchedOf are the values of the fields that the rule asked for.
func matchedOf(r *sigma.Rule, values func(string) []string) []evidence.Datum {
	var list []evidence.Datum
	for _, field := range r.Fields() {
		for _, v := range values(field) {
			if d := (evidence.Datum{Name: field, Value: v}); !slices.Contains(list, d) {
				list = append(list, d)
			}
		}
	}
	return list
}

// values are those of a fact; "job" and "Job" are how a sentence speaks of the job.
func (r *record) values(field string) []string {
	var what string
	switch {
	case field != "job" && field != "Job":
		return valuesOf(r.data, field)
	case r.job.Name != "":
		what = `the job "` + r.job.Name + `"`
	case r.source == "file":
		what = "a job that is not known"
	default:
		what = "a job without a name"
	}
	if field == "Job" {
		what = strings.ToUpper(what[:1]) + what[1:]
	}
	return []string{what}
}

// subject is what allow lists are compared with.
func (r *record) subject() subject {
	s := subject{}
	add := func(name string, values ...string) {
		for _, v := range values {
			if v != "" {
				s[name] = append(s[name], v)
			}
		}
	}
	add("name", r.job.Name)
	add("owner", r.job.Owner.ID, r.job.Owner.Name)
	add("creator", r.get("creator"))
	add("command", r.get("notify_command"))
	if r.source == "command" {
		add("command", r.get("creator_command_line"))
	}
	add("url_host", r.get("url_host"))
	add("url", r.get("url"))
	add("path", r.get("local"))
	return s
}

// distinct are the places without those that come again, in order.
func distinct(places []evidence.Place) []evidence.Place {
	list := slices.Clone(places)
	slices.SortStableFunc(list, comparePlaces)
	return slices.CompactFunc(list, func(a, b evidence.Place) bool { return comparePlaces(a, b) == 0 })
}

func comparePlaces(a, b evidence.Place) int {
	return cmp.Or(cmp.Compare(a.Input, b.Input), cmp.Compare(a.Page, b.Page), cmp.Compare(offset(a), offset(b)), cmp.Compare(a.Record, b.Record),
		strings.Compare(string(a.Layer), string(b.Layer)))
}

func offset(p evidence.Place) int64 {
	if p.Offset == nil {
		return -1
	}
	return *p.Offset
}

// refer fills in what ATT&CK and D3FEND have of the rule.
func (r *Rules) refer(f *evidence.Finding, rule *sigma.Rule, own *rules.Rule) {
	f.Attack.Version = attack.Version
	for _, tag := range rule.Tags {
		name, ok := strings.CutPrefix(strings.ToLower(tag), "attack.")
		switch {
		case !ok:
		case len(name) > 1 && name[0] == 't' && name[1] >= '0' && name[1] <= '9':
			f.Attack.Techniques = append(f.Attack.Techniques, strings.ToUpper(name))
		case len(name) > 1 && (name[0] == 'g' || name[0] == 's') && name[1] >= '0' && name[1] <= '9': // groups and software
		default:
			f.Attack.Tactics = append(f.Attack.Tactics, name)
		}
	}
	if len(f.Attack.Tactics) == 0 {
		for _, id := range f.Attack.Techniques {
			if t, ok := attack.Technique(id); ok {
				for _, tactic := range t.Tactics {
					if short := tactic.Short(); !slices.Contains(f.Attack.Tactics, short) {
						f.Attack.Tactics = append(f.Attack.Tactics, short)
					}
				}
			}
		}
	}
	switch {
	case slices.Contains(f.Attack.Techniques, "T1197"):
		f.Technique = "T1197"
	case len(f.Attack.Techniques) > 0:
		f.Technique = f.Attack.Techniques[0]
	}
	if own == nil {
		return
	}
	for _, id := range own.D3FEND {
		if c, ok := attack.Countermeasure(id); ok {
			f.D3FEND = append(f.D3FEND, evidence.Counter{ID: c.ID(), Name: c.Label(), Tactic: c.Tactic, Inferred: c.Inferred()})
		}
	}
}

// foreign fills in what a rule of others says.
func foreign(f *evidence.Finding, d *draft) {
	if f.Rule == "" {
		f.Rule = d.rule.Title
	}
	f.Behaviour = "sigma"
	f.Why = printable(strings.Join(strings.Fields(d.rule.Description), " "))
	if f.Why == "" {
		f.Why = printable(d.rule.Title)
	}
	var seen []string
	for _, m := range d.matched {
		seen = append(seen, printable(m.Name)+" is "+printable(m.Value))
	}
	if len(seen) > 0 {
		f.Why = strings.TrimSuffix(f.Why, ".") + ". Seen: " + strings.Join(seen, "; ") + "."
	}
	f.Next = "Look at the evidence and at what the rule's author writes of it."
	if len(d.rule.References) > 0 {
		f.Next = "Look at the evidence and at what the rule's author refers to: " + printable(strings.Join(d.rule.References, " ")) + "."
	}
}
