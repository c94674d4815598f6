// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package read

import (
	"slices"

	"github.com/openbits/openbits/hunt/evidence"
)

// Import adds what a saved report has of the host: its inputs with their hashes, all states of its jobs, its files and events. What was
// joined or judged then is joined and judged anew. from is the path of the report.
func (r *Result) Import(h *evidence.Host, from string) {
	base := len(r.Inputs)
	for _, in := range h.Inputs {
		in.Notes = append(slices.Clone(in.Notes), "as the saved report "+from+" has it")
		r.Inputs = append(r.Inputs, in)
	}
	for _, j := range h.Jobs {
		states := j.Versions
		if len(states) == 0 {
			states = []evidence.Job{j}
		}
		for _, s := range states {
			if s.Evidence.Layer == evidence.FromEvent {
				continue // its events make it again
			}
			s.Versions, s.Timeline, s.Known, s.Masquerade, s.Rarity = nil, nil, "", nil, nil
			s.Evidence.Input += base
			s.Files = slices.DeleteFunc(slices.Clone(s.Files), func(f evidence.File) bool { return f.Evidence.Layer == evidence.FromEvent })
			for i := range s.Files {
				s.Files[i].Evidence.Input += base
			}
			r.Jobs = append(r.Jobs, s)
		}
	}
	for _, f := range h.Files {
		f.Evidence.Input += base
		r.Files = append(r.Files, f)
	}
	for _, e := range h.Events {
		e.Evidence.Input += base
		e.Job, e.Tie = "", ""
		r.Events = append(r.Events, e)
		r.Loose = append(r.Loose, false)
	}
	if r.Windows == "" {
		r.Windows = h.Windows
	}
}
