// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join

import (
	"fmt"
	"regexp"
	"strings"

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
			j.services[e.pid(*e.PID)] = append(j.services[e.pid(*e.PID)], e.Time)
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
