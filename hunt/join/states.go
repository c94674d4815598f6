// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
)

// rank orders layers, the strongest first.
func rank(l evidence.Layer) int {
	return slices.Index([]evidence.Layer{evidence.Live, evidence.Version, evidence.Slack, evidence.Carved, evidence.FromEvent}, l)
}

// group makes one job of all states with the same id. A state without an id is a job by itself.
func (j *joiner) group(states []evidence.Job) {
	states = headless(states)
	for _, s := range states {
		b := j.byID[s.ID]
		if s.ID == "" || b == nil {
			b = &job{}
			j.jobs = append(j.jobs, b)
			if s.ID != "" {
				j.byID[s.ID] = b
			}
		}
		b.states = append(b.states, s)
	}
	for _, b := range j.jobs {
		b.states = distinctStates(b.states)
		b.choose()
	}
}

// headless gives records that lost their beginning, and with it their id, to the job that was created at the same instant: the
// times have a resolution of 100 ns.
func headless(states []evidence.Job) []evidence.Job {
	ids := map[time.Time]string{} // "" where several jobs were
	for _, s := range states {
		if s.ID == "" || s.Created.IsZero() {
			continue
		}
		if id, ok := ids[s.Created]; ok && id != s.ID {
			ids[s.Created] = ""
		} else {
			ids[s.Created] = s.ID
		}
	}
	out := slices.Clone(states)
	for i := range out {
		s := &out[i]
		if id := ids[s.Created]; s.ID == "" && id != "" {
			s.ID, s.Ref = id, id
			s.Evidence.Cut += "; taken for a state of this job as it was created at the same instant"
		}
	}
	return out
}

// distinctStates keeps one of each state, that of the strongest layer, and orders them, the oldest first. States of the same
// time stay in the order in which they were read, which is that of their writing.
func distinctStates(states []evidence.Job) []evidence.Job {
	if len(states) == 1 {
		return states
	}
	at := map[string]int{}
	var out []evidence.Job
	for _, s := range states {
		key := contentOf(s)
		if i, ok := at[key]; ok {
			if rank(s.Evidence.Layer) < rank(out[i].Evidence.Layer) {
				out[i] = s
			}
			continue
		}
		at[key] = len(out)
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b evidence.Job) int { return a.Modified.Compare(b.Modified) })
	return out
}

// contentOf is a state without where it was found.
func contentOf(s evidence.Job) string {
	s.Evidence, s.Host, s.Ref = evidence.Place{Cut: s.Evidence.Cut}, "", ""
	s.Files = slices.Clone(s.Files)
	for i := range s.Files {
		s.Files[i].Evidence = evidence.Place{}
	}
	b, err := json.Marshal(s)
	if err != nil {
		return s.ID
	}
	return string(b)
}

// choose takes the state that the job is shown in: the live one, else the newest of the strongest layer, whole ones before
// those that are cut.
func (b *job) choose() {
	best := 0
	for i := range b.states {
		if better(&b.states[i], &b.states[best]) {
			best = i
		}
	}
	b.Job = b.states[best]
	for i := len(b.states) - 1; i >= 0; i-- {
		b.fill(&b.states[i])
	}
	if len(b.states) > 1 {
		b.Versions = b.states
	}
}

func better(a, b *evidence.Job) bool {
	ra, rb := rank(a.Evidence.Layer), rank(b.Evidence.Layer)
	ca, cb := a.Evidence.Cut != "", b.Evidence.Cut != ""
	switch {
	case ra != rb:
		return ra < rb
	case ca != cb:
		return cb
	}
	return !a.Modified.Before(b.Modified) // of two of the same time the later one
}

// fill adds what the chosen state does not reach, as its record is cut, or as its files were not found.
func (b *job) fill(s *evidence.Job) {
	if len(b.Files) == 0 && len(s.Files) > 0 {
		b.Files, b.BytesTotal, b.BytesDone, b.FilesDone = s.Files, s.BytesTotal, s.BytesDone, s.FilesDone
		b.FilesTotal = max(b.FilesTotal, s.FilesTotal)
	}
	if b.Evidence.Cut == "" {
		return
	}
	if b.Name == "" && b.Owner.ID == "" {
		b.Name, b.Description, b.Owner = s.Name, s.Description, s.Owner
	}
	if b.Notify == nil {
		b.Notify = s.Notify
	}
	if b.Creator == nil {
		b.Creator = s.Creator
	}
	if b.Created.IsZero() {
		b.Created, b.Modified, b.Completed = s.Created, s.Modified, s.Completed
	}
}

// distinctFiles keeps one of each file that no job could be tied to.
func distinctFiles(files []evidence.File) []evidence.File {
	at := map[string]int{}
	out := []evidence.File{}
	for _, f := range files {
		bare := f
		bare.Evidence = evidence.Place{}
		b, err := json.Marshal(bare)
		if err != nil {
			continue // strings and numbers always can
		}
		if i, ok := at[string(b)]; ok {
			if rank(f.Evidence.Layer) < rank(out[i].Evidence.Layer) {
				out[i] = f
			}
			continue
		}
		at[string(b)] = len(out)
		out = append(out, f)
	}
	return out
}

// span sets from when to when the job is known to have been there.
func (b *job) span() {
	see := func(t time.Time) {
		if t.IsZero() {
			return
		}
		if b.first.IsZero() || t.Before(b.first) {
			b.first = t
		}
		if t.After(b.last) {
			b.last = t
		}
	}
	for _, s := range append(slices.Clone(b.states), b.Job) {
		see(s.Created)
		see(s.Modified)
		see(s.Completed)
	}
	for _, e := range b.entries {
		see(e.Time)
	}
}

// adopt gives files that no row ties to a job to the job whose events name them: by URL and path, or by a URL that only one job has.
func (j *joiner) adopt() {
	byURL := map[string][]*job{}
	for _, b := range j.jobs {
		for i := range b.Files {
			u := strings.ToLower(b.Files[i].URL)
			if l := byURL[u]; b.Files[i].Tie == tieEvent && (len(l) == 0 || l[len(l)-1] != b) {
				byURL[u] = append(l, b)
			}
		}
	}
	byName := map[string]*job{}
	for _, b := range j.jobs {
		if len(b.Files) == 0 && strings.ContainsAny(b.Name, `\/`) {
			byName[strings.ToLower(b.Name)] = b
		}
	}
	// Strongest layers first, so that the state that is kept of a file is the best one.
	slices.SortStableFunc(j.files, func(a, b evidence.File) int { return cmp.Compare(rank(a.Evidence.Layer), rank(b.Evidence.Layer)) })
	j.files = slices.DeleteFunc(j.files, func(f evidence.File) bool {
		if b := byName[strings.ToLower(f.Path)]; b != nil && len(b.Files) == 0 {
			f.Tie = "guess: the job bears the name of its local file"
			b.Files = []evidence.File{f}
			b.FilesTotal = max(b.FilesTotal, 1)
			return true
		}
		jobs := byURL[strings.ToLower(f.URL)]
		for _, b := range jobs {
			for i := range b.Files {
				if have := &b.Files[i]; have.Tie == tieEvent && strings.EqualFold(have.URL, f.URL) && have.Path != "" && strings.EqualFold(have.Path, f.Path) {
					f.Tie = tieEvent
					*have = f
					return true
				}
			}
		}
		if len(jobs) != 1 {
			return false
		}
		for i := range jobs[0].Files {
			if have := &jobs[0].Files[i]; have.Tie == tieEvent && strings.EqualFold(have.URL, f.URL) && have.Path == "" {
				f.Tie = "guess: the job's events name its URL, and no other job does"
				*have = f
				return true
			}
		}
		return false
	})
}

// tieEvent is the tie of a file that an event names with its job.
const tieEvent = "event"
