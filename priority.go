// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

// Priority says how a job competes with others (BG_JOB_PRIORITY).
type Priority string

const (
	// PriorityForeground jobs all run at once and compete for bandwidth like any program.
	PriorityForeground Priority = "foreground"
	// PriorityHigh jobs use idle bandwidth and run before normal and low ones.
	PriorityHigh Priority = "high"
	// PriorityNormal jobs use idle bandwidth and run before low ones. It is the default.
	PriorityNormal Priority = "normal"
	// PriorityLow jobs use idle bandwidth while no other background job can run.
	PriorityLow Priority = "low"
)

// Priorities lists all priorities in the order of BITS's numbers, the most urgent first.
var Priorities = []Priority{PriorityForeground, PriorityHigh, PriorityNormal, PriorityLow}

// Number is BITS's number of the priority (0 to 3), or -1 for an unknown one.
func (p Priority) Number() int { return indexOf(Priorities, p) }

// Background reports whether jobs of this priority take only what others leave idle.
func (p Priority) Background() bool { return p != PriorityForeground }

// JobType says which way the bytes of a job go (BG_JOB_TYPE).
type JobType string

const (
	// TypeDownload jobs fetch files from servers.
	TypeDownload JobType = "download"
	// TypeUpload jobs send files to a server.
	TypeUpload JobType = "upload"
	// TypeUploadReply jobs send a file and fetch the server application's answer to it.
	TypeUploadReply JobType = "upload_reply"
)

// JobTypes lists all types in the order of BITS's numbers.
var JobTypes = []JobType{TypeDownload, TypeUpload, TypeUploadReply}

// Number is BITS's number of the type (0 to 2), or -1 for an unknown one.
func (t JobType) Number() int { return indexOf(JobTypes, t) }

// Uploads reports whether files of such jobs are sent.
func (t JobType) Uploads() bool { return t == TypeUpload || t == TypeUploadReply }
