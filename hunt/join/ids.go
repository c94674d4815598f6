// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
)

// Events of BITS name the same thing by different names, from version to version and from event to event.
var (
	idFields    = []string{"jobId", "Id", "JobGuid", "Job"}
	titleFields = []string{"jobTitle", "name", "Title", "jobName", "Job", "string"}
	ownerFields = []string{"jobOwner", "Owner", "string2"}
	urlFields   = []string{"RemoteName", "url"}
)

func isBITS(e *entry) bool {
	return strings.HasPrefix(strings.ToLower(e.Channel), "microsoft-windows-bits-client/")
}

// field is the first of several fields that has a value.
func field(e *evidence.Event, names []string) string {
	for _, n := range names {
		if v := e.Field(n); v != "" {
			return v
		}
	}
	return ""
}

// jobID is the id of the job that an event of BITS names. Field Id of other events may be something else, but no GUID of a job.
func jobID(e *evidence.Event) string {
	for _, n := range idFields {
		if id := evidence.NormalGUID(e.Field(n)); id != "" {
			return id
		}
	}
	return ""
}

// title is the job's name; a field that holds its id instead is not taken for it.
func title(e *evidence.Event) string {
	for _, n := range titleFields {
		if v := e.Field(n); v != "" && evidence.NormalGUID(v) == "" {
			return v
		}
	}
	return ""
}

// byIDs ties events that name a job's id. An event of BITS with an id that no queue holds makes a job.
func (j *joiner) byIDs() {
	for _, e := range j.entries {
		if !isBITS(e) || !j.ours(e) {
			continue
		}
		if e.PID != nil {
			j.services[*e.PID] = true
		}
		id := jobID(e.Event)
		if id == "" {
			continue
		}
		b := j.byID[id]
		if b == nil {
			b = j.make(e, id)
		}
		j.tie(e, b, TieID)
	}
	j.inTexts()
}

// make starts a job of which only events tell.
func (j *joiner) make(e *entry, id string) *job {
	b := &job{}
	b.ID, b.Ref = id, id
	b.Evidence = e.Evidence
	b.Evidence.Layer = evidence.FromEvent
	if id == "" {
		b.Ref = fmt.Sprintf("%d:%d", e.Evidence.Input, offset(e.Evidence))
	} else {
		j.byID[id] = b
	}
	j.jobs = append(j.jobs, b)
	return b
}

var guidInText = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// inTexts ties commands and scripts that name a job by its id, as bitsadmin takes it.
func (j *joiner) inTexts() {
	for _, e := range j.entries {
		if e.job != nil || isBITS(e) || !j.ours(e) {
			continue
		}
		for _, text := range texts(e.Event) {
			if !strings.Contains(text, "-") || len(j.byID) == 0 {
				continue
			}
			for _, g := range guidInText.FindAllString(text, 64) {
				if b := j.byID[strings.ToLower(g)]; b != nil && e.job == nil {
					j.tie(e, b, TieID)
				}
			}
		}
	}
}

// texts are the values of an event that hold commands or scripts.
func texts(e *evidence.Event) []string {
	var list []string
	for i := range e.Data {
		switch strings.ToLower(e.Data[i].Name) {
		case "commandline", "processcommandline", "scriptblocktext", "payload", "contextinfo", "data", "actionname", "taskcontent", "#0", "#1":
			list = append(list, e.Data[i].Value)
		}
	}
	return list
}

// Times within which what has no id in common is taken to belong together. The service logs a call within the second;
// a program may take minutes from making a job to adding files, and a command from its start to its job.
const (
	sameCall = 5 * time.Second
	near     = 10 * time.Minute
)

// byTitles ties events of BITS without an id: event 3 of Windows before 10, which has name and owner, and events that have a name
// alone. Event 3 that fits no job makes one.
func (j *joiner) byTitles() {
	for _, b := range j.jobs {
		b.span()
	}
	for _, e := range j.entries {
		if e.job != nil || !isBITS(e) || !j.ours(e) {
			continue
		}
		name := title(e.Event)
		if name == "" && field(e.Event, urlFields) == "" {
			continue
		}
		if b := j.titled(e, name); b != nil {
			j.tie(e, b, TieTitle)
		} else if e.ID == 3 {
			j.tie(e, j.make(e, ""), TieTitle)
		}
	}
}

// titled finds the job of that name that was there at the event's time, and nearest to it.
func (j *joiner) titled(e *entry, name string) *job {
	var best *job
	var bestGap time.Duration
	url := strings.ToLower(field(e.Event, urlFields))
	for _, b := range j.jobs {
		if name != "" && b.title() != name || name == "" && !b.hasURL(url) {
			continue
		}
		if o, own := field(e.Event, ownerFields), b.owner(); o != "" && own != "" && !strings.EqualFold(o, own) {
			continue
		}
		gap, ok := b.gap(e)
		if ok && (best == nil || gap < bestGap) {
			best, bestGap = b, gap
		}
	}
	return best
}

// gap is how far an event is from a job's life; false: too far. Event 3 stands at its beginning.
func (b *job) gap(e *entry) (time.Duration, bool) {
	if b.first.IsZero() {
		return 0, false
	}
	if e.ID == 3 {
		if !b.Created.IsZero() {
			d := e.Time.Sub(b.Created).Abs()
			return d, d <= sameCall
		}
		d := b.first.Sub(e.Time)
		return d.Abs(), d >= -sameCall && d <= near && !b.hasEvent(3)
	}
	switch {
	case e.Time.Before(b.first):
		d := b.first.Sub(e.Time)
		return d, d <= near
	case e.Time.After(b.last):
		d := e.Time.Sub(b.last)
		return d, d <= 24*time.Hour
	}
	return 0, true
}

func (b *job) hasEvent(id int) bool {
	for _, e := range b.entries {
		if isBITS(e) && e.ID == id {
			return true
		}
	}
	return false
}

// title is the job's name by its record, or else by its events.
func (b *job) title() string {
	if b.Name != "" {
		return b.Name
	}
	for _, e := range b.entries {
		if t := title(e.Event); isBITS(e) && t != "" {
			return t
		}
	}
	return ""
}

// owner is the name of the job's owner as events tell it.
func (b *job) owner() string {
	for _, e := range b.entries {
		if o := field(e.Event, ownerFields); isBITS(e) && o != "" {
			return o
		}
	}
	return ""
}

func (b *job) hasURL(url string) bool {
	if url == "" {
		return false
	}
	for i := range b.Files {
		if strings.EqualFold(b.Files[i].URL, url) {
			return true
		}
	}
	for _, e := range b.entries {
		if isBITS(e) && strings.EqualFold(field(e.Event, urlFields), url) {
			return true
		}
	}
	return false
}
