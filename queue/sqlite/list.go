// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/openbits/openbits"
)

// Job answers one job. Kind: not_found.
func (s *Store) Job(ctx context.Context, id string) (j openbits.Job, err error) {
	defer s.end("read", &err)
	if err := s.begin(ctx); err != nil {
		return j, err
	}
	err = s.get(ctx, jobFields(&j), selectJobs+"WHERE id = ?", id)
	if err != nil {
		j = openbits.Job{}
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = noJob(id)
	}
	return j, err
}

// Jobs lists jobs, the newest first or by turn. Kind: invalid_argument for a cursor that no page had.
func (s *Store) Jobs(ctx context.Context, q openbits.JobQuery) (page openbits.JobPage, err error) {
	defer s.end("list", &err)
	limit, err := pageSize(q.Limit)
	if err != nil {
		return page, err
	}
	var from *cursor
	if q.After != "" {
		if from, err = parseCursor(q.After, q.ByTurn); err != nil {
			return page, err
		}
	}
	if err := s.begin(ctx); err != nil {
		return page, err
	}
	// One transaction, so that the groups are still those of the moment when they are walked.
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return page, err
	}
	defer tx.Rollback()
	l, err := plan(ctx, tx, q, from)
	if err != nil || l == nil {
		return page, err
	}
	text, args := l.page(limit + 1)
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return page, err
	}
	type entry struct {
		seq int64
		job openbits.Job
	}
	found, err := collect(rows, func(row scanner) (e entry, err error) {
		err = row.Scan(append([]any{&e.seq}, jobFields(&e.job)...)...)
		return e, err
	})
	if err != nil {
		return page, err
	}
	for i := range found {
		if i == limit {
			page.Next = cursor{seq: found[i-1].seq, turn: found[i-1].job.Turn}.text(q.ByTurn)
			break
		}
		page.Jobs = append(page.Jobs, found[i].job)
	}
	return page, nil
}

// listing is a query for keys of jobs: one or several branches, each a walk of one index.
type listing struct {
	branches []branch
	byTurn   bool
}

type branch struct {
	from string // the index to walk: never left to chance
	cond []string
	args []any
}

func (b *branch) where(cond string, args ...any) {
	b.cond = append(b.cond, cond)
	b.args = append(b.args, args...)
}

// plan chooses the index: that of the most telling condition. It answers nil when nothing can fit.
func plan(ctx context.Context, tx *sql.Tx, q openbits.JobQuery, from *cursor) (*listing, error) {
	l := &listing{byTurn: q.ByTurn}
	one := branch{from: "jobs"}
	switch {
	case q.Path != "":
		path := filepath.Clean(q.Path)
		one.where(`seq IN (SELECT job FROM files INDEXED BY files_claim
			WHERE claimed = 1 AND path = (SELECT id FROM paths WHERE path = ?) AND name = ?)`,
			filepath.Dir(path), filepath.Base(path))
	case q.Sweep:
		one.from = "jobs INDEXED BY jobs_sweep"
	case q.IDPrefix != "":
		one.from = "jobs INDEXED BY jobs_id"
	case q.Name != "":
		one.from = "jobs INDEXED BY jobs_name"
	case q.DueBefore.IsZero() && len(q.States)+len(q.Priorities) > 0 || !q.DueBefore.IsZero() && len(q.States) == 0:
		return l, l.group(ctx, tx, q, from)
	case !q.DueBefore.IsZero():
		one.from = "jobs INDEXED BY jobs_due"
	}
	if len(q.States) > 0 {
		one.where("state IN (?"+strings.Repeat(", ?", len(q.States)-1)+")", values(q.States)...)
	}
	if len(q.Priorities) > 0 {
		one.where("priority IN (?"+strings.Repeat(", ?", len(q.Priorities)-1)+")", values(q.Priorities)...)
	}
	if q.IDPrefix != "" {
		one.where("id >= ? AND id < ?", q.IDPrefix, after(q.IDPrefix))
	}
	if q.Name != "" {
		one.where("name = ?", q.Name)
	}
	if q.Sweep {
		one.where("sweep = 1")
	}
	l.due(&one, q)
	l.resume(&one, from)
	l.branches = []branch{one}
	return l, nil
}

// group makes a branch for each pair of state and priority that the queue has and the query wants.
// Walked side by side they give the first jobs of many states without looking at the others.
func (l *listing) group(ctx context.Context, tx *sql.Tx, q openbits.JobQuery, from *cursor) error {
	rows, err := tx.QueryContext(ctx, selectGroups)
	if err != nil {
		return err
	}
	index := "jobs INDEXED BY jobs_list"
	if !q.DueBefore.IsZero() {
		index = "jobs INDEXED BY jobs_due"
	} else if l.byTurn {
		index = "jobs INDEXED BY jobs_turn"
	}
	_, err = collect(rows, func(row scanner) (struct{}, error) {
		var state openbits.State
		var priority openbits.Priority
		if err := row.Scan(&state, &priority); err != nil {
			return struct{}{}, err
		}
		if (len(q.States) == 0 || slices.Contains(q.States, state)) &&
			(len(q.Priorities) == 0 || slices.Contains(q.Priorities, priority)) {
			b := branch{from: index}
			b.where("state = ? AND priority = ?", string(state), string(priority))
			l.due(&b, q)
			l.resume(&b, from)
			l.branches = append(l.branches, b)
		}
		return struct{}{}, nil
	})
	return err
}

// selectGroups leaps through the index from one pair of state and priority to the next.
const selectGroups = `WITH RECURSIVE pair (s, p) AS (
		SELECT * FROM (SELECT state, priority FROM jobs ORDER BY state, priority LIMIT 1)
	UNION ALL
		SELECT n.state, n.priority FROM pair, jobs n WHERE n.seq = coalesce(
			(SELECT seq FROM jobs INDEXED BY jobs_list WHERE state = pair.s AND priority > pair.p ORDER BY priority LIMIT 1),
			(SELECT seq FROM jobs INDEXED BY jobs_list WHERE state > pair.s ORDER BY state, priority LIMIT 1))
	) SELECT s, p FROM pair`

func (l *listing) due(b *branch, q openbits.JobQuery) {
	if !q.DueBefore.IsZero() {
		b.where("next_try IS NOT NULL AND next_try <= ?", q.DueBefore.UnixMicro())
	}
}

func (l *listing) resume(b *branch, from *cursor) {
	switch {
	case from == nil:
	case l.byTurn:
		b.where("(turn, seq) > (?, ?)", from.turn, from.seq)
	default:
		b.where("seq < ?", from.seq)
	}
}

// page is the statement for the first n jobs.
func (l *listing) page(n int) (string, []any) {
	order := "seq DESC"
	if l.byTurn {
		order = "turn, seq"
	}
	var keys []string
	var args []any
	for _, b := range l.branches {
		key := "SELECT seq, turn FROM " + b.from
		if !l.byTurn {
			key = "SELECT seq FROM " + b.from
		}
		if len(b.cond) > 0 {
			key += " WHERE " + strings.Join(b.cond, " AND ")
		}
		keys = append(keys, key)
		args = append(args, b.args...)
	}
	if len(keys) == 0 {
		keys = []string{"SELECT seq, turn FROM jobs WHERE 0"}
	}
	text := "SELECT seq, " + strings.Join(jobColumns, ", ") + " FROM jobs WHERE seq IN (SELECT seq FROM (" +
		strings.Join(keys, " UNION ALL ") + " ORDER BY " + order + " LIMIT ?)) ORDER BY " + order
	return text, append(args, n)
}

// CountJobs counts all jobs by state.
func (s *Store) CountJobs(ctx context.Context) (counts map[openbits.State]int, err error) {
	defer s.end("count", &err)
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, "SELECT state, count(*) FROM jobs INDEXED BY jobs_list GROUP BY state")
	if err != nil {
		return nil, err
	}
	return tally[openbits.State](rows)
}

// values are strings of a closed list as arguments of a statement.
func values[T ~string](list []T) []any {
	var args []any
	for _, v := range list {
		args = append(args, string(v))
	}
	return args
}

func unique[T ~string](list []T) []T {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// after is the first text, in the order of bytes, that sorts behind all that begin with prefix.
func after(prefix string) string {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1])
		}
	}
	return prefix + strings.Repeat("\xff", 64)
}
