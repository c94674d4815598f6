// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"slices"
	"time"
)

// number is where a host's inputs and events begin in the lists of a report.
type number struct{ input, event int }

type numbers map[string]number

// back undoes n.
func (n number) back() number { return number{-n.input, -n.event} }

func (p Place) numbered(n number) Place {
	p.Input += n.input
	return p
}

// portable is a time as JSON can hold it: UTC, and none where a damaged record gives a year that has no four digits.
func portable(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// numbered is a copy of the job whose places and events count from n. What it shares with j is not changed.
func (j Job) numbered(n number) Job {
	for _, t := range []*time.Time{&j.Created, &j.Modified, &j.Completed, &j.Expires} {
		*t = portable(*t)
	}
	j.Evidence = j.Evidence.numbered(n)
	j.Files = slices.Clone(j.Files)
	for i := range j.Files {
		j.Files[i] = j.Files[i].numbered(n)
	}
	j.Timers = slices.Clone(j.Timers)
	for i := range j.Timers {
		j.Timers[i].Start, j.Timers[i].Deadline = portable(j.Timers[i].Start), portable(j.Timers[i].Deadline)
	}
	j.Versions = slices.Clone(j.Versions)
	for i := range j.Versions {
		j.Versions[i] = j.Versions[i].numbered(n)
	}
	j.Timeline = slices.Clone(j.Timeline)
	for i := range j.Timeline {
		m := &j.Timeline[i]
		m.Time, m.Place = portable(m.Time), m.Place.numbered(n)
		if m.Event > 0 {
			m.Event = max(0, m.Event+n.event)
		}
	}
	return j
}

func (f File) numbered(n number) File {
	f.Modified, f.Evidence = portable(f.Modified), f.Evidence.numbered(n)
	return f
}

func (e Event) numbered(n number) Event {
	e.Time, e.Evidence, e.Data = portable(e.Time), e.Evidence.numbered(n), full(e.Data)
	return e
}

func (f Finding) numbered(n number) Finding {
	f.Time, f.Evidence = portable(f.Time), slices.Clone(full(f.Evidence))
	for i := range f.Evidence {
		f.Evidence[i] = f.Evidence[i].numbered(n)
	}
	f.Attack.Techniques, f.Attack.Tactics = full(f.Attack.Techniques), full(f.Attack.Tactics)
	return f
}

// Portable is a copy of the job that JSON can hold: times in UTC, and no time where a damaged record gives one that has no year of
// four digits. WriteJSON does the same.
func (j Job) Portable() Job { return j.numbered(number{}) }

// Portable is described at Job, as are the others.
func (f File) Portable() File       { return f.numbered(number{}) }
func (e Event) Portable() Event     { return e.numbered(number{}) }
func (f Finding) Portable() Finding { return f.numbered(number{}) }
