// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/openbits/openbits"
)

// due is when the clock next concerns the life of a job: its warning, its expiry or its
// removal; zero: never.
func due(j *openbits.Job) time.Time {
	switch {
	case j.State.Final() && !j.Ended.IsZero():
		return j.Ended.Add(openbits.KeepFinal)
	case j.State.Final() || j.Expires.IsZero():
		return time.Time{}
	case j.Warned:
		return j.Expires
	}
	return j.Expires.Add(-openbits.ExpiryWarning)
}

// Agenda tells when the clock next concerns any job.
func (s *Store) Agenda(ctx context.Context) (openbits.Agenda, error) {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return openbits.Agenda{}, err
	}
	defer unlock()
	var a openbits.Agenda
	for _, e := range q.order {
		if e.job.State == openbits.StateTransientError {
			a.Retry = earlier(a.Retry, e.job.NextTry)
		}
		a.Expiry = earlier(a.Expiry, due(&e.job))
	}
	return a, nil
}

// earlier is the earlier of two times that are set.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Expiring answers up to limit jobs (0: 100) that are due for the expiry warning, for expiry
// or, final, for removal: those that were due first come first.
func (s *Store) Expiring(ctx context.Context, now time.Time, limit int) ([]openbits.Job, error) {
	limit, err := pageSize(limit)
	if err != nil {
		return nil, err
	}
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var found []*entry
	for _, e := range q.order {
		if d := due(&e.job); !d.IsZero() && !d.After(now) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b *entry) int {
		return cmp.Or(due(&a.job).Compare(due(&b.job)), cmp.Compare(a.seq, b.seq))
	})
	var jobs []openbits.Job
	for _, e := range found[:min(limit, len(found))] {
		jobs = append(jobs, copyJob(e.job))
	}
	return jobs, nil
}

// Shift moves Created, Modified, Expires, NextTry and FailedFrom of unfinished jobs, and NextTry of
// their files, by d.
func (s *Store) Shift(ctx context.Context, d time.Duration) error {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for _, e := range q.order {
		if e.job.State.Final() {
			continue
		}
		j := &e.job
		for _, t := range []*time.Time{&j.Created, &j.Modified, &j.Expires, &j.NextTry, &j.FailedFrom} {
			shift(t, d)
		}
		for _, f := range e.files {
			shift(&f.NextTry, d)
		}
	}
	return nil
}

func shift(t *time.Time, d time.Duration) {
	if !t.IsZero() {
		*t = stored(t.Add(d.Truncate(time.Microsecond)))
	}
}
