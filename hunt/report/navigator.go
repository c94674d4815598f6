// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// layer is a layer of the ATT&CK Navigator, by its format 4.5.
type layer struct {
	Name        string         `json:"name"`
	Versions    layerVersions  `json:"versions"`
	Domain      string         `json:"domain"`
	Description string         `json:"description"`
	Filters     layerFilters   `json:"filters"`
	Sorting     int            `json:"sorting"` // 3: by falling score
	HideOff     bool           `json:"hideDisabled"`
	Techniques  []layerCell    `json:"techniques"`
	Gradient    layerGradient  `json:"gradient"`
	Legend      []legendItem   `json:"legendItems"`
	Metadata    []layerDetails `json:"metadata"`
}

type layerVersions struct {
	Attack    string `json:"attack,omitempty"`
	Navigator string `json:"navigator"`
	Layer     string `json:"layer"`
}

type layerFilters struct {
	Platforms []string `json:"platforms"`
}

type layerGradient struct {
	Colors []string `json:"colors"`
	Min    int      `json:"minValue"`
	Max    int      `json:"maxValue"`
}

type legendItem struct {
	Label string `json:"label"`
	Color string `json:"color"`
}

type layerDetails struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type layerCell struct {
	ID       string         `json:"techniqueID"`
	Score    int            `json:"score"`
	Comment  string         `json:"comment"`
	Enabled  bool           `json:"enabled"`
	Metadata []layerDetails `json:"metadata"`
	ShowSubs bool           `json:"showSubtechniques"`
}

// scores are those of the severities, mildest first.
var scores = []int{10, 25, 50, 75, 100}

// techniqueID is the form of the ids of techniques: the Navigator refuses a layer with others.
var techniqueID = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)

// writeNavigator writes a layer with each technique that findings refer to, scored by its worst one.
func writeNavigator(w io.Writer, r *evidence.Report, _ Look) error {
	cells := map[string]*layerCell{}
	counts := map[string][]int{}
	titles := map[string][]string{}
	for i := range r.Findings {
		f := &r.Findings[i]
		ids := append([]string{f.Technique}, f.Attack.Techniques...)
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			if !techniqueID.MatchString(id) {
				continue
			}
			if cells[id] == nil {
				cells[id] = &layerCell{ID: id, Enabled: true, Metadata: []layerDetails{}, ShowSubs: true}
				counts[id] = make([]int, len(evidence.Severities))
			}
			cells[id].Score = max(cells[id].Score, scores[rank(f.Severity)])
			counts[id][rank(f.Severity)]++
			titles[id] = append(titles[id], title(f))
		}
	}
	major, _, _ := strings.Cut(r.Tool.Attack, ".")
	l := layer{
		Name: "BITS jobs (bits hunt)", Domain: "enterprise-attack", Versions: layerVersions{major, "5.1.0", "4.5"}, Sorting: 3,
		Description: fmt.Sprintf("%s on %s, by bits %s", count(len(r.Findings), "finding"), count(r.Totals.Hosts, "host"), cmp.Or(r.Tool.Version, "(unknown version)")),
		Filters:     layerFilters{[]string{"Windows"}}, Techniques: []layerCell{},
		Gradient: layerGradient{[]string{"#ffe9a8", "#f5a623", "#b3122a"}, 0, 100},
		Legend:   []legendItem{{"low", "#fbc766"}, {"medium", "#f5a623"}, {"high", "#d45d27"}, {"critical", "#b3122a"}},
		Metadata: []layerDetails{{"rules", cmp.Or(r.Tool.Rules, "unknown")}, {"attack", cmp.Or(r.Tool.Attack, "unknown")}},
	}
	for id, c := range cells {
		var parts []string
		for i := len(evidence.Severities) - 1; i >= 0; i-- {
			if n := counts[id][i]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, evidence.Severities[i]))
				c.Metadata = append(c.Metadata, layerDetails{string(evidence.Severities[i]), fmt.Sprint(n)})
			}
		}
		slices.Sort(titles[id])
		c.Comment = shown(strings.Join(parts, ", ") + ": " + strings.Join(slices.Compact(titles[id]), "; "))
		l.Techniques = append(l.Techniques, *c)
	}
	slices.SortFunc(l.Techniques, func(a, b layerCell) int { return strings.Compare(a.ID, b.ID) })
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(l)
}
