// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/openbits/openbits/hunt"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/qmgrtest"
)

func evidenceOf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: evidence DIR CASE")
	}
	all := qmgrtest.Cases()
	i := slices.IndexFunc(all, func(c qmgrtest.Case) bool { return c.Name == args[1] })
	if i < 0 {
		ts.Fatalf("there is no case %s", args[1])
	}
	ts.Check(all[i].Tree().Write(ts.MkAbs(args[0])))
}

// TestInterruptedHunt: a hunt that a signal ends writes a valid report which says so.
func TestInterruptedHunt(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped{os.Interrupt})
	dir := t.TempDir()
	if err := qmgrtest.Cases()[0].Tree().Write(dir); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	err := run(ctx, []string{"hunt", dir, "--json"}, Stdio{In: strings.NewReader(""), Out: &out, Err: &errs})
	if exitCode(err) != exitInterrupted {
		t.Errorf("it ended with %v", err)
	}
	var doc struct{ Partial string }
	if json.Unmarshal(out.Bytes(), &doc) != nil || doc.Partial == "" {
		t.Errorf("the report is %.300s", out.String())
	}
	if _, err := evidence.ReadReport(bytes.NewReader(out.Bytes()), int64(out.Len())); err != nil {
		t.Error(err)
	}
}

func TestHuntOutcome(t *testing.T) {
	finding := func(s evidence.Severity) *evidence.Report {
		return &evidence.Report{Findings: []evidence.Finding{{Severity: evidence.Info}, {Severity: s}}}
	}
	for _, c := range []struct {
		r    *evidence.Report
		on   evidence.Severity
		want int
	}{
		{&evidence.Report{}, evidence.Info, 0},
		{finding(evidence.Low), evidence.Medium, 0},
		{finding(evidence.Medium), evidence.Medium, 10},
		{finding(evidence.Critical), evidence.Medium, 10},
		{finding(evidence.High), evidence.Critical, 0},
		{finding(evidence.Info), evidence.Info, 10},
		{&evidence.Report{Totals: evidence.Totals{Failed: 1}}, evidence.Medium, 11},
		{&evidence.Report{Totals: evidence.Totals{Partial: 1}}, evidence.Medium, 11},
		{&evidence.Report{Totals: evidence.Totals{Skipped: 9, Read: 1}}, evidence.Medium, 0},
		{&evidence.Report{Partial: "cut"}, evidence.Medium, 11},
		{&evidence.Report{Totals: evidence.Totals{Failed: 1}, Findings: []evidence.Finding{{Severity: evidence.High}}}, evidence.Medium, 10},
	} {
		if got := exitCode(huntOutcome(c.r, c.on)); got != c.want {
			t.Errorf("%+v with --fail-on %s exits with %d, want %d", c.r, c.on, got, c.want)
		}
	}
}

// TestOutside: nothing is written among the evidence, by whatever way its name leads there.
func TestOutside(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	if err := os.MkdirAll(filepath.Join(in, "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "one.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	linked := os.Symlink(filepath.Join(in, "deep"), link) == nil
	for _, c := range []struct {
		out     string
		refused bool
	}{
		{filepath.Join(in, "r.html"), true},
		{filepath.Join(in, "new", "folder") + "/", true},
		{filepath.Join(dir, "x", "..", "in", "r.html"), true},
		{in, true},
		{file, true},
		{filepath.Join(link, "r.html"), linked},
		{filepath.Join(dir, "r.html"), false},
		{filepath.Join(dir, "in.html"), false},
		{filepath.Join(dir, "..in"), false},
	} {
		f := huntFlags{out: c.out, options: hunt.Options{Paths: []string{in, file}}}
		if err := f.outside(); (err != nil) != c.refused {
			t.Errorf("-o %s: %v", c.out, err)
		}
	}
}
