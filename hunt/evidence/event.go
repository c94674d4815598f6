// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"strings"
	"time"
)

// Event is an event of a log that has to do with BITS, or that a rule speaks of.
type Event struct {
	Time     time.Time `json:"time"`
	Host     string    `json:"host"` // as the event says it
	Channel  string    `json:"channel"`
	Provider string    `json:"provider"`
	ID       int       `json:"event_id"`
	Version  int       `json:"version"`
	UserSID  string    `json:"user_sid,omitempty"`
	PID      *int64    `json:"pid,omitempty"` // of the process that logged it
	Data     []Datum   `json:"data"`
	Job      string    `json:"job,omitempty"` // Ref of the job that it was tied to
	Tie      string    `json:"tie,omitempty"` // how: id, process, url_time, path_time, title_owner_time (see package join)
	Evidence Place     `json:"evidence"`

	// StartedBy says of a process that was started that BITS did it; empty: it did not, or that is not known.
	StartedBy string `json:"started_by,omitempty"`
}

// What StartedBy may be.
const (
	ByNotifyCommand = "notify_command" // the process is the notify command of the job that the event is tied to
	ByService       = "bits"           // its parent, of which the event tells no more, is the process that BITS ran in then, alone as far as is known
)

// Datum is one value of an event. Names are the event's own and may come several times.
type Datum struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Field is the first value of that name, in any case of letters.
func (e *Event) Field(name string) string {
	for i := range e.Data {
		if strings.EqualFold(e.Data[i].Name, name) {
			return e.Data[i].Value
		}
	}
	return ""
}
