// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/term"
)

// narrowest is the fewest columns that lists are laid out for.
const narrowest = 72

// manyJobs is from how many jobs on those without findings are only counted.
const manyJobs = 1000

// writeTable writes the report for people: the findings first, each with what, why, how sure, where and what next; then the jobs; then
// what was read and what was not. Findings of one job stand together, at the place of the worst.
func writeTable(w io.Writer, r *evidence.Report, look Look) error {
	t := &table{w: w, look: look, width: look.Width, cut: look.Width}
	if t.width <= 0 {
		t.width, t.cut = 100, 1<<20
	}
	t.width, t.cut = max(t.width, narrowest), max(t.cut, narrowest)
	t.brief = r.Totals.Jobs > manyJobs
	t.summary(r)
	places, err := t.places(r)
	if err != nil {
		return err
	}
	for n, group := range groups(r.Findings) {
		t.group(n+1, r, group, places)
	}
	if err := walk(r, func(h *evidence.Host, found []*evidence.Finding) error {
		t.jobs(h, found)
		return t.err
	}); err != nil {
		return err
	}
	if err := walk(r, func(h *evidence.Host, _ []*evidence.Finding) error {
		t.inputs(h)
		return t.err
	}); err != nil {
		return err
	}
	t.rest(r)
	return t.err
}

// table writes lines and keeps the first error.
type table struct {
	w     io.Writer
	look  Look
	width int  // of sentences
	cut   int  // of lines of a list
	brief bool // jobs without findings are counted, not listed
	err   error
}

func (t *table) line(text string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.w, strings.TrimRight(text, " ")+"\n")
	}
}

// paint colours the name of a severity.
func (t *table) paint(s evidence.Severity, text string) string {
	switch rank(s) {
	case 4, 3:
		return t.look.Style.Bad(text)
	case 2:
		return t.look.Style.Slow(text)
	}
	return t.look.Style.Dim(text)
}

// sentence writes text after a label, in lines that are indented alike.
func (t *table) sentence(label, text string) {
	const indent = 13
	for i, part := range wrap(shown(text), t.width-indent-1) {
		if i == 0 {
			t.line("   " + t.look.Style.Dim(fmt.Sprintf("%-*s", indent-3, label)) + part)
		} else {
			t.line(strings.Repeat(" ", indent) + part)
		}
	}
}

// wrap breaks text at blanks into lines of width columns. Words that are longer stand on lines of their own and are broken
// anywhere: nothing is left out.
func wrap(text string, width int) []string {
	width = max(width, 20)
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case term.Width(line)+1+term.Width(word) <= width:
			line += " " + word
			continue
		default:
			lines = append(lines, line)
			line = word
		}
		for term.Width(line) > width {
			n := 0
			for i, r := range line {
				if term.Width(line[:i]+string(r)) > width {
					break
				}
				n = i + len(string(r))
			}
			lines = append(lines, line[:n])
			line = line[n:]
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

func (t *table) summary(r *evidence.Report) {
	in := strings.Join([]string{count(r.Totals.Hosts, "host"), count(r.Totals.Jobs, "job"), count(r.Totals.Events, "event")}, ", ")
	head, width := t.look.Style.Good("No findings"), len("No findings")
	if n := len(r.Findings); n > 0 {
		var by, plain []string
		for i, s := range slices.Backward(evidence.Severities) {
			k := 0
			for j := range r.Findings {
				if rank(r.Findings[j].Severity) == i {
					k++
				}
			}
			if k > 0 {
				plain = append(plain, fmt.Sprintf("%d %s", k, s))
				by = append(by, t.paint(s, plain[len(plain)-1]))
			}
		}
		head = count(n, "finding") + " (" + strings.Join(by, ", ") + ")"
		width = len(count(n, "finding") + " (" + strings.Join(plain, ", ") + ")")
	}
	if width+len(" in .")+len(in) < t.cut {
		t.line(head + " in " + in + ".")
	} else {
		t.line(head)
		t.line("in " + in + ".")
	}
	if r.Partial != "" {
		for _, part := range wrap("This report is not whole: "+shown(r.Partial)+".", t.width-1) {
			t.line(t.look.Style.Slow(part))
		}
	}
}

// groups puts the findings of one job together.
func groups(all []evidence.Finding) [][]int {
	var list [][]int
	at := map[[2]string]int{}
	for i := range all {
		f := &all[i]
		key := [2]string{f.Host, f.Job}
		if g, ok := at[key]; ok && f.Job != "" {
			list[g] = append(list[g], i)
			continue
		}
		at[key] = len(list)
		list = append(list, []int{i})
	}
	return list
}

// places words the evidence of each finding, which needs the hosts.
func (t *table) places(r *evidence.Report) (map[*evidence.Finding][]string, error) {
	all := map[*evidence.Finding][]string{}
	err := walk(r, func(h *evidence.Host, found []*evidence.Finding) error {
		for _, f := range found {
			for _, p := range f.Evidence {
				all[f] = append(all[f], where(h, p))
			}
		}
		return nil
	})
	return all, err
}

func (t *table) group(n int, r *evidence.Report, group []int, places map[*evidence.Finding][]string) {
	top := &r.Findings[group[0]]
	subject := "host " + shown(top.Host)
	if top.Job != "" {
		subject = fmt.Sprintf("job %q on %s", shown(cmp.Or(top.Name, top.Job)), shown(top.Host))
	}
	t.line("")
	t.line(term.Cut(fmt.Sprintf("%d. %s", n, subject), t.cut-1))
	said := map[string]bool{}
	for _, i := range group {
		f := &r.Findings[i]
		head := strings.ToUpper(string(cmp.Or(f.Severity, evidence.Info)))
		note := "sure: " + cmp.Or(shown(string(f.Confidence)), "unknown")
		if at := stamp(f.Time); at != "" {
			note += "; " + at
		}
		name := shown(title(f))
		line := "   " + t.paint(f.Severity, fmt.Sprintf("%-10s", shown(head)))
		if fits := 13+term.Width(name)+2+term.Width(note) < t.cut; fits {
			t.line(line + name + "  " + t.look.Style.Dim(note))
		} else {
			t.line(line + term.Clip(name, t.cut-14))
			t.sentence("", note)
		}
		t.sentence("why", f.Why)
		if f.Benign != "" {
			t.sentence("or", f.Benign)
		}
		if f.Known != "" {
			t.sentence("known", "lowered by "+f.Known)
		}
		for k, p := range places[f] {
			if k == 5 {
				t.sentence("", fmt.Sprintf("and %d more", len(places[f])-k))
				break
			}
			t.sentence(map[bool]string{true: "evidence"}[k == 0], p)
		}
		if !said[f.Next] && f.Next != "" {
			t.sentence("next", f.Next)
		}
		said[f.Next] = true
		ids := f.Attack.Techniques
		if len(ids) == 0 && f.Technique != "" {
			ids = []string{f.Technique}
		}
		t.sentence("rule", strings.TrimSpace(f.Rule+"  "+strings.Join(ids, " ")))
	}
}
