// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/rules"
	"github.com/openbits/openbits/hunt/sigma"
)

// key is what one finding is of.
type key struct {
	rule *sigma.Rule
	job  string // Ref
	what string // tells findings apart that are of no job
}

// draft is a finding that may still become more.
type draft struct {
	key
	own        *rules.Rule // nil: a rule of others
	severity   evidence.Severity
	confidence evidence.Confidence
	known      string // profile that lowered it
	name       string
	time       time.Time
	values     func(field string) []string
	matched    []evidence.Datum
	subject    subject
	places     []evidence.Place
}

// add takes a hit into its finding. The worst tells what the finding says; of equals the first.
func (c *court) add(d *draft) {
	old := c.found[d.key]
	if old == nil {
		c.found[d.key] = d
		c.order = append(c.order, d)
		return
	}
	places := append(old.places, d.places...)
	if rank(d.severity) > rank(old.severity) || d.severity == old.severity && old.known != "" && d.known == "" {
		confidence := old.confidence
		*old = *d
		old.confidence = surer(confidence, d.confidence)
	} else if d.severity == old.severity {
		old.confidence = surer(old.confidence, d.confidence)
		old.time = later(old.time, d.time)
	}
	old.places = places
}

func rank(s evidence.Severity) int { return slices.Index(evidence.Severities, s) }

func surer(a, b evidence.Confidence) evidence.Confidence {
	if slices.Index(confidences, b) > slices.Index(confidences, a) {
		return b
	}
	return a
}

// severities are those of Sigma's levels. A rule without a level is of medium severity, as Sigma's own tools have it.
var severities = map[string]evidence.Severity{
	"informational": evidence.Info, "low": evidence.Low, "medium": evidence.Medium, "high": evidence.High, "critical": evidence.Critical, "": evidence.Medium,
}

// levelOf is the severity of a match: the rule's, or that of the first other level that holds.
func levelOf(x sigma.Match, own *rules.Rule) evidence.Severity {
	if own != nil {
		for _, l := range own.Levels {
			if x.Holds(l.When) {
				return severities[l.Level]
			}
		}
	}
	return severities[x.Rule.Level]
}

// jobHit is a rule that a record of a job fits.
func (c *court) jobHit(x sigma.Match, r *record, ref string) {
	own := c.rules.own[x.Rule]
	d := &draft{
		key: key{rule: x.Rule, job: ref}, own: own, severity: levelOf(x, own), name: r.job.Name,
		confidence: certainty(own, usesFile(x.Rule), r), places: r.places, time: later(r.job.Created, r.job.Modified),
		values: r.values, subject: r.subject(),
	}
	if ref == "" {
		d.what = strings.Join([]string{r.source, r.job.Name, r.get("url"), r.get("local")}, "\x00")
		if r.source == "command" && r.job.Name != "" { // a line each to make, fill and arm a job
			d.what = r.source + "\x00" + r.job.Name
		}
	}
	if by := r.fit.lowers(); by != "" && own != nil && own.Lowers() && r.fit.disguise == nil {
		d.severity, d.known = evidence.Info, by
	}
	d.matched = matchedOf(x.Rule, d.values)
	c.add(d)
}

// eventHit is a rule that an event fits.
func (c *court) eventHit(x sigma.Match, e *evidence.Event) {
	own := c.rules.own[x.Rule]
	all := append([]evidence.Datum{{Name: "EventID", Value: itoa(e.ID)}, {Name: "Channel", Value: e.Channel}}, x.Data(e)...)
	d := &draft{
		key: key{rule: x.Rule, job: e.Job}, own: own, severity: levelOf(x, own), places: []evidence.Place{e.Evidence}, time: e.Time,
		confidence: weaker(confidenceOf(own), layerCap(e.Evidence)), values: func(field string) []string { return valuesOf(all, field) },
	}
	d.matched = matchedOf(x.Rule, d.values)
	for _, m := range d.matched {
		if !strings.EqualFold(m.Name, "EventID") {
			d.what += m.Name + "\x00" + m.Value + "\x00"
		}
	}
	d.subject = subject{
		"command": valuesOf(all, "CommandLine"), "creator": append(valuesOf(all, "Image"), valuesOf(all, "NewProcessName")...),
		"url": valuesOf(all, "url"), "path": valuesOf(all, "TargetFilename"), "name": valuesOf(all, "name"),
	}
	if e.Job != "" {
		d.what = ""
	}
	if own != nil && own.Host {
		d.job, d.what = "", ""
		if own.Trace {
			d.severity = c.withTraces(d.severity)
		}
	} else if by := c.known[e.Job]; by != "" && own != nil && own.Lowers() {
		d.severity, d.known = evidence.Info, by
	}
	c.add(d)
}

// withTraces is the severity of something that means little unless BITS was used: information on a host without traces of BITS, and on one where all jobs are known to be good,
// unless it is the worst, as when the log of BITS itself was cleared.
func (c *court) withTraces(s evidence.Severity) evidence.Severity {
	switch {
	case c.strange:
		return s
	case c.traces && rank(s) >= rank(evidence.High):
		return evidence.Medium
	}
	return evidence.Info
}

// finding makes the finding of a draft.
func (c *court) finding(d *draft) evidence.Finding {
	f := evidence.Finding{
		Rule: d.rule.ID, Title: d.rule.Title, Severity: d.severity, Confidence: d.confidence, Host: c.host.Name, Job: d.job, Name: d.name,
		Time: d.time, Evidence: distinct(d.places), Matched: d.matched, Benign: strings.Join(d.rule.FalsePositives, "; "), Known: d.known,
	}
	keep := false
	if own := d.own; own != nil {
		f.Rule, f.Behaviour, f.Next = own.Slug, own.Behaviour, own.Next
		f.Why = expand(own.Why, d.values)
		keep = !own.Lowers()
	} else {
		foreign(&f, d)
	}
	c.rules.refer(&f, d.rule, d.own)
	d.subject["host"] = []string{c.host.Name}
	for _, a := range c.rules.allow {
		if a.allows(&f, d.rule.ID, keep, d.subject) {
			f.Severity, f.Known = evidence.Info, a.String()
			break
		}
	}
	return f
}

func compareFindings(a, b evidence.Finding) int {
	return cmp.Or(
		cmp.Compare(rank(b.Severity), rank(a.Severity)),
		cmp.Compare(slices.Index(confidences, b.Confidence), slices.Index(confidences, a.Confidence)),
		strings.Compare(a.Rule, b.Rule), a.Time.Compare(b.Time), strings.Compare(a.Job, b.Job), strings.Compare(a.Name, b.Name),
		strings.Compare(a.Why, b.Why),
	)
}
