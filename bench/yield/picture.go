// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"github.com/openbits/openbits/bench/chart"
)

// bandLabels are what people call what they do.
var bandLabels = map[kind]string{
	bulk: "your download", fetch: "your small fetches", web: "your web pages", voice: "your phone call", video: "your video call",
}

// figure draws the runs of a group, a panel for each background.
func (g *group) figure() chart.Figure {
	s := g.scenario
	f := chart.Figure{
		Title:      "What a background transfer leaves you",
		Subtitle:   fmt.Sprintf("Link: %v. %s.", g.Link, upperFirst(g.Title)),
		Foreground: "yours", Background: "background",
		Seconds: s.end.Seconds(), Rate: g.Link.Down, Delay: millis(g.Link.Buffer), Step: seriesStep.Seconds(),
	}
	if s.upload {
		f.Rate = g.Link.Up
	}
	for _, a := range s.acts {
		label := bandLabels[a.kind]
		if a.kind == bulk && s.upload {
			label = "your upload"
		}
		f.Bands = append(f.Bands, chart.Band{From: a.from.Seconds(), To: a.to.Seconds(), Label: label})
	}
	for _, name := range g.names() {
		r := g.typical(name)
		if name == soloName || r == nil {
			continue
		}
		p := chart.Panel{
			Name: name, Verdict: g.verdict(name), Foreground: r.Series.Foreground, Background: r.Series.Background, Delay: r.Series.Queue,
		}
		if r.Idle != nil {
			p.Note = fmt.Sprintf("+%.0f ms", r.Idle.PingP50)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// typical is the run whose foreground got the median, or the one before it; nil without a usable run.
func (g *group) typical(name string) *run {
	runs := g.of(name)
	if len(runs) == 0 {
		return nil
	}
	rate := func(r *run) float64 {
		if len(r.Phases) == 0 {
			return 0
		}
		return r.Phases[0].Foreground
	}
	var rates []float64
	for _, r := range runs {
		rates = append(rates, rate(r))
	}
	middle := percentile(rates, 0.5)
	for _, r := range runs {
		if rate(r) == middle {
			return r
		}
	}
	return runs[0]
}

// verdict says what became of the foreground in a few words.
func (g *group) verdict(name string) string {
	runs, base := g.of(name), g.of(soloName)
	var list []string
	for _, a := range g.scenario.acts {
		ratio := func(of func(*phase) float64) float64 {
			c := column{of: ofPhase(a.kind, of)}
			return c.median(runs) / c.median(base)
		}
		switch a.kind {
		case bulk:
			word := "download"
			if g.scenario.upload {
				word = "upload"
			}
			list = append(list, fmt.Sprintf("%s keeps %.0f %%", word, 100*ratio(func(p *phase) float64 { return p.Foreground })))
		case fetch:
			list = append(list, fmt.Sprintf("fetches take %.1f ×", ratio(func(p *phase) float64 { return p.P50 })))
		case web:
			list = append(list, fmt.Sprintf("pages take %.1f ×", ratio(func(p *phase) float64 { return p.P50 })))
		default:
			list = append(list, fmt.Sprintf("the slowest frames take %.1f ×", ratio(func(p *phase) float64 { return p.P99 })))
		}
	}
	if g.scenario.second > 0 {
		for _, c := range twoColumns()[:3] {
			list = append(list, c.title+" "+c.text(runs, base))
		}
	}
	return strings.Join(list, " · ")
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
