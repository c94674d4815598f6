// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"fmt"
	"strings"

	"github.com/openbits/openbits"
)

// identify finds the ids of files: rows, and what is left of rows, say which long value belongs to which id. jobs tell ids of files from
// those of jobs.
func identify(files []*File, rows []rowImage, jobs []*Job) {
	wanted := map[GUID]bool{}
	for _, j := range jobs {
		for _, id := range j.FileIDs {
			wanted[id] = true
		}
	}
	ids := map[string]GUID{}
	clash := map[string]bool{}
	for _, r := range rows {
		if !wanted[r.id] {
			continue
		}
		if old, have := ids[r.lid]; have && old != r.id {
			clash[r.lid] = true
		}
		ids[r.lid] = r.id
	}
	for _, f := range files {
		if f.ID != (GUID{}) {
			continue
		}
		for _, p := range append([]Place{f.Place}, f.Copies...) {
			if id, ok := ids[p.LongValue]; ok && p.LongValue != "" && !clash[p.LongValue] {
				f.ID, f.Tie = id, TieID
				break
			}
		}
	}
	spread(files)
}

// spread gives files that no row tells of the id of those with the same three names: a temporary name is made anew for each file.
func spread(files []*File) {
	key := func(f *File) string { return f.Local + "\x00" + f.URL + "\x00" + f.Temporary }
	ids := map[string]GUID{}
	clash := map[string]bool{}
	for _, f := range files {
		if f.ID == (GUID{}) || f.Temporary == "" {
			continue
		}
		if old, have := ids[key(f)]; have && old != f.ID {
			clash[key(f)] = true
		}
		ids[key(f)] = f.ID
	}
	for _, f := range files {
		if id, ok := ids[key(f)]; ok && f.ID == (GUID{}) && !clash[key(f)] {
			f.ID, f.Tie = id, TieGuess
		}
	}
}

// tie gives each job its files.
func (q *Queue) tie() {
	byID := map[GUID][]*File{}
	for _, f := range q.Files {
		if f.ID != (GUID{}) {
			byID[f.ID] = append(byID[f.ID], f)
		}
	}
	tied := map[*File]bool{}
	for _, list := range [...][]*Job{q.Jobs, q.Fragments} {
		for _, j := range list {
			for _, id := range j.FileIDs {
				states := byID[id]
				for _, f := range states {
					tied[f] = true
				}
				if f := bestState(j, states); f != nil {
					t := Tied{File: f, Tie: f.Tie}
					if f.Tie == TieGuess {
						t.Why = "a file whose row is known has the same three names"
					}
					j.Files = append(j.Files, t)
				}
			}
			for _, t := range j.Files {
				tied[t.File] = true
			}
		}
	}
	q.guess(tied)
}

// bestState is the state of a file that fits a job's record best.
func bestState(j *Job, states []*File) *File {
	var best *File
	score := func(f *File) int {
		whole := f.Total >= 0 && f.Transferred == f.Total
		s := -f.Place.Layer.rank()
		if f.Place.Layer == LayerLive && j.Place.Layer == LayerLive {
			s += 100
		}
		if whole == (j.State == openbits.StateTransferred || j.State == openbits.StateAcknowledged) {
			s += 20
		}
		if j.State == openbits.StateSuspended && f.Transferred == 0 {
			s += 5
		}
		if f.Whole {
			s += 10
		}
		return s
	}
	for _, f := range states {
		if best == nil || score(f) > score(best) {
			best = f
		}
	}
	return best
}

// minGuess is the shortest name that a guess may rest on.
const minGuess = 8

// guess ties files that no row tells of to jobs that lack theirs, where the job's name or description is the file's own name.
func (q *Queue) guess(tied map[*File]bool) {
	byName := map[string][]*File{}
	for _, f := range q.Files {
		if tied[f] {
			continue
		}
		for _, name := range [...]string{lastPart(f.Local), lastPart(f.URL), f.Local} {
			if len(name) >= minGuess && !strings.EqualFold(name, "") {
				byName[strings.ToLower(name)] = append(byName[strings.ToLower(name)], f)
			}
		}
	}
	for _, j := range q.Jobs {
		if len(j.FileIDs) != 1 || len(j.Files) > 0 {
			continue
		}
		for _, text := range [...]string{j.Description, j.Name} {
			candidates := byName[strings.ToLower(text)]
			if len(text) < minGuess || len(candidates) == 0 {
				continue
			}
			if f := bestState(j, candidates); sameFile(candidates) {
				j.Files = append(j.Files, Tied{File: f, Tie: TieGuess, Why: fmt.Sprintf("the job is called %q, as the file is", text)})
				break
			}
		}
	}
}

// sameFile reports whether all are states of what can be one file.
func sameFile(files []*File) bool {
	for _, f := range files {
		if f.Local != files[0].Local || f.URL != files[0].URL {
			return false
		}
	}
	return true
}

// lastPart is what follows the last slash or backslash, without a query.
func lastPart(name string) string {
	if i := strings.IndexAny(name, "?#"); i >= 0 && strings.Contains(name, "://") {
		name = name[:i]
	}
	return name[strings.LastIndexAny(name, `/\`)+1:]
}
