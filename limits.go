// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import "time"

// Limits and defaults of jobs. BITS's own value stands beside each that differs.
const (
	// MaxFiles is the most files of one job (BITS: 200).
	MaxFiles = 100_000
	// MaxNameLength is the longest name of a job in bytes (BITS: 256 characters).
	MaxNameLength = 256
	// MaxDescriptionLength is the longest description of a job in bytes (BITS: 1,024 characters).
	MaxDescriptionLength = 1024
	// MaxURLLength is the longest URL of a file in bytes (BITS: 2,200 characters; RFC 9110 section 4.1 asks for at least 8,000).
	MaxURLLength = 8192
	// MaxHeaderBytes is the most that the headers of a job may take together (BITS: 16,384 characters).
	MaxHeaderBytes = 16 << 10

	// DefaultRetryDelay is the first back-off after a transient error (BITS: 600 s, never less than 5 s).
	DefaultRetryDelay = 5 * time.Second
	// MaxRetryDelay is where the doubling back-off ends: BITS's own default delay.
	MaxRetryDelay = 600 * time.Second
	// DefaultNoProgressTimeout ends a run of transient errors without a byte (BITS: 14 days).
	DefaultNoProgressTimeout = 14 * 24 * time.Hour
	// DefaultMaxDownloadTime is the most time a job may spend connecting and transferring (BITS: 90 days).
	DefaultMaxDownloadTime = 90 * 24 * time.Hour
	// MaxLife is the life of a job from its creation, whatever happens (BITS: 90 days from the last change).
	MaxLife = 90 * 24 * time.Hour
	// ExpiryWarning is how long before the end of its life a job warns.
	ExpiryWarning = 7 * 24 * time.Hour
	// KeepFinal is how long a final job stays listed.
	KeepFinal = 30 * 24 * time.Hour

	// DefaultReplyLimit is the largest reply to an upload that is accepted when its owner sets no limit. BITS has none for
	// replies in files, and 1 MB for those in memory.
	DefaultReplyLimit = 1 << 30
	// KeepTelling is how long a server that cannot be told that an upload was cancelled is tried (MC-BUP: up to 24 hours).
	KeepTelling = 24 * time.Hour
	// MaxLostSessions is how many more sessions of an upload a server may lose that brought it no further than one before than
	// such that did. Each may have brought nearly the whole file.
	MaxLostSessions = 16
	// MaxLeftSessions is how many sessions that one file went away from are remembered until their servers know.
	MaxLeftSessions = 16

	// MaxConnectionsPerHost is the most connections the service holds to one host, for all jobs together.
	MaxConnectionsPerHost = 8
	// DefaultSlice is how long a background job runs before another of its level gets its place,
	// while more want to run than may. BITS has such a slice; its length is not public.
	DefaultSlice = 5 * time.Minute
	// CheckpointBytes and CheckpointInterval say when received bytes are made durable: whichever comes first.
	CheckpointBytes    = 16 << 20
	CheckpointInterval = 5 * time.Second
)
