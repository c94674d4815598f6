// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/openbits/openbits/hunt"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/term"
)

// huntFound ends a hunt with findings, huntUnread one without, in which not everything could be read. The report has said it all.
type (
	huntFound  struct{}
	huntUnread struct{}
)

func (huntFound) Error() string  { return "there are findings" }
func (huntUnread) Error() string { return "not every input could be read" }

// huntOutcome decides how a hunt ends for scripts.
func huntOutcome(r *evidence.Report, failOn evidence.Severity) error {
	least := slices.Index(evidence.Severities, failOn)
	for i := range r.Findings {
		if slices.Index(evidence.Severities, r.Findings[i].Severity) >= least {
			return huntFound{}
		}
	}
	if r.Totals.Failed+r.Totals.Partial > 0 || r.Partial != "" {
		return huntUnread{}
	}
	return nil
}

// huntProgress tells on standard error how far a hunt is: one line that changes on a terminal, else a line for each host.
type huntProgress struct {
	app    *app
	screen *term.Screen // nil: plain lines
	drawn  time.Time
}

func newHuntProgress(a *app) *huntProgress {
	return &huntProgress{app: a, screen: term.Open(a.Err)}
}

func (p *huntProgress) show(now hunt.Progress) {
	if p.screen == nil {
		if now.Stage == hunt.StageHost && now.Host != evidence.NoHost {
			fmt.Fprintln(p.app.Err, "bits: "+hostLine(now))
		}
		return
	}
	if t := time.Now(); now.Stage == hunt.StageHost || t.Sub(p.drawn) >= 100*time.Millisecond {
		p.drawn = t
		width, _ := p.screen.Size()
		p.screen.Draw([]string{term.Cut(stageLine(now), width-1)})
	}
}

func (p *huntProgress) close() {
	if p.screen != nil {
		p.screen.Clear()
	}
}

func hostLine(p hunt.Progress) string {
	return fmt.Sprintf("%s: %s, %s, %s (%d of %s)", term.Plain(p.Host), count(p.Inputs, "input"), count(p.Jobs, "job"), count(p.Findings, "finding"), p.Done, count(p.Hosts, "host"))
}

func stageLine(p hunt.Progress) string {
	switch p.Stage {
	case hunt.StageCollect:
		return fmt.Sprintf("looking for evidence, %s found: %s", count(p.Inputs, "file"), term.Plain(p.Path))
	case hunt.StageRead:
		return fmt.Sprintf("%d of %s, %s: %s", p.Done, count(p.Hosts, "host"), term.Plain(p.Host), term.Plain(p.Path))
	case hunt.StageHost:
		return hostLine(p)
	}
	return fmt.Sprintf("comparing %s", count(p.Hosts, "host"))
}
