// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/openbits/openbits"
)

var eventColumns = []string{"time", "type", "job", "file", "state", "from_state", "actor", "error"}

func eventFields(e *openbits.Event) []any {
	return []any{moment{&e.Time}, &e.Type, &e.JobID, &e.File, &e.State, &e.From, &e.Actor, failure{&e.Error}}
}

var insertEvent = insert("events", append([]string{"seq"}, eventColumns...))

// addEvents gives the events the next numbers of the sequence and answers the first.
func (t *transaction) addEvents(events []openbits.Event) (first int64, err error) {
	if len(events) == 0 {
		return 0, nil
	}
	last, err := lastEvent(t.get)
	if err != nil {
		return 0, err
	}
	for i := range events {
		args := append([]any{last + 1 + int64(i)}, eventFields(&events[i])...)
		if _, err := t.exec(insertEvent, args...); err != nil {
			return 0, err
		}
	}
	return last + 1, nil
}

// lastEvent is the sequence of the newest event ever written, also when it was pruned.
func lastEvent(get func(dest []any, text string, args ...any) error) (int64, error) {
	var last int64
	err := get([]any{&last}, "SELECT seq FROM sqlite_sequence WHERE name = 'events'")
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return last, err
}

// Events answers up to limit events (0: 100) after seq, and the sequence of the oldest one kept: 0 when
// none was ever written, one past the newest when all were pruned.
func (s *Store) Events(ctx context.Context, after int64, limit int) (events []openbits.Event, oldest int64, err error) {
	defer s.end("list", &err)
	limit, err = pageSize(limit)
	if err != nil {
		return nil, 0, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, 0, err
	}
	rows, err := s.query(ctx, `SELECT seq, time, type, job, file, state, from_state, actor, error
		FROM events WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
	if err != nil {
		return nil, 0, err
	}
	events, err = collect(rows, func(row scanner) (e openbits.Event, err error) {
		err = row.Scan(append([]any{&e.Seq}, eventFields(&e)...)...)
		return e, err
	})
	if err != nil {
		return nil, 0, err
	}
	err = s.get(ctx, []any{&oldest}, `SELECT coalesce((SELECT min(seq) FROM events),
		(SELECT seq + 1 FROM sqlite_sequence WHERE name = 'events'), 0)`)
	return events, oldest, err
}

// LastEvent is the sequence of the newest event that was ever written, 0 when there is none.
func (s *Store) LastEvent(ctx context.Context) (last int64, err error) {
	defer s.end("read", &err)
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	return lastEvent(func(dest []any, text string, args ...any) error { return s.get(ctx, dest, text, args...) })
}

// pruneBatch is how many events one transaction removes, so that commits need not wait long.
const pruneBatch = 5000

// Prune removes the oldest events up to the first that is not older than before.
func (s *Store) Prune(ctx context.Context, before time.Time) (err error) {
	defer s.end("save", &err)
	for {
		if err := s.begin(ctx); err != nil {
			return err
		}
		var gone int64
		err := s.write(ctx, func(w *writer) (err error) {
			gone, err = w.exec(`DELETE FROM events WHERE seq < (
				SELECT coalesce(
					(SELECT seq FROM (SELECT seq, time FROM events ORDER BY seq LIMIT ?1) WHERE time >= ?2 ORDER BY seq LIMIT 1),
					(SELECT min(seq) + ?1 FROM events)))`, pruneBatch, before.UnixMicro())
			return err
		})
		if err != nil || gone == 0 {
			return err
		}
	}
}

// Meta reads a small value of the service itself, "" when it was never set.
func (s *Store) Meta(ctx context.Context, key string) (value string, err error) {
	defer s.end("read", &err)
	if err := s.begin(ctx); err != nil {
		return "", err
	}
	err = s.get(ctx, []any{&value}, "SELECT value FROM meta WHERE key = ?", key)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}

// SetMeta writes a small value of the service itself, durably.
func (s *Store) SetMeta(ctx context.Context, key, value string) (err error) {
	defer s.end("save", &err)
	if err := s.begin(ctx); err != nil {
		return err
	}
	return s.write(ctx, func(w *writer) error {
		_, err := w.exec("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
		return err
	})
}
