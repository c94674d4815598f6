// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"math"
	"strings"
)

// area is the place of a panel: the corner of its plot and its width.
type area struct {
	Figure
	left, top, wide float64
	axes            bool // it has the names of the axes
}

func (a area) x(seconds float64) float64 { return a.left + a.wide*seconds/a.Seconds }

// rate is where a rate is; rates over that of the link are possible for a moment.
func (a area) rate(mbit float64) float64 { return a.top + plot*(1-min(mbit/a.Rate, 1)) }

func (a area) delay(ms float64) float64 {
	return a.top + plot + between + strip*(1-min(ms/a.Delay, 1))
}

func (a area) draw(d *drawing, p Panel) {
	a.heading(d, p)
	a.bands(d)
	a.frame(d)
	d.add(`<path class="bg" d="%s"/>`, a.between(p.Foreground, sum(p.Foreground, p.Background)))
	d.add(`<path class="fg" d="%s"/>`, a.between(nil, p.Foreground))
	a.names(d, p)
	a.delays(d, p)
	d.add(`<path class="edge" d="M%s %sh%s" fill="none"/>`, n(a.left), n(a.rate(0)), n(a.wide))
	a.times(d)
}

func (a area) heading(d *drawing, p Panel) {
	y := a.top - caption + 22
	d.text(a.left, y, "ink name", "start", p.Name)
	d.text(a.left+a.wide, y, "verdict", "end", p.Verdict)
}

// bands mark when somebody uses the network.
func (a area) bands(d *drawing) {
	for _, b := range a.Bands {
		left, right := a.x(b.From), a.x(b.To)
		d.add(`<rect class="band" x="%s" y="%s" width="%s" height="%s"/>`, n(left), n(a.top-8), n(right-left), n(plot+between+strip+8))
		d.add(`<path class="fgline" d="M%s %sH%s" stroke-width="3"/>`, n(left), n(a.top-8), n(right))
		d.text((left+right)/2, a.top-14, "dim small", "middle", b.Label)
	}
}

// frame has the lines at which values are read.
func (a area) frame(d *drawing) {
	for _, share := range []float64{0.5, 1} {
		d.add(`<path class="grid" d="M%s %sh%s"/>`, n(a.left), n(a.rate(share*a.Rate)), n(a.wide))
		d.text(a.left-6, a.rate(share*a.Rate)+4, "dim small", "end", n(share*a.Rate))
	}
	d.add(`<path class="grid" d="M%s %sh%s"/>`, n(a.left), n(a.delay(a.Delay)), n(a.wide))
	d.text(a.left-6, a.delay(a.Delay)+8, "dim small", "end", n(a.Delay))
	d.text(a.left-6, a.delay(0), "dim small", "end", "0")
	if a.axes {
		d.text(a.left-6, a.rate(a.Rate)+17, "dim small", "end", "Mbit/s")
		d.text(a.left-6, a.delay(a.Delay)+21, "dim small", "end", "ms")
	}
}

// times labels the time axis.
func (a area) times(d *drawing) {
	y := a.delay(0)
	d.add(`<path class="edge" d="M%s %sh%s" fill="none"/>`, n(a.left), n(y), n(a.wide))
	step := 10.0
	if a.Seconds <= 16 {
		step = 5
	}
	for t := 0.0; t <= a.Seconds; t += step {
		label, anchor := n(t), "middle"
		if t == 0 {
			label, anchor = "0 s", "start"
		}
		d.add(`<path class="edge" d="M%s %sv4"/>`, n(a.x(t)), n(y))
		d.text(a.x(t), y+16, "dim small", anchor, label)
	}
}

func (a area) delays(d *drawing, p Panel) {
	points := a.points(p.Delay, a.delay)
	if len(points) == 0 {
		return
	}
	base := n(a.delay(0))
	d.add(`<path class="delay" d="M%s %sL%sV%sZ"/>`, n(a.left), base, strings.Join(points, " "), base)
	d.add(`<path class="delayline" fill="none" stroke-width="1.25" stroke-linejoin="round" d="M%s"/>`, strings.Join(points, " "))
	if p.Note == "" {
		return
	}
	d.text(a.x(a.alone())-6, a.delay(0)-8, "delaytext strong", "end", p.Note)
}

// alone is when the first foreground begins.
func (a area) alone() float64 {
	if len(a.Bands) == 0 {
		return a.Seconds
	}
	return a.Bands[0].From
}

// names writes into the areas what they are, where they are large.
func (a area) names(d *drawing, p Panel) {
	y := a.rate(a.Rate/2) + 4
	if end := a.alone(); mean(a.part(p.Background, 0, end)) > a.Rate/2 {
		d.text(a.x(end/2), y, "onbg small", "middle", a.Background)
	}
	for _, b := range a.Bands {
		if mean(a.part(p.Foreground, b.From, b.To)) > a.Rate/2 {
			d.text(a.x((b.From+b.To)/2), y, "onfg small", "middle", a.Foreground)
		}
	}
}

// part are the values of a time.
func (a area) part(list []float64, from, to float64) []float64 {
	end := min(int(to/a.Step), len(list))
	return list[min(int(from/a.Step), end):end]
}

// between is the shape between two series of rates; nil is zero.
func (a area) between(low, high []float64) string {
	top := a.points(high, a.rate)
	if len(top) == 0 {
		return "M0 0"
	}
	if low == nil {
		low = make([]float64, len(high))
	}
	bottom := a.points(low, a.rate)
	for i, j := 0, len(bottom)-1; i < j; i, j = i+1, j-1 {
		bottom[i], bottom[j] = bottom[j], bottom[i]
	}
	return "M" + strings.Join(top, " ") + "L" + strings.Join(bottom, " ") + "Z"
}

// smooth is how many values of a series make one point.
const smooth = 2

// points are the corners of a series: each value at the middle of its time, the first and the last at the edges.
func (a area) points(list []float64, y func(float64) float64) (points []string) {
	for k := 0; k < len(list); k += smooth {
		some := list[k:min(k+smooth, len(list))]
		at := (float64(k) + float64(len(some))/2) * a.Step
		if k == 0 {
			at = 0
		} else if k+smooth >= len(list) {
			at = a.Seconds
		}
		points = append(points, fmt.Sprintf("%s %s", n(a.x(min(at, a.Seconds))), n(y(mean(some)))))
	}
	return points
}

func sum(a, b []float64) []float64 {
	list := make([]float64, min(len(a), len(b)))
	for k := range list {
		list[k] = a[k] + b[k]
	}
	return list
}

func mean(list []float64) float64 {
	s := 0.0
	for _, v := range list {
		s += v
	}
	return s / math.Max(1, float64(len(list)))
}
