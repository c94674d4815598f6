// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/qmgrtest"
	"github.com/openbits/openbits/qmgr"
)

var when = time.Date(2024, 5, 6, 7, 8, 9, 123456700, time.UTC)

const user = "S-1-5-21-1111111111-2222222222-3333333333-1001"

// rich is a job with a value in every field that a generation has.
func rich() qmgrtest.Job {
	j := qmgrtest.NewJob("Rich \u00e4\U0001f600", user, when,
		qmgrtest.NewFile("https://files.example/one.exe?x=1", `C:\Users\eve\one.exe`, 1000, when.Add(-time.Hour)),
		qmgrtest.NewFile(`\\192.0.2.7\share\two.dll`, `D:\two.dll`, 0, time.Time{}).Unstarted(),
		qmgrtest.NewFile("http://192.0.2.9:8080/three", `C:\Windows\Temp\three`, 5_000_000_000, when),
	)
	j.Files[2].Wanted = []qmgrtest.Range{{Offset: 5, Length: 10}, {Offset: 1 << 40, Length: ^uint64(0)}}
	j.Files[1].DriveType, j.Files[1].Serial = qmgrtest.Network, 0xdeadbeef
	j.Description, j.Program, j.Arguments = "what it says", `C:\Windows\System32\cmd.exe`, `cmd.exe /c "calc & rem"`
	j.Priority, j.NotifyFlags, j.Integrity = qmgrtest.Foreground, 0xb, qmgrtest.High
	j = j.In(qmgrtest.TransientError, when.Add(time.Minute))
	j.Errors = []qmgrtest.JobError{
		{Code: 0x80072ee7, Context: 5, Kind: 3},
		{Code: 0x80190194, Context: 5, Kind: 4, State: []uint16{1, 2, 3}},
	}
	j.TransientErrors, j.RetryDelay, j.NoProgress = 7, 60, 3600
	j.ProxyUsage, j.ProxyList, j.ProxyBypass, j.ACLFlags = 2, "proxy.example:8080", "<local>", 5
	j.Headers = qmgrtest.Headers(100)
	j.Security, j.MaxDownload, j.CostPolicy = qmgrtest.IgnoreCN|qmgrtest.IgnoreCA|qmgrtest.AllowHTTP, 30, 0x80000021
	j.Creator, j.Method, j.Service = `C:\Windows\System32\svchost.exe`, "GET", "Schedule"
	return j
}

// want states a built job as the reader should.
func want(g qmgrtest.Generation, b qmgrtest.Job) qmgr.Job {
	j := qmgr.Job{
		ID: qmgrtest.GUID(b.ID), Type: openbits.JobTypes[b.Type], Priority: openbits.Priorities[b.Priority], State: openbits.States[b.State],
		PriorityWord: b.Priority, StateWord: b.State, Name: b.Name, Description: b.Description, Program: b.Program, Parameters: b.Arguments,
		Owner: b.Owner, NotifyFlags: b.NotifyFlags, Elevated: b.Elevated, Integrity: b.Integrity, TransientErrors: b.TransientErrors,
		RetryDelay: b.RetryDelay, NoProgressTimeout: b.NoProgress, Created: b.Created, Modified: b.Modified, Modified2: b.Modified2,
		Completed: b.Completed, Pending: b.Pending, ProxyUsage: b.ProxyUsage, ProxyList: b.ProxyList, ProxyBypass: b.ProxyBypass, ACLFlags: b.ACLFlags,
		SecurityFlags: b.Security, MaxDownloadTime: b.MaxDownload, Through: qmgr.SectionEnd, Form: qmgr.FormLegacy,
	}
	for _, e := range b.Errors {
		x := qmgr.JobError{Code: e.Code, Context: e.Context, Words: [3]uint32{0, 1, e.Kind}, Size: g.Entry}
		for _, u := range e.State {
			x.State = binary.LittleEndian.AppendUint16(x.State, u)
		}
		j.Errors = append(j.Errors, x)
	}
	for i, kind := range []string{qmgr.TimerInactivity, qmgr.TimerNoProgress, qmgr.TimerNotification, qmgr.TimerRetry} {
		if t := b.Timers[i]; !t.Start.IsZero() {
			j.Timers = append(j.Timers, qmgr.Timer{Kind: kind, Start: t.Start, Deadline: t.Deadline})
		}
	}
	if g.Cost {
		j.CostPolicy = b.CostPolicy
	}
	if g.Database {
		j.Form = qmgr.FormESE
		j.Package, j.Application, j.CreatorImage, j.Method, j.Service = b.Package, b.Application, b.Creator, b.Method, b.Service
		for _, f := range b.Files {
			j.FileIDs = append(j.FileIDs, qmgrtest.GUID(f.ID))
		}
	}
	return j
}

// plain is a job without what the builder does not tell, or what is compared by itself.
func plain(j *qmgr.Job) qmgr.Job {
	p := *j
	p.Place, p.Copies, p.Raw, p.Descriptor, p.DescriptorRaw, p.Files, p.Headers = qmgr.Place{}, nil, nil, nil, nil, nil, nil
	p.Marker, p.Second, p.TypeFrom, p.TypeWords, p.OwnerHash = qmgr.GUID{}, qmgr.GUID{}, "", [2]uint32{}, 0
	return p
}

func wantFile(b qmgrtest.File, g qmgrtest.Generation) qmgr.File {
	f := qmgr.File{
		Form: qmgr.FormLegacy, Whole: true, HasTail: true, URL: b.Remote, Local: b.Local, Temporary: b.Temporary, Transferred: int64(b.Transferred),
		Total: int64(b.Total), Drive: b.Drive, Volume: b.Volume, DriveType: b.DriveType, Serial: b.Serial, RemoteSize: int64(min(b.RemoteSize, 1<<63-1)),
		Attributes: b.Attributes, RemoteModified: b.Modified, LocalModified: b.LocalTime,
	}
	for _, r := range b.Wanted {
		f.Ranges = append(f.Ranges, qmgr.Range(r))
	}
	if g.Database {
		f.Form = qmgr.FormESE
		for _, r := range b.Received {
			f.Received = append(f.Received, qmgr.Range(r))
		}
	}
	return f
}

func plainFile(f *qmgr.File) qmgr.File {
	p := *f
	p.Place, p.Copies, p.Marker, p.ID, p.Tie = qmgr.Place{}, nil, qmgr.GUID{}, qmgr.GUID{}, ""
	return p
}

func read(t testing.TB, b []byte) *qmgr.Queue {
	t.Helper()
	q, err := qmgr.Read(bytes.NewReader(b), int64(len(b)), qmgr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func diffJob(t *testing.T, g qmgrtest.Generation, b qmgrtest.Job, got *qmgr.Job) {
	t.Helper()
	if d := cmp.Diff(want(g, b), plain(got)); d != "" {
		t.Errorf("job %q (-want +got):\n%s", b.Name, d)
	}
	if got.Place.Cut != "" || len(got.Unread) > 0 || got.Descriptor == nil || len(got.Odd()) > 0 {
		t.Errorf("job %q: cut %q, unread %v, odd %v", b.Name, got.Place.Cut, got.Unread, got.Odd())
	}
	if (b.Headers != nil) != (got.Headers != nil) || b.Headers != nil && (got.Headers.PlainSize != int(b.Headers.Plain) || got.Headers.Description != b.Headers.Description) {
		t.Errorf("job %q: headers %+v", b.Name, got.Headers)
	}
	if len(got.Credentials) > 0 {
		t.Errorf("job %q: credentials %+v", b.Name, got.Credentials)
	}
}

// Every field of every generation is read as it was written, in the place where a generation keeps it.
func TestGenerations(t *testing.T) {
	for _, g := range qmgrtest.Generations {
		t.Run(g.Key, func(t *testing.T) {
			if !g.Database {
				legacyGeneration(t, g)
				return
			}
			databaseGeneration(t, g)
		})
	}
}

func legacyGeneration(t *testing.T, g qmgrtest.Generation) {
	second, old := qmgrtest.NewJob("second", qmgrtest.System, when, qmgrtest.NewFile("http://a.example/b", `C:\b`, 1, when)), rich()
	old.ID, old.Name = qmgrtest.NewID("old"), "of an older queue"
	empty := qmgrtest.NewJob("no files", user, when)
	jobs := []qmgrtest.Job{rich(), second, empty}
	q := read(t, qmgrtest.Queue{Generation: g, Jobs: jobs, Over: []qmgrtest.Job{rich(), second, empty, old, old}}.Bytes())
	if q.Kind != qmgr.KindQueue || len(q.Notes) > 0 || q.Windows == "" {
		t.Errorf("kind %q, Windows %q, notes %v", q.Kind, q.Windows, q.Notes)
	}
	if len(q.Jobs) != 4 {
		t.Fatalf("%d jobs", len(q.Jobs))
	}
	for i, b := range append(jobs, old) {
		j := q.Jobs[i]
		if wantLayer := []qmgr.Layer{qmgr.LayerLive, qmgr.LayerSlack}[i/3]; j.Place.Layer != wantLayer || j.Place.Damaged {
			t.Errorf("job %q: %+v", j.Name, j.Place)
		}
		diffJob(t, g, b, j)
		if len(j.Files) != len(b.Files) {
			t.Fatalf("job %q: %d files", j.Name, len(j.Files))
		}
		for k, f := range j.Files {
			if d := cmp.Diff(wantFile(b.Files[k], g), plainFile(f.File)); d != "" || f.Tie != qmgr.TieInline || f.File.Place.Layer != j.Place.Layer {
				t.Errorf("file %d of %q, %s (-want +got):\n%s", k, j.Name, f.Tie, d)
			}
		}
	}
}

func databaseGeneration(t *testing.T, g qmgrtest.Generation) {
	live := rich()
	packaged := qmgrtest.NewJob("packaged", user, when.Add(time.Hour), qmgrtest.NewFile("https://a.example/p", `C:\p`, 9, when))
	packaged.Package, packaged.Application, packaged.Creator = "Some.App_8wekyb3d8bbwe", "!App", `C:\Program Files\app.exe`
	upload := qmgrtest.NewJob("upload", user, when.Add(2*time.Hour), qmgrtest.NewFile("https://b.example/up", `C:\secret.zip`, 77, time.Time{}))
	upload.Type, upload.TwoMarkers = qmgrtest.Upload, true
	upload.Files[0].Upload, upload.Files[0].LocalTime, upload.Files[0].Temporary = true, when.Add(-24*time.Hour), ""
	gone := qmgrtest.NewJob("deleted long ago", qmgrtest.System, when.Add(-240*time.Hour), qmgrtest.NewFile("http://c.example/gone", `C:\gone`, 5, when))
	first := live.In(qmgrtest.Suspended, when)
	db := qmgrtest.Database{
		Generation: g, Jobs: []qmgrtest.Job{live, packaged, upload}, Versions: []qmgrtest.Job{first, live.In(qmgrtest.Queued, when.Add(time.Second))},
		Slack: []qmgrtest.Job{gone}, Dirty: true, Logs: [2]uint32{3, 4},
	}
	q := read(t, db.Bytes())
	if q.Kind != qmgr.KindDatabase || !q.Dirty || !slices.Equal(q.Needed, []uint32{3, 4}) || q.Build != g.Build || q.Windows != qmgr.WindowsName(g.Build) {
		t.Errorf("kind %q, dirty %v, needs %v, build %d %q", q.Kind, q.Dirty, q.Needed, q.Build, q.Windows)
	}
	histories := map[string]qmgr.History{}
	for _, h := range q.Histories() {
		histories[h.ID.String()] = h
	}
	if len(histories) != 4 {
		t.Errorf("%d histories", len(histories))
	}
	for _, b := range db.Jobs {
		h := histories[b.ID]
		if h.Best == nil || h.Best.Place.Layer != qmgr.LayerLive {
			t.Fatalf("job %q is not live: %+v", b.Name, h)
		}
		diffJob(t, g, b, h.Best)
		if len(h.Best.Files) != len(b.Files) {
			t.Fatalf("job %q has %d files", b.Name, len(h.Best.Files))
		}
		for k, f := range h.Best.Files {
			if d := cmp.Diff(wantFile(b.Files[k], g), plainFile(f.File)); d != "" || f.Tie != qmgr.TieRow {
				t.Errorf("file %d of %q, %s (-want +got):\n%s", k, b.Name, f.Tie, d)
			}
		}
	}
	states := []openbits.State{}
	for _, v := range histories[live.ID].Versions {
		states = append(states, v.State)
	}
	if d := cmp.Diff([]openbits.State{"suspended", "queued", "transient_error"}, states); d != "" {
		t.Errorf("states (-want +got):\n%s", d)
	}
	h := histories[gone.ID]
	if h.Best == nil || h.Best.Place.Layer != qmgr.LayerSlack || len(h.Best.Files) != 1 || h.Best.Files[0].Tie != qmgr.TieID {
		t.Fatalf("the deleted job: %+v", h.Best)
	}
	diffJob(t, g, gone, h.Best)
	if len(q.Loose()) > 0 {
		t.Errorf("%d files are tied to nothing", len(q.Loose()))
	}
}

// A job that is larger than a part of a long value, in slack: its parts are joined over their keys.
func TestJoinedSlack(t *testing.T) {
	for _, key := range []string{"server2019", "win11-24h2"} {
		g := qmgrtest.GenerationOf(key)
		large := rich()
		large.ID, large.Headers = qmgrtest.NewID("large"), qmgrtest.Headers(5800)
		if n := len(large.Bytes(g)); n < 8200 {
			t.Fatalf("%d bytes are no three parts", n)
		}
		q := read(t, qmgrtest.Database{Generation: g, Jobs: []qmgrtest.Job{rich()}, Slack: []qmgrtest.Job{large}}.Bytes())
		if len(q.Jobs) != 2 {
			t.Fatalf("%s: %d jobs, notes %v", key, len(q.Jobs), q.Notes)
		}
		j := q.Jobs[1]
		if j.Place.Layer != qmgr.LayerSlack || len(j.Place.Pieces) != 3 || j.Place.LongValue == "" {
			t.Errorf("%s: %+v", key, j.Place)
		}
		diffJob(t, g, large, j)
	}
}

// The records in a transaction log are found whole, although segments cut them.
func TestLogs(t *testing.T) {
	g := qmgrtest.GenerationOf("win11-24h2")
	var jobs []qmgrtest.Job
	for i := range 20 {
		j := rich()
		j.ID, j.Name = qmgrtest.NewID(fmt.Sprint("log", i)), fmt.Sprint("job ", i)
		jobs = append(jobs, j)
	}
	b := qmgrtest.Log(g, 7, jobs...)
	q, err := qmgr.ReadLog(bytes.NewReader(b), int64(len(b)), qmgr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if q.Log == nil || q.Log.Generation != 7 || len(q.Jobs) != len(jobs) || len(q.Files) != 3 || len(q.Fragments) > 0 {
		t.Fatalf("%d jobs, %d files, %d fragments, notes %v", len(q.Jobs), len(q.Files), len(q.Fragments), q.Notes)
	}
	for i, j := range q.Jobs {
		if j.Place.Layer != qmgr.LayerCarved || j.Place.LongValue == "" {
			t.Errorf("place %+v", j.Place)
		}
		diffJob(t, g, jobs[i], j)
	}
	if r := read(t, b); r.Kind != qmgr.KindLog || len(r.Jobs) != len(jobs) {
		t.Errorf("Read: kind %q, %d jobs", r.Kind, len(r.Jobs))
	}
}
