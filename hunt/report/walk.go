// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"

	"github.com/openbits/openbits/hunt/evidence"
)

// walk gives each host with its findings, in the order of the report. What speaks of a host that is not in the report comes
// last, with hosts of that name and nothing in them.
func walk(r *evidence.Report, each func(h *evidence.Host, found []*evidence.Finding) error) error {
	var names []string
	byHost := map[string][]*evidence.Finding{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if byHost[f.Host] == nil {
			names = append(names, f.Host)
		}
		byHost[f.Host] = append(byHost[f.Host], f)
	}
	if r.Hosts != nil {
		for h, err := range r.Hosts() {
			if err != nil {
				return err
			}
			if err := each(h, byHost[h.Name]); err != nil {
				return err
			}
			delete(byHost, h.Name)
		}
	}
	for _, name := range names {
		if found := byHost[name]; found != nil {
			if err := each(&evidence.Host{Name: name}, found); err != nil {
				return err
			}
		}
	}
	return nil
}

// jobOf is the job that a finding speaks of, nil when it speaks of none.
func jobOf(h *evidence.Host, ref string) *evidence.Job {
	if ref == "" {
		return nil
	}
	i := slices.IndexFunc(h.Jobs, func(j evidence.Job) bool { return j.Ref == ref })
	if i < 0 {
		return nil
	}
	return &h.Jobs[i]
}

// rank orders severities: 0 is info; one that is not known counts as info.
func rank(s evidence.Severity) int { return max(0, slices.Index(evidence.Severities, s)) }

// worst maps the refs of a host's jobs to the severity of the worst finding.
func worst(found []*evidence.Finding) map[string]evidence.Severity {
	all := map[string]evidence.Severity{}
	for _, f := range found {
		if old, ok := all[f.Job]; !ok || rank(f.Severity) > rank(old) {
			all[f.Job] = f.Severity
		}
	}
	return all
}
