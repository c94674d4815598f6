// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"io"

	"github.com/openbits/openbits"
)

// Service is what the server puts on the wire; the engine is one.
// Every error is or wraps an *openbits.Error.
type Service interface {
	// Create makes a job durable. The bool tells whether it is new: repeating a request answers the same job.
	Create(ctx context.Context, j openbits.NewJob) (openbits.Job, bool, error)
	// AddFiles adds files with the indexes from first on; first may lie before the end when a call is repeated
	// with the same files. first < 0 means the end.
	AddFiles(ctx context.Context, id string, first int, files []openbits.NewFile) ([]openbits.File, error)
	Act(ctx context.Context, id string, a openbits.Action) (openbits.Job, error)
	Change(ctx context.Context, id string, c openbits.JobChange) (openbits.Job, error)
	// RenewURL gives a file another URL; its bytes are kept where validator or digest agree.
	RenewURL(ctx context.Context, id string, index int, url string) (openbits.File, error)
	// Invalidate marks a whole file invalid, which bars its publication.
	Invalidate(ctx context.Context, id string, index int) (openbits.File, error)
	RemoveFile(ctx context.Context, id string, index int) (openbits.File, error)

	// The figures of running jobs are of the moment.
	Job(ctx context.Context, id string) (openbits.Job, error)
	Jobs(ctx context.Context, q openbits.JobQuery) (openbits.JobPage, error)
	File(ctx context.Context, id string, index int) (openbits.File, error)
	Files(ctx context.Context, id string, q openbits.FileQuery) (openbits.FilePage, error)
	// Open reads a whole file (state transferred or published).
	Open(ctx context.Context, id string, index int) (io.ReadSeekCloser, openbits.File, error)

	// Updates calls yield with a snapshot and then with changes, until ctx ends or yield fails. With after > 0 it
	// goes on from that event without a snapshot, or says reset. jobID != "" restricts it to one job.
	Updates(ctx context.Context, after int64, jobID string, yield func(openbits.Update) error) error

	// Limit is the service's own rate limit in bytes per second: 0 none. SetLimit is durable and effective at once.
	Limit(ctx context.Context) (int64, error)
	SetLimit(ctx context.Context, rate int64) error
	Stats(ctx context.Context) (openbits.Stats, error)
}
