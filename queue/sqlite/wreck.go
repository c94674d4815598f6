// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
)

// wreck is a damaged database, of which row after row is read as far as that goes.
type wreck struct {
	db *sql.DB
}

// openWreck opens the database at path, which is changed. When it cannot even be asked for its tables,
// its first page is taken from model, an empty queue: the tables of both begin on the same pages.
func openWreck(path, model string) (*wreck, error) {
	if err := fitSize(path); err == nil {
		if r, err := tryWreck(path); err == nil {
			return r, nil
		}
	}
	if err := transplant(path, model); err != nil {
		return nil, err
	}
	return tryWreck(path)
}

func tryWreck(path string) (r *wreck, err error) {
	defer func() {
		if p := recover(); p != nil {
			r, err = nil, panicked("read", p)
		}
	}()
	db, err := sql.Open("sqlite", source(path, "cell_size_check(1)", "synchronous(OFF)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	// A queue of an older schema is brought up to date before it is read; where that fails, what has not changed is read.
	if list, err := steps(); err == nil {
		_ = migrateWreck(db, list)
	}
	var n int
	if err = db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name IN ('jobs', 'files', 'folders')").Scan(&n); err == nil && n < 3 {
		err = errors.New("it has no tables")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &wreck{db: db}, nil
}

func migrateWreck(db *sql.DB, list []string) error {
	conn, err := db.Conn(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	w := &writer{db: db, conn: conn, prepared: map[string]*sql.Stmt{}}
	defer w.forget()
	var version int
	if err := w.get([]any{&version}, "PRAGMA user_version"); err != nil || version == 0 {
		return err // without tables there is nothing to bring up to date
	}
	return migrate(w, list)
}

// The header of a database (sqlite.org/fileformat2.html, section 1.3).
const (
	headerBytes    = 100
	pageBytes      = 4096 // SQLite's default, which nothing changes
	offsetCounter  = 24   // change counter
	offsetPages    = 28   // size in pages, good when the two counters agree
	offsetFreeList = 32   // first page of the free list, and their number
	offsetValidFor = 92   // change counter for which the size is good
)

// fitSize makes the header say how long the file really is: SQLite reads nothing of a file that is shorter than it says.
func fitSize(path string) error {
	return patchHeader(path, nil)
}

// transplant replaces the first page by that of another database, or the whole of what is shorter
// than that: the log beside it may still hold the rest.
func transplant(path, model string) error {
	donor, err := os.ReadFile(model)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() < int64(len(donor)) {
		return os.WriteFile(path, donor, 0o600)
	}
	if err != nil {
		return err
	}
	page := donor[:pageBytes]
	clear(page[offsetFreeList : offsetFreeList+8])
	return patchHeader(path, page)
}

// patchHeader writes the first page, or what there is of it, with the true size of the file.
func patchHeader(path string, page []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if page == nil {
		page = make([]byte, headerBytes)
		if _, err := f.ReadAt(page, 0); err != nil {
			return err
		}
	}
	binary.BigEndian.PutUint32(page[offsetPages:], uint32(info.Size()/pageBytes))
	copy(page[offsetValidFor:offsetValidFor+4], page[offsetCounter:offsetCounter+4])
	_, err = f.WriteAt(page, 0)
	return err
}

// each calls visit for every row of a query that can be read, in the order of its key. The query has one
// parameter: the key to go on behind; its first column is the key. probe is the query for the next key alone.
// An error of visit ends it.
func (r *wreck) each(query, probe string, visit func(row scanner) (key int64, err error)) error {
	for from := int64(0); ; {
		last, err := r.run(query, from, visit)
		if err == nil || !errors.Is(err, errUnreadable) {
			return err
		}
		next, a := r.probe(probe, last)
		if a == unreadable {
			next, a = r.leap(probe, last)
		}
		if a == atEnd {
			return nil
		}
		from = next
	}
}

var errUnreadable = errors.New("the row cannot be read")

// run reads rows behind from until there is none, or one cannot be read.
func (r *wreck) run(query string, from int64, visit func(row scanner) (int64, error)) (last int64, err error) {
	last = from
	defer func() {
		if p := recover(); p != nil {
			err = errUnreadable
		}
	}()
	rows, err := r.db.Query(query, from)
	if err != nil {
		return last, errUnreadable
	}
	defer rows.Close()
	for rows.Next() {
		key, err := visit(rows)
		if err != nil {
			return last, err
		}
		last = max(last, key)
	}
	if rows.Err() != nil {
		return last, errUnreadable
	}
	return last, nil
}

// leap finds a key, as near behind last as it can, behind which rows can be read again.
func (r *wreck) leap(probe string, last int64) (int64, answer) {
	bad, good := int64(0), int64(0)
	for step := int64(1); good == 0; step *= 2 {
		if step > math.MaxInt64/2 || last > math.MaxInt64-step {
			return 0, atEnd
		}
		switch _, a := r.probe(probe, last+step); a {
		case readable:
			good = step
		case atEnd:
			return 0, atEnd
		default:
			bad = step
		}
	}
	for good-bad > 1 {
		middle := bad + (good-bad)/2
		if _, a := r.probe(probe, last+middle); a == readable {
			good = middle
		} else {
			bad = middle
		}
	}
	return last + good, readable
}

// answer of a probe.
type answer string

const (
	readable   answer = "readable"
	unreadable answer = "unreadable"
	atEnd      answer = "at the end"
)

// probe looks for the next key.
func (r *wreck) probe(query string, behind int64) (key int64, a answer) {
	a = unreadable
	defer func() { _ = recover() }() // as unreadable as an error
	switch err := r.db.QueryRow(query, behind).Scan(&key); {
	case err == nil:
		a = readable
	case errors.Is(err, sql.ErrNoRows):
		a = atEnd
	}
	return key, a
}

func (r *wreck) close() error { return r.db.Close() }
