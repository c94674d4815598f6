// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
)

// writer is the one connection that writes. It is used by one goroutine at a time.
type writer struct {
	db       *sql.DB
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

// pragmas of every connection. The page caches are small (1 MiB for the writer, 256 KiB for a reader), since
// the service is to be idle in less than 25 MB; the system caches the file anyway.
var pragmas = []string{"busy_timeout(5000)", "foreign_keys(1)", "temp_store(2)"}

// source is the name under which the driver opens path with some pragmas more.
func source(path string, more ...string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // C:/state
		slashed = "/" + slashed
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: url.Values{
		"_txlock": {"immediate"}, "_pragma": append(more, pragmas...),
	}.Encode()}
	return u.String()
}

// openWriter opens the database at path, an existing file, and sees to its journal. WAL needs shared memory,
// which network mounts do not have and refuse without an error: the rollback journal serves there.
func openWriter(path string, wal bool) (*writer, error) {
	db, err := sql.Open("sqlite", source(path, "synchronous(FULL)", "cache_size(-1024)", "journal_size_limit(16777216)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w := &writer{db: db, prepared: map[string]*sql.Stmt{}}
	if w.conn, err = db.Conn(context.Background()); err == nil {
		err = w.journal(wal)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *writer) journal(wal bool) error {
	var mode string
	if wal {
		err := w.get([]any{&mode}, "PRAGMA journal_mode = WAL")
		if err == nil && mode == "wal" {
			// The first read opens the shared memory: only now is it known whether that works.
			var n int
			if err = w.get([]any{&n}, "SELECT count(*) FROM sqlite_schema"); err == nil {
				return nil
			}
		}
		if err != nil && damaged(fail("open", "", err)) {
			return err
		}
	}
	if err := w.get([]any{&mode}, "PRAGMA journal_mode = DELETE"); err != nil {
		return err
	}
	if mode != "delete" {
		return errors.New("the database's journal stays in mode " + mode)
	}
	return nil
}

func (w *writer) stmt(text string) (*sql.Stmt, error) {
	if stmt := w.prepared[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(context.Background(), text)
	if err == nil {
		w.prepared[text] = stmt
	}
	return stmt, err
}

// exec runs a statement of a fixed text and answers how many rows it changed.
func (w *writer) exec(text string, args ...any) (int64, error) {
	stmt, err := w.stmt(text)
	if err != nil {
		return 0, err
	}
	r, err := stmt.Exec(args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// get reads one row into dest. It answers sql.ErrNoRows when there is none.
func (w *writer) get(dest []any, text string, args ...any) error {
	stmt, err := w.stmt(text)
	if err != nil {
		return err
	}
	return stmt.QueryRow(args...).Scan(dest...)
}

// script runs statements that are not worth keeping.
func (w *writer) script(text string) error {
	_, err := w.conn.ExecContext(context.Background(), text)
	return err
}

// transaction commits what do does, or takes it back when do or the commit fails or panics.
func (w *writer) transaction(do func(w *writer) error) (err error) {
	if _, err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed {
			// After some errors SQLite has rolled back by itself and complains here.
			_, _ = w.exec("ROLLBACK")
		}
	}()
	if err := do(w); err != nil {
		return err
	}
	if _, err := w.exec("COMMIT"); err != nil {
		return err
	}
	committed = true
	return nil
}

// forget closes the prepared statements.
func (w *writer) forget() {
	for _, stmt := range w.prepared {
		stmt.Close()
	}
	clear(w.prepared)
}

func (w *writer) close() error {
	w.forget()
	var err error
	if w.conn != nil {
		err = w.conn.Close()
	}
	return errors.Join(err, w.db.Close())
}
