// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
)

// rate goes through the hosts once more, when all are known: it compares them, takes out the findings that are not to
// be shown, and counts.
func (r *run) rate() error {
	r.progress(Progress{Stage: StageRate})
	final := &store{limit: inMemory}
	for i, at := range r.kept {
		h, err := r.store.get(at)
		if err == nil {
			if r.computers > 1 && h.Name != evidence.NoHost {
				r.bench.stack.Rate(h)
			}
			h.Findings = r.shown(h.Findings)
			r.add(h)
			r.kept[i], err = final.put(h)
		}
		if err != nil {
			return errors.Join(cannotKeep("the report", err), final.close())
		}
	}
	slices.SortStableFunc(r.findings, worst)
	old := r.store
	r.store = final
	return old.close()
}

// shown takes out findings by the options, and counts them.
func (r *run) shown(list []evidence.Finding) []evidence.Finding {
	out := []evidence.Finding{}
	least := slices.Index(evidence.Severities, r.o.MinSeverity)
	for _, f := range list {
		by, allowed := strings.CutPrefix(f.Known, evidence.AllowedBy)
		switch {
		case allowed:
			r.suppress("allow_list", by, 1)
		case slices.Index(evidence.Severities, f.Severity) < least:
			r.suppress("min_severity", string(r.o.MinSeverity), 1)
		case !f.Time.IsZero() && f.Time.Before(r.o.Since):
			r.suppress("since", r.o.Since.UTC().Format(time.RFC3339), 1)
		default:
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, worst)
	return out
}

// worst orders findings: the worst first, then the surest, then by time.
func worst(a, b evidence.Finding) int {
	sure := []evidence.Confidence{evidence.Weak, evidence.Fair, evidence.Strong}
	return cmp.Or(
		cmp.Compare(slices.Index(evidence.Severities, b.Severity), slices.Index(evidence.Severities, a.Severity)),
		cmp.Compare(slices.Index(sure, b.Confidence), slices.Index(sure, a.Confidence)),
		a.Time.Compare(b.Time), strings.Compare(strings.ToLower(a.Host), strings.ToLower(b.Host)), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Job, b.Job),
	)
}

// add takes in what a report has of a host.
func (r *run) add(h *evidence.Host) {
	for i := range h.Findings {
		r.share(&h.Findings[i])
	}
	r.findings = append(r.findings, h.Findings...)
	r.totals.Add(h)
}

// share lets a finding have the texts of its rule in common with those before: when hosts were encoded, each has its own, and they are
// most of what the findings of many hosts take in memory.
func (r *run) share(f *evidence.Finding) {
	first := r.first[f.Rule]
	if first == nil {
		own := *f
		first = &own
		r.first[f.Rule] = first
	}
	for _, text := range [][2]*string{{&f.Rule, &first.Rule}, {&f.Behaviour, &first.Behaviour}, {&f.Title, &first.Title}, {&f.Technique, &first.Technique}, {&f.Benign, &first.Benign}, {&f.Next, &first.Next}} {
		if *text[0] == *text[1] {
			*text[0] = *text[1]
		}
	}
	if reflect.DeepEqual(f.Attack, first.Attack) {
		f.Attack = first.Attack
	}
	if slices.Equal(f.D3FEND, first.D3FEND) {
		f.D3FEND = first.D3FEND
	}
}

// report is the result, when all is counted.
func (r *run) report() *evidence.Report {
	rep := &evidence.Report{Tool: r.bench.tool, Filters: append(r.o.filters(), r.bench.refused...), Findings: r.findings, Totals: r.totals, Hosts: r.stored}
	if rep.Findings == nil {
		rep.Findings = []evidence.Finding{}
	}
	if r.ctx.Err() != nil {
		rep.Partial = fmt.Sprintf("it was ended before all was read: %d of %d hosts are whole", r.count-r.ended, r.count)
		if r.searched != nil {
			rep.Partial += ", and there may be more, as the folders and archives were not looked through to their end"
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(r.suppressed), func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	}) {
		rep.Suppressed = append(rep.Suppressed, evidence.Suppressed{Reason: key[0], By: key[1], Count: r.suppressed[key]})
	}
	return rep
}

// filters are the options that leave something out, for the report.
func (o *Options) filters() []evidence.Datum {
	var list []evidence.Datum
	add := func(name, value string) {
		if value != "" {
			list = append(list, evidence.Datum{Name: name, Value: value})
		}
	}
	for _, h := range o.Hosts {
		add("host", h)
	}
	if !o.Since.IsZero() {
		add("since", o.Since.UTC().Format(time.RFC3339))
	}
	add("min_severity", string(o.MinSeverity))
	for _, a := range o.Allow {
		add("allow", a)
	}
	for _, s := range o.Sigma {
		add("sigma", s)
	}
	if o.CarveAll {
		add("carve", "all")
	}
	return list
}
