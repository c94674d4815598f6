// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

// State is the state of a job, one of BITS's nine (BG_JOB_STATE).
type State string

const (
	// StateQueued means the job may run and waits for its turn.
	StateQueued State = "queued"
	// StateConnecting means the job is contacting its servers and no byte has arrived yet.
	StateConnecting State = "connecting"
	// StateTransferring means the job is moving bytes.
	StateTransferring State = "transferring"
	// StateSuspended means the job does nothing until it is resumed; every new job starts here.
	StateSuspended State = "suspended"
	// StateError means something failed that does not heal by itself; the job waits for its owner.
	StateError State = "error"
	// StateTransientError means something failed or is missing that is expected to heal; the job goes on by itself.
	StateTransientError State = "transient_error"
	// StateTransferred means every file is whole and verified; the job waits for its owner to complete it.
	StateTransferred State = "transferred"
	// StateAcknowledged means the job was completed: its whole files are published. It is final.
	StateAcknowledged State = "acknowledged"
	// StateCancelled means the job was cancelled or its life ended; unpublished bytes are deleted. It is final.
	StateCancelled State = "cancelled"
)

// States lists all states in the order of BITS's numbers.
var States = []State{
	StateQueued, StateConnecting, StateTransferring, StateSuspended, StateError,
	StateTransientError, StateTransferred, StateAcknowledged, StateCancelled,
}

// Number is BITS's number of the state (BG_JOB_STATE, 0 to 8), or -1 for an unknown one.
func (s State) Number() int { return indexOf(States, s) }

// Final reports whether nothing can happen to a job in this state any more.
func (s State) Final() bool { return s == StateAcknowledged || s == StateCancelled }

// Active reports whether the job holds a place among the running ones.
func (s State) Active() bool { return s == StateConnecting || s == StateTransferring }

// Runnable reports whether the job runs or would run at once if it were its turn.
// A level of priority waits while a job of a higher level is runnable.
func (s State) Runnable() bool { return s == StateQueued || s.Active() }

// FileState is the state of one file of a job.
type FileState string

const (
	// FileQueued means the file waits for its turn.
	FileQueued FileState = "queued"
	// FileTransferring means bytes of the file are being asked for or moved.
	FileTransferring FileState = "transferring"
	// FileWaiting means an attempt failed and another follows by itself.
	FileWaiting FileState = "waiting"
	// FileTransferred means the file is whole and verified, and still hidden. Of an upload: the server has it, and its reply is hidden.
	FileTransferred FileState = "transferred"
	// FilePublishing means the file is on its way to its final name; a crash in between is settled from here.
	FilePublishing FileState = "publishing"
	// FilePublished means the file is whole, verified and stands under its final name. Of an upload: the server has it.
	FilePublished FileState = "published"
	// FileError means the file failed for good until its job is resumed.
	FileError FileState = "error"
	// FileQuarantined means the content did not have the expected digest: it is kept hidden and never published.
	FileQuarantined FileState = "quarantined"
	// FileInvalid means the owner marked the whole file invalid, which bars its publication.
	FileInvalid FileState = "invalid"
	// FileDropped means the file was not whole when its job ended, or was removed: its bytes are deleted.
	FileDropped FileState = "dropped"
)

// FileStates lists all states of a file.
var FileStates = []FileState{
	FileQueued, FileTransferring, FileWaiting, FileTransferred, FilePublishing,
	FilePublished, FileError, FileQuarantined, FileInvalid, FileDropped,
}

// Pending reports whether the service still has work to do on the file by itself.
func (s FileState) Pending() bool {
	return s == FileQueued || s == FileTransferring || s == FileWaiting || s == FilePublishing
}

// Failed reports whether the file needs its owner.
func (s FileState) Failed() bool {
	return s == FileError || s == FileQuarantined || s == FileInvalid
}

// Done reports whether the file is whole and verified.
func (s FileState) Done() bool { return s == FileTransferred || s == FilePublished }

func indexOf[T comparable](list []T, v T) int {
	for i, x := range list {
		if x == v {
			return i
		}
	}
	return -1
}
