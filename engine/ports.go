// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"time"

	"github.com/openbits/openbits"
)

// Store keeps the queue. Its conformance suite is queue/queuetest.
type Store interface {
	// Commit makes a change durable, all of it or nothing, before it returns.
	// It fills in the Seq of the change's events. Kinds: destination_busy when a new
	// file's path is claimed by an unfinished file of any job, id_in_use, disk_full.
	Commit(ctx context.Context, c *openbits.Change) error

	// Job answers one job, Route the secrets it was created with. Kind: not_found.
	Job(ctx context.Context, id string) (openbits.Job, error)
	Route(ctx context.Context, id string) (openbits.Route, error)
	Jobs(ctx context.Context, q openbits.JobQuery) (openbits.JobPage, error)
	File(ctx context.Context, id string, index int) (openbits.File, error)
	Files(ctx context.Context, id string, q openbits.FileQuery) (openbits.FilePage, error)
	// CountFiles counts a job's files by state.
	CountFiles(ctx context.Context, id string) (map[openbits.FileState]int, error)
	// CountJobs counts all jobs by state.
	CountJobs(ctx context.Context) (map[openbits.State]int, error)

	// Agenda tells when the clock next concerns any job.
	Agenda(ctx context.Context) (openbits.Agenda, error)
	// Expiring answers jobs that are due for the expiry warning, for expiry, or, final, for removal.
	Expiring(ctx context.Context, now time.Time, limit int) ([]openbits.Job, error)
	// Shift moves every stored time of an unfinished job that lies ahead or counts elapsed time by d, after the wall
	// clock was set: Created, Modified, Expires, NextTry, FailedFrom of jobs and NextTry of their files.
	Shift(ctx context.Context, d time.Duration) error

	// Events answers up to limit events after seq, and the sequence of the oldest one kept (0: none was ever written).
	Events(ctx context.Context, after int64, limit int) (events []openbits.Event, oldest int64, err error)
	// LastEvent is the sequence of the newest event that was ever written, 0 when there is none.
	LastEvent(ctx context.Context) (int64, error)
	// Prune removes events older than before.
	Prune(ctx context.Context, before time.Time) error

	// Meta reads a small value of the service itself, "" when it was never set; SetMeta writes it durably.
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error

	Close() error
}

// Mover moves the bytes of a download over the network.
type Mover interface {
	// Move fetches what part does not hold yet. It returns nil after part.End returned nil;
	// every other way out is an *openbits.Error, or ctx's error.
	Move(ctx context.Context, t openbits.Transfer, part openbits.Part) error
}

// Sender is the kind of mover that uploads.
type Sender interface {
	// Send sends what the server does not have yet. It returns nil when the server has said that it has the whole file, and
	// for an upload_reply after src.Reply returned nil; every other way out is an *openbits.Error, or ctx's error.
	// Kind client_server_protocol_mismatch: the server does not speak the protocol, and nothing was changed there.
	Send(ctx context.Context, t openbits.Transfer, src openbits.Source) error
}

// Abandoner is a Sender that keeps sessions on servers.
type Abandoner interface {
	// Abandon tells the server that a session has ended. It returns nil when the server knows, or does not care.
	Abandon(ctx context.Context, t openbits.Transfer, s openbits.Session) error
}

// Sources opens the files that are sent, with the rights of the job's owner. Its conformance suite is in sink/sinktest.
type Sources interface {
	// FindSource checks that a plain file that can be read stands under name in an existing folder.
	// Kinds: source_missing, read_denied, unsafe_path, invalid_argument, invalid_name.
	FindSource(ctx context.Context, folder, name string) (openbits.Place, openbits.SourceState, error)
	// OpenSource opens such a file. Kinds: FindSource's.
	OpenSource(ctx context.Context, p openbits.Place) (openbits.SourceFile, error)
}

// Resetter is a mover that keeps connections between calls. Reset drops the idle ones,
// which are likely dead after sleep or a change of network.
type Resetter interface{ Reset() }

// Sink keeps part files and publishes them, with the rights of the job's owner.
// Its conformance suite is sink/sinktest.
type Sink interface {
	// Folder checks that path is an existing folder that can be written.
	// Kinds: folder_missing, write_denied, invalid_argument.
	Folder(ctx context.Context, path string) (openbits.Folder, error)
	// Exists reports whether anything stands under the final name.
	Exists(ctx context.Context, p openbits.Place) (bool, error)
	// Open opens the part file; when there is none it makes an empty one, exclusively and with mode 0600.
	// Kinds: folder_missing (also when another volume is mounted there), unsafe_path, write_denied, disk_full.
	Open(ctx context.Context, p openbits.Place) (PartFile, error)
	// View opens the part file, or for a published file the final one, for reading.
	View(ctx context.Context, p openbits.Place, published bool) (Content, error)
	// Publish renames part files to their final names and makes that durable. The answer has one entry for each.
	// A publication that was carried out before is carried out again without harm. Kinds: file_exists, and Open's.
	Publish(ctx context.Context, list []openbits.Publication) []error
	// Discard deletes part files; those that do not exist are no error.
	Discard(ctx context.Context, places []openbits.Place) error
	// Space tells the room on the folder's volume.
	Space(ctx context.Context, f openbits.Folder) (openbits.Space, error)
}

// PartFile and Content are declared in package openbits, so that a sink satisfies Sink without importing this package.
type (
	PartFile = openbits.PartFile
	Content  = openbits.Content
)

// Machine tells of the computer under the service.
type Machine interface {
	// Boot is the id of this boot; it changes with every restart of the computer.
	Boot() string
	// Uptime is the time since boot with the time asleep. It never jumps.
	Uptime() time.Duration
	// Online reports whether any network but loopback can be used.
	Online() bool
	// Watch sends what happens until ctx ends.
	Watch(ctx context.Context) <-chan MachineEvent
}

// MachineEvent is something that happened to the computer.
type MachineEvent = openbits.MachineEvent

// The events of a Machine.
const (
	MachineOnline   = openbits.MachineOnline
	MachineOffline  = openbits.MachineOffline
	MachineWoke     = openbits.MachineWoke
	MachineClockSet = openbits.MachineClockSet
)

// Limiter holds a rate. Wait returns when n more bytes may pass.
type Limiter interface {
	Wait(ctx context.Context, n int) error
	// SetRate changes the rate in bytes per second, 0 for none, at once also for those who wait.
	SetRate(bytesPerSecond int64)
}
