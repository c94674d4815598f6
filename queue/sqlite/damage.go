// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Recovery tells what became of a damaged queue.
type Recovery struct {
	Quarantined string // path under which the damaged database is kept as it was
	Jobs, Files int    // kept
	LostFiles   int    // known to be lost; a job that lost files is in state error
	Err         error  // what was found wrong first
}

// Files beside the database.
const (
	// suspectName marks a database in which damage was met: the next start looks at all of it.
	suspectName = FileName + ".suspect"
	// rebuildName holds the name under which a damaged database is being set aside, while its
	// successor is not complete; a crash in between is settled from it.
	rebuildName = FileName + ".rebuild"
	// copyName is the copy of the damaged database that is read, since reading repairs it.
	copyName = FileName + ".copy"
)

// suffixes of the files that belong to a database, itself last: while it stands in its place, so do the others.
var suffixes = []string{"-journal", "-wal", "-shm", ""}

// checkLimit is the size up to which a database is looked over at every start: with 100,000 jobs
// (90 MB) that takes 0.2 s. A larger one is when damage was met in it.
const checkLimit = 256 << 20

func markSuspect(dir string) {
	// Where this cannot be written, the damage is found again when it is met again.
	_ = os.WriteFile(filepath.Join(dir, suspectName), nil, 0o600)
}

// check looks for damage. Kind: database_corrupt.
func (b *builder) check(w *writer) error {
	suspect := filepath.Join(b.dir, suspectName)
	_, err := os.Lstat(suspect)
	thorough := err == nil
	pragma := "PRAGMA quick_check(1)"
	if thorough {
		pragma = "PRAGMA integrity_check(1)"
	} else if info, err := os.Stat(b.path()); err == nil && info.Size() > checkLimit {
		return nil
	}
	var verdict string
	if err := w.get([]any{&verdict}, pragma); err != nil {
		return err
	}
	if verdict != "ok" {
		return corrupt("the check found: " + strings.ReplaceAll(verdict, "\n", "; "))
	}
	if thorough {
		return os.Remove(suspect)
	}
	return nil
}

// rebuild sets the damaged database aside and makes a new one of what can be read of it.
func (b *builder) rebuild(cause error) (*Recovery, error) {
	name := FileName + ".damaged-" + time.Now().UTC().Format("20060102T150405Z")
	for n := 2; exists(filepath.Join(b.dir, name)); n++ {
		name = fmt.Sprintf("%s.damaged-%s-%d", FileName, time.Now().UTC().Format("20060102T150405Z"), n)
	}
	marker := filepath.Join(b.dir, rebuildName)
	if err := writeDurably(marker, []byte(name)); err != nil {
		return nil, folderFailed(marker, err)
	}
	r, err := b.finish()
	if r != nil {
		r.Err = cause
	}
	return r, err
}

// finish carries a rebuilding to its end, whichever part of it was done before.
func (b *builder) finish() (*Recovery, error) {
	marker := filepath.Join(b.dir, rebuildName)
	name, err := os.ReadFile(marker)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, folderFailed(marker, err)
	}
	aside := filepath.Join(b.dir, filepath.Base(string(name)))
	r := &Recovery{Quarantined: aside, Err: errors.New("an earlier start was interrupted while it rebuilt the queue")}
	if !exists(aside) {
		if err := move(b.path(), aside); err != nil {
			return nil, err
		}
	}
	if !exists(b.path()) {
		if err := b.restore(aside, r); err != nil {
			return nil, err
		}
	} else {
		r = nil // all but the end was done, and told, before
	}
	for _, name := range []string{suspectName, rebuildName} {
		if err := os.Remove(filepath.Join(b.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, folderFailed(name, err)
		}
	}
	return r, syncFolder(b.dir)
}

// restore makes the new queue of the one set aside.
func (b *builder) restore(aside string, r *Recovery) error {
	path, err := b.draft()
	if err != nil {
		return err
	}
	work := filepath.Join(b.dir, copyName)
	defer remove(work)
	if err := duplicate(aside, work); err != nil {
		return err
	}
	w, err := openWriter(path, b.wal)
	if err != nil {
		return err
	}
	err = salvage(work, path, w, r)
	if err := errors.Join(err, w.close()); err != nil {
		return err
	}
	return b.adopt(path)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func move(from, to string) error {
	for _, suffix := range suffixes {
		if err := os.Rename(from+suffix, to+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return folderFailed(from+suffix, err)
		}
	}
	return syncFolder(filepath.Dir(to))
}

func remove(path string) {
	for _, suffix := range suffixes {
		_ = os.Remove(path + suffix)
	}
}

// duplicate copies a database with its logs, but not its shared memory, which is made anew.
func duplicate(from, to string) error {
	remove(to)
	for _, suffix := range []string{"", "-wal", "-journal"} {
		if err := copyFile(from+suffix, to+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return folderFailed(to+suffix, err)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}

func writeDurably(path string, content []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
