// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

// most is how many lines of one kind are listed; the others are counted, and stand in the other formats.
const (
	mostFiles = 3
	mostNotes = 20
)

func (t *table) heading(text, note string) {
	t.line("")
	text = term.Cut(shown(text), t.cut-1)
	if term.Width(text)+term.Width(note) >= t.cut {
		note = ""
	}
	t.line(text + t.look.Style.Dim(note))
}

// jobs lists the jobs of a host, a line each with one for each of their files: the oldest first, those with findings marked.
func (t *table) jobs(h *evidence.Host, found []*evidence.Finding) {
	if len(h.Jobs)+len(h.Files) == 0 {
		return
	}
	note := ""
	if h.Windows != "" {
		note = "  " + shown(h.Windows)
	}
	t.heading("Jobs of "+hostName(h), note)
	t.line(t.look.Style.Dim(fmt.Sprintf("%-9s %-16s %-15s %-7s %s", "", "CREATED (UTC)", "STATE", "LAYER", "JOB, PROGRAM")))
	bad := worst(found)
	order := make([]*evidence.Job, len(h.Jobs))
	for i := range h.Jobs {
		order[i] = &h.Jobs[i]
	}
	slices.SortStableFunc(order, func(a, b *evidence.Job) int { return a.Created.Compare(b.Created) })
	left := 0
	for _, j := range order {
		if _, found := bad[j.Ref]; t.brief && !found {
			left++
			continue
		}
		t.job(j, bad[j.Ref])
	}
	if left > 0 {
		t.line(t.look.Style.Dim(strings.Repeat(" ", 10) + count(left, "job") + " without findings: in the formats csv, json and jsonl"))
	}
	for i := range h.Files {
		if i == 0 {
			t.line(t.look.Style.Dim("files that no job could be tied to"))
		}
		if i == mostNotes {
			t.line(fmt.Sprintf("          and %d more", len(h.Files)-i))
			break
		}
		t.file(&h.Files[i], "")
	}
}

func (t *table) job(j *evidence.Job, severity evidence.Severity) {
	mark := strings.Repeat(" ", 9)
	if severity != "" {
		mark = t.paint(severity, fmt.Sprintf("%-9s", shown(string(severity))))
	}
	text, remark := shown(jobName(j)), ""
	if j.Creator != nil && j.Creator.Path != "" {
		text += ", " + shown(lastPart(j.Creator.Path))
	}
	if len(j.Versions) > 1 {
		remark = fmt.Sprintf(" (%d versions)", len(j.Versions))
	}
	if j.Masquerade != nil {
		remark += " (not what its name says)"
	} else if j.Known != "" {
		remark += " (known)"
	}
	state := strings.ReplaceAll(string(j.State), "_", " ")
	created := "-"
	if !j.Created.IsZero() {
		created = j.Created.UTC().Format("2006-01-02 15:04")
	}
	head := fmt.Sprintf(" %-16s %-15s %-7s ", term.Clip(created, 16), term.Clip(cmp.Or(shown(state), "-"), 15), term.Clip(cmp.Or(shown(string(j.Evidence.Layer)), "-"), 7))
	room := t.cut - 9 - term.Width(head) - term.Width(remark) - 1
	if room < 14 {
		room, remark = room+term.Width(remark), ""
	}
	t.line(mark + head + term.Cut(text, room) + t.look.Style.Dim(remark))
	for i := range j.Files {
		if i == mostFiles && len(j.Files) > mostFiles+1 {
			t.line(strings.Repeat(" ", 10) + fmt.Sprintf("and %d more files", len(j.Files)-i))
			break
		}
		t.file(&j.Files[i], j.Type)
	}
	if cmd := command(j.Notify); cmd != "" {
		t.line(strings.Repeat(" ", 10) + t.look.Style.Bad("starts ") + term.Cut(shown(cmd), t.cut-18))
	}
}

// file is where a file comes from and where it goes, on one line where both fit.
func (t *table) file(f *evidence.File, kind openbits.JobType) {
	arrow := " -> "
	if t.look.Style.Blocks {
		arrow = " → "
	}
	from, to := shown(f.URL), shown(f.Path)
	if kind.Uploads() {
		from, to = to, from
	}
	from, to = cmp.Or(from, "?"), cmp.Or(to, "?")
	indent := strings.Repeat(" ", 10)
	room := t.cut - 11
	if term.Width(from)+term.Width(arrow)+term.Width(to) <= room {
		t.line(indent + from + t.look.Style.Dim(arrow) + to)
		return
	}
	t.line(indent + term.Cut(from, room))
	t.line(indent + t.look.Style.Dim(arrow[1:]) + term.Cut(to, room-term.Width(arrow)+1))
}

// inputs lists what a host's report is made of. What was skipped without a note is counted.
func (t *table) inputs(h *evidence.Host) {
	if len(h.Inputs) == 0 {
		return
	}
	counts := map[evidence.Status]int{}
	for i := range h.Inputs {
		counts[h.Inputs[i].Status]++
	}
	var parts []string
	for _, s := range []evidence.Status{evidence.Read, evidence.Partial, evidence.Skipped, evidence.Failed} {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	t.heading("Inputs of "+hostName(h), "  "+strings.Join(parts, ", "))
	listed := 0
	for i := range h.Inputs {
		in := &h.Inputs[i]
		if in.Status == evidence.Skipped && (len(in.Notes) == 0 || listed >= mostNotes) {
			continue
		}
		listed++
		t.input(in)
	}
	if rest := len(h.Inputs) - listed; rest > 0 {
		t.line(t.look.Style.Dim(fmt.Sprintf("%-9s %s in which there is nothing of BITS", "skipped", count(rest, "file"))))
	}
}

func (t *table) input(in *evidence.Input) {
	status := fmt.Sprintf("%-9s", shown(string(in.Status)))
	switch in.Status {
	case evidence.Failed:
		status = t.look.Style.Bad(status)
	case evidence.Partial:
		status = t.look.Style.Slow(status)
	}
	head := fmt.Sprintf(" %-8s %9s  ", term.Clip(cmp.Or(shown(in.Kind), "-"), 8), size.Bytes(max(0, in.Size)))
	path := shown(in.Path)
	if room := t.cut - 9 - term.Width(head) - 1; term.Width(path) > room {
		path = "…" + tail(path, room-1)
		if !t.look.Style.Blocks {
			path = ".." + tail(path, room-3)
		}
	}
	t.line(status + head + path)
	for _, note := range in.Notes {
		for _, part := range wrap(shown(note), t.width-13) {
			t.line(strings.Repeat(" ", 12) + part)
		}
	}
	if in.After != "" {
		t.line(strings.Repeat(" ", 12) + t.look.Style.Bad("it changed while it was read"))
	}
}

// tail is the end of a text, width columns at most.
func tail(text string, width int) string {
	runes := []rune(text)
	i := len(runes)
	for i > 0 {
		if width -= term.Width(string(runes[i-1])); width < 0 {
			break
		}
		i--
	}
	return string(runes[i:])
}

// rest says what is not shown, and what made the report.
func (t *table) rest(r *evidence.Report) {
	if len(r.Suppressed) > 0 {
		t.heading("Not shown", "")
		for _, s := range r.Suppressed {
			for _, part := range wrap(shown(suppressedWords(s)), t.width-4) {
				t.line("   " + part)
			}
		}
	}
	if len(r.Filters) > 0 {
		t.heading("Filters", "")
		for _, f := range r.Filters {
			t.line(term.Clip(shown("   "+f.Name+" "+f.Value), t.cut-1))
		}
	}
	t.line("")
	facts := strings.TrimSpace(r.Tool.Name + " " + r.Tool.Version)
	for _, f := range [][2]string{{"rules", r.Tool.Rules}, {"ATT&CK", r.Tool.Attack}, {"D3FEND", r.Tool.D3FEND}} {
		if f[1] != "" {
			facts += ", " + f[0] + " " + f[1]
		}
	}
	for _, part := range wrap(shown(facts)+". Times are UTC; addresses are written hxxp://name[.]org so that nothing follows them.", t.width-1) {
		t.line(t.look.Style.Dim(part))
	}
}
