// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package chart draws how a foreground and a background share a link: small multiples, a panel for each background,
// with both throughputs stacked over the time and the queueing delay in a strip beneath. The SVG is self-contained and
// legible on light and on dark pages.
package chart

import (
	"fmt"
	"html"
	"strings"
)

// Figure is a drawing. All panels have the same axes.
type Figure struct {
	Title    string
	Subtitle string
	Seconds  float64 // length of the time axis
	Rate     float64 // of the link, Mbit/s
	Delay    float64 // top of the delay's axis, ms
	Step     float64 // seconds between two points of a panel's series
	Bands    []Band
	Panels   []Panel
	// Foreground and Background are what the legend calls them.
	Foreground, Background string
}

// Band is a time in which a foreground is active.
type Band struct {
	From, To float64 // seconds
	Label    string
}

// Panel is one background.
type Panel struct {
	Name       string
	Verdict    string    // what came of it, in a few words
	Foreground []float64 // Mbit/s
	Background []float64 // Mbit/s
	Delay      []float64 // ms
	Note       string    // label of the delay
}

// Measures in user units of the SVG.
const (
	width   = 960.0
	margin  = 26.0
	gutter  = 34.0
	header  = 92.0
	axis    = 36.0  // for the labels left of a panel
	caption = 60.0  // above a panel's plot
	plot    = 118.0 // throughput
	strip   = 44.0  // delay
	between = 12.0
	foot    = 34.0 // labels of the time axis
)

const panelHeight = caption + plot + between + strip + foot

// style has a solid card under everything, so that text and card always fit each other, whatever page they are on.
const style = `
.card{fill:#fff;stroke:#d8dee6}.ink{fill:#1c2430}.dim{fill:#667080}.grid{stroke:#e4e8ee}.edge{stroke:#b4bcc8}
.fg{fill:#2868d8}.fgline{stroke:#2868d8}.bg{fill:#f3ad4a}.onbg{fill:#5b3700}.onfg{fill:#fff}.verdict{fill:#1d54b4}.delay{fill:#d3355f;fill-opacity:.22}.delayline{stroke:#d3355f}.delaytext{fill:#b81f4b}.band{fill:#2868d8;fill-opacity:.07}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:12px}
.verdict{font-size:13px;font-weight:600}.title{font-size:20px;font-weight:650}.name{font-size:16px;font-weight:650}.small{font-size:11px}.strong{font-weight:600}
@media (prefers-color-scheme:dark){
.card{fill:#0d1117;stroke:#30363d}.ink{fill:#e8edf3}.dim{fill:#98a3b1}.grid{stroke:#262d37}.edge{stroke:#566070}
.fg{fill:#4b8bf5}.fgline{stroke:#4b8bf5}.bg{fill:#c98524}.onbg{fill:#1d1100}.onfg{fill:#fff}.verdict{fill:#82b1ff}.delay{fill:#ff6c93;fill-opacity:.28}.delayline{stroke:#ff6c93}.delaytext{fill:#ff8fac}.band{fill:#4b8bf5;fill-opacity:.13}
}
`

// SVG draws the figure.
func (f Figure) SVG() string {
	columns := min(2, max(1, len(f.Panels)))
	rows := (len(f.Panels) + columns - 1) / columns
	height := header + float64(rows)*panelHeight + 8
	wide := (width - 2*margin - float64(columns-1)*gutter) / float64(columns)
	var d drawing
	d.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" role="img">`, n(width), n(height), n(width), n(height))
	d.add(`<title>%s</title><desc>%s</desc><style>%s</style>`, text(f.Title), text(f.describe()), style)
	d.add(`<rect class="card" x=".5" y=".5" width="%s" height="%s" rx="10"/>`, n(width-1), n(height-1))
	d.text(margin, 36, "ink title", "start", f.Title)
	d.text(margin, 56, "dim", "start", f.Subtitle)
	f.legend(&d)
	for k, p := range f.Panels {
		a := area{
			Figure: f,
			left:   margin + float64(k%columns)*(wide+gutter) + axis, top: header + float64(k/columns)*panelHeight + caption, wide: wide - axis,
			axes: k%columns == 0,
		}
		a.draw(&d, p)
	}
	d.add(`</svg>`)
	return d.String()
}

// legend is one line.
func (f Figure) legend(d *drawing) {
	x := margin
	for _, e := range []struct{ class, label string }{
		{"fg", f.Foreground},
		{"bg", f.Background},
		{"delay", "delay that the queue adds for everybody"},
	} {
		d.add(`<rect class="%s" x="%s" y="68" width="12" height="12" rx="2.5"/>`, e.class, n(x))
		if e.class == "delay" {
			d.add(`<path class="delayline" d="M%s 68.75h12" stroke-width="1.5"/>`, n(x))
		}
		d.text(x+18, 78, "ink", "start", e.label)
		x += 18 + 6.4*float64(len([]rune(e.label))) + 26
	}
}

// describe says in words what the panels show, for those who cannot see them.
func (f Figure) describe() string {
	var list []string
	for _, p := range f.Panels {
		list = append(list, p.Name+": "+p.Verdict)
	}
	return strings.Join(list, ". ")
}

// drawing is SVG text that grows.
type drawing struct{ strings.Builder }

func (d *drawing) add(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

func (d *drawing) text(x, y float64, class, anchor, s string) {
	d.add(`<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`, class, n(x), n(y), anchor, text(s))
}

func text(s string) string { return html.EscapeString(s) }

// n writes a number as short as it can be with one digit behind the point.
func n(v float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}
