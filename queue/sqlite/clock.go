// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"github.com/openbits/openbits"
)

// The three things that happen in the life of a job by the clock alone, each with its index: the
// warning, the end of its life, and, final, its removal from the list. due is when.
const (
	warnings = `SELECT seq, expires - ?1 AS due FROM jobs INDEXED BY jobs_expiry
		WHERE warned = 0 AND expires IS NOT NULL AND state NOT IN ('acknowledged', 'cancelled')`
	expiries = `SELECT seq, expires AS due FROM jobs INDEXED BY jobs_expiry
		WHERE warned = 1 AND expires IS NOT NULL AND state NOT IN ('acknowledged', 'cancelled')`
	removals = `SELECT seq, ended + ?2 AS due FROM jobs INDEXED BY jobs_removal
		WHERE ended IS NOT NULL AND state IN ('acknowledged', 'cancelled')`
)

const selectAgenda = `SELECT
	(SELECT min(next_try) FROM jobs INDEXED BY jobs_due WHERE state = 'transient_error' AND next_try IS NOT NULL),
	(SELECT min(due) FROM (
		SELECT * FROM (` + warnings + ` ORDER BY expires LIMIT 1) UNION ALL
		SELECT * FROM (` + expiries + ` ORDER BY expires LIMIT 1) UNION ALL
		SELECT * FROM (` + removals + ` ORDER BY ended LIMIT 1)))`

var selectExpiring = selectJobs + `JOIN (
		SELECT seq AS key, due FROM (
			SELECT * FROM (` + warnings + ` AND expires <= ?3 + ?1 ORDER BY expires, seq LIMIT ?4) UNION ALL
			SELECT * FROM (` + expiries + ` AND expires <= ?3 ORDER BY expires, seq LIMIT ?4) UNION ALL
			SELECT * FROM (` + removals + ` AND ended <= ?3 - ?2 ORDER BY ended, seq LIMIT ?4))
		ORDER BY due, seq LIMIT ?4)
	ON seq = key ORDER BY due, seq`

// Agenda tells when the clock next concerns any job.
func (s *Store) Agenda(ctx context.Context) (a openbits.Agenda, err error) {
	defer s.end("read", &err)
	if err := s.begin(ctx); err != nil {
		return a, err
	}
	err = s.get(ctx, []any{moment{&a.Retry}, moment{&a.Expiry}}, selectAgenda,
		openbits.ExpiryWarning.Microseconds(), openbits.KeepFinal.Microseconds())
	return a, err
}

// Expiring answers up to limit jobs (0: 100) that are due for the expiry warning, for expiry or, final,
// for removal: those that were due first come first.
func (s *Store) Expiring(ctx context.Context, now time.Time, limit int) (jobs []openbits.Job, err error) {
	defer s.end("list", &err)
	limit, err = pageSize(limit)
	if err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, selectExpiring,
		openbits.ExpiryWarning.Microseconds(), openbits.KeepFinal.Microseconds(), now.UnixMicro(), limit)
	if err != nil {
		return nil, err
	}
	return collect(rows, readJob)
}

// Shift moves Created, Modified, Expires, NextTry and FailedFrom of unfinished jobs, and NextTry of their
// files, by d, in one commit. What is not set stays so: NULL plus anything is NULL.
func (s *Store) Shift(ctx context.Context, d time.Duration) (err error) {
	defer s.end("save", &err)
	if err := s.begin(ctx); err != nil {
		return err
	}
	return s.write(ctx, func(w *writer) error {
		_, err := w.exec(`UPDATE jobs SET created = created + ?1, modified = modified + ?1, expires = expires + ?1,
			next_try = next_try + ?1, failed_from = failed_from + ?1
			WHERE state NOT IN ('acknowledged', 'cancelled')`, d.Microseconds())
		if err != nil {
			return err
		}
		_, err = w.exec(`UPDATE files SET next_try = next_try + ?1 WHERE next_try IS NOT NULL AND
			(SELECT state FROM jobs WHERE seq = job) NOT IN ('acknowledged', 'cancelled')`, d.Microseconds())
		return err
	})
}
