// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/term"
)

// A picture is 1000 units wide; names stand left of the line of time.
const (
	axisFrom = 230.0
	axisTo   = 985.0
	axisTop  = 22
	rowHigh  = 18
	maxLanes = 150
)

type picture struct {
	Height int
	Ticks  []tick
	Rows   []row
	Note   string
}

type tick struct{ X, Text string }

type row struct {
	ID, Name, Class, Title string
	X, W                   string
	Y, Text                int
	Dots                   []mark
	Cells                  []mark
	Marks                  []mark
}

type mark struct {
	Class, X, W, D, Title string
	Y                     int
}

// sane reports whether a time can stand in a picture: BITS is of 2001, and jobs do not come from the far future.
func sane(t time.Time) bool { return t.Year() >= 2001 && t.Year() < 2100 }

// axis maps times to a picture.
type axis struct{ from, to time.Time }

// axisOf is the line of time that shows these times. Where a few are so far off that all others would fall into one point, it leaves
// them at its ends.
func axisOf(times []time.Time) axis {
	if len(times) == 0 {
		return axis{}
	}
	slices.SortFunc(times, time.Time.Compare)
	last := len(times) - 1
	a := axis{times[0], times[last]}
	low, high := times[last*2/100], times[last-last*2/100]
	if most := high.Sub(low); most > 0 && a.to.Sub(a.from) > 20*most {
		a = axis{low.Add(-most / 20), high.Add(most / 20)}
	}
	if a.to.Sub(a.from) < time.Hour {
		a = axis{a.from.Add(-30 * time.Minute), a.to.Add(30 * time.Minute)}
	}
	return a
}

func (a axis) x(t time.Time) float64 {
	share := float64(t.Sub(a.from)) / float64(max(1, a.to.Sub(a.from)))
	return axisFrom + min(max(share, 0), 1)*(axisTo-axisFrom)
}

func units(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// steps are distances between ticks, and how their times are written. Those of months begin with a month, those of years with a year.
var steps = []struct {
	d      time.Duration
	months int
	layout string
}{
	{10 * time.Minute, 0, "01-02 15:04"},
	{time.Hour, 0, "01-02 15:04"},
	{6 * time.Hour, 0, "01-02 15:04"},
	{24 * time.Hour, 0, "2006-01-02"},
	{48 * time.Hour, 0, "2006-01-02"},
	{7 * 24 * time.Hour, 0, "2006-01-02"},
	{30 * 24 * time.Hour, 1, "2006-01"},
	{91 * 24 * time.Hour, 3, "2006-01"},
	{365 * 24 * time.Hour, 12, "2006"},
	{3652 * 24 * time.Hour, 120, "2006"},
}

func (a axis) ticks() []tick {
	for _, s := range steps {
		if a.to.Sub(a.from)/s.d > 9 {
			continue
		}
		var all []tick
		t := a.from.UTC().Truncate(s.d)
		if s.months > 0 {
			first := (a.from.Year()*12 + int(a.from.Month()) - 1) / s.months * s.months
			t = time.Date(first/12, time.Month(first%12+1), 1, 0, 0, 0, 0, time.UTC)
		}
		for ; !t.After(a.to); t = next(t, s.d, s.months) {
			if !t.Before(a.from) {
				all = append(all, tick{units(a.x(t)), t.Format(s.layout)})
			}
		}
		return all
	}
	return nil
}

func next(t time.Time, d time.Duration, months int) time.Time {
	if months > 0 {
		return t.AddDate(0, months, 0)
	}
	return t.Add(d)
}

// lanes draws the jobs of a host, a row each: from creation to the last change, with dots for what happened. Nil when no job has
// a time.
func lanes(host string, h *evidence.Host, order []int, bad map[string]evidence.Severity) *picture {
	var times []time.Time
	var drawn []int
	for _, i := range order {
		n := len(times)
		for _, m := range moments(&h.Jobs[i]) {
			if sane(m.Time) {
				times = append(times, m.Time)
			}
		}
		if len(times) > n {
			drawn = append(drawn, i)
		}
	}
	if len(drawn) == 0 {
		return nil
	}
	p := &picture{}
	if rest := len(drawn) - maxLanes; rest > 0 {
		p.Note = fmt.Sprintf("%s without findings, the oldest, are in the list alone", count(rest, "job"))
		drawn = latest(h, drawn, bad)
	}
	a := axisOf(times)
	for _, i := range drawn {
		p.Rows = append(p.Rows, a.lane(jobID(host, i), h, &h.Jobs[i], bad, axisTop+len(p.Rows)*rowHigh))
	}
	p.Ticks, p.Height = a.ticks(), axisTop+len(p.Rows)*rowHigh
	return p
}

// latest keeps the jobs with findings and the newest of the others.
func latest(h *evidence.Host, drawn []int, bad map[string]evidence.Severity) []int {
	drop := len(drawn) - maxLanes
	return slices.DeleteFunc(slices.Clone(drawn), func(i int) bool {
		if _, found := bad[h.Jobs[i].Ref]; found || drop == 0 {
			return false
		}
		drop--
		return true
	})
}

func (a axis) lane(id string, h *evidence.Host, j *evidence.Job, bad map[string]evidence.Severity, y int) row {
	r := row{ID: id, Name: term.Clip(term.Plain(jobName(j)), 34), Class: "span", Y: y + 3, Text: y + 11}
	if s, ok := bad[j.Ref]; ok {
		r.Class = class(s)
	} else if j.Known != "" {
		r.Class = "span known"
	}
	var from, to time.Time
	for _, m := range moments(j) {
		if !sane(m.Time) {
			continue
		}
		if from.IsZero() || m.Time.Before(from) {
			from = m.Time
		}
		if m.Time.After(to) {
			to = m.Time
		}
		kind := "dot"
		switch {
		case m.Kind == "notify" || m.Kind == "process":
			kind = "dot hot"
		case h.EventOf(m) != nil:
			kind = "dot ev"
		}
		r.Dots = append(r.Dots, mark{Class: kind, X: units(a.x(m.Time)), Y: y + 6, Title: shown(stamp(m.Time) + " " + m.What)})
	}
	x := a.x(from)
	r.X, r.W = units(x), units(max(a.x(to)-x, 3))
	r.Title = shown(jobName(j)+", "+cmp.Or(string(j.State), "state unknown")) + ": " + stamp(from) + " to " + stamp(to)
	return r
}

// overview draws all hosts, a row each: how much happened when, and the findings.
func (s *survey) overview() *picture {
	var times []time.Time
	for _, h := range s.hosts {
		for hour := range h.hours {
			times = append(times, time.Unix(hour*3600, 0).UTC())
		}
		for _, f := range h.found {
			if sane(f.Time) {
				times = append(times, f.Time)
			}
		}
	}
	if len(times) == 0 {
		return nil
	}
	a := axisOf(times)
	p := &picture{Ticks: a.ticks()}
	for _, h := range s.hosts {
		p.Rows = append(p.Rows, a.hostRow(h, axisTop+len(p.Rows)*rowHigh))
	}
	p.Height = axisTop + len(p.Rows)*rowHigh
	return p
}

func (a axis) hostRow(h surveyHost, y int) row {
	const cell = 7.0
	r := row{ID: h.id, Name: term.Clip(term.Plain(cmp.Or(h.name, "an unknown host")), 34), Y: y + 1, Text: y + 11}
	sums := map[int]int{}
	for hour, n := range h.hours {
		sums[int((a.x(time.Unix(hour*3600, 0))-axisFrom)/cell)] += n
	}
	var cells []int
	for c := range sums {
		cells = append(cells, c)
	}
	slices.Sort(cells)
	for _, c := range cells {
		shade := "a1"
		switch n := sums[c]; {
		case n >= 20:
			shade = "a3"
		case n >= 5:
			shade = "a2"
		}
		r.Cells = append(r.Cells, mark{Class: shade, X: units(axisFrom + float64(c)*cell), W: units(cell - 1), Title: count(sums[c], "moment")})
	}
	for _, f := range slices.Backward(h.found) { // the worst last, on top
		if !sane(f.Time) {
			continue
		}
		x := a.x(f.Time)
		r.Marks = append(r.Marks, mark{
			Class: class(f.Severity), Title: shown(stamp(f.Time) + " " + string(f.Severity) + ": " + title(f)),
			D: fmt.Sprintf("M%s %dl5 5l-5 5l-5-5z", units(x), y+1),
		})
	}
	return r
}
