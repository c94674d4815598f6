// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits/ese"
)

var start = time.Date(2024, 3, 5, 10, 20, 30, 0, time.UTC)

// long is an address that makes a file's record too big for its row.
var long = "https://files.example/" + strings.Repeat("folder/", 60) + "tool.exe"

// sampleDatabase has jobs in all layers: a live one with an earlier state, a deleted one, one in slack.
func sampleDatabase(g Generation) Database {
	user := "S-1-5-21-1111111111-2222222222-3333333333-1001"
	small := NewFile("https://files.example/a.exe", `C:\Users\Public\a.exe`, 4096, start)
	big := NewFile(long, `C:\Users\Public\b.exe`, 10000, start)
	live := NewJob("live", user, start, small, big)
	unstarted := live
	unstarted.Files = []File{small, big.Unstarted()}
	gone := NewJob("gone", user, start.Add(-time.Hour), NewFile(long+"?2", `C:\Users\Public\c.exe`, 1, start))
	wide := gone
	wide.Headers = Headers(8000)
	slack := NewJob("slack", System, start.Add(-24*time.Hour), NewFile(long+"?3", `C:\Users\Public\d.exe`, 1, start))
	return Database{
		Generation: g, Jobs: []Job{live.In(Transferred, start.Add(time.Minute))},
		Versions: []Job{gone.In(Suspended, start.Add(-time.Hour)), wide.In(Error, start.Add(-30*time.Minute)), unstarted.In(Suspended, start), unstarted.In(Queued, start.Add(time.Second))},
		Slack:    []Job{slack},
	}
}

func openDatabase(t testing.TB, b []byte) *ese.DB {
	t.Helper()
	db, err := ese.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// TestDatabase: package ese, which shares no code with the builder, reads each layer back.
func TestDatabase(t *testing.T) {
	for _, g := range Generations {
		if !g.Database {
			continue
		}
		t.Run(g.Key, func(t *testing.T) {
			d := sampleDatabase(g)
			d.Logs = [2]uint32{7, 8}
			b := d.Bytes()
			db := openDatabase(t, b)
			h := db.Header()
			if h.OS.Build != g.Build || h.Update != g.Update || h.PageSize != 16384 || h.Signature.Computer != Computer || len(db.Notes()) > 0 {
				t.Errorf("header %+v, notes %v", h, db.Notes())
			}
			if h.State != ese.StateConverting {
				t.Errorf("the state is %s: Windows must not attach it", h.State)
			}
			report := db.Check()
			if !report.Sound() {
				t.Errorf("findings %+v", report.Findings)
			}
			jobs, files := values(t, db, "Jobs"), values(t, db, "Files")
			live := d.Jobs[0]
			wantRow(t, jobs, live.ID, live.Bytes(g))
			for _, f := range live.Files {
				wantRow(t, files, f.ID, f.Bytes(g))
			}
			for _, j := range d.Versions {
				if !jobs.orphans[string(j.Bytes(g))] {
					t.Errorf("version %d of %s is no orphan", j.State, j.Name)
				}
			}
			if n := len(jobs.orphans); n != len(d.Versions) {
				t.Errorf("%d orphans, want %d", n, len(d.Versions))
			}
			for _, f := range []File{d.Versions[0].Files[0], d.Versions[2].Files[1]} {
				if !files.orphans[string(f.Bytes(g))] {
					t.Errorf("%s is no orphan", f.Local)
				}
			}
			slack := slackOf(db)
			for _, want := range [][]byte{d.Slack[0].Bytes(g), d.Slack[0].Files[0].Bytes(g)} {
				if !bytes.Contains(slack, want) {
					t.Errorf("slack lacks a record of %d bytes", len(want))
				}
			}
			for _, j := range []Job{d.Versions[0], d.Slack[0]} {
				id := GUID(j.ID)
				if !bytes.Contains(slack, append([]byte{1, 0x7f, 0x15, 0}, id[:]...)) {
					t.Errorf("nothing is left of the row of %s", j.Name)
				}
			}
			if n := bytes.Count(b, []byte(Mark)); n < 6 {
				t.Errorf("%d marks: not each record has one", n)
			}
		})
	}
}

type tableValues struct {
	rows    map[string][]byte
	orphans map[string]bool
}

func values(t *testing.T, db *ese.DB, name string) tableValues {
	t.Helper()
	table, err := db.Table(name)
	if err != nil {
		t.Fatal(err)
	}
	got := tableValues{map[string][]byte{}, map[string]bool{}}
	for row, err := range table.Rows() {
		if err != nil {
			t.Error(err)
			continue
		}
		id, _ := row.Get("Id")
		blob, _ := row.Get("Blob")
		name, err := id.Any()
		if err != nil {
			t.Error(err)
		}
		b, err := blob.Any()
		if err != nil {
			t.Error(err)
		}
		got.rows[name.(interface{ String() string }).String()] = b.([]byte)
	}
	for v, err := range table.LongValues() {
		if err != nil {
			t.Error(err)
			continue
		}
		b, err := v.Bytes()
		if err != nil {
			t.Error(err)
		}
		if v.Orphan() {
			got.orphans[string(b)] = true
		}
	}
	return got
}

func wantRow(t *testing.T, v tableValues, id string, want []byte) {
	t.Helper()
	if !bytes.Equal(v.rows[id], want) {
		t.Errorf("row %s has %d bytes that are not the %d of the record", id, len(v.rows[id]), len(want))
	}
}

// slackOf is all that lies between nodes, and on pages of no tree.
func slackOf(db *ese.DB) []byte {
	var all []byte
	for p, err := range db.Pages() {
		if err != nil || p.Status == ese.PageBlank {
			continue
		}
		for _, r := range p.Slack() {
			all = append(all, p.Data[r.Start:r.Start+r.Size]...)
		}
	}
	return all
}

// TestRealRow: the builder's row and key are those of a real database.
func TestRealRow(t *testing.T) {
	db := openDatabase(t, corpus(t, "qmgr/win10_22h2_qmgr.db"))
	table, err := db.Table("Jobs")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		built := rowNode("266504ac-d974-446c-96ad-2be13a5665b0", 5, []byte{0x0c, 0, 0, 0x80, 0, 0, 0, 0x80})
		same(t, built.Data, row.Data)
		same(t, built.Key, row.Key)
		n++
	}
	if n != 1 {
		t.Errorf("%d rows, not 1", n)
	}
}

// TestLog: states of jobs come back from the records of a log, which are cut into fragments.
func TestLog(t *testing.T) {
	g := GenerationOf("win11-24h2")
	d := sampleDatabase(g)
	b := Log(g, 7, d.Versions...)
	log, err := ese.OpenLog(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for r, err := range log.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := r.Change(); ok {
			all = append(all, c.Data...)
		}
	}
	for _, j := range d.Versions {
		if !bytes.Contains(all, j.Bytes(g)) {
			t.Errorf("the log lacks %s in state %d", j.Name, j.State)
		}
	}
}
