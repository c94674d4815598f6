// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join

import (
	"strings"
	"time"
)

// Times within which what has no id in common is taken to belong together. The service logs a call within the second;
// a program may take minutes from making a job to adding files, and a command from its start to its job.
const (
	sameCall = 5 * time.Second
	near     = 10 * time.Minute
)

// mostAlike bounds how many jobs of one name or URL an event is compared with, the newest ones: a forged log may hold a hundred thousand.
const mostAlike = 1024

// known is a job and what events without an id may call it by.
type known struct {
	*job
	name, owner string
	created     bool // an event 3 was tied to it
}

// nameIndex finds jobs by name and by URL.
type nameIndex struct {
	byName, byURL map[string][]*known
}

func (j *joiner) nameIndex() *nameIndex {
	n := &nameIndex{byName: map[string][]*known{}, byURL: map[string][]*known{}}
	for _, b := range j.jobs {
		b.span()
		k := n.job(b)
		for i := range b.Files {
			n.url(k, b.Files[i].URL)
		}
		for _, e := range b.entries {
			n.event(k, e)
		}
	}
	return n
}

// job takes in a job.
func (n *nameIndex) job(b *job) *known {
	k := &known{job: b}
	n.call(k, b.Name)
	return k
}

// event takes in what an event that was tied to a job calls it.
func (n *nameIndex) event(k *known, e *entry) {
	if !isBITS(e) {
		return
	}
	n.call(k, title(e.Event))
	if k.owner == "" {
		k.owner = field(e.Event, ownerFields)
	}
	k.created = k.created || e.ID == 3
	n.url(k, field(e.Event, urlFields))
}

// call names a job: by its record, or else by the first event that has a name.
func (n *nameIndex) call(k *known, name string) {
	if k.name == "" && name != "" {
		k.name = name
		n.byName[name] = append(n.byName[name], k)
	}
}

func (n *nameIndex) url(k *known, url string) {
	url = strings.ToLower(url)
	list := n.byURL[url]
	if url == "" || len(list) > 0 && list[len(list)-1] == k {
		return
	}
	n.byURL[url] = append(list, k)
}

// byTitles ties events of BITS without an id: event 3 of Windows before 10, which has name and owner, and events that have a name
// alone. Event 3 that fits no job makes one.
func (j *joiner) byTitles() {
	n := j.nameIndex()
	for _, e := range j.entries {
		if e.job != nil || !isBITS(e) || !j.ours(e) {
			continue
		}
		name, url := title(e.Event), field(e.Event, urlFields)
		if name == "" && url == "" {
			continue
		}
		alike := n.byName[name]
		if name == "" {
			alike = n.byURL[strings.ToLower(url)]
		}
		k := nearestCalled(e, alike[max(len(alike)-mostAlike, 0):])
		switch {
		case k == nil && e.ID != 3:
			continue
		case k == nil:
			k = n.job(j.make(e, ""))
		}
		j.tie(e, k.job, TieTitle)
		n.event(k, e)
	}
}

// nearestCalled is the job that was there at the event's time, and nearest to it; nil: there is none.
func nearestCalled(e *entry, alike []*known) *known {
	var best *known
	var bestGap time.Duration
	owner := field(e.Event, ownerFields)
	for _, k := range alike {
		if owner != "" && k.owner != "" && !strings.EqualFold(owner, k.owner) {
			continue
		}
		gap, ok := k.gap(e)
		if ok && (best == nil || gap < bestGap) {
			best, bestGap = k, gap
		}
	}
	return best
}

// gap is how far an event is from a job's life; false: too far. Event 3 stands at its beginning.
func (k *known) gap(e *entry) (time.Duration, bool) {
	if k.first.IsZero() {
		return 0, false
	}
	if e.ID == 3 {
		if !k.Created.IsZero() {
			d := e.Time.Sub(k.Created).Abs()
			return d, d <= sameCall
		}
		d := k.first.Sub(e.Time)
		return d.Abs(), d >= -sameCall && d <= near && !k.created
	}
	switch {
	case e.Time.Before(k.first):
		d := k.first.Sub(e.Time)
		return d, d <= near
	case e.Time.After(k.last):
		d := e.Time.Sub(k.last)
		return d, d <= 24*time.Hour
	}
	return 0, true
}
