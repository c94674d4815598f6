// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/seal"
)

// Commit makes a change durable, all of it or nothing. The parts are applied in this order: new jobs,
// jobs, files, removals, new files, renewed URLs, events; so what one part gives up a later one can take.
//
// Kinds: destination_busy, id_in_use, not_found (a row to replace), invalid_argument (an index that is
// taken), disk_full, local_file, database_corrupt.
func (s *Store) Commit(ctx context.Context, c *openbits.Change) (err error) {
	defer s.end("save", &err)
	if err := s.begin(ctx); err != nil {
		return err
	}
	var first int64
	err = s.write(ctx, func(w *writer) error {
		t := &transaction{
			writer: w, box: s.box, jobs: map[string]*jobRef{}, folders: map[openbits.Folder]folderRef{},
		}
		if err := t.apply(c); err != nil {
			return err
		}
		first, err = t.addEvents(c.Events)
		return err
	})
	if err != nil {
		return err
	}
	for i := range c.Events {
		c.Events[i].Seq = first + int64(i)
	}
	return nil
}

// transaction is one commit with what it looked up already.
type transaction struct {
	*writer
	box     *seal.Box
	jobs    map[string]*jobRef
	folders map[openbits.Folder]folderRef
}

// jobRef is what the rows of files need to know of their job.
type jobRef struct {
	seq      int64
	claiming bool
}

type folderRef struct{ id, path int64 }

func (t *transaction) apply(c *openbits.Change) error {
	for i := range c.NewJobs {
		if err := t.addJob(&c.NewJobs[i]); err != nil {
			return err
		}
	}
	for i := range c.Jobs {
		if err := t.replaceJob(&c.Jobs[i]); err != nil {
			return err
		}
	}
	for i := range c.Files {
		if err := t.replaceFile(&c.Files[i]); err != nil {
			return err
		}
	}
	for _, id := range c.Remove {
		if err := t.remove(id); err != nil {
			return err
		}
	}
	for i := range c.NewFiles {
		if err := t.addFile(&c.NewFiles[i]); err != nil {
			return err
		}
	}
	for i := range c.Renewed {
		if err := t.renew(&c.Renewed[i]); err != nil {
			return err
		}
	}
	return nil
}

// claiming reports whether the unpublished files of a job claim the paths under which something arrives: nothing does in
// an upload without a reply, and final jobs write no more.
func claiming(kind openbits.JobType, state openbits.State) bool {
	return kind != openbits.TypeUpload && !state.Final()
}

func (t *transaction) addJob(row *openbits.JobRow) error {
	route, err := sealRoute(t.box, row.Job.ID, row.Route)
	if err != nil {
		return err
	}
	_, err = t.exec(insertJob, append([]any{route != nil}, jobFields(&row.Job)...)...)
	if constraint(err) {
		return idInUse(row.Job.ID)
	}
	if err != nil {
		return err
	}
	job, err := t.find(row.Job.ID)
	if err != nil || route == nil {
		return err
	}
	_, err = t.exec("INSERT INTO routes (job, sealed) VALUES (?, ?)", job.seq, route)
	return err
}

// find answers the row of a job.
func (t *transaction) find(id string) (*jobRef, error) {
	if ref := t.jobs[id]; ref != nil {
		return ref, nil
	}
	ref := &jobRef{}
	var kind openbits.JobType
	var state openbits.State
	err := t.get([]any{&ref.seq, &kind, &state}, "SELECT seq, type, state FROM jobs WHERE id = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, noJob(id)
	}
	if err != nil {
		return nil, err
	}
	ref.claiming = claiming(kind, state)
	t.jobs[id] = ref
	return ref, nil
}

func (t *transaction) replaceJob(j *openbits.Job) error {
	ref, err := t.find(j.ID)
	if err != nil {
		return err
	}
	if _, err := t.exec(updateJob, append(jobFields(j), ref.seq)...); err != nil {
		return err
	}
	now := claiming(j.Type, j.State)
	if now == ref.claiming {
		return nil
	}
	ref.claiming = now
	first, last := fileID(ref.seq, 0), fileID(ref.seq, maxIndex)
	_, err = t.exec(`UPDATE files SET claimed = ? WHERE id BETWEEN ? AND ?
		AND claimed <> ? AND state NOT IN ('published', 'dropped')`, now, first, last, now)
	if constraint(err) {
		return t.conflict(first, last)
	}
	return err
}

func (t *transaction) remove(id string) error {
	ref, err := t.find(id)
	if err != nil {
		return err
	}
	delete(t.jobs, id)
	clear(t.folders)
	first, last := fileID(ref.seq, 0), fileID(ref.seq, maxIndex)
	folders, err := t.foldersOf(first, last)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		text string
		args []any
	}{
		{"DELETE FROM files WHERE id BETWEEN ? AND ?", []any{first, last}},
		{"DELETE FROM routes WHERE job = ?", []any{ref.seq}},
		{"DELETE FROM jobs WHERE seq = ?", []any{ref.seq}},
	} {
		if _, err := t.exec(step.text, step.args...); err != nil {
			return err
		}
	}
	return t.forgetFolders(folders)
}

// foldersOf lists the folders that a range of files is in.
func (t *transaction) foldersOf(first, last int64) ([]folderRef, error) {
	stmt, err := t.stmt("SELECT DISTINCT folder, path FROM files WHERE id BETWEEN ? AND ?")
	if err != nil {
		return nil, err
	}
	rows, err := stmt.Query(first, last)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(row scanner) (folderRef, error) {
		var f folderRef
		err := row.Scan(&f.id, &f.path)
		return f, err
	})
}

// forgetFolders removes those of the folders that no file is in any more.
func (t *transaction) forgetFolders(folders []folderRef) error {
	for _, f := range folders {
		gone, err := t.exec("DELETE FROM folders WHERE id = ? AND NOT EXISTS (SELECT 1 FROM files WHERE folder = ?)", f.id, f.id)
		if err != nil {
			return err
		}
		if gone == 0 {
			continue
		}
		_, err = t.exec("DELETE FROM paths WHERE id = ? AND NOT EXISTS (SELECT 1 FROM folders WHERE path = ?)", f.path, f.path)
		if err != nil {
			return err
		}
	}
	return nil
}

// folder answers the row of a folder, which it makes when there is none.
func (t *transaction) folder(f openbits.Folder) (folderRef, error) {
	if ref, ok := t.folders[f]; ok {
		return ref, nil
	}
	var ref folderRef
	path := filepath.Clean(f.Path)
	if err := t.ensure(&ref.path, "SELECT id FROM paths WHERE path = ?",
		"INSERT INTO paths (path) VALUES (?)", path); err != nil {
		return ref, err
	}
	if err := t.ensure(&ref.id, "SELECT id FROM folders WHERE path = ? AND given = ? AND identity = ? AND volume = ?",
		"INSERT INTO folders (path, given, identity, volume) VALUES (?, ?, ?, ?)",
		ref.path, f.Path, f.ID, f.Volume); err != nil {
		return ref, err
	}
	t.folders[f] = ref
	return ref, nil
}

// ensure reads the id of a row, which it inserts when there is none.
func (t *transaction) ensure(id *int64, find, insert string, args ...any) error {
	err := t.get([]any{id}, find, args...)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := t.exec(insert, args...); err != nil {
		return err
	}
	return t.get([]any{id}, find, args...)
}
