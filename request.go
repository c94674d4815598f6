// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import "time"

// NewJob is what an owner asks for when creating a job.
type NewJob struct {
	ID          string // UUID version 4; repeating a request with the same id answers the same job
	Name        string // empty: the service makes one from the first file
	Description string
	Type        JobType
	Priority    Priority
	Settings    Settings
	Route       Route
	Files       []NewFile
	Start       bool // resume it at once
	Owner       Owner
	Client      Client
}

// NewFile is one file to add to a job.
type NewFile struct {
	URL    string
	Folder string     // absolute path of an existing folder; of an upload: where the source is
	Name   string     // one path element
	Digest Digest     // Algorithm alone asks for hashing; with Expected the content must have it
	Upload *NewUpload `json:",omitempty"` // of upload jobs alone. It is left out of the digest of other requests
}

// Action is a call of the owner that changes a job's state.
type Action string

const (
	// ActionResume starts or restarts the job; in transient_error it tries again now.
	ActionResume Action = "resume"
	// ActionSuspend stops the job and keeps its bytes.
	ActionSuspend Action = "suspend"
	// ActionComplete publishes the whole files, deletes the bytes of the others and ends the job.
	ActionComplete Action = "complete"
	// ActionCancel deletes every byte that is not published and ends the job.
	ActionCancel Action = "cancel"
)

// Actions lists all actions.
var Actions = []Action{ActionResume, ActionSuspend, ActionComplete, ActionCancel}

// JobChange is a set of properties to change; nil leaves one as it is.
type JobChange struct {
	Name              *string
	Description       *string
	Priority          *Priority
	Limit             *int64 // bytes per second; 0: none
	RetryDelay        *time.Duration
	NoProgressTimeout *time.Duration
	MaxDownloadTime   *time.Duration
}

// JobQuery selects jobs. The zero value selects all, the newest first.
type JobQuery struct {
	States     []State
	Priorities []Priority
	Name       string    // exact
	IDPrefix   string    // lower case
	Path       string    // of a file that claims this final path
	DueBefore  time.Time // NextTry is set and not after it
	Sweep      bool      // only those whose Sweep is set
	ByTurn     bool      // in the order of Turn instead
	After      string    // Next of the page before
	Limit      int       // 0: 100
}

// JobPage is one page of a listing; Next is empty on the last.
type JobPage struct {
	Jobs []Job
	Next string
}

// FileQuery selects files of one job, in the order of their index.
type FileQuery struct {
	States []FileState
	From   int // first index to consider
	Limit  int // 0: 100
}

// FilePage is one page of a listing; Next is the index to go on from, or -1 on the last.
type FilePage struct {
	Files []File
	Next  int
}

// Update is one message of the event stream.
type Update struct {
	Kind  UpdateKind
	Seq   int64  // of the event; for a snapshot the last event it includes
	Jobs  []Job  // snapshot: a page of the jobs; otherwise the job concerned
	Files []File // progress: the files in motion; file events: the file
	Event *Event
}

// UpdateKind says what an update carries.
type UpdateKind string

const (
	// UpdateSnapshot carries jobs as they are when the stream begins; several follow one another.
	UpdateSnapshot UpdateKind = "snapshot"
	// UpdateReady ends the snapshot.
	UpdateReady UpdateKind = "ready"
	// UpdateReset says that the events asked for are not kept any more; a snapshot follows.
	UpdateReset UpdateKind = "reset"
	// UpdateEvent carries a durable event.
	UpdateEvent UpdateKind = "event"
	// UpdateProgress carries the figures of a moving job, and of the network under it, about twice a second while somebody
	// listens; it has no sequence, is not repeated and may be dropped.
	UpdateProgress UpdateKind = "progress"
)

// Stats are the service's figures since it started, and of the moment.
type Stats struct {
	Started       time.Time
	Jobs          map[State]int
	BytesReceived int64
	BytesSent     int64
	Connections   int
	Retries       int64
	Restarts      int64 // of files whose remote content changed
	LastEvent     int64
}
