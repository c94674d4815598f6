// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

// progress shows how a job moves: a frame on a terminal, plain lines elsewhere.
type progress struct {
	app    *app
	screen *term.Screen // nil: plain lines
	style  term.Style
	job    api.Job
	moving []api.File // in motion, by the last update
	speeds map[int]*term.Speed
	speed  term.Speed
	pulse  term.Pulse
	began  time.Time
	first  int64  // bytes that were there when it began
	reason string // the last that was said on plain lines
	waits  openbits.ReasonCode
	since  time.Time // when it began to wait for that
	starts int       // of the service, after it was lost
}

func newProgress(a *app, j api.Job) *progress {
	p := &progress{
		app: a, screen: term.Open(a.Err), style: term.StyleOf(a.env), job: j,
		speeds: map[int]*term.Speed{}, began: time.Now(), first: j.BytesDone,
	}
	p.speed.Add(p.began, j.BytesDone)
	if p.screen == nil {
		fmt.Fprintf(a.Err, "bits: %s %s, %s, as job %s\n", doing(j.Type), term.Plain(j.Name), files(j.FilesTotal), short(j.ID))
	}
	return p
}

func (p *progress) interval() time.Duration {
	if p.screen == nil {
		return time.Second
	}
	return 100 * time.Millisecond
}

func (p *progress) elapsed(now time.Time) time.Duration { return now.Sub(p.began) }

// update takes a message of the event stream over.
func (p *progress) update(u api.Update, now time.Time) {
	for _, j := range u.Jobs {
		if j.ID != p.job.ID {
			continue
		}
		p.job = j
		code := openbits.ReasonCode("")
		if j.Reason != nil && (!j.State.Active() || yields(j)) && !client.Settled(j) {
			code = j.Reason.Code
		}
		if code != p.waits {
			p.waits, p.since = code, now
		}
		if !j.State.Active() {
			p.speed.Reset()
			p.moving = nil
		}
		p.speed.Add(now, j.BytesDone)
	}
	if u.Kind == openbits.UpdateProgress {
		p.moving = slices.Clone(u.Files)
		// A file keeps its row as long as it moves.
		slices.SortFunc(p.moving, func(x, y api.File) int { return x.Index - y.Index })
		seen := make(map[int]bool, len(u.Files))
		for _, f := range u.Files {
			seen[f.Index] = true
			s := p.speeds[f.Index]
			if s == nil {
				s = &term.Speed{}
				p.speeds[f.Index] = s
			}
			s.Add(now, f.BytesDone)
		}
		for index := range p.speeds {
			if !seen[index] {
				delete(p.speeds, index)
			}
		}
	}
	if u.Event != nil && u.Event.Type == openbits.EventRestarted {
		p.say("the file on the server changed: fetching it again from its first byte")
	}
	if p.screen == nil {
		p.line(now)
	}
}

// say prints a line that stays.
func (p *progress) say(text string) {
	if p.screen == nil {
		fmt.Fprintln(p.app.Err, "bits: "+text)
		return
	}
	p.screen.Print("bits: "+text, p.frame(time.Now()))
}

func (p *progress) draw(now time.Time) {
	if p.screen == nil {
		p.line(now)
		return
	}
	p.screen.Draw(p.frame(now))
}

func (p *progress) close() {
	if p.screen != nil {
		p.screen.Clear()
	}
}

func (p *progress) frame(now time.Time) []string {
	width, height := p.screen.Size()
	return term.Render(p.view(now), width, height, p.style)
}

func (p *progress) view(now time.Time) term.View {
	j := p.job
	v := term.View{Notice: p.notice(now), Many: j.FilesTotal > 1}
	for _, f := range p.moving {
		row := term.Row{Name: filepath.Base(f.Path), Done: f.BytesDone, Total: total(f.BytesTotal), Speed: -1}
		if row.Done == 0 && row.Total == 0 {
			row.Total = openbits.Unknown // nothing was answered yet
		}
		if s := p.speeds[f.Index]; s != nil && row.Done > 0 {
			row.Speed = s.PerSecond(now)
		}
		v.Files = append(v.Files, row)
	}
	v.More = max(0, j.FilesTotal-j.FilesDone-j.FilesFailed-len(v.Files))
	name := j.Name
	if j.FilesTotal > 1 {
		name = fmt.Sprintf("%d of %s", j.FilesDone, files(j.FilesTotal))
	}
	v.Total = term.Row{
		Name: name, Done: j.BytesDone, Total: total(j.BytesTotal), Speed: p.speed.PerSecond(now),
		Waiting: j.Reason != nil && !j.State.Active(),
	}
	if j.FilesTotal > 1 {
		v.Total.Share = 100 * j.FilesDone / j.FilesTotal
	}
	return v
}

// patience is how long a job waits before it is told why: most reasons are over sooner.
const patience = 500 * time.Millisecond

// notice is why the job waits, or moves slowly, or "".
func (p *progress) notice(now time.Time) string {
	if p.waits == "" || now.Sub(p.since) < patience {
		return ""
	}
	if yields(p.job) { // its speed stands beside it
		return term.Plain(p.job.Reason.Text)
	}
	return status(p.job, now)
}

// line prints a plain line when one is due, and the reason whenever it is another.
func (p *progress) line(now time.Time) {
	reason := p.notice(now)
	if reason == "" {
		p.reason = ""
	} else if p.reason != p.job.Reason.Text {
		p.reason = p.job.Reason.Text
		word := "waiting"
		if yields(p.job) {
			word = "slow"
		}
		fmt.Fprintln(p.app.Err, "bits: "+word+": "+reason)
	}
	done, all := p.job.BytesDone, total(p.job.BytesTotal)
	if reason != "" && !yields(p.job) || client.Settled(p.job) || done == 0 && all < 0 || !p.pulse.Due(now, done, all) {
		return
	}
	text := fmt.Sprintf("bits: %s of %s", term.Percent(done, all), size.Bytes(all))
	if all < 0 {
		text = "bits: " + size.Bytes(done)
	}
	if p.job.FilesTotal > 1 {
		text += fmt.Sprintf(", %d of %s", p.job.FilesDone, files(p.job.FilesTotal))
	}
	speed := p.speed.PerSecond(now)
	if speed >= 0 {
		text += ", " + size.Rate(speed)
	}
	if left := term.Left(done, all, speed); left >= 0 {
		text += ", " + size.Clock(left) + " left"
	}
	fmt.Fprintln(p.app.Err, text)
}
