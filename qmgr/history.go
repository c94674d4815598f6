// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// History is all states of one job.
type History struct {
	ID       GUID
	Versions []*Job  // oldest first
	Best     *Job    // the live state, else the newest of those in the strongest layer
	Files    []*File // all states of its files that were found, in the order of the places
}

// Histories puts the states of each job in order: by the time of its last change, then by the numbers of their long values, which BITS
// counts up, then by place. Jobs come in the order of their oldest state. Records without an id are among them where the id of
// a file ties them to one job alone.
func (q *Queue) Histories() []History {
	byID := map[GUID]*History{}
	var list []*History
	ownerOf := map[GUID]GUID{} // of a file
	for _, j := range q.Jobs {
		h := byID[j.ID]
		if h == nil {
			h = &History{ID: j.ID}
			byID[j.ID] = h
			list = append(list, h)
		}
		h.Versions = append(h.Versions, j)
		for _, id := range j.FileIDs {
			if old, have := ownerOf[id]; have && old != j.ID {
				ownerOf[id] = GUID{}
			} else {
				ownerOf[id] = j.ID
			}
		}
	}
	for _, j := range q.Fragments {
		for _, id := range j.FileIDs {
			if h := byID[ownerOf[id]]; h != nil {
				h.Versions = append(h.Versions, j)
				break
			}
		}
	}
	byFile := map[GUID][]int{}
	index := map[*File]int{}
	for i, f := range q.Files {
		index[f] = i
		if f.ID != (GUID{}) {
			byFile[f.ID] = append(byFile[f.ID], i)
		}
	}
	for _, h := range list {
		h.settle()
		for _, i := range h.fileIndexes(byFile, index) {
			h.Files = append(h.Files, q.Files[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *History) int { return older(a.Versions[0], b.Versions[0]) })
	out := make([]History, len(list))
	for i, h := range list {
		out[i] = *h
	}
	return out
}

// settle orders the states and chooses the best.
func (h *History) settle() {
	slices.SortStableFunc(h.Versions, older)
	for _, j := range h.Versions {
		if h.Best == nil || !j.HeadLost && (h.Best.HeadLost || j.Place.Layer.rank() <= h.Best.Place.Layer.rank()) {
			h.Best = j
		}
	}
}

// fileIndexes lists the states of the job's files: those with an id that the job names, and those that were tied to it otherwise.
func (h *History) fileIndexes(byFile map[GUID][]int, index map[*File]int) []int {
	have := map[int]bool{}
	done := map[GUID]bool{}
	for _, j := range h.Versions {
		for _, id := range j.FileIDs {
			if done[id] {
				continue
			}
			done[id] = true
			for _, i := range byFile[id] {
				have[i] = true
			}
		}
		for _, t := range j.Files {
			if i, ok := index[t.File]; ok {
				have[i] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(have))
}

// older orders states of jobs. Those whose time is not known come first.
func older(a, b *Job) int {
	return cmp.Or(a.Modified.Compare(b.Modified), cmp.Compare(number(a.Place), number(b.Place)),
		cmp.Compare(b.Place.Layer.rank(), a.Place.Layer.rank()), cmp.Compare(a.Place.Offset, b.Place.Offset))
}

// number is that of the long value: those of 64 bits came after those of 32.
func number(p Place) uint64 {
	n, err := strconv.ParseUint(p.LongValue, 16, 64)
	if err != nil {
		return 0
	}
	return n
}

// Loose lists the files that are tied to no job.
func (q *Queue) Loose() []*File {
	tied := map[*File]bool{}
	ids := map[GUID]bool{}
	for _, list := range [...][]*Job{q.Jobs, q.Fragments} {
		for _, j := range list {
			for _, id := range j.FileIDs {
				ids[id] = true
			}
			for _, t := range j.Files {
				tied[t.File] = true
			}
		}
	}
	var loose []*File
	for _, f := range q.Files {
		if !tied[f] && (f.ID == (GUID{}) || !ids[f.ID]) {
			loose = append(loose, f)
		}
	}
	return loose
}
