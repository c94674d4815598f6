// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/seal"
)

// jobColumns names the columns that jobFields binds.
var jobColumns = []string{
	"id", "name", "description", "type", "priority", "state",
	"owner_id", "owner_name", "client_pid", "client_program",
	"created", "modified", "completed", "expires", "ended",
	"bytes_total", "bytes_done", "files_total", "files_done", "files_failed",
	"reason", "error", "error_count",
	"auto_complete", "overwrite", "rate_limit", "retry_delay_ns", "no_progress_ns", "max_download_ns", "umask",
	"next_file", "unsized", "bytes_sized", "token", "request", "next_try", "failed_from", "active_ns", "turn", "warned", "sweep",
}

func jobFields(j *openbits.Job) []any {
	s := &j.Settings
	return []any{
		&j.ID, &j.Name, &j.Description, &j.Type, &j.Priority, &j.State,
		&j.Owner.ID, &j.Owner.Name, &j.Client.PID, &j.Client.Program,
		moment{&j.Created},
		moment{&j.Modified},
		moment{&j.Completed},
		moment{&j.Expires},
		moment{&j.Ended},
		&j.BytesTotal, &j.BytesDone, &j.FilesTotal, &j.FilesDone, &j.FilesFailed,
		reason{&j.Reason},
		failure{&j.Error},
		&j.ErrorCount,
		&s.AutoComplete, &s.Overwrite, &s.Limit, &s.RetryDelay, &s.NoProgressTimeout, &s.MaxDownloadTime, &s.Umask,
		&j.NextFile, &j.Unsized, &j.BytesSized, &j.Token, &j.Request,
		moment{&j.NextTry},
		moment{&j.FailedFrom},
		&j.Active, &j.Turn, &j.Warned, &j.Sweep,
	}
}

// fileRow is a file with the room that reading it needs.
type fileRow struct {
	openbits.File
	held   openbits.Checkpoint // what Checkpoint points to
	secret bool                // URL is the redacted one
	sealed []byte              // then: the whole

	session []byte // of an upload, sealed
}

// fixedColumns names the columns of a file that only its creation sets.
var fixedColumns = []string{"url", "secret", "sealed_url", "folder", "path", "name", "part"}

// fileColumns names the columns that fields binds.
var fileColumns = []string{
	"state", "bytes_total", "bytes_done", "etag", "last_modified", "date", "modified",
	"digest_algorithm", "digest_expected", "digest_actual", "error", "attempts", "next_try", "inode",
	"upload", "session",
	"held_boot", "held_etag", "held_modified", "held_date", "held_total", "held_hash",
	"held", // after the others: scanning it settles whether there is a checkpoint
}

func (r *fileRow) fields() []any {
	f, c := &r.File, &r.held
	return []any{
		&f.State, &f.BytesTotal, &f.BytesDone,
		&f.Validator.ETag, &f.Validator.LastModified, &f.Validator.Date,
		moment{&f.Modified},
		&f.Digest.Algorithm, &f.Digest.Expected, &f.Digest.Actual,
		failure{&f.Error},
		&f.Attempts,
		moment{&f.NextTry},
		&f.Inode,
		upload{&f.Upload},
		&r.session,
		&c.Boot, &c.Validator.ETag, &c.Validator.LastModified, &c.Validator.Date, &c.Total, &c.Hash,
		ranges{r},
	}
}

// rowOf is f ready to be written.
func rowOf(box *seal.Box, f *openbits.File) (*fileRow, error) {
	r := &fileRow{File: *f}
	if f.Checkpoint != nil {
		r.held = *f.Checkpoint
	}
	var err error
	r.session, err = sealSession(box, f)
	return r, err
}

// selectFiles reads files in the order of readFile; a condition follows.
var selectFiles = "SELECT f.idx, f.url, f.secret, f.sealed_url, d.given, d.identity, d.volume, f.name, f.part, " +
	"f." + strings.Join(fileColumns, ", f.") +
	" FROM files f JOIN folders d ON d.id = f.folder "

// scanner is a row, or the present one of several.
type scanner interface{ Scan(dest ...any) error }

func readFile(row scanner, id string) (*fileRow, error) {
	r := &fileRow{File: openbits.File{JobID: id}}
	p := &r.Place
	dest := append([]any{
		&r.Index, &r.URL, &r.secret, &r.sealed, &p.Folder.Path, &p.Folder.ID, &p.Folder.Volume, &p.Name, &p.Part,
	}, r.fields()...)
	err := row.Scan(dest...)
	return r, err
}

var (
	selectJobs = "SELECT " + strings.Join(jobColumns, ", ") + " FROM jobs "
	insertJob  = insert("jobs", append([]string{"routed"}, jobColumns...))
	updateJob  = update("jobs", jobColumns, "seq")

	insertFile = insert("files", concat([]string{"id", "claimed"}, fixedColumns, fileColumns))
	updateFile = update("files", append([]string{"claimed"}, fileColumns...), "id")
)

func readJob(row scanner) (openbits.Job, error) {
	var j openbits.Job
	err := row.Scan(jobFields(&j)...)
	return j, err
}

func insert(table string, columns []string) string {
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") +
		") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")"
}

func update(table string, columns []string, key string) string {
	return "UPDATE " + table + " SET " + strings.Join(columns, " = ?, ") + " = ? WHERE " + key + " = ?"
}

func concat(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// fileID is the key of a file's row: the files of a job lie together, in the order of their index.
func fileID(seq int64, index int) int64 { return seq<<32 | int64(index) }

// maxIndex is the highest index that a key has room for.
const maxIndex = 1<<32 - 1
