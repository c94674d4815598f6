// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strconv"
)

// Schema names the form of the JSON report. Its number grows when a reader of the old form would misunderstand the new one.
const Schema = "openbits-hunt/1"

// line is a host as the JSON form has it: what is known of it, and how many elements of each list are its own. The lists
// hold the hosts' elements one host after another, in this order.
type line struct {
	Name    string   `json:"name"`
	Named   string   `json:"named"`
	Aliases []string `json:"aliases,omitempty"`
	Windows string   `json:"windows,omitempty"`
	Inputs  int      `json:"inputs"`
	Jobs    int      `json:"jobs"`
	Files   int      `json:"files"`
	Events  int      `json:"events"`
}

// WriteJSON writes the report as one JSON object with a line for each element of its lists. "input" of a place and "event" of a
// moment count within the lists of the report, not of the host as they do in memory. Hosts come one after another, once for
// each list: however many there are, no more than one is held. The same report is the same bytes.
func (r *Report) WriteJSON(w io.Writer) error {
	out := writer{w: bufio.NewWriterSize(w, 1<<16)}
	out.field("{", "tool", r.Tool)
	out.field(",\n", "schema", Schema)
	if r.Partial != "" {
		out.field(",\n", "partial", r.Partial)
	}
	out.field(",\n", "filters", full(r.Filters))
	out.field(",\n", "totals", r.Totals)
	out.field(",\n", "suppressed", full(r.Suppressed))

	var hosts []line
	first := numbers{}
	var next number
	err := out.list("inputs", r, func(h *Host) {
		for i := range h.Inputs {
			out.element(&h.Inputs[i])
		}
		first[h.Name] = next
		next.input += len(h.Inputs)
		next.event += len(h.Events)
		hosts = append(hosts, line{h.Name, h.Named, h.Aliases, h.Windows, len(h.Inputs), len(h.Jobs), len(h.Files), len(h.Events)})
	})
	if err != nil {
		return err
	}
	out.open("hosts")
	for i := range hosts {
		out.element(hosts[i])
	}
	out.close()
	for _, part := range []struct {
		name string
		each func(h *Host, n number)
	}{
		{"jobs", func(h *Host, n number) {
			for i := range h.Jobs {
				out.element(h.Jobs[i].numbered(n))
			}
		}},
		{"files", func(h *Host, n number) {
			for i := range h.Files {
				out.element(h.Files[i].numbered(n))
			}
		}},
		{"events", func(h *Host, n number) {
			for i := range h.Events {
				out.element(h.Events[i].numbered(n))
			}
		}},
	} {
		if err := out.list(part.name, r, func(h *Host) { part.each(h, first[h.Name]) }); err != nil {
			return err
		}
	}
	out.open("findings")
	for i := range r.Findings {
		out.element(r.Findings[i].numbered(first[r.Findings[i].Host]))
	}
	out.close()
	out.text("\n}\n")
	return out.flush()
}

// full is a list that is never null in JSON.
func full[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// writer writes JSON and keeps the first error.
type writer struct {
	w     *bufio.Writer
	buf   bytes.Buffer
	count int
	err   error
}

func (w *writer) text(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

// value writes v without the escapes that only matter inside HTML: URLs stay readable.
func (w *writer) value(v any) {
	if w.err != nil {
		return
	}
	w.buf.Reset()
	e := json.NewEncoder(&w.buf)
	e.SetEscapeHTML(false)
	if w.err = e.Encode(v); w.err == nil {
		_, w.err = w.w.Write(replaced(bytes.TrimSuffix(w.buf.Bytes(), []byte("\n"))))
	}
}

// replaced writes the character that stands for bytes that are no text as itself, not as the escape that encoding/json makes
// of it: a report that was read and written again is the same.
func replaced(data []byte) []byte {
	escape := []byte(`\ufffd`)
	if !bytes.Contains(data, escape) {
		return data
	}
	out := data[:0] // what is written is never longer than what was read
	for i := 0; i < len(data); {
		switch {
		case bytes.HasPrefix(data[i:], escape):
			out = append(out, "\ufffd"...)
			i += len(escape)
		case data[i] == '\\' && i+1 < len(data):
			out = append(out, data[i], data[i+1])
			i += 2
		default:
			out = append(out, data[i])
			i++
		}
	}
	return out
}

func (w *writer) field(before, name string, v any) {
	w.text(before + strconv.Quote(name) + ":")
	w.value(v)
}

func (w *writer) open(name string) {
	w.text(",\n" + strconv.Quote(name) + ":[")
	w.count = 0
}

func (w *writer) element(v any) {
	if w.count++; w.count > 1 {
		w.text(",")
	}
	w.text("\n")
	w.value(v)
}

func (w *writer) close() {
	if w.count > 0 {
		w.text("\n")
	}
	w.text("]")
}

// list writes a list that each host adds to.
func (w *writer) list(name string, r *Report, each func(h *Host)) error {
	w.open(name)
	if r.Hosts != nil {
		for h, err := range r.Hosts() {
			if err != nil {
				return err
			}
			each(h)
			if w.err != nil {
				return w.err
			}
		}
	}
	w.close()
	return w.err
}

func (w *writer) flush() error {
	if w.err != nil {
		return w.err
	}
	return w.w.Flush()
}
