// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

// topView is what "bits top" shows: the newest sample, those before as two lines of columns, and where it is scrolled to.
type topView struct {
	style         term.Style
	width, height int // of the terminal; a width of 0 has no end

	now          sample
	taken        bool  // there is one
	lost         error // the service does not answer
	ours, others []int64
	scroll       int
	page         int // jobs that had room in the last frame
}

// topHistory is how many samples are kept: more than any terminal has columns.
const topHistory = 1000

// take notes what came of a look. While the service does not answer, what was known stands there still.
func (v *topView) take(l look) {
	v.taken, v.lost = true, l.err
	ours, others := int64(0), openbits.Unknown
	if l.err == nil {
		v.now = l.sample
		ours = l.sample.Rate
		if l.sample.Foreign != nil {
			others = *l.sample.Foreign
		}
	}
	v.ours, v.others = remember(v.ours, ours), remember(v.others, others)
}

func remember(list []int64, value int64) []int64 {
	if len(list) >= topHistory {
		list = append(list[:0], list[len(list)-topHistory+1:]...)
	}
	return append(list, value)
}

// press scrolls.
func (v *topView) press(k term.Key) {
	switch k {
	case term.KeyUp, "k":
		v.scroll--
	case term.KeyDown, "j":
		v.scroll++
	case term.KeyPageUp:
		v.scroll -= v.page
	case term.KeyPageDown, " ":
		v.scroll += v.page
	case term.KeyHome, "g":
		v.scroll = 0
	}
}

// lines are a frame: header, columns over time, jobs, and at the foot what is left out.
func (v *topView) lines() []string {
	lines := append(v.header(), "")
	rows := 2
	if v.height < 20 {
		rows = 1
	}
	if v.height >= 12 && v.width >= 30 {
		lines = append(append(lines, v.charts(rows)...), "")
	}
	layout := newTopLayout(v.width - 1)
	lines = append(lines, v.style.Dim(layout.head()))
	v.page = max(1, v.height-len(lines)-1)
	v.scroll = max(0, min(v.scroll, len(v.now.Jobs)-v.page))
	shown := v.now.Jobs[v.scroll:min(len(v.now.Jobs), v.scroll+v.page)]
	for _, j := range shown {
		lines = append(lines, v.paint(j, layout.row(j, v.now.Time)))
	}
	if len(v.now.Jobs) == 0 {
		lines = append(lines, term.Clip("no job runs or waits", v.width-1))
	}
	for len(lines) < v.height-1 {
		lines = append(lines, "")
	}
	return append(lines, v.style.Dim(fit(v.width-1, "  ", "q quits", v.leftOut(len(shown)))))
}

// leftOut says how many jobs are above and below those that are shown.
func (v *topView) leftOut(shown int) string {
	running, waiting, owner := v.now.counts()
	below := max(running+waiting+owner, len(v.now.Jobs)) - v.scroll - shown
	switch {
	case v.scroll > 0 && below > 0:
		return fmt.Sprintf("arrows scroll: %d more above, %d below", v.scroll, below)
	case v.scroll > 0:
		return fmt.Sprintf("arrows scroll: %d more above", v.scroll)
	case below > 0:
		return fmt.Sprintf("arrows scroll: %d more below", below)
	}
	return ""
}

// plain is the same for a printer: no columns over time, every job.
func (v *topView) plain() []string {
	width := max(0, v.width-1)
	layout := newTopLayout(width)
	lines := append(v.header(), "", v.style.Dim(layout.head()))
	for _, j := range v.now.Jobs {
		lines = append(lines, v.paint(j, layout.row(j, v.now.Time)))
	}
	if len(v.now.Jobs) == 0 {
		lines = append(lines, "no job runs or waits")
	}
	return lines
}

// header says in three lines what the network does, what the service does, and when.
func (v *topView) header() []string {
	s, width := &v.now, v.width-1
	running, waiting, owner := s.counts()
	what := fmt.Sprintf("%d running, %d waiting", running, waiting)
	if owner > 0 {
		what += fmt.Sprintf(", %d for you", owner)
	}
	lines := []string{fit(width, "  ", "bits top", s.Time.Local().Format(time.TimeOnly), what, "limit "+rateWords(s.Limit))}
	others := "others not known"
	if s.Foreign != nil {
		others = "others " + size.Rate(*s.Foreign)
	}
	figures := []string{"ours " + size.Rate(s.Rate), others}
	if t := s.Transport; t != nil {
		if t.Base != nil && t.Queue != nil {
			figures = append(figures, fmt.Sprintf("queue %.1f over %.1f ms", *t.Queue*1000, *t.Base*1000))
		}
		if t.Capacity != nil {
			figures = append(figures, "path "+size.Rate(*t.Capacity))
		}
	}
	lines = append(lines, fit(width, "  ", figures...))
	switch t := s.Transport; {
	case v.lost != nil:
		return append(lines, v.style.Bad(fit(width, "", "the service does not answer; waiting for it to come back")))
	case t == nil && running == 0:
		return append(lines, v.style.Dim("nothing moves"))
	case t == nil:
		return append(lines, v.style.Dim(fit(width, "", "nothing is known of the network: no connection tells")))
	default:
		return append(lines, v.tint(t.Mode, fit(width, "; ", mode(t, s.Time), term.Plain(t.Interface), by(t))))
	}
}

// fit joins as many of the parts as have room in width columns; 0 has no end.
func fit(width int, between string, parts ...string) string {
	text := ""
	for _, p := range parts {
		next := p
		if text != "" && p != "" {
			next = between + p
		}
		if width > 0 && term.Width(text+next) > width {
			if text == "" {
				return term.Clip(p, width)
			}
			break
		}
		text += next
	}
	return text
}
