// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"time"

	"github.com/openbits/openbits"
)

// Update is one message of the event stream.
type Update struct {
	Kind  openbits.UpdateKind `json:"kind" doc:"snapshot, ready, reset, event or progress: also the name of the server-sent event"`
	Seq   int64               `json:"seq" doc:"of the event; for snapshot and ready the last event that is in it; 0: none"`
	Jobs  []Job               `json:"jobs" nullable:"false" doc:"snapshot: a page of jobs; otherwise the job concerned"`
	Files []File              `json:"files" nullable:"false" doc:"progress: the files in motion; events about a file: the file"`
	Event *Event              `json:"event" doc:"of kind event only"`
}

// Event is one entry of the service's record.
type Event struct {
	Seq   int64              `json:"seq" doc:"from 1, in the order in which things became durable"`
	Time  time.Time          `json:"time"`
	Type  openbits.EventType `json:"type" example:"job_state"`
	Job   string             `json:"job" doc:"id of the job"`
	File  *int               `json:"file" doc:"index of the file; null when the event is about the job"`
	State string             `json:"state" doc:"the state after it, of the file when it is about one"`
	From  string             `json:"from" doc:"the state before it"`
	Actor string             `json:"actor" doc:"who caused it: owner or service"`
	Error *Error             `json:"error"`
}
