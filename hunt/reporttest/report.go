// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package reporttest has reports for the tests of what writes and reads them: an ordinary case, names that mean harm, values that
// are missing, and as many hosts as wished. All of it is made up.
package reporttest

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
)

// Of makes a report of hosts: findings worst first, totals, and what a tool says of itself.
func Of(hosts ...*evidence.Host) *evidence.Report {
	slices.SortFunc(hosts, func(a, b *evidence.Host) int { return cmp.Compare(a.Name, b.Name) })
	r := &evidence.Report{
		Tool: evidence.Tool{Name: "bits", Version: "0.0.0-test", Rules: "5f1d9d3c", Attack: "18.1", D3FEND: "1.2.0"},
		Hosts: func() iter.Seq2[*evidence.Host, error] {
			return func(yield func(*evidence.Host, error) bool) {
				for _, h := range hosts {
					if !yield(h, nil) {
						return
					}
				}
			}
		},
	}
	for _, h := range hosts {
		r.Findings = append(r.Findings, h.Findings...)
		r.Totals.Add(h)
	}
	slices.SortStableFunc(r.Findings, func(a, b evidence.Finding) int {
		return slices.Index(evidence.Severities, b.Severity) - slices.Index(evidence.Severities, a.Severity)
	})
	return r
}

// Case is a report of two workstations, one of them abused, and of a host with hostile names.
func Case() *evidence.Report {
	r := Of(Abused(), Quiet(), Hostile())
	r.Filters = []evidence.Datum{{Name: "min_severity", Value: "low"}}
	r.Suppressed = []evidence.Suppressed{
		{Reason: "allow_list", By: "our own updater (allow.yml)", Count: 4}, {Reason: "min_severity", Count: 2},
	}
	return r
}

// Fleet is n hosts: every seventh is abused.
func Fleet(n int) *evidence.Report {
	var hosts []*evidence.Host
	for i := range n {
		h := Quiet()
		if i%7 == 3 {
			h = Abused()
		}
		rename(h, fmt.Sprintf("WS-%03d", i+1))
		hosts = append(hosts, h)
	}
	return Of(hosts...)
}

func rename(h *evidence.Host, name string) {
	h.Name, h.Aliases = name, nil
	for i := range h.Inputs {
		h.Inputs[i].Host, h.Inputs[i].Path = name, name+"/"+h.Inputs[i].Path
	}
	for i := range h.Jobs {
		h.Jobs[i].Host = name
		for k := range h.Jobs[i].Versions {
			h.Jobs[i].Versions[k].Host = name
		}
	}
	for i := range h.Files {
		h.Files[i].Host = name
	}
	for i := range h.Findings {
		h.Findings[i].Host = name
	}
}

// day is a time of the made-up case.
func day(n int, clock string) time.Time {
	t, err := time.Parse("15:04:05", clock)
	if err != nil {
		panic(err)
	}
	return time.Date(2024, 5, n, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

func ptr[T any](v T) *T { return &v }
