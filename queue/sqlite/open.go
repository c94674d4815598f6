// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/seal"
)

// FileName is the name of the database in the state folder.
const FileName = "queue.db"

// readers is how many connections read at the same time.
const readers = 4

// Options of a store. The zero value is right for a service.
type Options struct {
	// NoWAL keeps a rollback journal in place of the write-ahead log, as a network mount makes it necessary.
	// A store finds that out by itself; with NoWAL it does not try.
	NoWAL bool
}

// Open opens the queue in dir, which it makes when it is missing; one store at a time may have it open.
// A queue that is damaged is set aside and rebuilt as far as possible: the Recovery tells how far; it is nil otherwise.
//
// Kinds: service_too_old for a queue of a newer openbits, local_file, disk_full.
func Open(ctx context.Context, dir string, o Options) (s *Store, r *Recovery, err error) {
	defer func() { err = fail("open", "the queue", err) }()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, folderFailed(dir, err)
	}
	box, err := seal.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	b := &builder{dir: dir, box: box, wal: !o.NoWAL}
	w, r, err := b.openOrRebuild()
	if err != nil {
		return nil, nil, err
	}
	s = &Store{dir: dir, box: box, writer: w, turn: make(chan struct{}, 1), prepared: map[string]*sql.Stmt{}}
	if s.readers, err = openReaders(b.path()); err != nil {
		return nil, nil, errors.Join(err, w.close())
	}
	return s, r, nil
}

func (b *builder) openOrRebuild() (w *writer, r *Recovery, err error) {
	if r, err = b.finish(); err != nil {
		return nil, nil, err
	}
	w, err = b.open()
	if !damaged(err) {
		return w, r, err
	}
	if r, err = b.rebuild(err); err != nil {
		return nil, nil, err
	}
	w, err = b.open()
	return w, r, err
}

func openReaders(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", source(path, "query_only(1)", "cache_size(-256)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	db.SetConnMaxIdleTime(time.Minute) // an idle service keeps no caches
	return db, nil
}

// builder opens a queue, and makes it when there is none.
type builder struct {
	dir string
	box *seal.Box
	wal bool
}

func (b *builder) path() string { return filepath.Join(b.dir, FileName) }

// open opens the database and brings its schema up to date. Kind: database_corrupt when it has to be rebuilt.
func (b *builder) open() (w *writer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked("open", p)
		}
		err = fail("open", "the queue", err)
	}()
	info, err := os.Lstat(b.path())
	switch {
	case errors.Is(err, fs.ErrNotExist) && exists(b.path()+"-wal"):
		return nil, corrupt("it is missing, and its log is there")
	case errors.Is(err, fs.ErrNotExist):
		if err := b.create(); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, folderFailed(b.path(), err)
	case info.Size() == 0:
		// A new database is complete before it gets this name: an empty one was truncated.
		return nil, corrupt("it is empty")
	}
	list, err := steps()
	if err != nil {
		return nil, err
	}
	w, err = openWriter(b.path(), b.wal)
	if err != nil {
		return nil, err
	}
	if err = tooNew(w, list); err == nil {
		err = b.check(w)
	}
	if err == nil {
		err = migrate(w, list)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// create makes an empty queue. It gets its name when it is complete and durable.
func (b *builder) create() error {
	path, err := b.draft()
	if err != nil {
		return err
	}
	return b.adopt(path)
}

// draft makes an empty queue under another name.
func (b *builder) draft() (path string, err error) {
	path = b.path() + ".new"
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", folderFailed(path, err)
		}
	}
	// SQLite gives its other files the mode of this one.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return "", folderFailed(path, err)
	}
	list, err := steps()
	if err != nil {
		return "", err
	}
	w, err := openWriter(path, b.wal)
	if err != nil {
		return "", err
	}
	return path, errors.Join(migrate(w, list), w.close())
}

// adopt gives a closed database the name of the queue.
func (b *builder) adopt(path string) error {
	if err := os.Rename(path, b.path()); err != nil {
		return folderFailed(path, err)
	}
	return syncFolder(b.dir)
}

func folderFailed(path string, err error) error {
	e := &openbits.Error{
		Op: "open", Object: path, Kind: openbits.KindLocalFile, Context: openbits.ContextQueueManager, Err: err, File: -1,
		Hint: "The service must be able to read and write its own state folder.",
	}
	if noSpace(err) {
		e.Kind, e.Hint = openbits.KindDiskFull, "Make room on the volume of the service's state folder."
	}
	return e
}

func corrupt(text string) error {
	return &openbits.Error{
		Op: "open", Object: "the queue", Kind: openbits.KindDatabaseCorrupt, Context: openbits.ContextQueueManager,
		Text: text, File: -1, Hint: hintDamaged,
	}
}
