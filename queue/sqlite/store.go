// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package sqlite keeps the queue in an SQLite database, queue.db in the state folder.
//
//	store, recovery, err := sqlite.Open(ctx, dir, sqlite.Options{})
//
// A commit that was answered survives kill -9 and power loss: the database is in WAL mode with
// synchronous=FULL, one sync for each commit. There is one writer; readers see whole commits and
// never wait for it. Listings are paged by key and take as long among 100,000 jobs as among ten.
//
// What may be secret (routes; user, query and fragment of URLs) is sealed; see internal/seal. When
// the key is lost, Route, File and Files answer the kind secret_unreadable for the rows concerned,
// and nothing else is affected. File and Files still answer everything else together with that error: the
// URL is the redacted one then, so that a job can be shown, cancelled and given a new URL.
//
// Texts of errors and reasons and the values of routes are UTF-8; other bytes in them become U+FFFD.
// All other texts are kept byte for byte.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/seal"
)

// Store is an open queue. Its methods can be called by several goroutines.
type Store struct {
	dir     string
	box     *seal.Box
	writer  *writer
	turn    chan struct{} // holds a token while somebody writes
	readers *sql.DB

	mu       sync.Mutex
	prepared map[string]*sql.Stmt // of readers

	closed  atomic.Bool
	suspect atomic.Bool // damage was met and marked for the next start
}

// Close ends the store after the commit in progress. Further calls fail.
func (s *Store) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.closed.Swap(true) {
		return nil
	}
	s.mu.Lock()
	for _, stmt := range s.prepared {
		stmt.Close()
	}
	s.prepared = nil
	s.mu.Unlock()
	// The writer is last: it folds the log into the database when nobody reads any more.
	return fail("close", "the queue", errors.Join(s.readers.Close(), s.writer.close()))
}

// begin guards a public call: it fails when the store is closed or ctx ended.
func (s *Store) begin(ctx context.Context) error {
	if s.closed.Load() {
		return &openbits.Error{
			Op: "use", Object: "the queue", Kind: openbits.KindInternal, Context: openbits.ContextQueueManager,
			Text: "it is closed", File: -1,
		}
	}
	return ctx.Err()
}

// end is deferred by every public call: it makes an error of a panic, gives errors their kind
// and has the next start look for damage that this call met.
func (s *Store) end(op string, err *error) {
	if p := recover(); p != nil {
		*err = panicked(op, p)
	}
	if *err == nil {
		return
	}
	if s.closed.Load() && openbits.KindOf(*err) == openbits.KindInternal {
		*err = s.begin(context.Background())
	}
	*err = fail(op, "the queue", *err)
	if damaged(*err) && !s.suspect.Swap(true) {
		markSuspect(s.dir)
	}
}

// write runs do as one transaction. Waiting for other writers ends with ctx; the transaction itself
// does not, so that a commit is never answered as failed because its caller gave up.
func (s *Store) write(ctx context.Context, do func(w *writer) error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	if err := s.begin(ctx); err != nil {
		return err
	}
	return s.writer.transaction(do)
}

// query runs a statement of a fixed text on a reader.
func (s *Store) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := s.prepare(text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// get reads one row into dest. It answers sql.ErrNoRows when there is none.
func (s *Store) get(ctx context.Context, dest []any, text string, args ...any) error {
	stmt, err := s.prepare(text)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(ctx, args...).Scan(dest...)
}

func (s *Store) prepare(text string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt := s.prepared[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.readers.Prepare(text)
	if err == nil && s.prepared != nil {
		s.prepared[text] = stmt
	}
	return stmt, err
}

// collect reads all rows.
func collect[T any](rows *sql.Rows, read func(row scanner) (T, error)) ([]T, error) {
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := read(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}
