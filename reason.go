// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import "time"

// Reason says why a job does not move, or only as a trickle.
type Reason struct {
	Code  ReasonCode
	Text  string // one sentence for people, with the particulars
	Since time.Time
	Until time.Time // when it ends by itself; zero: not by time
	Hint  string    // what would end it
}

// ReasonCode is one of a closed list of reasons.
type ReasonCode string

const (
	// ReasonNotStarted: the job was created and never resumed.
	ReasonNotStarted ReasonCode = "not_started"
	// ReasonSuspended: the owner suspended the job.
	ReasonSuspended ReasonCode = "suspended"
	// ReasonTurn: jobs of the same priority are ahead and no place is free.
	ReasonTurn ReasonCode = "turn"
	// ReasonPriority: a job of a higher priority runs or is about to.
	ReasonPriority ReasonCode = "priority"
	// ReasonHostBusy: the most connections that one host gets are in use.
	ReasonHostBusy ReasonCode = "host_busy"
	// ReasonHostWait: the server asked to come back later (429 or 503 with Retry-After).
	ReasonHostWait ReasonCode = "host_wait"
	// ReasonRetry: the last attempt failed and the next one has its time.
	ReasonRetry ReasonCode = "retry"
	// ReasonOffline: the machine has no network.
	ReasonOffline ReasonCode = "offline"
	// ReasonCaptivePortal: a sign-in page answers in place of the server.
	ReasonCaptivePortal ReasonCode = "captive_portal"
	// ReasonDiskFull: the destination's volume has no room for what is still to come.
	ReasonDiskFull ReasonCode = "disk_full"
	// ReasonFolderMissing: the destination folder is gone or another volume is mounted in its place.
	ReasonFolderMissing ReasonCode = "folder_missing"
	// ReasonYielding: the job moves, but only as a trickle, since others need the network; worked out when it is asked for.
	ReasonYielding ReasonCode = "yielding"
	// ReasonNeedsComplete: every file is whole; the owner has not completed the job.
	ReasonNeedsComplete ReasonCode = "needs_complete"
	// ReasonFailed: files failed and need the owner.
	ReasonFailed ReasonCode = "failed"
	// ReasonCompleted: the job is over, its files are published.
	ReasonCompleted ReasonCode = "completed"
	// ReasonCancelled: the job is over, its owner cancelled it.
	ReasonCancelled ReasonCode = "cancelled"
	// ReasonExpired: the job is over, its life ended before it was completed.
	ReasonExpired ReasonCode = "expired"
)

// Reasons lists all reasons.
var Reasons = []ReasonCode{
	ReasonNotStarted, ReasonSuspended, ReasonTurn, ReasonPriority, ReasonHostBusy, ReasonHostWait, ReasonRetry,
	ReasonOffline, ReasonCaptivePortal, ReasonDiskFull, ReasonFolderMissing, ReasonYielding, ReasonNeedsComplete, ReasonFailed, ReasonCompleted, ReasonCancelled, ReasonExpired,
}
