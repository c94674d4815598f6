// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
)

// spy counts the calls of a store and lets a test come in between.
type spy struct {
	engine.Store

	calls    atomic.Int64
	onCommit atomic.Pointer[func(*openbits.Change) error] // an error is answered in place of the commit
	afterJob atomic.Pointer[func(openbits.JobQuery)]      // between the reading of a page of jobs and its answer
}

func (s *spy) Commit(ctx context.Context, c *openbits.Change) error {
	s.calls.Add(1)
	if fn := s.onCommit.Load(); fn != nil {
		if err := (*fn)(c); err != nil {
			return err
		}
	}
	return s.Store.Commit(ctx, c)
}

func (s *spy) Jobs(ctx context.Context, q openbits.JobQuery) (openbits.JobPage, error) {
	s.calls.Add(1)
	page, err := s.Store.Jobs(ctx, q)
	if fn := s.afterJob.Load(); fn != nil {
		(*fn)(q)
	}
	return page, err
}

func (s *spy) Job(ctx context.Context, id string) (openbits.Job, error) {
	s.calls.Add(1)
	return s.Store.Job(ctx, id)
}

func (s *spy) Agenda(ctx context.Context) (openbits.Agenda, error) {
	s.calls.Add(1)
	return s.Store.Agenda(ctx)
}

func (s *spy) Expiring(ctx context.Context, now time.Time, limit int) ([]openbits.Job, error) {
	s.calls.Add(1)
	return s.Store.Expiring(ctx, now, limit)
}

func (s *spy) Files(ctx context.Context, id string, q openbits.FileQuery) (openbits.FilePage, error) {
	s.calls.Add(1)
	return s.Store.Files(ctx, id, q)
}
