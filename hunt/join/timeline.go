// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/read"
)

// kinds are what events of BITS are in a timeline, by their number: a word, and a text in which %s stands for the value of the field.
var kinds = map[int]struct{ kind, text, field string }{
	1:     {"resumed", "resumed", ""},
	2:     {"suspended", "suspended", ""},
	3:     {"created", "created by %s", "processPath"},
	4:     {"completed", "completed by %s", "User"},
	5:     {"cancelled", "cancelled by %s", "User"},
	6:     {"notify", "notify command set: %s", "program"},
	59:    {"transfer_started", "transfer started: %s", "url"},
	60:    {"transfer_stopped", "transfer stopped: %s", "url"},
	61:    {"transfer_failed", "transfer stopped with an error: %s", "url"},
	63:    {"notify_failed", "notify command returned an error: %s", "Pgm"},
	64:    {"notify_failed", "notify command could not be started: %s", "Pgm"},
	203:   {"credentials", "stored credentials accepted by %s", "server"},
	204:   {"credentials", "stored credentials refused by %s", "server"},
	16384: {"owner", "ownership changed by %s", "User"},
	16387: {"property_lost", "property lost: %s", "PropertyName"},
	16388: {"owner", "another user acts on it: %s", "User"},
	16389: {"cancelled", "cancelled after %s days without a change", "DayCount"},
	16403: {"file_added", "file added: %s", "LocalName"},
}

// timeline is the history of a job.
func (b *job) timeline() []evidence.Moment {
	var list []evidence.Moment
	for _, s := range b.history() {
		list = append(list, s...)
	}
	for _, e := range b.entries {
		list = append(list, moment(e))
	}
	slices.SortStableFunc(list, func(x, y evidence.Moment) int { return cmp.Or(x.Time.Compare(y.Time)) })
	return list
}

// history are the times that the job's states tell, each told once.
func (b *job) history() [][]evidence.Moment {
	states := b.Versions
	if len(states) == 0 && !b.events() {
		states = []evidence.Job{b.Job}
	}
	told := map[string]bool{}
	var out [][]evidence.Moment
	for i := range states {
		s := &states[i]
		var list []evidence.Moment
		say := func(at time.Time, kind, what string) {
			key := at.String() + what
			if at.IsZero() || told[key] {
				return
			}
			told[key] = true
			list = append(list, evidence.Moment{Time: at, Kind: kind, What: what, Place: s.Evidence})
		}
		say(s.Created, "created", "created, by the queue")
		state := "changed"
		if s.State != "" {
			state = "state " + strings.ReplaceAll(string(s.State), "_", " ")
		}
		if s.Error != nil {
			state += " (" + s.Error.Code + ")"
		}
		say(s.Modified, "modified", state+", by the queue")
		say(s.Completed, "completed", "all files transferred, by the queue")
		out = append(out, list)
	}
	return out
}

// moment tells of one event.
func moment(e *entry) evidence.Moment {
	m := evidence.Moment{Time: e.Time, Event: e.index, Place: e.Evidence, Kind: "event", What: fmt.Sprintf("event %d of %s", e.ID, e.Channel)}
	switch {
	case isBITS(e):
		if k, ok := kinds[e.ID]; ok {
			m.Kind, m.What = k.kind, k.text
			if k.field != "" {
				m.What = fill(k.text, e.Field(k.field))
			}
			if url := e.Field("RemoteName"); e.ID == 16403 && url != "" {
				m.What += " from " + url
			}
		}
		if hr := result(e.Field("hr")); hr != "" && hr != "0x00000000" {
			m.What += " (" + hr + ")"
		}
	case read.IsNewProcess(e.Event):
		m.Kind = "process"
		m.What = "process started: " + cmp.Or(e.Field("CommandLine"), e.Field("ProcessCommandLine"), e.Field("Image")+e.Field("NewProcessName"))
	case e.Field("TargetFilename") != "":
		m.Kind, m.What = "file", "file: "+e.Field("TargetFilename")
	case e.Field("ScriptBlockText") != "":
		m.Kind, m.What = "script", "script: "+e.Field("ScriptBlockText")
	}
	if len(m.What) > maxWhat {
		m.What = strings.ToValidUTF8(m.What[:maxWhat], "") + "…"
	}
	return m
}

// maxWhat bounds the text of a moment, in bytes; the event has all of it.
const maxWhat = 400

// fill puts a value in the place of %s, or drops what leads to it.
func fill(text, value string) string {
	if value != "" {
		return strings.Replace(text, "%s", value, 1)
	}
	text = strings.Replace(text, "%s", "", 1)
	for _, tail := range []string{" by ", ": "} {
		text = strings.TrimSuffix(text, tail)
	}
	return strings.TrimSpace(text)
}
