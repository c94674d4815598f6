// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package read

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/hunt/collect"
	"github.com/openbits/openbits/hunt/evidence"
)

// eventKey tells whether two records are the same event.
type eventKey struct {
	channel, computer string
	record            uint64
	time              int64
	id                int
}

// tally counts what a log holds.
type tally struct {
	notes
	live, taken, recovered int
	first, last            time.Time
	firstID, lastID        uint64
	gaps                   []evtx.Gap
	exported               bool
	damaged                bool
	channels               map[string]bool
}

// eventLog reads a log: the events that are its own, then those that are left in it from before.
func (r *reader) eventLog(i int, in *evidence.Input, c *collect.Content) {
	log, err := evtx.Open(c, c.Size)
	if errors.Is(err, evtx.ErrNotLog) {
		log, err = evtx.Carve(c, c.Size), nil
	}
	if err != nil {
		in.Status, in.Notes = evidence.Failed, append(in.Notes, err.Error())
		return
	}
	t := &tally{channels: map[string]bool{}}
	for e, err := range log.Events() {
		if r.ctx.Err() != nil {
			break
		}
		if err != nil {
			t.damage(err)
			continue
		}
		t.count(e)
		r.event(i, e, t)
	}
	r.recovered(i, log, 0, t)
	if t.live+t.recovered == 0 && !log.Header().Found {
		in.Status = evidence.Skipped
		in.Notes = append(in.Notes, "no event is in it")
		return
	}
	t.tell(in, log)
}

// recovered takes the events that the log does not count as its own; base is where the log begins in the input.
func (r *reader) recovered(i int, log *evtx.Log, base int64, t *tally) {
	for e, err := range log.Recovered() {
		if r.ctx.Err() != nil {
			return
		}
		if err != nil {
			t.damage(err)
			continue
		}
		if e.System.ID == evtx.Absent || e.System.Channel == "" {
			continue
		}
		e.Place.Offset += base
		if r.event(i, e, t) {
			t.recovered++
		}
	}
}

func (t *tally) damage(err error) {
	t.damaged = true
	t.add(err.Error())
}

// count notes numbers and times of an event that is the log's own.
func (t *tally) count(e *evtx.Event) {
	t.live++
	t.channels[e.System.Channel] = true
	t.exported = t.exported || e.System.RecordID != 0 && e.System.RecordID != e.Record
	if at := e.Time(); !at.IsZero() {
		if t.first.IsZero() || at.Before(t.first) {
			t.first = at
		}
		if at.After(t.last) {
			t.last = at
		}
	}
	if t.lastID != 0 && e.Record > t.lastID+1 {
		t.gaps = append(t.gaps, evtx.Gap{From: t.lastID + 1, To: e.Record - 1})
	}
	if t.firstID == 0 {
		t.firstID = e.Record
	}
	t.lastID = max(t.lastID, e.Record)
}

// tell puts the counts into the input.
func (t *tally) tell(in *evidence.Input, log *evtx.Log) {
	in.About = map[string]string{"events": strconv.Itoa(t.live), "taken": strconv.Itoa(t.taken)}
	if len(t.channels) == 1 {
		for c := range t.channels {
			in.About["channel"] = c
		}
	}
	if t.live > 0 {
		in.About["first"], in.About["last"] = t.first.UTC().Format(time.RFC3339), t.last.UTC().Format(time.RFC3339)
		in.About["first_record"], in.About["last_record"] = strconv.FormatUint(t.firstID, 10), strconv.FormatUint(t.lastID, 10)
	}
	if t.recovered > 0 {
		in.About["recovered"] = strconv.Itoa(t.recovered)
		in.Notes = append(in.Notes, fmt.Sprintf("%d of the events were recovered from places that the log does not count as its own", t.recovered))
	}
	h := log.Header()
	if h.Dirty() {
		in.About["dirty"] = "true"
		in.Notes = append(in.Notes, "the log was open when it was copied (dirty)")
	}
	if h.Full() {
		in.Notes = append(in.Notes, "the log was full: events may have been lost")
	}
	if !h.Found {
		in.Notes = append(in.Notes, "the log has no header")
		t.damaged = true
	}
	t.tellGaps(in)
	if t.damaged {
		in.Status = evidence.Partial
		in.Notes = append(in.Notes, t.list...)
		if t.more > 0 {
			in.Notes = append(in.Notes, fmt.Sprintf("and %d more of the like", t.more))
		}
	}
}

// tellGaps lists numbers that no event of the log has. An exported log has those of the events that were chosen.
func (t *tally) tellGaps(in *evidence.Input) {
	if t.exported {
		in.About["exported"] = "true"
		return
	}
	if len(t.gaps) == 0 {
		return
	}
	var list []string
	missing := uint64(0)
	for i, g := range t.gaps {
		missing += g.To - g.From + 1
		if i < maxNotes {
			list = append(list, fmt.Sprintf("%d-%d", g.From, g.To))
		}
	}
	in.About["gaps"], in.About["missing_records"] = strings.Join(list, ","), strconv.FormatUint(missing, 10)
	in.Notes = append(in.Notes, fmt.Sprintf("%d records are missing between its first and its last, in %d gaps", missing, len(t.gaps)))
}

// event takes an event when it is of interest, and answers whether it did.
func (r *reader) event(i int, e *evtx.Event, t *tally) bool {
	s := &e.System
	asked := r.o.Filter != nil && r.o.Filter.Wants(s.Channel, s.Provider, s.ID)
	rule := lookup(s.Channel, s.ID)
	if rule == nil && !asked {
		return false
	}
	ev := convert(e, i)
	key := eventKey{ev.Channel, ev.Host, ev.Evidence.Record, ev.Time.UnixNano(), ev.ID}
	if r.seen[key] {
		return false
	}
	taken, loose := false, false
	if rule != nil {
		taken = rule(&ev)
		if !taken && r.want.related(&ev) {
			taken, loose = true, true
		}
	}
	if asked && (!taken || loose) && r.o.Filter.Matches(&ev) {
		taken, loose = true, false
	}
	if !taken {
		return false
	}
	r.seen[key] = true
	r.out.Events = append(r.out.Events, ev)
	r.out.Loose = append(r.out.Loose, loose)
	t.taken++
	return true
}

// convert states an event in the vocabulary of evidence.
func convert(e *evtx.Event, input int) evidence.Event {
	s := &e.System
	ev := evidence.Event{
		Time: e.Time().UTC(), Host: s.Computer, Channel: s.Channel, Provider: s.Provider, ID: s.ID, Version: max(s.Version, 0),
		UserSID: s.UserSID, Data: []evidence.Datum{},
	}
	if s.ProcessID != evtx.Absent {
		ev.PID = &s.ProcessID
	}
	for _, f := range e.Fields() {
		ev.Data = append(ev.Data, evidence.Datum{Name: f.Name, Value: f.Value.String()})
	}
	offset := e.Place.Offset
	ev.Evidence = evidence.Place{Input: input, Layer: layerOf(e.Place.Layer), Offset: &offset, Record: e.Record, Damaged: !e.Place.Verified}
	if s.RecordID != 0 {
		ev.Evidence.Record = s.RecordID
	}
	if e.Problem != nil {
		ev.Evidence.Cut = e.Problem.Text
	}
	return ev.Portable() // a damaged time may lie in a year that JSON cannot hold
}

// layerOf translates. Records that the headers do not count yet are what a dirty log looks like: Windows would show them.
func layerOf(l evtx.Layer) evidence.Layer {
	switch l {
	case evtx.Live, evtx.Unlisted:
		return evidence.Live
	case evtx.Slack:
		return evidence.Slack
	}
	return evidence.Carved
}
