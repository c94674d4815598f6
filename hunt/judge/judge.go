// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package judge finds abuse in the evidence of a host: it holds jobs and events against the rules (package rules, and Sigma rules of others), compares them with
// known-good profiles and local allow lists, and says how sure it is.
//
//	rules, err := judge.Load(judge.LoadOptions{Sigma: []string{"rules/"}, Allow: []string{"allow.yml"}})
//	host.Findings = rules.Judge(host)
//
// # Jobs
//
// Of each state of a job, the best and all earlier ones, the facts are taken (Fields), file by file, and the rules of Sigma category bits_job are
// matched with them. So a rule works alike on the live row of a database, on what deleted rows left, and on jobs that only events tell of. Files that no job is
// known for are judged as jobs without a name. What a command line or a script asks of BITS (bitsadmin, PowerShell, desktopimgdownldr; Security 4688, Sysmon 1,
// PowerShell 4103, 4104, 800) is read as the job that it would make, and judged by the same rules.
//
// One finding is made for each job and rule. It names every place that it was seen in.
//
// # Known-good jobs and allow lists
//
// See fit for when a job fits a known-good profile. It makes findings information; it never hides them. Rules of which an attacker who can fill in
// names would profit are not lowered. Allow lists are only ever read from files that the caller names.
//
// # Ages
//
// are measured against the newest time in the host's own evidence, never against the clock: the same evidence gives the same findings.
package judge

import (
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/sigma"
)

const bitsChannel = "microsoft-windows-bits-client/operational"

// Judge answers the findings of a host, worst first: all but what rarity changes (see Stack). It sets Known and Masquerade of the host's jobs. It may be called by several
// goroutines at once, for different hosts.
func (r *Rules) Judge(h *evidence.Host) []evidence.Finding {
	c := &court{rules: r, host: h, matcher: r.set.Matcher(), found: map[key]*draft{}, known: map[string]string{}}
	c.survey()
	for i := range h.Jobs {
		c.job(&h.Jobs[i])
	}
	for i := range h.Files {
		f := &h.Files[i]
		j := &evidence.Job{Host: h.Name, Evidence: f.Evidence, Files: []evidence.File{*f}}
		c.state(&state{Job: j, current: true, newest: c.newest, source: "file", domains: c.domains}, "")
	}
	for i := range h.Events {
		c.commands(&h.Events[i])
	}
	// After all else, since what they mean depends on what there is.
	for i := range h.Inputs {
		c.log(i)
	}
	for i := range h.Events {
		e := &h.Events[i]
		c.matcher.Event(e, func(x sigma.Match) { c.eventHit(x, e) })
	}
	return c.verdict()
}

// court is the judging of one host.
type court struct {
	rules   *Rules
	host    *evidence.Host
	matcher *sigma.Matcher

	newest   time.Time         // in the host's evidence
	from, to time.Time         // what the log of BITS covers
	cut      bool              // a log of BITS could be read in part only
	logged   map[string]bool   // jobs that the log of BITS has events of
	known    map[string]string // jobs that fit a profile
	traces   bool              // BITS left jobs or files
	strange  bool              // some of them fit no profile

	domains []string // that the computer belongs to

	found map[key]*draft
	order []*draft
}

// forged tells whether the queue file that a job is in has a wrong checksum. Package qmgr says so in these words.
func (c *court) forged(j *evidence.Job) bool {
	at := j.Evidence.Input
	return at >= 0 && at < len(c.host.Inputs) && j.Evidence.Layer == evidence.Live &&
		slices.ContainsFunc(c.host.Inputs[at].Notes, func(note string) bool { return strings.Contains(note, "checksum of the queue file is wrong") })
}

// domain notes what domain the computer belongs to by one of its names.
func (c *court) domain(name string) {
	if _, d, found := strings.Cut(strings.ToLower(name), "."); found && strings.Contains(d, ".") && !slices.Contains(c.domains, "."+d) {
		c.domains = append(c.domains, "."+d)
	}
}

// survey looks for what is true of the whole host.
func (c *court) survey() {
	c.logged = map[string]bool{}
	c.traces = len(c.host.Jobs)+len(c.host.Files) > 0
	c.strange = len(c.host.Files) > 0
	for _, name := range append([]string{c.host.Name}, c.host.Aliases...) {
		c.domain(name)
	}
	for i := range c.host.Events {
		e := &c.host.Events[i]
		c.domain(e.Host)
		if e.Evidence.Layer != evidence.Live {
			continue
		}
		c.newest = later(c.newest, e.Time)
		if isBITS(e.Channel) && c.whole(e.Evidence.Input) {
			c.cover(e.Time)
		}
	}
	c.logs()
	for i := range c.host.Events {
		if e := &c.host.Events[i]; e.Job != "" && isBITS(e.Channel) {
			c.logged[e.Job] = true
		}
	}
	// What was recovered may be damaged, and a wrong time in it must not make everything else old: it counts only where there is nothing better.
	for _, live := range []bool{true, false} {
		for i := range c.host.Jobs {
			j := &c.host.Jobs[i]
			if sound := j.Evidence.Layer == evidence.Live || j.Evidence.Layer == evidence.Version; sound == live {
				c.newest = later(c.newest, later(j.Created, later(j.Modified, j.Completed)))
			}
		}
		if !c.newest.IsZero() {
			return
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (c *court) job(j *evidence.Job) {
	j.Known, j.Masquerade = "", nil
	records := c.state(&state{
		Job: j, current: true, newest: c.newest, missing: c.covered(j), silent: c.silent(j), source: "job", forged: c.forged(j), domains: c.domains,
	}, j.Ref)
	for i, r := range records {
		if i == 0 {
			j.Known = r.fit.known
		}
		if r.fit.known != j.Known {
			j.Known = ""
		}
		if r.fit.disguise != nil && j.Masquerade == nil {
			j.Masquerade = r.fit.disguise
		}
		c.strange = c.strange || r.fit.lowers() == ""
		if by := r.fit.lowers(); i == 0 || by == "" {
			c.known[j.Ref] = by
		}
	}
	if j.Masquerade != nil {
		j.Known, c.known[j.Ref] = "", ""
	}
	for i := range j.Versions {
		c.state(&state{Job: &j.Versions[i], newest: c.newest, source: "job", domains: c.domains}, j.Ref)
	}
}

// state judges one state of a job. ref is the job that findings are of.
func (c *court) state(s *state, ref string) []*record {
	records := s.records()
	for _, r := range records {
		r.fit = fitOf(c.rules.profiles, r)
		if d := r.fit.disguise; d != nil {
			r.add("masquerade_of", d.Profile)
			for _, w := range d.Wrong {
				r.add("masquerade_wrong", w)
			}
		}
		m := c.matcher.Own()
		for _, d := range r.data {
			m.Add(d.Name, d.Value)
		}
		c.matcher.Jobs(m, func(x sigma.Match) { c.jobHit(x, r, ref) })
	}
	return records
}

// commands judges what an event asks of BITS.
func (c *court) commands(e *evidence.Event) {
	for _, j := range commandsOf(e) {
		j.Host, j.Created, j.Evidence = c.host.Name, e.Time, e.Evidence
		c.strange = true
		c.state(&state{Job: j, current: true, newest: c.newest, source: "command"}, e.Job)
	}
}

// verdict makes the findings.
func (c *court) verdict() []evidence.Finding {
	findings := make([]evidence.Finding, 0, len(c.order))
	for _, d := range c.order {
		findings = append(findings, c.finding(d))
	}
	slices.SortStableFunc(findings, compareFindings)
	return findings
}
