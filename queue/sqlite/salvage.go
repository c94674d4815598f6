// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits"
)

// salvage copies what can be read of the damaged database at path into w, the empty queue at model. Rows keep
// their keys, and what is sealed stays sealed. It fails only when the new queue cannot be written.
func salvage(path, model string, w *writer, r *Recovery) error {
	from, err := openWreck(path, model)
	if err != nil {
		return nil // the queue begins anew; why is in r.Err
	}
	defer from.close()
	return w.transaction(func(w *writer) error {
		s := &salvor{
			transaction: &transaction{writer: w, folders: map[openbits.Folder]folderRef{}},
			from:        from, recovery: r, jobs: map[int64]openbits.Job{}, folders: map[int64]openbits.Folder{},
		}
		for _, step := range []func() error{s.copyJobs, s.copyRoutes, s.readFolders, s.copyFiles, s.copyMeta, s.copyEvents, s.settle} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
}

type salvor struct {
	*transaction
	from     *wreck
	recovery *Recovery
	jobs     map[int64]openbits.Job // that were kept, by their key
	folders  map[int64]openbits.Folder
}

// put writes a row. One that contradicts another is left out: of the two, at least one is damage.
func (s *salvor) put(text string, args ...any) (bool, error) {
	_, err := s.exec(text, args...)
	if constraint(err) {
		return false, nil
	}
	return err == nil, err
}

func (s *salvor) copyJobs() error {
	columns := strings.Join(jobColumns, ", ")
	return s.from.each(
		"SELECT seq, routed, "+columns+" FROM jobs NOT INDEXED WHERE seq > ? ORDER BY seq",
		"SELECT seq FROM jobs NOT INDEXED WHERE seq > ? ORDER BY seq LIMIT 1",
		func(row scanner) (seq int64, err error) {
			var routed bool
			var j openbits.Job
			if err := row.Scan(append([]any{&seq, &routed}, jobFields(&j)...)...); err != nil || !plausible(&j) {
				return seq, nil
			}
			kept, err := s.put(insertOldJob, append([]any{seq, routed}, jobFields(&j)...)...)
			if kept {
				s.jobs[seq] = j
				s.recovery.Jobs++
			}
			return seq, err
		})
}

var insertOldJob = insert("jobs", append([]string{"seq", "routed"}, jobColumns...))

// plausible tells a job from what damage made of one. No database of a version this
// program knows has other values of these closed lists.
func plausible(j *openbits.Job) bool {
	return j.ID != "" && j.State.Number() >= 0 && j.Priority.Number() >= 0 && j.Type.Number() >= 0
}

func (s *salvor) copyRoutes() error {
	return s.from.each(
		"SELECT job, sealed FROM routes WHERE job > ? ORDER BY job",
		"SELECT job FROM routes WHERE job > ? ORDER BY job LIMIT 1",
		func(row scanner) (job int64, err error) {
			var sealed []byte
			if err := row.Scan(&job, &sealed); err != nil || s.jobs[job].ID == "" {
				return job, nil
			}
			_, err = s.put("INSERT INTO routes (job, sealed) VALUES (?, ?)", job, sealed)
			return job, err
		})
}

func (s *salvor) readFolders() error {
	return s.from.each(
		"SELECT id, given, identity, volume FROM folders NOT INDEXED WHERE id > ? ORDER BY id",
		"SELECT id FROM folders NOT INDEXED WHERE id > ? ORDER BY id LIMIT 1",
		func(row scanner) (id int64, err error) {
			var f openbits.Folder
			if err := row.Scan(&id, &f.Path, &f.ID, &f.Volume); err == nil {
				s.folders[id] = f
			}
			return id, nil
		})
}

func (s *salvor) copyFiles() error {
	columns := strings.Join(fileColumns, ", ")
	return s.from.each(
		"SELECT id, folder, url, secret, sealed_url, name, part, "+columns+" FROM files NOT INDEXED WHERE id > ? ORDER BY id",
		"SELECT id FROM files NOT INDEXED WHERE id > ? ORDER BY id LIMIT 1",
		func(row scanner) (id int64, err error) {
			var folder int64
			r := &fileRow{}
			dest := append([]any{&id, &folder, &r.URL, &r.secret, &r.sealed, &r.Place.Name, &r.Place.Part}, r.fields()...)
			if err := row.Scan(dest...); err != nil {
				return id, nil
			}
			kept, err := s.copyFile(id, folder, r)
			if kept {
				s.recovery.Files++
			}
			return id, err
		})
}

func (s *salvor) copyFile(id, folder int64, r *fileRow) (kept bool, err error) {
	job, place := s.jobs[id>>32], s.folders[folder]
	if job.ID == "" || place.Path == "" && r.Upload == nil || !slices.Contains(openbits.FileStates, r.State) {
		return false, nil
	}
	ref, err := s.folder(place)
	if err != nil {
		return false, err
	}
	args := append([]any{
		id, claiming(job.Type, job.State) && claims(r.State), r.URL, r.secret, r.sealed, ref.id, ref.path, r.Place.Name, r.Place.Part,
	}, r.fields()...)
	return s.put(insertFile, args...)
}

func (s *salvor) copyMeta() error {
	rows, err := s.from.db.Query("SELECT key, value FROM meta")
	if err != nil {
		return nil // its values have defaults
	}
	defer rows.Close()
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			continue
		}
		if _, err := s.put("INSERT INTO meta (key, value) VALUES (?, ?)", key, value); err != nil {
			return err
		}
	}
	return nil
}

// copyEvents keeps the newest events that follow one another without a gap.
func (s *salvor) copyEvents() error {
	var last int64
	err := s.from.each(
		"SELECT seq, "+strings.Join(eventColumns, ", ")+" FROM events WHERE seq > ? ORDER BY seq",
		"SELECT seq FROM events WHERE seq > ? ORDER BY seq LIMIT 1",
		func(row scanner) (seq int64, err error) {
			var e openbits.Event
			if err := row.Scan(append([]any{&seq}, eventFields(&e)...)...); err != nil {
				return seq, nil
			}
			if seq != last+1 {
				if _, err := s.exec("DELETE FROM events"); err != nil {
					return seq, err
				}
			}
			last = seq
			_, err = s.put(insertEvent, append([]any{seq}, eventFields(&e)...)...)
			return seq, err
		})
	if err != nil {
		return err
	}
	// The sequence goes on behind every event that was told to somebody.
	told, err := lastEvent(func(dest []any, text string, args ...any) error {
		return s.from.db.QueryRow(text, args...).Scan(dest...)
	})
	if err != nil || told <= last {
		return nil
	}
	if _, err := s.exec("DELETE FROM events"); err != nil {
		return err
	}
	if _, err := s.exec("DELETE FROM sqlite_sequence WHERE name = 'events'"); err != nil {
		return err
	}
	_, err = s.exec("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)", told)
	return err
}

// settle stops the jobs that lost files, for their owner to decide, and makes their sums agree with what is left.
func (s *salvor) settle() error {
	var events []openbits.Event
	for _, seq := range slices.Sorted(maps.Keys(s.jobs)) {
		j := s.jobs[seq]
		before := j
		lost, err := s.recount(seq, &j)
		if err != nil {
			return err
		}
		if lost <= 0 {
			continue
		}
		s.recovery.LostFiles += lost
		if !j.State.Final() {
			now := time.Now().UTC()
			text := fmt.Sprintf("%d of its files were lost with a damaged queue", lost)
			j.State, j.Modified, j.NextTry = openbits.StateError, now, time.Time{}
			j.Error = &openbits.Error{
				Kind: openbits.KindDatabaseCorrupt, Context: openbits.ContextQueueManager, Text: text, File: -1,
				Hint: "Add the missing files again, then resume the job: bits resume " + j.ID,
			}
			j.Reason = &openbits.Reason{Code: openbits.ReasonFailed, Text: text, Since: now, Hint: j.Error.Hint}
			events = append(events, openbits.Event{
				Time: now, Type: openbits.EventState, JobID: j.ID, File: -1,
				From: string(before.State), State: string(j.State), Actor: "service", Error: j.Error,
			})
		}
		if _, err := s.exec(updateJob, append(jobFields(&j), seq)...); err != nil {
			return err
		}
	}
	_, err := s.addEvents(events)
	return err
}

// recount answers how many files a job lost, and counts the others anew when it lost any.
func (s *salvor) recount(seq int64, j *openbits.Job) (lost int, err error) {
	var found int
	first, last := fileID(seq, 0), fileID(seq, maxIndex)
	err = s.get([]any{&found}, "SELECT count(*) FROM files WHERE id BETWEEN ? AND ?", first, last)
	if err != nil || found >= j.NextFile {
		return 0, err
	}
	err = s.get([]any{&j.FilesTotal, &j.FilesDone, &j.FilesFailed, &j.Unsized, &j.BytesSized, &j.BytesDone},
		`SELECT count(*), count(*) FILTER (WHERE state IN ('transferred', 'publishing', 'published')),
			count(*) FILTER (WHERE state IN ('error', 'quarantined', 'invalid')), count(*) FILTER (WHERE bytes_total < 0),
			coalesce(sum(bytes_total) FILTER (WHERE bytes_total >= 0), 0), coalesce(sum(bytes_done), 0)
		FROM files NOT INDEXED WHERE id BETWEEN ? AND ? AND state <> 'dropped'`, first, last)
	j.BytesTotal = j.BytesSized
	if j.Unsized > 0 {
		j.BytesTotal = openbits.Unknown
	}
	return j.NextFile - found, err
}
