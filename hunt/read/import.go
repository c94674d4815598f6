// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package read

import (
	"slices"

	"github.com/openbits/openbits/hunt/evidence"
)

// Import adds what a saved report has of the host: its inputs with their hashes, all states of its jobs, its files and events. What was
// joined or judged then is joined and judged anew. What was found in an input whose bytes were read anyway, or that another report has,
// is left out. from is the path of the report.
func (r *Result) Import(h *evidence.Host, from string) {
	base := len(r.Inputs)
	twice := r.addInputs(h.Inputs, from)
	again := func(p evidence.Place) bool { return p.Input >= 0 && p.Input < len(twice) && twice[p.Input] }
	for _, j := range h.Jobs {
		states := j.Versions
		if len(states) == 0 {
			states = []evidence.Job{j}
		}
		for _, s := range states {
			if s.Evidence.Layer == evidence.FromEvent || again(s.Evidence) {
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
		if again(f.Evidence) {
			continue
		}
		f.Evidence.Input += base
		f.Host = ""
		r.Files = append(r.Files, f)
	}
	for _, e := range h.Events {
		if again(e.Evidence) {
			continue
		}
		e.Evidence.Input += base
		e.Job, e.Tie, e.StartedBy = "", "", ""
		r.Events = append(r.Events, e)
		r.Loose = append(r.Loose, false)
	}
	if r.Windows == "" {
		r.Windows = h.Windows
	}
}

// addInputs adds the inputs of a saved report, and tells which of them were read already, whole and with the same bytes.
func (r *Result) addInputs(list []evidence.Input, from string) (twice []bool) {
	have := map[bytesOf]string{}
	for _, in := range r.Inputs {
		whole := in.Status == evidence.Read || in.Status == evidence.Partial && !slices.Contains(in.Notes, notToItsEnd)
		if in.SHA256 != "" && whole {
			have[bytesOf{in.SHA256, in.Size}] = in.Path
		}
	}
	if r.Ended {
		have = nil // what was read may not be whole
	}
	twice = make([]bool, len(list))
	for i, in := range list {
		in.Notes = append(slices.Clone(in.Notes), "as the saved report "+from+" has it")
		if path, ok := have[bytesOf{in.SHA256, in.Size}]; ok && in.SHA256 != "" {
			twice[i] = true
			in.Notes = append(in.Notes, "it has the bytes of "+path+", and is not counted twice")
		}
		r.Inputs = append(r.Inputs, in)
	}
	return twice
}
