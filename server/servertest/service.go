// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package servertest has an in-memory Service for tests of the API and of its clients.
//
// It behaves as the engine does as far as an API can show: creating and adding twice is
// harmless, states move as BITS defines them, every change has an event, streams begin with a
// snapshot and go on from any event that was not forgotten. What it leaves out: there is no
// network, no disk and no time. A job that is resumed is over before the call returns: each
// file holds what Content has for its URL, at once, or fails with http_404. With a nil Content jobs
// stay queued until the test moves them. It takes any number of files and keeps everything.
package servertest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/openbits/openbits"
)

// Service is the fake. The zero value is ready to use.
type Service struct {
	// Content is what the servers of the world hold, by URL.
	Content map[string]string
	// Fail, when set, is asked at the beginning of every call; its error is the call's.
	Fail func(call string) error
	// Now is the clock; nil: the real one.
	Now func() time.Time

	mu     sync.Mutex
	more   chan struct{} // closed when the log grows
	jobs   map[string]*record
	order  []string // ids, the oldest first
	log    []openbits.Update
	seq    int64
	oldest int64 // the first event that is kept
	limit  int64
	began  time.Time
	bytes  int64
}

type record struct {
	request openbits.NewJob
	job     openbits.Job
	files   []openbits.File
	content map[int]string
}

// start begins a call: it takes the lock, which the caller gives back.
func (s *Service) start(ctx context.Context, call string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.Fail != nil {
		if err := s.Fail(call); err != nil {
			return err
		}
	}
	s.mu.Lock()
	if s.jobs == nil {
		s.jobs, s.more, s.began, s.oldest = map[string]*record{}, make(chan struct{}), s.now(), 1
	}
	return nil
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func notFound(what, which string) error {
	return &openbits.Error{
		Op: "find", Object: what + " " + which, Kind: openbits.KindNotFound, Context: openbits.ContextNone, File: -1,
		Text: "there is no such " + what, Hint: "List the jobs with: bits list --all",
	}
}

func refused(call string, j openbits.Job) error {
	return &openbits.Error{
		Op: call, Object: "job " + j.ID, Kind: openbits.KindInvalidState, Context: openbits.ContextNone, File: -1,
		Text: "it is " + string(j.State),
	}
}

func (s *Service) find(id string) (*record, error) {
	if r := s.jobs[id]; r != nil {
		return r, nil
	}
	return nil, notFound("job", id)
}

func (s *Service) findFile(id string, index int) (*record, *openbits.File, error) {
	r, err := s.find(id)
	if err != nil {
		return nil, nil, err
	}
	if index < 0 || index >= len(r.files) {
		return nil, nil, notFound("file", fmt.Sprintf("%d of job %s", index, id))
	}
	return r, &r.files[index], nil
}

// Create keeps a job; see server.Service.
func (s *Service) Create(ctx context.Context, n openbits.NewJob) (openbits.Job, bool, error) {
	if err := s.start(ctx, "create"); err != nil {
		return openbits.Job{}, false, err
	}
	defer s.mu.Unlock()
	if r := s.jobs[n.ID]; r != nil {
		again := n
		again.Client = r.request.Client
		if !reflect.DeepEqual(again, r.request) {
			return openbits.Job{}, false, &openbits.Error{
				Op: "create", Object: "job " + n.ID, Kind: openbits.KindIDInUse, Context: openbits.ContextNone, File: -1,
				Text: "another request has created a job with this id", Hint: "Choose a new id.",
			}
		}
		return r.job, false, nil
	}
	now := s.now()
	r := &record{request: n, content: map[int]string{}, job: openbits.Job{
		ID: n.ID, Name: n.Name, Description: n.Description, Type: n.Type, Priority: n.Priority, State: openbits.StateSuspended,
		Owner: n.Owner, Client: n.Client, Created: now, Modified: now, Expires: now.Add(openbits.MaxLife),
		BytesTotal: openbits.Unknown, Settings: n.Settings,
		Reason: &openbits.Reason{Code: openbits.ReasonNotStarted, Text: "it was never resumed", Since: now, Hint: "Resume it."},
	}}
	s.jobs[n.ID], s.order = r, append(s.order, n.ID)
	r.add(n.Files)
	s.event(r, openbits.EventCreated, "", nil, "owner")
	if n.Start {
		s.resume(r)
	}
	return r.job, true, nil
}

func (r *record) add(files []openbits.NewFile) {
	for _, f := range files {
		r.files = append(r.files, openbits.File{
			JobID: r.job.ID, Index: len(r.files), URL: f.URL, State: openbits.FileQueued, BytesTotal: openbits.Unknown, Digest: f.Digest,
			Place: openbits.Place{Folder: openbits.Folder{Path: f.Folder}, Name: f.Name},
		})
	}
	r.job.FilesTotal = len(r.files)
	if r.job.Name == "" && len(r.files) > 0 {
		r.job.Name = r.files[0].Place.Name
	}
}

// AddFiles adds files; see server.Service.
func (s *Service) AddFiles(ctx context.Context, id string, first int, files []openbits.NewFile) ([]openbits.File, error) {
	if err := s.start(ctx, "add"); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	if first < 0 {
		first = len(r.files)
	}
	if first > len(r.files) {
		return nil, &openbits.Error{
			Op: "add", Object: "files", Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone, File: -1,
			Text: fmt.Sprintf("first is %d and the job has %d files", first, len(r.files)),
		}
	}
	known := min(len(r.files)-first, len(files))
	for i, f := range files[:known] {
		if old := r.files[first+i]; old.URL != f.URL || old.Place.Folder.Path != f.Folder || old.Place.Name != f.Name {
			return nil, &openbits.Error{
				Op: "add", Object: fmt.Sprintf("file %d", first+i), Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone, File: -1,
				Text: "another file has this index",
			}
		}
	}
	if known < len(files) {
		if r.job.State.Final() {
			return nil, refused("add files to", r.job)
		}
		r.add(files[known:])
		s.event(r, openbits.EventChanged, r.job.State, nil, "owner")
	}
	return append([]openbits.File(nil), r.files[first:first+len(files)]...), nil
}

// Change changes properties; see server.Service.
func (s *Service) Change(ctx context.Context, id string, c openbits.JobChange) (openbits.Job, error) {
	if err := s.start(ctx, "change"); err != nil {
		return openbits.Job{}, err
	}
	defer s.mu.Unlock()
	r, err := s.find(id)
	if err != nil {
		return openbits.Job{}, err
	}
	if r.job.State.Final() {
		return openbits.Job{}, refused("change", r.job)
	}
	replace(&r.job.Name, c.Name)
	replace(&r.job.Description, c.Description)
	replace(&r.job.Priority, c.Priority)
	replace(&r.job.Settings.Limit, c.Limit)
	replace(&r.job.Settings.RetryDelay, c.RetryDelay)
	replace(&r.job.Settings.NoProgressTimeout, c.NoProgressTimeout)
	replace(&r.job.Settings.MaxDownloadTime, c.MaxDownloadTime)
	s.event(r, openbits.EventChanged, r.job.State, nil, "owner")
	return r.job, nil
}

func replace[T any](old, by *T) {
	if by != nil {
		*old = *by
	}
}

// Job answers a job; see server.Service.
func (s *Service) Job(ctx context.Context, id string) (openbits.Job, error) {
	if err := s.start(ctx, "job"); err != nil {
		return openbits.Job{}, err
	}
	defer s.mu.Unlock()
	r, err := s.find(id)
	if err != nil {
		return openbits.Job{}, err
	}
	return r.job, nil
}

// Jobs answers a page; see server.Service. Its cursor is the id of the last job of the page.
func (s *Service) Jobs(ctx context.Context, q openbits.JobQuery) (openbits.JobPage, error) {
	if err := s.start(ctx, "jobs"); err != nil {
		return openbits.JobPage{}, err
	}
	defer s.mu.Unlock()
	if q.Limit == 0 {
		q.Limit = 100
	}
	from := len(s.order) - 1
	if q.After != "" {
		from = -1
		for i, id := range s.order {
			if id == q.After {
				from = i - 1
			}
		}
	}
	var page openbits.JobPage
	for i := from; i >= 0; i-- {
		r := s.jobs[s.order[i]]
		if !fits(r, q) {
			continue
		}
		if len(page.Jobs) == q.Limit {
			page.Next = page.Jobs[q.Limit-1].ID
			break
		}
		page.Jobs = append(page.Jobs, r.job)
	}
	return page, nil
}

func fits(r *record, q openbits.JobQuery) bool {
	claims := q.Path == ""
	for i := range r.files {
		claims = claims || r.files[i].Place.Path() == q.Path
	}
	return claims && in(q.States, r.job.State) && in(q.Priorities, r.job.Priority) &&
		(q.Name == "" || q.Name == r.job.Name) && strings.HasPrefix(r.job.ID, q.IDPrefix)
}

// in reports whether list has v; an empty list has everything.
func in[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return len(list) == 0
}
