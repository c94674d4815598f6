// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/term"
)

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

//go:embed page.tmpl
var pageText string

// page is made by html/template, which escapes every value for the place where it stands; not before somebody wants one.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{"plain": term.Plain, "u": followless}).Parse(pageText))
})

// pageHead allows the page its own style and script and nothing else: no address is asked for anything, and a text of the
// evidence that got into the page as markup all the same could not run.
var pageHead = `<!DOCTYPE html>
<html lang="en" class="nojs"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '` + sourceHash(pageCSS) + `'; script-src '` + sourceHash(pageJS) + `'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer"><meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">
<title>BITS jobs: report of a hunt</title>
<style>` + pageCSS + `</style></head><body>
`

// sourceHash names a style or script in a Content-Security-Policy (CSP 3, section 2.3.1).
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// followless is a text of the evidence with its addresses made harmless; the page's script can show them as they are.
func followless(text string) template.HTML {
	plain := term.Plain(text)
	safe := defang(plain)
	if safe == plain {
		return template.HTML(template.HTMLEscapeString(plain)) //nolint:gosec // escaped
	}
	return template.HTML(`<span class="u" data-raw="` + template.HTMLEscapeString(plain) + `">` + template.HTMLEscapeString(safe) + `</span>`) //nolint:gosec // escaped
}

// writeHTML writes one file that needs nothing from elsewhere: findings, then for each host its jobs on a line of time, their
// histories, and what was read. It can be read without its script, which only filters.
func writeHTML(w io.Writer, r *evidence.Report, _ Look) error {
	if _, err := io.WriteString(w, pageHead); err != nil {
		return err
	}
	s, err := surveyed(r)
	if err != nil {
		return err
	}
	if err := page().ExecuteTemplate(w, "top", s.top(r)); err != nil {
		return err
	}
	for i := range r.Findings {
		if err := page().ExecuteTemplate(w, "finding", s.finding(i, &r.Findings[i])); err != nil {
			return err
		}
	}
	n := 0
	err = walk(r, func(h *evidence.Host, found []*evidence.Finding) error {
		n++
		return page().ExecuteTemplate(w, "host", hostView(hostID(n), h, found, r.Totals.Jobs > mostOnPage))
	})
	if err != nil {
		return err
	}
	foot := struct {
		Tool       string
		Suppressed []string
	}{Tool: fmt.Sprintf("%s %s, rules %s, ATT&CK %s, D3FEND %s", r.Tool.Name, r.Tool.Version, cmp.Or(r.Tool.Rules, "-"), cmp.Or(r.Tool.Attack, "-"), cmp.Or(r.Tool.D3FEND, "-"))}
	for _, s := range r.Suppressed {
		foot.Suppressed = append(foot.Suppressed, suppressedWords(s))
	}
	if err := page().ExecuteTemplate(w, "foot", foot); err != nil {
		return err
	}
	_, err = io.WriteString(w, "<script>"+pageJS+"</script></body></html>\n")
	return err
}

// mostOnPage is how many jobs a page has at most: a browser takes a second or two for so many.
const mostOnPage = 20000

func hostID(n int) string { return fmt.Sprintf("h%d", n) }

func jobID(host string, n int) string { return fmt.Sprintf("%sj%d", host, n+1) }

// class is the name of a severity as the style knows it.
func class(s evidence.Severity) string { return string(evidence.Severities[rank(s)]) }

// survey is what the top of the page needs of the hosts below it.
type survey struct {
	hosts    []surveyHost
	findings map[*evidence.Finding]findingView
	layers   []string
}

type surveyHost struct {
	id, name string
	hours    map[int64]int // hours since 1970 in which something happened, and how often
	found    []*evidence.Finding
}

func surveyed(r *evidence.Report) (*survey, error) {
	s := &survey{findings: map[*evidence.Finding]findingView{}}
	layers := map[string]bool{}
	err := walk(r, func(h *evidence.Host, found []*evidence.Finding) error {
		host := surveyHost{id: hostID(len(s.hosts) + 1), name: hostName(h), hours: map[int64]int{}, found: found}
		refs := map[string]string{}
		for i := range h.Jobs {
			j := &h.Jobs[i]
			layers[string(j.Evidence.Layer)] = true
			if _, ok := refs[j.Ref]; !ok {
				refs[j.Ref] = jobID(host.id, i)
			}
			for _, m := range moments(j) {
				if sane(m.Time) {
					host.hours[m.Time.Unix()/3600]++
				}
			}
		}
		for _, f := range found {
			v := findingView{HostID: host.id, JobID: refs[f.Job]}
			for i, p := range f.Evidence {
				if v.Places = append(v.Places, where(h, p)); i == 0 {
					v.Layer = string(p.Layer)
				}
			}
			s.findings[f] = v
		}
		s.hosts = append(s.hosts, host)
		return nil
	})
	for _, l := range []evidence.Layer{evidence.Live, evidence.Version, evidence.Slack, evidence.Carved, evidence.FromEvent} {
		if layers[string(l)] {
			s.layers = append(s.layers, string(l))
		}
	}
	return s, err
}

type tile struct {
	N     int
	What  string
	Class string
}

func (s *survey) top(r *evidence.Report) any {
	type name struct{ ID, Name string }
	v := struct {
		Hosts, Partial string
		Filters        []evidence.Datum
		Tiles          []tile
		Severities     []string
		HostNames      []name
		Layers         []string
		Overview       *picture
		Found          bool
		Suppressed     bool
	}{Hosts: count(r.Totals.Hosts, "host"), Partial: r.Partial, Filters: r.Filters, Layers: s.layers, Found: len(r.Findings) > 0, Suppressed: len(r.Suppressed) > 0}
	counts := make([]int, len(evidence.Severities))
	for i := range r.Findings {
		counts[rank(r.Findings[i].Severity)]++
	}
	for i, severity := range slices.Backward(evidence.Severities) {
		v.Severities = append(v.Severities, string(severity))
		if counts[i] > 0 {
			v.Tiles = append(v.Tiles, tile{counts[i], string(severity), string(severity)})
		}
	}
	if len(r.Findings) == 0 {
		v.Tiles = append(v.Tiles, tile{0, "findings", ""})
	}
	t := r.Totals
	v.Tiles = append(v.Tiles, tile{t.Hosts, "hosts", ""}, tile{t.Jobs, "jobs", ""}, tile{t.Versions, "versions", ""}, tile{t.Events, "events", ""}, tile{t.Read, "files read", ""})
	if t.Partial > 0 {
		v.Tiles = append(v.Tiles, tile{t.Partial, "read in part", "medium"})
	}
	if t.Failed > 0 {
		v.Tiles = append(v.Tiles, tile{t.Failed, "not readable", "critical"})
	}
	for _, h := range s.hosts {
		v.HostNames = append(v.HostNames, name{h.id, h.name})
	}
	if len(s.hosts) > 1 {
		v.Overview = s.overview()
	}
	return v
}

type findingView struct {
	ID, HostID, JobID, Layer           string
	Class, Severity, Title, Name, Host string
	Time, Confidence, Why, Next        string
	Places                             []string
	Matched                            []evidence.Datum
	Benign, Known, Attack, Rule        string
	Counters                           []string
}

func (s *survey) finding(n int, f *evidence.Finding) findingView {
	v := s.findings[f]
	v.ID, v.Class, v.Severity = fmt.Sprintf("f%d", n+1), class(f.Severity), class(f.Severity)
	v.Title, v.Host, v.Time = title(f), f.Host, stamp(f.Time)
	v.Name = cmp.Or(f.Name, f.Job, "the host")
	v.Confidence, v.Why, v.Next, v.Matched = cmp.Or(string(f.Confidence), "unknown"), f.Why, f.Next, f.Matched
	v.Benign, v.Known, v.Rule = f.Benign, f.Known, f.Rule
	v.Attack = strings.Join(append(slices.Clone(f.Attack.Techniques), f.Attack.Tactics...), ", ")
	if f.Attack.Version != "" && v.Attack != "" {
		v.Attack += " (version " + f.Attack.Version + ")"
	}
	for _, c := range f.D3FEND {
		text := c.ID + " " + c.Name + " (" + c.Tactic
		if c.Inferred {
			text += ", inferred"
		}
		v.Counters = append(v.Counters, text+")")
	}
	return v
}
