// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/reporttest"
	"github.com/openbits/openbits/internal/term"
)

var update = flag.Bool("update", false, "write the files that tests compare with")

func table80(t *testing.T, r *evidence.Report, look Look) string {
	t.Helper()
	var b bytes.Buffer
	if err := writeTable(&b, r, look); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTable(t *testing.T) {
	r := reporttest.Of(reporttest.Abused(), reporttest.Quiet())
	r.Partial = "interrupted"
	r.Suppressed = []evidence.Suppressed{{Reason: "allow_list", By: "our own updater (allow.yml)", Count: 4}, {Reason: "min_severity", Count: 1}}
	for _, width := range []int{0, 80, 120} {
		got := table80(t, r, Look{Width: width})
		path := fmt.Sprintf("testdata/table%d.txt", width)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("width %d; -update writes it:\n%s", width, diff)
		}
	}
}

var colours = regexp.MustCompile("\x1b\\[[0-9]+m")

// TestTableWidths: no line is wider than the terminal, at any width, whatever the evidence holds; and nothing that a terminal acts on
// gets there but our own colours.
func TestTableWidths(t *testing.T) {
	for _, r := range []*evidence.Report{reporttest.Case(), reporttest.Fleet(9), {}} {
		for _, width := range []int{1, 72, 80, 99, 120, 200} {
			for _, style := range []term.Style{{}, {Colour: true, Blocks: true}} {
				text := table80(t, r, Look{Width: width, Style: style})
				if !style.Colour && strings.Contains(text, "\x1b") {
					t.Errorf("width %d: there is an escape without colour", width)
				}
				for line := range strings.Lines(colours.ReplaceAllString(text, "")) {
					line = strings.TrimSuffix(line, "\n")
					if n := term.Width(line); n > max(width, narrowest) {
						t.Errorf("width %d: %d columns: %q", width, n, line)
					}
					for _, c := range line {
						if unicode.In(c, unicode.Cc, unicode.Cf) {
							t.Errorf("width %d: %q is in %q", width, c, line)
						}
					}
				}
			}
		}
	}
}

// TestTableTellsAll: at the width of a file, nothing of a finding is left out.
func TestTableTellsAll(t *testing.T) {
	joined := func(s string) string { return strings.Join(strings.Fields(s), "") }
	got := joined(table80(t, reporttest.Of(reporttest.Abused()), Look{}))
	for _, f := range reporttest.Abused().Findings {
		for _, want := range []string{f.Title, f.Why, f.Benign, f.Next, f.Rule} {
			if !strings.Contains(got, joined(defang(want))) {
				t.Errorf("%q is missing", want)
			}
		}
	}
	for _, want := range []string{"qmgr.db:page31,offset0x80230,live", "record811", "accessisdenied", "chunk3,offset0x31000"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"a bb ccc", 20, []string{"a bb ccc"}},
		{"aaaaaaaaaaaaaaa bbbbbb c", 20, []string{"aaaaaaaaaaaaaaa", "bbbbbb c"}},
		{"a " + strings.Repeat("x", 45), 20, []string{"a", strings.Repeat("x", 20), strings.Repeat("x", 20), "xxxxx"}},
		{strings.Repeat("文", 11), 20, []string{strings.Repeat("文", 10), "文"}},
		{" ", 20, nil},
	} {
		if diff := cmp.Diff(c.want, wrap(c.text, c.width)); diff != "" {
			t.Errorf("%q: %s", c.text, diff)
		}
	}
}
