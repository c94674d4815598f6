// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
)

func openHere(t testing.TB) *Store {
	t.Helper()
	s, _, err := Open(context.Background(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// explain is the plan of a statement, a line for each step.
func explain(t *testing.T, s *Store, text string, args ...any) string {
	t.Helper()
	rows, err := s.readers.Query("EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	lines, err := collect(rows, func(row scanner) (string, error) {
		var a, b, c int
		var line string
		err := row.Scan(&a, &b, &c, &line)
		return line, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// TestPlans: no listing looks at more jobs or files than it answers, whatever the queue holds.
func TestPlans(t *testing.T) {
	s := openHere(t)
	var c openbits.Change
	for i, state := range openbits.States {
		for k, p := range openbits.Priorities {
			c.NewJobs = append(c.NewJobs, openbits.JobRow{Job: openbits.Job{ID: fmt.Sprint(i, k), State: state, Priority: p}})
		}
	}
	if err := s.Commit(context.Background(), &c); err != nil {
		t.Fatal(err)
	}
	some := openbits.States[:4]
	const sorts = "TEMP B-TREE"
	for name, c := range map[string]struct {
		query openbits.JobQuery
		index string
		sort  bool // the few that fit are sorted
	}{
		"newest":         {openbits.JobQuery{}, "INTEGER PRIMARY KEY (rowid<?)", false},
		"states":         {openbits.JobQuery{States: some}, "jobs_list (state=? AND priority=? AND rowid<?)", false},
		"priorities":     {openbits.JobQuery{Priorities: openbits.Priorities[:1]}, "jobs_list (state=? AND priority=? AND rowid<?)", false},
		"queued by turn": {openbits.JobQuery{States: some[:1], ByTurn: true}, "jobs_turn (state=? AND priority=? AND turn>?)", false},
		"states by turn": {openbits.JobQuery{States: some, ByTurn: true}, "jobs_turn (state=? AND priority=? AND turn>?)", false},
		"name":           {openbits.JobQuery{Name: "x"}, "jobs_name (name=? AND rowid<?)", false},
		"prefix":         {openbits.JobQuery{IDPrefix: "a"}, "jobs_id (id>? AND id<?)", true},
		"due":            {openbits.JobQuery{States: some, DueBefore: time.Now()}, "jobs_due (state=? AND next_try>? AND next_try<?)", true},
		"path":           {openbits.JobQuery{Path: "/a/b"}, "files_claim (path=? AND name=?)", false},
		"sweep":          {openbits.JobQuery{Sweep: true}, "jobs_sweep", true},
	} {
		tx, err := s.readers.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		l, err := plan(context.Background(), tx, c.query, &cursor{5, 5})
		if err := errors.Join(err, tx.Rollback()); err != nil {
			t.Fatal(err)
		}
		text, args := l.page(10)
		got := explain(t, s, text, args...)
		if !strings.Contains(got, c.index) {
			t.Errorf("%s does not use %s:\n%s", name, c.index, got)
		}
		body := got
		if c.query.ByTurn { // the page itself is sorted in the end
			body = strings.TrimSuffix(got, "USE TEMP B-TREE FOR ORDER BY")
		}
		if strings.Contains(body, sorts) != c.sort || !c.sort && strings.Contains(body, "SCAN jobs") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	for name, c := range map[string]struct {
		text    string
		args    int
		indexes []string
	}{
		"groups":      {selectGroups, 0, []string{"jobs_list (state=? AND priority>?)", "jobs_list (state>?)"}},
		"count jobs":  {"SELECT state, count(*) FROM jobs INDEXED BY jobs_list GROUP BY state", 0, []string{"COVERING INDEX jobs_list"}},
		"agenda":      {selectAgenda, 2, []string{"jobs_due (state=? AND next_try>?)", "jobs_expiry (warned=?", "jobs_removal (ended>?)"}},
		"expiring":    {selectExpiring, 4, []string{"jobs_expiry (warned=? AND expires>? AND expires<?)", "jobs_removal (ended>? AND ended<?)"}},
		"files":       {selectFiles + "WHERE f.id BETWEEN ? AND ? ORDER BY f.id LIMIT ?", 3, []string{"f USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"}},
		"count files": {selectFileCounts, 2, []string{"COVERING INDEX files_state (state>?)", "COVERING INDEX files_state (state=? AND rowid>? AND rowid<?)"}},
	} {
		got := explain(t, s, c.text, make([]any, c.args)...)
		for _, index := range c.indexes {
			if !strings.Contains(got, index) {
				t.Errorf("%s does not use %s:\n%s", name, index, got)
			}
		}
	}
}

// TestFields: every column has its field.
func TestFields(t *testing.T) {
	var j openbits.Job
	r := &fileRow{}
	if n := len(jobFields(&j)); n != len(jobColumns) {
		t.Errorf("%d fields for %d columns of a job", n, len(jobColumns))
	}
	if n := len(r.fields()); n != len(fileColumns) {
		t.Errorf("%d fields for %d columns of a file", n, len(fileColumns))
	}
	seen := map[any]bool{}
	for _, f := range append(jobFields(&j), r.fields()...) {
		if seen[f] {
			t.Errorf("a field of type %v is bound twice", reflect.TypeOf(f))
		}
		seen[f] = true
	}
}

// TestUploadsStep: a queue from before uploads keeps its files, which are none.
func TestUploadsStep(t *testing.T) {
	list, err := steps()
	if err != nil {
		t.Fatal(err)
	}
	s := openHere(t)
	w := s.writer
	if err := w.script("PRAGMA user_version = 1; ALTER TABLE files DROP COLUMN upload; ALTER TABLE files DROP COLUMN session"); err != nil {
		t.Fatal(err)
	}
	if err := w.script(`INSERT INTO paths VALUES (1, '/d'); INSERT INTO folders VALUES (1, 1, '/d', '', '');
		INSERT INTO files (id, url, secret, folder, path, name, part, claimed, state, bytes_total, bytes_done, etag, last_modified, date, digest_algorithm,
			digest_expected, digest_actual, attempts, inode, held_boot, held_etag, held_modified, held_date, held_total)
		VALUES (4294967296, 'http://h/', 0, 1, 1, 'n', 'p', 0, 'queued', -1, 0, '', '', '', '', '', '', 0, '', '', '', '', '', 0)`); err != nil {
		t.Fatal(err)
	}
	if err := migrate(w, list); err != nil {
		t.Fatal(err)
	}
	rows, err := s.query(t.Context(), selectFiles)
	if err != nil {
		t.Fatal(err)
	}
	files, err := s.collectFiles(rows, "job")
	if err != nil || len(files) != 1 || files[0].Upload != nil || files[0].URL != "http://h/" {
		t.Errorf("%+v, %v", files, err)
	}
}

func TestMigrations(t *testing.T) {
	list, err := steps()
	if err != nil {
		t.Fatal(err)
	}
	s := openHere(t)
	w := s.writer
	version := func() (n int) {
		t.Helper()
		if err := w.get([]any{&n}, "PRAGMA user_version"); err != nil {
			t.Fatal(err)
		}
		return n
	}
	var mark int
	if err := w.get([]any{&mark}, "PRAGMA application_id"); err != nil || mark != applicationID || version() != len(list) {
		t.Errorf("application %x, version %d, %v", mark, version(), err)
	}
	// A step that fails leaves the version before it.
	err = migrate(w, append(list, "CREATE TABLE more (n INTEGER) STRICT; INSERT INTO more VALUES ('text')"))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprint("migration ", len(list)+1)) || version() != len(list) {
		t.Errorf("version %d, %v", version(), err)
	}
	next := append(list, "CREATE TABLE more (n INTEGER) STRICT", "INSERT INTO more VALUES (7)")
	if err := migrate(w, next); err != nil || version() != len(next) {
		t.Errorf("version %d, %v", version(), err)
	}
	var n int
	if err := w.get([]any{&n}, "SELECT n FROM more"); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
	// Now the database is newer than the program: it is refused and left alone.
	dir := s.dir
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, r, err := Open(context.Background(), dir, Options{})
	if !errors.Is(err, openbits.KindServiceTooOld) || r != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if others, _ := filepath.Glob(filepath.Join(dir, FileName+".*")); len(others) > 0 {
		t.Errorf("left behind: %v", others)
	}
}

// TestMigration0001: an empty database gets the tables of a queue.
func TestMigration0001(t *testing.T) {
	s := openHere(t)
	rows, err := s.readers.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := collect(rows, func(row scanner) (name string, err error) { err = row.Scan(&name); return name, err })
	if want := []string{"events", "files", "folders", "jobs", "meta", "paths", "routes"}; err != nil || !reflect.DeepEqual(tables, want) {
		t.Errorf("tables %v, %v", tables, err)
	}
}

func TestPragmas(t *testing.T) {
	s := openHere(t)
	read := func(what string, get func(dest []any, text string, args ...any) error, want map[string]string) {
		for pragma, value := range want {
			var got string
			if err := get([]any{&got}, "PRAGMA "+pragma); err != nil || got != value {
				t.Errorf("%s: %s is %q, %v", what, pragma, got, err)
			}
		}
	}
	read("writer", s.writer.get, map[string]string{
		"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000", "foreign_keys": "1", "mmap_size": "0",
	})
	read("reader", func(dest []any, text string, args ...any) error {
		return s.get(context.Background(), dest, text, args...)
	}, map[string]string{"journal_mode": "wal", "busy_timeout": "5000", "query_only": "1", "mmap_size": "0"})
}

// TestJournals: a queue opens with either journal, whatever it was written with.
func TestJournals(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	for i, noWAL := range []bool{false, true, false, true} {
		s, r, err := Open(ctx, dir, Options{NoWAL: noWAL})
		if err != nil || r != nil {
			t.Fatalf("%+v, %v", r, err)
		}
		var mode string
		want := map[bool]string{false: "wal", true: "delete"}[noWAL]
		if err := s.get(ctx, []any{&mode}, "PRAGMA journal_mode"); err != nil || mode != want {
			t.Errorf("the journal is %q, %v", mode, err)
		}
		if exists(filepath.Join(dir, FileName+"-wal")) == noWAL {
			t.Errorf("with NoWAL %v there is a log: %v", noWAL, !noWAL)
		}
		if err := s.Commit(ctx, &openbits.Change{NewJobs: []openbits.JobRow{{Job: openbits.Job{ID: fmt.Sprint(i)}}}}); err != nil {
			t.Fatal(err)
		}
		if page, err := s.Jobs(ctx, openbits.JobQuery{}); err != nil || len(page.Jobs) != i+1 {
			t.Errorf("%d jobs, %v", len(page.Jobs), err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDiskFull: a commit for which there is no room is refused whole, and the next one works.
func TestDiskFull(t *testing.T) {
	s := openHere(t)
	ctx := context.Background()
	c := &openbits.Change{
		NewJobs: []openbits.JobRow{{Job: openbits.Job{ID: "a", Description: strings.Repeat("x", 1<<20)}}},
		Events:  []openbits.Event{{JobID: "a"}},
	}
	var pages int
	if err := s.writer.get([]any{&pages}, "PRAGMA page_count"); err != nil {
		t.Fatal(err)
	}
	if err := s.writer.script(fmt.Sprintf("PRAGMA max_page_count = %d", pages+20)); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(ctx, c); !errors.Is(err, openbits.KindDiskFull) || c.Events[0].Seq != 0 {
		t.Errorf("Commit = %v, event %d", err, c.Events[0].Seq)
	}
	if _, err := s.Job(ctx, "a"); !errors.Is(err, openbits.KindNotFound) {
		t.Errorf("Job = %v", err)
	}
	c.NewJobs[0].Job.Description = ""
	if err := s.Commit(ctx, c); err != nil || c.Events[0].Seq != 1 {
		t.Errorf("Commit = %v, event %d", err, c.Events[0].Seq)
	}
}

// TestFoldersAreForgotten: folders do not outlive the jobs that write to them.
func TestFoldersAreForgotten(t *testing.T) {
	s := openHere(t)
	ctx := context.Background()
	add := func(id, path, volume string) {
		f := openbits.File{JobID: id, Place: openbits.Place{Folder: openbits.Folder{Path: path, Volume: volume}, Name: id}}
		err := s.Commit(ctx, &openbits.Change{NewJobs: []openbits.JobRow{{Job: openbits.Job{ID: id}}}, NewFiles: []openbits.File{f}})
		if err != nil {
			t.Fatal(err)
		}
	}
	add("a", "/one", "1")
	add("b", "/one", "1")
	add("c", "/one", "2")
	add("d", "/two", "1")
	for _, step := range []struct {
		remove         string
		folders, paths int
	}{{"a", 3, 2}, {"b", 2, 2}, {"c", 1, 1}, {"d", 0, 0}} {
		if err := s.Commit(ctx, &openbits.Change{Remove: []string{step.remove}}); err != nil {
			t.Fatal(err)
		}
		var folders, paths int
		if err := s.get(ctx, []any{&folders, &paths}, "SELECT (SELECT count(*) FROM folders), (SELECT count(*) FROM paths)"); err != nil {
			t.Fatal(err)
		}
		if folders != step.folders || paths != step.paths {
			t.Errorf("without %s: %d folders and %d paths", step.remove, folders, paths)
		}
	}
}

// TestDamageMetLater: damage that a call meets is looked for at the next start.
func TestDamageMetLater(t *testing.T) {
	s := openHere(t)
	err := corrupt("a page is not what it was")
	s.end("read", &err)
	if !exists(filepath.Join(s.dir, suspectName)) {
		t.Fatal("the damage was not marked")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, r, err := Open(context.Background(), s.dir, Options{})
	if err != nil || r != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	defer again.Close()
	if exists(filepath.Join(s.dir, suspectName)) {
		t.Error("a sound queue stays suspect")
	}
	// A driver that panics is damage, too.
	func() {
		defer again.end("read", &err)
		panic("index out of range")
	}()
	if !damaged(err) || !exists(filepath.Join(s.dir, suspectName)) {
		t.Errorf("after a panic: %v", err)
	}
}

func FuzzCursor(f *testing.F) {
	for _, byTurn := range []bool{false, true} {
		f.Add(cursor{1, 2}.text(byTurn), byTurn)
		f.Add(cursor{1 << 62, -1 << 63}.text(byTurn), !byTurn)
	}
	f.Add("bg", false)
	f.Add("dA==", true)
	f.Fuzz(func(t *testing.T, text string, byTurn bool) {
		c, err := parseCursor(text, byTurn)
		if err != nil {
			if !errors.Is(err, openbits.KindInvalidArgument) {
				t.Fatal(err)
			}
			return
		}
		if c.text(byTurn) != text {
			t.Fatalf("%q is read as %+v, which is %q", text, c, c.text(byTurn))
		}
	})
}
