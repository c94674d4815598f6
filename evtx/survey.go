// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// Survey is what a log holds, counted, and what is wrong with it.
type Survey struct {
	Header      Header
	Size        int64 // of the stream in bytes
	Chunks      []Chunk
	First, Last time.Time     // of the live events; zero when there are none
	Layers      map[Layer]int // events by where they were found
	States      map[State]int // events by how complete they are
	Kinds       []KindCount   // live events by channel, provider and id
	Computers   []string      // names in live events, in order
	Gaps        []Gap         // identifiers that live records leave out
	Exported    bool          // the log is a copy of events of other logs: its records are numbered anew
	Problems    []*Error      // of the log, in the order they were met; at most MaxProblems
	More        int           // problems beyond those
}

// MaxProblems is how many problems a survey keeps.
const MaxProblems = 1000

// KindCount is how many events there are of a kind.
type KindCount struct {
	Channel  string
	Provider string
	ID       int
	Count    int
}

// Gap is a range of record identifiers that no live record has, between two that do.
type Gap struct{ From, To uint64 }

// Survey reads the whole log.
func (l *Log) Survey() *Survey {
	s := &surveyor{
		Survey: Survey{Header: l.header, Size: l.size, Chunks: l.chunks, Layers: map[Layer]int{}, States: map[State]int{}},
		kinds:  map[KindCount]int{}, computers: map[string]bool{},
	}
	for _, p := range l.problems() {
		s.problem(p)
	}
	for e, err := range l.Events() {
		s.add(e, err)
		if e != nil {
			s.live(e)
		}
	}
	for e, err := range l.Recovered() {
		s.add(e, err)
	}
	return s.finish()
}

type surveyor struct {
	Survey
	kinds     map[KindCount]int
	computers map[string]bool
	last      uint64 // identifier of the last live record
}

func (s *surveyor) problem(p *Error) {
	if len(s.Problems) < MaxProblems {
		s.Problems = append(s.Problems, p)
	} else {
		s.More++
	}
}

func (s *surveyor) add(e *Event, err error) {
	var p *Error
	if errors.As(err, &p) {
		s.problem(p)
	}
	if e == nil {
		return
	}
	s.Layers[e.Place.Layer]++
	s.States[e.State]++
	if e.Problem != nil && e.Place.Layer == Live {
		s.problem(e.Problem)
	}
}

func (s *surveyor) live(e *Event) {
	s.kinds[KindCount{Channel: e.System.Channel, Provider: e.System.Provider, ID: e.System.ID}]++
	if e.System.Computer != "" {
		s.computers[e.System.Computer] = true
	}
	t := e.Time()
	if s.First.IsZero() || t.Before(s.First) {
		s.First = t
	}
	if t.After(s.Last) {
		s.Last = t
	}
	if s.last != 0 && e.Record > s.last+1 {
		s.Gaps = append(s.Gaps, Gap{s.last + 1, e.Record - 1})
	}
	s.last = e.Record
	if e.System.RecordID != 0 && e.System.RecordID != e.Record {
		s.Exported = true
	}
}

func (s *surveyor) finish() *Survey {
	for kind, n := range s.kinds {
		kind.Count = n
		s.Kinds = append(s.Kinds, kind)
	}
	slices.SortFunc(s.Kinds, func(a, b KindCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.ID, b.ID))
	})
	for name := range s.computers {
		s.Computers = append(s.Computers, name)
	}
	slices.Sort(s.Computers)
	return &s.Survey
}

// problems are those of the file as a whole.
func (l *Log) problems() (all []*Error) {
	if l.base == noGrid {
		return nil
	}
	note := func(at int64, kind error, text string) {
		all = append(all, &Error{Chunk: NoChunk, Offset: at, Text: text, Kind: kind})
	}
	h := &l.header
	switch {
	case !h.Found:
		note(0, ErrDamaged, "the file's header is gone")
	case !h.Valid:
		note(0, ErrChecksum, "the checksum of the file's header does not fit")
	}
	if h.Found && h.Major != 3 {
		note(38, ErrDamaged, "the format's major version is not 3")
	}
	if h.Valid && !h.Dirty() {
		if n := l.slots(); n < int(h.ChunkCount) {
			note(l.size, ErrTruncated, "the header counts more chunks than the file has room for")
		}
	}
	if rest := (l.size - l.base) % chunkSize; rest != 0 {
		note(l.size, ErrTruncated, "the file ends in the middle of a chunk")
	}
	known := map[int]bool{}
	for _, c := range l.chunks {
		known[c.Number] = true
	}
	for i := range l.slots() {
		if h.Valid && i < int(h.ChunkCount) && !known[i] {
			all = append(all, &Error{Chunk: i, Offset: l.base + int64(i)*chunkSize, Text: "there is no chunk where the header counts one", Kind: ErrDamaged})
		}
	}
	return all
}
