// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbits/openbits/bench/link"
)

// sampleResults are two runs of a background and one without, of made-up figures.
func sampleResults(t *testing.T) *results {
	t.Helper()
	spec, err := link.Parse("dsl")
	if err != nil {
		t.Fatal(err)
	}
	s, err := findScenario("mix")
	if err != nil {
		t.Fatal(err)
	}
	one := func(name string, rate float64, usable bool) *run {
		return &run{
			Background: name, Usable: usable, Late: 3, Idle: &idle{Use: 99, PingP50: 4},
			Phases: []*phase{{Kind: bulk, Foreground: rate, Settled: rate, Yield: 10, Reclaim: 400, Regain: 200}, {Kind: fetch, P50: 200, P99: 300}},
			Series: &series{Foreground: make([]float64, 380), Background: make([]float64, 380), Queue: make([]float64, 380)},
		}
	}
	return &results{Command: "yield <x>", Groups: []*group{{
		Link: spec, Scenario: s.name, Title: s.title, scenario: s, LeftOut: []string{"aria2c: is not installed"},
		Runs: []*run{one(soloName, 20, true), one("openbits", 19, true), one("openbits", 5, false), one("openbits", 18, true)},
	}}}
}

func TestTableLeavesOutWhatIsUnusable(t *testing.T) {
	g := sampleResults(t).Groups[0]
	rows := g.table()
	if len(rows) != 3 || rows[2][0] != "openbits" || rows[2][1] != "2" || rows[2][5] != "92.5 %" {
		t.Errorf("%q", rows)
	}
	if all := strings.Join(g.remarks(), "\n"); !strings.Contains(all, "unusable: a run of openbits") || !strings.Contains(all, "left out: aria2c") {
		t.Errorf("the remarks are %q", all)
	}
	if r := g.typical("openbits"); r.Phases[0].Foreground != 18 {
		t.Errorf("the picture would show the run with %g Mbit/s", r.Phases[0].Foreground)
	}
}

func TestPage(t *testing.T) {
	page := sampleResults(t).page()
	for _, want := range []string{"yield &lt;x&gt;", "<svg", "<td>92.5 %</td>", "left out: aria2c", "download keeps"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, never := range []string{"src=", "href=", "<script", "@import"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %q, which may lead elsewhere", never)
		}
	}
}

func TestRecall(t *testing.T) {
	res := sampleResults(t)
	data, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, picture := filepath.Join(dir, "r.json"), filepath.Join(dir, "r.svg")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	var now, before bytes.Buffer
	if err := start([]string{"-from", file, "-svg", picture}, &now); err != nil {
		t.Fatal(err)
	}
	if err := res.Groups[0].print(&before); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(now.String(), before.String()) {
		t.Errorf("got\n%swant\n%s", now.String(), before.String())
	}
	if svg, err := os.ReadFile(picture); err != nil || string(svg) != res.Groups[0].figure().SVG() {
		t.Errorf("the picture differs: %v", err)
	}
}
