// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/term"
)

// address is the beginning of an address that programs make links of, up to the end of its host.
var address = regexp.MustCompile(`(?i)\b(h)tt(ps?://)([^\s/\\"'<>?#]*)|\b(f)tp(s?://)([^\s/\\"'<>?#]*)`)

// defang writes the addresses in a text so that nothing makes links of them: hxxp://example[.]org/x.
func defang(text string) string {
	return address.ReplaceAllStringFunc(text, func(found string) string {
		scheme, host, _ := strings.Cut(found, "://")
		scheme = strings.NewReplacer("tt", "xx", "TT", "XX", "tT", "xX", "Tt", "Xx").Replace(scheme)
		if scheme[0]|0x20 == 'f' {
			scheme = scheme[:1] + "x" + scheme[2:]
		}
		return scheme + "://" + strings.ReplaceAll(host, ".", "[.]")
	})
}

// shown is a text of the evidence as people may see it on a terminal.
func shown(text string) string { return defang(term.Plain(text)) }

// stamp is a time as people read it; the empty text is no time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// iso is a time as programs read it, to the millisecond; the empty text is no time, or one whose year has no four digits.
func iso(t time.Time) string {
	if t = t.UTC(); t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return ""
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}

// source is the path of the input that a place is in.
func source(h *evidence.Host, p evidence.Place) string {
	if in := h.InputOf(p); in != nil {
		return in.Path
	}
	return ""
}

// within is a place without its file: page, offset, record, layer, and what is wrong with it.
func within(p evidence.Place) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if p.Page > 0 {
		add("page %d", p.Page)
	}
	if p.Record > 0 {
		add("record %d", p.Record)
	}
	if p.Offset != nil {
		add("offset %#x", *p.Offset)
	}
	if p.Layer != "" {
		add("%s", p.Layer)
	}
	if p.Damaged {
		add("damaged")
	}
	if p.Cut != "" {
		add("without %s", p.Cut)
	}
	return strings.Join(parts, ", ")
}

// where is a place with its file.
func where(h *evidence.Host, p evidence.Place) string {
	return strings.TrimSuffix(cmp.Or(source(h, p), "an input that is not listed")+": "+within(p), ": ")
}

// title is what a finding is called.
func title(f *evidence.Finding) string { return cmp.Or(f.Title, f.Behaviour, f.Rule) }

// hostName is what a host is called.
func hostName(h *evidence.Host) string {
	if h.Name == evidence.NoHost {
		return "no host"
	}
	return cmp.Or(h.Name, "an unknown host")
}

// jobName is what a job is called.
func jobName(j *evidence.Job) string { return cmp.Or(j.Name, j.ID, j.Ref, "(no name)") }

// command is the program that a job starts, with its arguments.
func command(n *evidence.Notify) string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.Program + " " + n.Arguments)
}

// pairs writes names with values.
func pairs(list []evidence.Datum) string {
	var b strings.Builder
	for i, d := range list {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(d.Name + "=" + d.Value)
	}
	return b.String()
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// suppressedWords says what is not shown, and why: findings, or a host as a whole.
func suppressedWords(s evidence.Suppressed) string {
	if s.Reason == "host" {
		return "the host " + cmp.Or(s.By, "of another name") + " is left out by --host"
	}
	one, many := map[string][2]string{
		"allow_list":   {"is on an allow list", "are on an allow list"},
		"min_severity": {"is below --min-severity", "are below --min-severity"},
		"since":        {"is older than --since", "are older than --since"},
	}[s.Reason], s.Count != 1
	text := cmp.Or(one[0], s.Reason)
	if many {
		text = cmp.Or(one[1], s.Reason)
	}
	if s.By != "" {
		text += " (" + s.By + ")"
	}
	return count(s.Count, "finding") + " " + text
}
