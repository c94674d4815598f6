// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"slices"

	"github.com/openbits/openbits/hunt/evidence"
)

// Saved is a host in a saved report.
type Saved struct {
	Member *Member
	Name   string // as the report has it
}

// report lists the hosts of a saved report: their names, as the rest of them is read when it is their turn.
func (w *walker) report(m *Member, c candidate) {
	s, err := c.source.open(w.ctx)
	if err != nil {
		w.unread(m, "it cannot be read: "+reason(err))
		return
	}
	defer s.release()
	rep, err := evidence.ReadReport(s, s.size)
	if err != nil {
		m.Status, m.Notes = evidence.Failed, []string{"it is no report that can be read: " + err.Error()}
		return
	}
	if rep.Partial != "" {
		m.Notes = append(m.Notes, "the report is partial: "+rep.Partial)
	}
	for h, err := range rep.Hosts() {
		if err != nil {
			m.Notes = append(m.Notes, "it was not read to its end: "+err.Error())
			return
		}
		named := h.Named
		if !slices.Contains(namings, named) {
			named = ByReport
		}
		if h.Name == evidence.NoHost {
			named = ""
		}
		w.saved = append(w.saved, &group{name: h.Name, named: named, aliases: h.Aliases, saved: []Saved{{m, h.Name}}})
	}
}
