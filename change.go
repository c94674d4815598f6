// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import "time"

// Change is one transaction of the queue: all of it becomes durable, or nothing.
type Change struct {
	NewJobs  []JobRow
	Jobs     []Job    // replace these rows
	NewFiles []File   // Index is set by the engine
	Files    []File   // replace these rows, all but URL and Place; a nil Checkpoint removes the stored one
	Renewed  []File   // replace the URL of these
	Remove   []string // jobs to forget with their files
	Events   []Event  // their Seq is filled in
}

// JobRow is a job with its secrets, as the queue keeps it.
type JobRow struct {
	Job   Job
	Route Route
}

// Agenda holds the next times at which the clock concerns a job; zero: never.
type Agenda struct {
	Retry  time.Time // earliest NextTry of a job in transient_error
	Expiry time.Time // earliest warning, expiry or removal
}
