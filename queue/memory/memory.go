// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package memory keeps the queue in memory. It is the fake that tests of other packages
// use in place of queue/sqlite, and passes the same conformance suite. Its properties:
//
//   - A commit is applied whole or not at all, under one lock; readers never see a part of it.
//   - What is handed in and out is copied deeply: nobody can change the queue but by Commit.
//   - Values come back as queue/sqlite gives them: times in UTC cut to microseconds, causes of
//     errors as text, empty slices as nil.
//   - "Durable" means until the process ends. Reopen stands for a restart of the service after
//     a crash: it sees exactly the commits that were answered.
//   - Commits never fail for want of space, and secrets are kept in clear.
//   - Listings take time in proportion to the number of jobs.
package memory

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/openbits/openbits"
)

// Store is a queue in memory. Make one with New.
type Store struct {
	queue *queue
}

// queue outlives the stores that are opened on it one after another.
type queue struct {
	mu     sync.Mutex
	owner  *Store // the store that is open on it; nil: none
	jobs   map[string]*entry
	order  []*entry // by seq
	seq    int64    // of the newest job
	claims map[string]claim
	events []openbits.Event
	last   int64 // sequence of the newest event
	meta   map[string]string
}

// entry is a job with all that belongs to it.
type entry struct {
	seq     int64
	job     openbits.Job
	route   openbits.Route
	files   map[int]*openbits.File
	indexes []int // of files, ascending
}

// claim is the file that a path belongs to.
type claim struct {
	job   *entry
	index int
}

// New makes an empty queue.
func New() *Store {
	s := &Store{queue: &queue{
		jobs: map[string]*entry{}, claims: map[string]claim{}, meta: map[string]string{},
	}}
	s.queue.owner = s
	return s
}

// Reopen closes the store, as a crash would, and opens its queue again.
func (s *Store) Reopen() *Store {
	again := &Store{queue: s.queue}
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	s.queue.owner = again
	return again
}

// Close makes every further call fail; the queue can be opened again with Reopen.
func (s *Store) Close() error {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	if s.queue.owner == s {
		s.queue.owner = nil
	}
	return nil
}

// lock gives the queue to one call; unlock ends it.
func (s *Store) lock(ctx context.Context) (q *queue, unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	s.queue.mu.Lock()
	if s.queue.owner != s {
		s.queue.mu.Unlock()
		return nil, nil, &openbits.Error{
			Op: "use", Object: "the queue", Kind: openbits.KindInternal, Context: openbits.ContextQueueManager,
			Text: "it is closed", File: -1,
		}
	}
	return s.queue, s.queue.mu.Unlock, nil
}

// Job answers one job. Kind: not_found.
func (s *Store) Job(ctx context.Context, id string) (openbits.Job, error) {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return openbits.Job{}, err
	}
	defer unlock()
	e, err := q.find(id)
	if err != nil {
		return openbits.Job{}, err
	}
	return copyJob(e.job), nil
}

// Route answers the secrets a job was created with. Kind: not_found.
func (s *Store) Route(ctx context.Context, id string) (openbits.Route, error) {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return openbits.Route{}, err
	}
	defer unlock()
	e, err := q.find(id)
	if err != nil {
		return openbits.Route{}, err
	}
	return copyRoute(e.route), nil
}

// File answers one file. Kind: not_found.
func (s *Store) File(ctx context.Context, id string, index int) (openbits.File, error) {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return openbits.File{}, err
	}
	defer unlock()
	_, f, err := q.findFile(id, index)
	if err != nil {
		return openbits.File{}, err
	}
	return copyFile(*f), nil
}

// Files lists the files of a job in the order of their index. Kinds: not_found, invalid_argument.
func (s *Store) Files(ctx context.Context, id string, fq openbits.FileQuery) (openbits.FilePage, error) {
	limit, err := pageSize(fq.Limit)
	if err != nil {
		return openbits.FilePage{}, err
	}
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return openbits.FilePage{}, err
	}
	defer unlock()
	e, err := q.find(id)
	if err != nil {
		return openbits.FilePage{}, err
	}
	page := openbits.FilePage{Next: -1}
	start, _ := slices.BinarySearch(e.indexes, fq.From)
	for _, i := range e.indexes[start:] {
		f := e.files[i]
		if len(fq.States) > 0 && !slices.Contains(fq.States, f.State) {
			continue
		}
		if len(page.Files) == limit {
			page.Next = i
			break
		}
		page.Files = append(page.Files, copyFile(*f))
	}
	return page, nil
}

// CountFiles counts a job's files by state. Kind: not_found.
func (s *Store) CountFiles(ctx context.Context, id string) (map[openbits.FileState]int, error) {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	e, err := q.find(id)
	if err != nil {
		return nil, err
	}
	counts := map[openbits.FileState]int{}
	for f := range maps.Values(e.files) {
		counts[f.State]++
	}
	return counts, nil
}

// CountJobs counts all jobs by state.
func (s *Store) CountJobs(ctx context.Context) (map[openbits.State]int, error) {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	counts := map[openbits.State]int{}
	for _, e := range q.order {
		counts[e.job.State]++
	}
	return counts, nil
}

// Events answers up to limit events (0: 100) after seq and the sequence of the oldest one kept:
// 0 when none was ever written, one past the newest when all were pruned.
func (s *Store) Events(ctx context.Context, after int64, limit int) ([]openbits.Event, int64, error) {
	limit, err := pageSize(limit)
	if err != nil {
		return nil, 0, err
	}
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer unlock()
	if q.last == 0 {
		return nil, 0, nil
	}
	if len(q.events) == 0 {
		return nil, q.last + 1, nil
	}
	oldest := q.events[0].Seq
	from := min(max(0, after+1-oldest), int64(len(q.events)))
	if after > q.last { // far ahead: after+1 may have overflowed
		from = int64(len(q.events))
	}
	var list []openbits.Event
	for _, e := range q.events[from:min(from+int64(limit), int64(len(q.events)))] {
		list = append(list, copyEvent(e))
	}
	return list, oldest, nil
}

// LastEvent is the sequence of the newest event that was ever written.
func (s *Store) LastEvent(ctx context.Context) (int64, error) {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	return q.last, nil
}

// Prune removes the oldest events up to the first that is not older than before.
func (s *Store) Prune(ctx context.Context, before time.Time) error {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	n := slices.IndexFunc(q.events, func(e openbits.Event) bool { return !e.Time.Before(stored(before)) })
	if n < 0 {
		n = len(q.events)
	}
	q.events = slices.Clone(q.events[n:])
	return nil
}

// Meta reads a small value of the service itself, "" when it was never set.
func (s *Store) Meta(ctx context.Context, key string) (string, error) {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	return q.meta[key], nil
}

// SetMeta writes a small value of the service itself.
func (s *Store) SetMeta(ctx context.Context, key, value string) error {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	q.meta[key] = value
	return nil
}
