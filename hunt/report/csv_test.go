// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/openbits/openbits/hunt/reporttest"
)

// TestCSV: each table is rectangular, has a row for each record, and no cell that a spreadsheet would run.
func TestCSV(t *testing.T) {
	r := reporttest.Case()
	want := map[string]int{
		"findings.csv": len(r.Findings), "jobs.csv": r.Totals.Jobs, "versions.csv": r.Totals.Versions, "inputs.csv": r.Totals.Inputs, "events.csv": r.Totals.Events,
	}
	f, _ := Find("csv")
	for _, p := range f.Parts {
		var b bytes.Buffer
		if err := p.Write(&b, r, Look{}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll() // refuses rows of different lengths
		if err != nil {
			t.Fatalf("%s: %v", p.File, err)
		}
		if n, ok := want[p.File]; ok && len(rows) != n+1 {
			t.Errorf("%s has %d rows, want %d", p.File, len(rows)-1, n)
		}
		for _, row := range rows {
			for _, c := range row {
				if strings.IndexAny(strings.TrimLeft(c, " \t\r\n\""), "=+-@") == 0 || strings.ContainsAny(c, "\r\n\t\x00\x1b") {
					t.Errorf("%s has the cell %q", p.File, c)
				}
			}
		}
	}
	if text := write(t, "csv", r); !strings.Contains(text, `\cmd.exe" & `) && !strings.Contains(text, "& bitsadmin /complete Updater") {
		t.Error("the arguments of the notify command are missing")
	}
}

func TestCell(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(1)": "'@SUM(1)", "  =1": "'  =1", "\t=1": "' =1", "\n=1": "' =1", "＝1": "'＝1", "\u00a0=1": "'\u00a0=1", `"=1`: `'"=1`,
		"a=1": "a=1", "": "", "C:\\a-b": "C:\\a-b", "1-2": "1-2", "a\nb\x1b": "a b?",
	} {
		if got := cell(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
