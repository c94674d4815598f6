// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"

	"github.com/openbits/openbits"
)

// claims reports whether a file of a claiming job claims its path.
func claims(state openbits.FileState) bool {
	return state != openbits.FilePublished && state != openbits.FileDropped
}

func (t *transaction) addFile(f *openbits.File) error {
	job, err := t.find(f.JobID)
	if err != nil {
		return err
	}
	if f.Index < 0 || f.Index > maxIndex {
		return badIndex(f)
	}
	folder, err := t.folder(f.Place.Folder)
	if err != nil {
		return err
	}
	row, err := rowOf(t.box, f)
	if err != nil {
		return err
	}
	url, sealed := sealURL(t.box, f)
	args := append([]any{
		fileID(job.seq, f.Index), job.claiming && claims(f.State),
		url, sealed != nil, sealed, folder.id, folder.path, f.Place.Name, f.Place.Part,
	}, row.fields()...)
	_, err = t.exec(insertFile, args...)
	if !constraint(err) {
		return err
	}
	var taken bool
	var holder string
	err = t.get([]any{&taken, &holder}, `SELECT EXISTS (SELECT 1 FROM files WHERE id = ?), coalesce((
		SELECT j.id FROM files f JOIN jobs j ON j.seq = f.job WHERE f.claimed = 1 AND f.path = ? AND f.name = ?), '')`,
		args[0], folder.path, f.Place.Name)
	switch {
	case err != nil:
		return err
	case taken:
		return badIndex(f)
	}
	return busy(f.Place.Path(), f.Index, holder)
}

// place answers the key of a file's row: not_found when the job is missing or has no room for the index.
func (t *transaction) place(f *openbits.File) (id int64, job *jobRef, err error) {
	job, err = t.find(f.JobID)
	if err == nil && (f.Index < 0 || f.Index > maxIndex) {
		err = noFile(f.JobID, f.Index)
	}
	if err != nil {
		return 0, nil, err
	}
	return fileID(job.seq, f.Index), job, nil
}

func (t *transaction) replaceFile(f *openbits.File) error {
	id, job, err := t.place(f)
	if err != nil {
		return err
	}
	row, err := rowOf(t.box, f)
	if err != nil {
		return err
	}
	args := append([]any{job.claiming && claims(f.State)}, row.fields()...)
	n, err := t.exec(updateFile, append(args, id)...)
	if constraint(err) {
		return t.conflict(id, id)
	}
	if err == nil && n == 0 {
		return noFile(f.JobID, f.Index)
	}
	return err
}

func (t *transaction) renew(f *openbits.File) error {
	id, _, err := t.place(f)
	if err != nil {
		return err
	}
	url, sealed := sealURL(t.box, f)
	n, err := t.exec("UPDATE files SET url = ?, secret = ?, sealed_url = ? WHERE id = ?", url, sealed != nil, sealed, id)
	if err == nil && n == 0 {
		return noFile(f.JobID, f.Index)
	}
	return err
}

// conflict names the holder of a path that a file, or one of the unpublished files of a range, wanted to claim again.
func (t *transaction) conflict(first, last int64) error {
	var holder, dir, name string
	var index int
	err := t.get([]any{&holder, &dir, &name, &index}, `SELECT j.id, p.path, f.name, f.idx FROM files f
		JOIN files h ON h.path = f.path AND h.name = f.name AND h.claimed = 1 AND h.id <> f.id
		JOIN jobs j ON j.seq = h.job JOIN paths p ON p.id = f.path
		WHERE f.id BETWEEN ?1 AND ?2 AND (?1 = ?2 OR f.state NOT IN ('published', 'dropped')) LIMIT 1`, first, last)
	if errors.Is(err, sql.ErrNoRows) {
		// Two files of the range itself want it: neither has it yet.
		err = t.get([]any{&holder, &dir, &name, &index}, `SELECT j.id, p.path, f.name, f.idx FROM files f
			JOIN files h ON h.path = f.path AND h.name = f.name AND h.id < f.id AND h.job = f.job
			JOIN jobs j ON j.seq = h.job JOIN paths p ON p.id = f.path
			WHERE f.id BETWEEN ? AND ? AND f.state NOT IN ('published', 'dropped')
			AND h.state NOT IN ('published', 'dropped') LIMIT 1`, first, last)
	}
	if err != nil {
		return err
	}
	return busy(filepath.Join(dir, name), index, holder)
}

// jobSeq answers the row of a job. Kind: not_found.
func (s *Store) jobSeq(ctx context.Context, id string) (seq int64, err error) {
	err = s.get(ctx, []any{&seq}, "SELECT seq FROM jobs WHERE id = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		err = noJob(id)
	}
	return seq, err
}

// File answers one file. Kinds: not_found; secret_unreadable, with the redacted URL in the file.
func (s *Store) File(ctx context.Context, id string, index int) (_ openbits.File, err error) {
	defer s.end("read", &err)
	if err := s.begin(ctx); err != nil {
		return openbits.File{}, err
	}
	seq, err := s.jobSeq(ctx, id)
	if err != nil {
		return openbits.File{}, err
	}
	if index < 0 || index > maxIndex {
		return openbits.File{}, noFile(id, index)
	}
	rows, err := s.query(ctx, selectFiles+"WHERE f.id = ?", fileID(seq, index))
	if err != nil {
		return openbits.File{}, err
	}
	files, err := s.collectFiles(rows, id)
	if len(files) == 0 {
		if err == nil {
			err = noFile(id, index)
		}
		return openbits.File{}, err
	}
	return files[0], err
}

// Files lists files of a job in the order of their index. Kinds: not_found, invalid_argument;
// secret_unreadable, with the redacted URL in the files concerned.
func (s *Store) Files(ctx context.Context, id string, q openbits.FileQuery) (page openbits.FilePage, err error) {
	defer s.end("list", &err)
	limit, err := pageSize(q.Limit)
	if err != nil {
		return page, err
	}
	if err := s.begin(ctx); err != nil {
		return page, err
	}
	seq, err := s.jobSeq(ctx, id)
	if err != nil {
		return page, err
	}
	page.Next = -1
	if q.From > maxIndex {
		return page, nil
	}
	first, last := fileID(seq, max(0, q.From)), fileID(seq, maxIndex)
	rows, err := s.filesWhere(ctx, q.States, first, last, limit+1)
	if err != nil {
		return openbits.FilePage{}, err
	}
	files, err := s.collectFiles(rows, id)
	if err != nil && !errors.Is(err, openbits.KindSecretUnreadable) {
		return openbits.FilePage{}, err
	}
	if len(files) > limit {
		page.Next = files[limit].Index
		files = files[:limit]
	}
	page.Files = files
	return page, err
}

// filesWhere reads files of a job. With states it merges one walk of the index for each state.
func (s *Store) filesWhere(ctx context.Context, states []openbits.FileState, first, last int64, limit int) (*sql.Rows, error) {
	if len(states) == 0 {
		return s.query(ctx, selectFiles+"WHERE f.id BETWEEN ? AND ? ORDER BY f.id LIMIT ?", first, last, limit)
	}
	var branches []string
	var args []any
	for _, state := range unique(states) {
		branches = append(branches, "SELECT id FROM files INDEXED BY files_state WHERE state = ? AND id BETWEEN ? AND ?")
		args = append(args, string(state), first, last)
	}
	text := selectFiles + "JOIN (" + strings.Join(branches, " UNION ALL ") + " ORDER BY id LIMIT ?) k ON k.id = f.id ORDER BY f.id"
	return s.query(ctx, text, append(args, limit)...) // as many texts as there are numbers of states
}

// collectFiles reads and unseals. When a URL cannot be unsealed the redacted one stands in its
// place, and the first such error comes with the whole list.
func (s *Store) collectFiles(rows *sql.Rows, id string) ([]openbits.File, error) {
	var sealed error
	files, err := collect(rows, func(row scanner) (openbits.File, error) {
		r, err := readFile(row, id)
		if err != nil {
			return openbits.File{}, err
		}
		if err := openURL(s.box, r); err != nil && sealed == nil {
			sealed = err
		}
		openSession(s.box, r)
		return r.File, nil
	})
	if err != nil {
		return nil, err
	}
	return files, sealed
}

// selectFileCounts leaps from state to state and counts a range of files in each, in the index alone.
const selectFileCounts = `WITH RECURSIVE present (state) AS (
		SELECT min(state) FROM files INDEXED BY files_state
	UNION ALL
		SELECT (SELECT min(state) FROM files INDEXED BY files_state WHERE state > present.state)
		FROM present WHERE state IS NOT NULL
	) SELECT state, (SELECT count(*) FROM files INDEXED BY files_state
		WHERE files.state = present.state AND id BETWEEN ? AND ?) FROM present WHERE state IS NOT NULL`

// CountFiles counts a job's files by state. Kind: not_found.
func (s *Store) CountFiles(ctx context.Context, id string) (counts map[openbits.FileState]int, err error) {
	defer s.end("count", &err)
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	seq, err := s.jobSeq(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, selectFileCounts, fileID(seq, 0), fileID(seq, maxIndex))
	if err != nil {
		return nil, err
	}
	return tally[openbits.FileState](rows)
}

// tally reads rows of a name and a count.
func tally[K ~string](rows *sql.Rows) (map[K]int, error) {
	counts := map[K]int{}
	_, err := collect(rows, func(row scanner) (struct{}, error) {
		var name K
		var n int
		err := row.Scan(&name, &n)
		if n > 0 {
			counts[name] = n
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}
