// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import "time"

// Event is one entry of the service's record, in the order in which things became durable.
type Event struct {
	Seq   int64 // from 1, without gaps as long as none was pruned
	Time  time.Time
	Type  EventType
	JobID string
	File  int    // index of the file, or -1
	State string // the state after it, of the file when File >= 0, of the job otherwise
	From  string // the state before it
	Actor string // who caused it: "owner", "service"
	Error *Error
}

// EventType is one of a closed list of events.
type EventType string

const (
	// EventCreated: a job was created.
	EventCreated EventType = "job_created"
	// EventState: a job's state changed.
	EventState EventType = "job_state"
	// EventChanged: the owner changed a property or added or removed files.
	EventChanged EventType = "job_changed"
	// EventExpiring: a job's life ends soon.
	EventExpiring EventType = "job_expiring"
	// EventRemoved: a final job left the list.
	EventRemoved EventType = "job_removed"
	// EventFile: a file's state changed.
	EventFile EventType = "file_state"
	// EventRestarted: a file starts again from its first byte, because the server's content changed.
	EventRestarted EventType = "file_restarted"
)

// EventTypes lists all types of events.
var EventTypes = []EventType{
	EventCreated, EventState, EventChanged, EventExpiring, EventRemoved, EventFile, EventRestarted,
}
