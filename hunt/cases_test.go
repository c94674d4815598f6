// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/openbits/openbits/hunt"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/qmgrtest"
)

func severity(s evidence.Severity) int { return slices.Index(evidence.Severities, s) }

// TestCases hunts through every built case: each behaviour, in every kind of evidence and generation of Windows that can hold it, is found at medium or above, and
// benign jobs are not.
func TestCases(t *testing.T) {
	cases := qmgrtest.Cases()
	if len(cases) == 0 {
		t.Fatal("there are no cases")
	}
	for i, c := range cases {
		if every := step(); i%every != 0 && !strings.Contains(c.Name, "/win10-22h2/") {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := c.Tree().Write(dir); err != nil {
				t.Fatal(err)
			}
			r, hosts := run(t, hunt.Options{Paths: []string{dir}})
			failed := false
			fail := func(format string, args ...any) {
				failed = true
				t.Errorf(format, args...)
			}
			for _, w := range c.Wants {
				if !slices.ContainsFunc(r.Findings, func(f evidence.Finding) bool {
					return f.Behaviour == w.Behaviour && severity(f.Severity) >= severity(evidence.Severity(w.Severity))
				}) {
					fail("%s is not found at %s", w.Behaviour, w.Severity)
				}
			}
			for _, f := range r.Findings {
				if severity(f.Severity) > severity(evidence.Info) && (c.Benign() || c.Companion != "" && f.Job == c.Companion) {
					fail("a benign job is found: %s %s: %s", f.Severity, f.Rule, f.Why)
				}
			}
			if failed {
				for _, h := range hosts {
					for i := range h.Jobs {
						t.Logf("%+v", h.Jobs[i])
					}
				}
				for _, f := range r.Findings {
					t.Logf("%s %s (%s): %s", f.Severity, f.Rule, f.Job, f.Why)
				}
			}
		})
	}
}

// step is how many cases there are for each that is tried, beside all of one generation: all take minutes. OPENBITS_ALL_CASES=1 tries all.
func step() int {
	if os.Getenv("OPENBITS_ALL_CASES") != "" {
		return 1
	}
	return 23
}
