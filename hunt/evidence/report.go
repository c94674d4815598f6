// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import "iter"

// Status says what became of an input.
type Status string

const (
	Read    Status = "read"    // whole
	Partial Status = "partial" // as far as it goes; Notes say what is missing
	Skipped Status = "skipped" // nothing in it that this program reads
	Failed  Status = "failed"  // it could not be read
)

// Input is one thing that was looked at: a file, or a member of an archive.
type Input struct {
	Path   string            `json:"path"` // archive members as "case.zip!/C/…"
	SHA256 string            `json:"sha256,omitempty"`
	After  string            `json:"sha256_after,omitempty"` // only when it changed meanwhile
	Size   int64             `json:"size"`
	Kind   string            `json:"kind,omitempty"` // qmgr.db, qmgr.dat, evtx, ese_log, report, zip, carved, …
	Host   string            `json:"host"`
	Status Status            `json:"status"`
	Notes  []string          `json:"notes,omitempty"`
	About  map[string]string `json:"about,omitempty"` // facts such as build, state, generations_needed, records, gaps
}

// NoHost is the name of the host that has the inputs which belong to no computer: what could not be read or was not opened, and
// archives that hold several computers.
const NoHost = "(no host)"

// Host is everything of one computer.
type Host struct {
	Name     string    `json:"name"`
	Named    string    `json:"named"`             // by what: registry, events, report, folder; empty of NoHost
	Aliases  []string  `json:"aliases,omitempty"` // other names that were seen for it
	Windows  string    `json:"windows,omitempty"`
	Inputs   []Input   `json:"inputs"`
	Jobs     []Job     `json:"jobs"`
	Files    []File    `json:"files"` // that no job could be tied to
	Events   []Event   `json:"events"`
	Findings []Finding `json:"findings"`
}

// Tool says what made a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Rules   string `json:"rules"`  // digest of the rules that were used
	Attack  string `json:"attack"` // version of ATT&CK
	D3FEND  string `json:"d3fend"` // version of D3FEND
}

// Report is the result of a hunt. Findings are in memory; the hosts come one after another from Hosts, which may be
// called as often as wished, and in the order of their names.
type Report struct {
	Tool       Tool
	Partial    string // why it ended early, in words; empty: it did not
	Filters    []Datum
	Findings   []Finding // of all hosts, worst first
	Suppressed []Suppressed
	Totals     Totals
	Hosts      func() iter.Seq2[*Host, error]
}

// Totals count what a report holds.
type Totals struct {
	Hosts    int `json:"hosts"`
	Inputs   int `json:"inputs"`
	Read     int `json:"read"`
	Partial  int `json:"partial"`
	Skipped  int `json:"skipped"`
	Failed   int `json:"failed"`
	Jobs     int `json:"jobs"`
	Versions int `json:"versions"`
	Files    int `json:"files"`
	Events   int `json:"events"`
}

// InputOf is the input that a place of this host is in, nil when there is none.
func (h *Host) InputOf(p Place) *Input {
	if p.Input < 0 || p.Input >= len(h.Inputs) {
		return nil
	}
	return &h.Inputs[p.Input]
}

// EventOf is the event that a moment of this host tells of, nil when there is none.
func (h *Host) EventOf(m Moment) *Event {
	if m.Event < 1 || m.Event > len(h.Events) {
		return nil
	}
	return &h.Events[m.Event-1]
}

// Add counts what a host has. Inputs that belong to no computer make none.
func (t *Totals) Add(h *Host) {
	if h.Name != NoHost {
		t.Hosts++
	}
	t.Inputs += len(h.Inputs)
	for i := range h.Inputs {
		switch h.Inputs[i].Status {
		case Read:
			t.Read++
		case Partial:
			t.Partial++
		case Skipped:
			t.Skipped++
		case Failed:
			t.Failed++
		}
	}
	t.Jobs += len(h.Jobs)
	for i := range h.Jobs {
		t.Versions += len(h.Jobs[i].Versions)
	}
	t.Files += len(h.Files)
	t.Events += len(h.Events)
}
