// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"io"

	"github.com/openbits/openbits/hunt/evidence"
)

// lines writes a JSON value a line.
type lines struct{ e *json.Encoder }

func newLines(w io.Writer) lines {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return lines{e}
}

func (l lines) write(v any) error { return l.e.Encode(v) }

// head is what each line begins with: the kind of its record, its host, and the path of the input that it was found in. "input" of
// places counts within the inputs of the host, whose lines carry it as "index".
type head struct {
	Record string `json:"record"`
	Of     string `json:"host_name,omitempty"`
	Source string `json:"source,omitempty"`
}

// writeJSONL writes everything, a record a line: tool, host, input, job, version, file, event, finding, suppressed. Versions and
// findings have lines of their own, with the ref of their job.
func writeJSONL(w io.Writer, r *evidence.Report, _ Look) error {
	out := newLines(w)
	err := out.write(struct {
		head
		evidence.Tool
		Partial string           `json:"partial,omitempty"`
		Filters []evidence.Datum `json:"filters,omitempty"`
		Totals  evidence.Totals  `json:"totals"`
	}{head{Record: "tool"}, r.Tool, r.Partial, r.Filters, r.Totals})
	if err != nil {
		return err
	}
	if err := walk(r, func(h *evidence.Host, found []*evidence.Finding) error { return jsonlHost(out, h, found) }); err != nil {
		return err
	}
	for _, s := range r.Suppressed {
		err := out.write(struct {
			head
			evidence.Suppressed
		}{head{Record: "suppressed"}, s})
		if err != nil {
			return err
		}
	}
	return nil
}

func jsonlHost(out lines, h *evidence.Host, found []*evidence.Finding) error {
	at := func(kind string, p evidence.Place) head { return head{kind, h.Name, source(h, p)} }
	var err error
	write := func(v any) {
		if err == nil {
			err = out.write(v)
		}
	}
	write(struct {
		head
		Named   string   `json:"named"`
		Aliases []string `json:"aliases,omitempty"`
		Windows string   `json:"windows,omitempty"`
	}{head{Record: "host", Of: h.Name}, h.Named, h.Aliases, h.Windows})
	for i, in := range h.Inputs {
		write(struct {
			head
			Index int `json:"index"`
			evidence.Input
		}{head{Record: "input", Of: h.Name}, i, in})
	}
	type job struct {
		head
		Version int `json:"version,omitempty"` // from 1, the oldest
		evidence.Job
	}
	for i := range h.Jobs {
		j := h.Jobs[i].Portable()
		versions := j.Versions
		j.Versions = nil
		write(job{at("job", j.Evidence), 0, j})
		for k, v := range versions {
			write(job{at("version", v.Evidence), k + 1, v})
		}
	}
	for i := range h.Files {
		f := h.Files[i].Portable()
		write(struct {
			head
			evidence.File
		}{at("file", f.Evidence), f})
	}
	for i := range h.Events {
		e := h.Events[i].Portable()
		write(struct {
			head
			evidence.Event
		}{at("event", e.Evidence), e})
	}
	for _, f := range found {
		first := evidence.Place{Input: -1}
		if len(f.Evidence) > 0 {
			first = f.Evidence[0]
		}
		write(struct {
			head
			evidence.Finding
		}{at("finding", first), f.Portable()})
	}
	return err
}
