// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package queuetest is the conformance suite of the queue. Every implementation passes it:
//
//	func TestStore(t *testing.T) {
//		queuetest.Run(t, func(t *testing.T) queuetest.Open { … })
//	}
//
// Beyond the sentences of engine.Store it pins down what they leave open:
//
//   - The parts of a change are applied in the order new jobs, jobs, files, removals, new
//     files, renewed URLs, events; what one part gives up a later one can take.
//   - A file of a download claims its final path unless it is published or dropped or its job
//     is final. Uploads claim nothing.
//   - Times come back in UTC, cut to microseconds; causes of errors come back as text.
//   - A page whose limit is 0 has 100 entries; a negative limit is an invalid_argument.
//   - A page's Next stays good when jobs come and go. Any other text is an invalid_argument.
//   - When all events were pruned, the oldest one is the next to come.
//   - Prune removes a beginning of the sequence, never a part out of its middle.
//   - Job.Rate and Job.Transport are of the moment and not kept.
//   - Values of closed lists that are not known are kept as they are.
package queuetest

import (
	"context"
	"testing"
	"time"

	"github.com/openbits/openbits"
)

// Store is engine.Store, repeated here so that a test of an adapter needs no engine.
type Store interface {
	Commit(ctx context.Context, c *openbits.Change) error
	Job(ctx context.Context, id string) (openbits.Job, error)
	Route(ctx context.Context, id string) (openbits.Route, error)
	Jobs(ctx context.Context, q openbits.JobQuery) (openbits.JobPage, error)
	File(ctx context.Context, id string, index int) (openbits.File, error)
	Files(ctx context.Context, id string, q openbits.FileQuery) (openbits.FilePage, error)
	CountFiles(ctx context.Context, id string) (map[openbits.FileState]int, error)
	CountJobs(ctx context.Context) (map[openbits.State]int, error)
	Agenda(ctx context.Context) (openbits.Agenda, error)
	Expiring(ctx context.Context, now time.Time, limit int) ([]openbits.Job, error)
	Shift(ctx context.Context, d time.Duration) error
	Events(ctx context.Context, after int64, limit int) (events []openbits.Event, oldest int64, err error)
	LastEvent(ctx context.Context) (int64, error)
	Prune(ctx context.Context, before time.Time) error
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
	Close() error
}

// Open opens a queue that keeps what it was given: after Close, calling it again answers the
// same queue. The queue is empty at first.
type Open func() Store

// Run tests an implementation. start makes a new queue for each test.
func Run(t *testing.T, start func(t *testing.T) Open) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, open Open)
	}{
		{"RoundTrip", testRoundTrip},
		{"RoundTripZero", testRoundTripZero},
		{"HostileStrings", testHostileStrings},
		{"Copies", testCopies},
		{"Atomic", testAtomic},
		{"Replace", testReplace},
		{"NotFound", testNotFound},
		{"IDInUse", testIDInUse},
		{"Remove", testRemove},
		{"Claims", testClaims},
		{"ClaimsOrder", testClaimsOrder},
		{"Cancelled", testCancelled},
		{"Closed", testClosed},
		{"Concurrent", testConcurrent},
		{"Pages", testPages},
		{"Queries", testQueries},
		{"PathQuery", testPathQuery},
		{"Cursors", testCursors},
		{"CursorOutlivesJobs", testCursorOutlivesJobs},
		{"Files", testFiles},
		{"Counts", testCounts},
		{"Agenda", testAgenda},
		{"Expiring", testExpiring},
		{"Shift", testShift},
		{"Events", testEvents},
		{"Prune", testPrune},
		{"Meta", testMeta},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, start(t)) })
	}
}
