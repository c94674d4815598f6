// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/qmgr"
)

// rich is a job that has all that a record can have.
func rich(g Generation) Job {
	partial := NewFile(long, `D:\share\b.bin`, 100000, start)
	partial.Transferred, partial.Received, partial.Wanted = 4096, []Range{{0, 1000}, {2000, 3096}}, []Range{{0, 50000}, {60000, 100}}
	partial.Drive, partial.Volume, partial.DriveType, partial.Serial = `D:\`, `\\?\Volume{aaaaaaaa-0000-0000-0000-100000000000}\`, Network, 0x01020304
	j := NewJob("rich ✓", victim.SID, start, NewFile("http://files.example/a?b=c", `C:\Users\alice\a.exe`, 4096, start), partial,
		NewFile("https://files.example/c", `C:\Users\alice\c`, 0, time.Time{}).Unstarted())
	j.Description, j.Program, j.Arguments, j.NotifyFlags = "description", cmd, `/c "a b"`, 11
	j.Errors = []JobError{{Code: 0x80072ee7, Context: 5, Kind: 3}, {Code: 0x80190194, Context: 7, Kind: 4, State: []uint16{1, 2, 3}}}
	j.TransientErrors, j.RetryDelay, j.NoProgress = 7, 61, 3601
	at := start.Add(time.Hour)
	for i := range j.Timers {
		j.Timers[i] = Timer{at.Add(time.Duration(i) * time.Minute), at.Add(time.Duration(i+10) * time.Hour)}
	}
	j.State, j.Modified, j.Modified2, j.Completed, j.Pending = Error, at, at.Add(time.Second), at.Add(2*time.Second), 2
	j.ProxyUsage, j.ProxyList, j.ProxyBypass, j.ACLFlags = 2, "proxy.example:8080", "<local>", 5
	j.Headers, j.Security, j.MaxDownload, j.CostPolicy = Headers(104), IgnoreCN|AllowHTTP, 30, 0x800000ff
	j.Integrity, j.Elevated, j.Unknown.AfterIntegrity = High, 1, [2]uint32{1, 1}
	if !g.Cost {
		j.CostPolicy = 0
	}
	if g.Database {
		j.Package, j.Application, j.Unknown.PackageWord = "Contoso.App_8wekyb3d8bbwe", "!Contoso.App", 0x25
		j.Creator, j.Method, j.Service = `C:\Program Files\Contoso\app.exe`, "GET", "Schedule"
	} else {
		j.Method = ""
	}
	return j
}

// view is what a job says, as both packages can tell it.
func view(j Job, g Generation) map[string]string {
	v := map[string]string{}
	set := func(name string, values ...any) { v[name] = strings.TrimSpace(fmt.Sprintln(values...)) }
	set("id", strings.ToLower(j.ID))
	set("words", j.Priority, j.State)
	set("type", []string{"download", "upload", "upload_reply"}[j.Type])
	set("texts", j.Name, "|", j.Description, "|", j.Program, "|", j.Arguments, "|", j.Owner)
	set("creator", j.NotifyFlags, j.Elevated, j.Integrity, j.hash(g))
	owner, level := j.Owner, j.Integrity
	if j.Descriptor.Owner != "" {
		owner = j.Descriptor.Owner
	}
	set("descriptor", owner, owner, level)
	for _, e := range j.Errors {
		v["errors"] += fmt.Sprintf("%x %d %x;", e.Code, e.Context, e.State)
	}
	set("limits", j.TransientErrors, j.RetryDelay, j.NoProgress, j.MaxDownload)
	set("times", j.Created, j.Modified, j.Modified2, j.Completed, j.Pending)
	for i, t := range j.Timers {
		if !t.Start.IsZero() {
			v["timers"] += fmt.Sprintln([]string{"inactivity", "no_progress", "notification", "retry"}[i], t.Start, t.Deadline)
		}
	}
	set("proxy", j.ProxyUsage, j.ProxyList, "|", j.ProxyBypass, j.ACLFlags)
	set("security", j.Security, j.CostPolicy)
	if j.Headers != nil {
		set("headers", j.Headers.Plain, len(j.Headers.bytes()), j.Headers.MasterKey, j.Headers.Description)
	}
	if g.Database {
		set("program", j.Package, "|", j.Application, "|", j.Creator, "|", j.Method, "|", j.Service)
	}
	return v
}

// viewRead is view of a job that was read.
func viewRead(j *qmgr.Job) map[string]string {
	v := map[string]string{}
	set := func(name string, values ...any) { v[name] = strings.TrimSpace(fmt.Sprintln(values...)) }
	set("id", j.ID)
	set("words", j.PriorityWord, j.StateWord)
	set("type", j.Type)
	set("texts", j.Name, "|", j.Description, "|", j.Program, "|", j.Parameters, "|", j.Owner)
	set("creator", j.NotifyFlags, j.Elevated, j.Integrity, j.OwnerHash)
	if d := j.Descriptor; d != nil {
		set("descriptor", d.Owner, d.Group, d.Label)
	}
	for _, e := range j.Errors {
		var units []uint16
		for i := 0; i+1 < len(e.State); i += 2 {
			units = append(units, uint16(e.State[i])|uint16(e.State[i+1])<<8)
		}
		v["errors"] += fmt.Sprintf("%x %d %x;", e.Code, e.Context, units)
	}
	set("limits", j.TransientErrors, j.RetryDelay, j.NoProgressTimeout, j.MaxDownloadTime)
	set("times", j.Created, j.Modified, j.Modified2, j.Completed, j.Pending)
	for _, t := range j.Timers {
		v["timers"] += fmt.Sprintln(t.Kind, t.Start, t.Deadline)
	}
	set("proxy", j.ProxyUsage, j.ProxyList, "|", j.ProxyBypass, j.ACLFlags)
	set("security", j.SecurityFlags, j.CostPolicy)
	if h := j.Headers; h != nil {
		set("headers", h.PlainSize, h.Size, h.MasterKey, h.Description)
	}
	if j.Form == qmgr.FormESE {
		set("program", j.Package, "|", j.Application, "|", j.CreatorImage, "|", j.Method, "|", j.Service)
	}
	return v
}

func viewFile(f File) string {
	size := func(n uint64) int64 {
		if n == UnknownSize {
			return -1
		}
		return int64(n)
	}
	return fmt.Sprintln(f.Local, f.Remote, f.Temporary, f.Transferred, size(f.Total), f.Drive, f.Volume, f.DriveType, f.Serial, f.Attributes, f.Modified, f.LocalTime, f.Wanted)
}

func viewFileRead(f *qmgr.File) string {
	var wanted []Range
	for _, r := range f.Ranges {
		wanted = append(wanted, Range(r))
	}
	return fmt.Sprintln(f.Local, f.URL, f.Temporary, f.Transferred, f.Total, f.Drive, f.Volume, f.DriveType, f.Serial, f.Attributes, f.RemoteModified, f.LocalModified, wanted)
}

func read(t *testing.T, b []byte) *qmgr.Queue {
	t.Helper()
	q, err := qmgr.Read(bytes.NewReader(b), int64(len(b)), qmgr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// wantJob looks for a state of a job in a layer, and compares all of it, files included.
func wantJob(t *testing.T, q *qmgr.Queue, g Generation, want Job, layer qmgr.Layer) {
	t.Helper()
	var near *qmgr.Job
	for _, j := range q.Jobs {
		if j.ID.String() != want.ID || !j.Modified.Equal(want.Modified) || j.StateWord != want.State {
			continue
		}
		near = j
		if j.Place.Layer != layer {
			continue
		}
		if diff := cmp.Diff(view(want, g), viewRead(j)); diff != "" {
			t.Errorf("%s (-built +read):\n%s", want.Name, diff)
		}
		if !j.Whole() || len(j.Unread) > 0 {
			t.Errorf("%s in layer %s: read through section %d, unread %v, cut %q", want.Name, layer, j.Through, j.Unread, j.Place.Cut)
		}
		wantFiles(t, want, j)
		return
	}
	if near != nil {
		t.Errorf("%s was found in layer %s, not %s", want.Name, near.Place.Layer, layer)
		return
	}
	t.Errorf("%s is missing in layer %s", want.Name, layer)
}

func wantFiles(t *testing.T, want Job, j *qmgr.Job) {
	t.Helper()
	if len(j.Files) != len(want.Files) {
		t.Errorf("%s has %d files, not %d", want.Name, len(j.Files), len(want.Files))
		return
	}
	for i, f := range want.Files {
		if diff := cmp.Diff(viewFile(f), viewFileRead(j.Files[i].File)); diff != "" {
			t.Errorf("%s: file %d (-built +read):\n%s", want.Name, i, diff)
		}
		if j.Files[i].Tie == qmgr.TieGuess {
			t.Errorf("%s: file %d is tied by a guess: %s", want.Name, i, j.Files[i].Why)
		}
	}
}

// variants are jobs whose records differ in their layout.
func variants(g Generation) []Job {
	named := func(name string, at time.Duration, change func(*Job)) Job {
		j := NewJob(name, victim.SID, start.Add(at), NewFile(long+"?"+name, `C:\Users\alice\`+name, 1000, start))
		j.Creator = `C:\Windows\System32\svchost.exe`
		if !g.Cost {
			j.CostPolicy = 0
		}
		change(&j)
		return j
	}
	list := []Job{
		rich(g), named("plain", time.Hour, func(*Job) {}), named("system", 2*time.Hour, func(j *Job) { asSystem(j) }),
		named("upload", 3*time.Hour, upload), named("reply", 4*time.Hour, func(j *Job) { upload(j); j.Type = UploadReply }),
		named("no files", 5*time.Hour, func(j *Job) { j.Files = nil }),
	}
	if g.Database {
		list = append(list, named("two markers", 6*time.Hour, func(j *Job) { upload(j); j.TwoMarkers = true }),
			named("large", 7*time.Hour, func(j *Job) { j.Headers = Headers(5800) }))
	} else {
		for i := range list {
			for k := range list[i].Files {
				list[i].Files[k].LocalTime = time.Time{} // only databases have it
			}
		}
	}
	return list
}

// TestQmgrReads: package qmgr reads each record of each generation in each layer back, with all fields.
func TestQmgrReads(t *testing.T) {
	for _, g := range Generations {
		t.Run(g.Key, func(t *testing.T) {
			jobs := variants(g)
			if !g.Database {
				q := read(t, Queue{Generation: g, Jobs: jobs}.Bytes())
				for _, j := range jobs {
					wantJob(t, q, g, j, qmgr.LayerLive)
				}
				if len(q.Jobs) != len(jobs) {
					t.Errorf("%d jobs, not %d", len(q.Jobs), len(jobs))
				}
				old := read(t, Queue{Generation: g, Over: append([]Job{g.companion()}, jobs...)}.Bytes())
				for _, j := range jobs {
					wantJob(t, old, g, j, qmgr.LayerSlack)
				}
				return
			}
			for layer, d := range map[qmgr.Layer]Database{
				qmgr.LayerLive: {Jobs: jobs}, qmgr.LayerVersion: {Versions: jobs}, qmgr.LayerSlack: {Slack: jobs},
			} {
				d.Generation = g
				q := read(t, d.Bytes())
				for _, j := range jobs {
					wantJob(t, q, g, j, layer)
				}
				if len(q.Jobs) != len(jobs) {
					t.Errorf("%s: %d jobs, not %d", layer, len(q.Jobs), len(jobs))
				}
				if q.Build != g.Build {
					t.Errorf("build %d, not %d", q.Build, g.Build)
				}
			}
		})
	}
}

// rebuilt is a job of a real record, with the values that package qmgr read.
func rebuilt(j *qmgr.Job, record []byte) Job {
	out := Job{
		ID: j.ID.String(), Type: j.TypeWords[0], Priority: j.PriorityWord, State: j.StateWord, Name: j.Name, Description: j.Description,
		Program: j.Program, Arguments: j.Parameters, Owner: j.Owner, NotifyFlags: j.NotifyFlags, Elevated: j.Elevated, Integrity: j.Integrity,
		SIDHash: j.OwnerHash, TransientErrors: j.TransientErrors, RetryDelay: j.RetryDelay, NoProgress: j.NoProgressTimeout, Created: j.Created,
		Modified: j.Modified, Modified2: j.Modified2, Completed: j.Completed, Pending: j.Pending, ProxyUsage: j.ProxyUsage, ProxyList: j.ProxyList,
		ProxyBypass: j.ProxyBypass, ACLFlags: j.ACLFlags, Security: j.SecurityFlags, MaxDownload: j.MaxDownloadTime, CostPolicy: j.CostPolicy,
		Package: j.Package, Application: j.Application, Creator: j.CreatorImage, Method: j.Method, Service: j.Service,
	}
	for _, id := range j.FileIDs {
		out.Files = append(out.Files, File{ID: id.String()})
	}
	for _, e := range j.Errors {
		out.Errors = append(out.Errors, JobError{Code: e.Code, Context: e.Context, Kind: e.Words[2]})
	}
	for _, timer := range j.Timers {
		n := map[string]int{"inactivity": Inactivity, "no_progress": NoProgress, "notification": Notification, "retry": Retry}[timer.Kind]
		out.Timers[n] = Timer{timer.Start, timer.Deadline}
	}
	if h := j.Headers; h != nil {
		out.Headers = &Protected{Plain: uint32(h.PlainSize), Raw: record[h.Offset : h.Offset+h.Size]}
	}
	out.Unknown.Fresh = 1
	u32 := func(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24 }
	for _, r := range j.Raw {
		switch r.Name {
		case "after_integrity":
			out.Unknown.AfterIntegrity = [2]uint32{u32(r.Bytes), u32(r.Bytes[4:])}
		case "after_max_download_time":
			out.Unknown.AfterLife = [2]uint32{u32(r.Bytes), u32(r.Bytes[4:])}
		case "after_cost_policy":
			out.Unknown.AfterCost, out.Unknown.AfterCost26 = u32(r.Bytes), r.Bytes[26]
		case "after_method":
			out.Unknown.AfterMethod = [3]byte(r.Bytes)
		case "flag_and_guid":
			out.Unknown.Fresh = 1 - r.Bytes[0]
		}
	}
	if out.Package != "" {
		out.Unknown.PackageWord = 0x25
	}
	return out
}

// TestRealRecords: each job and file of the corpus that is a row or a long value comes back, byte by byte, when the builder is
// fed with what the reader read of it.
func TestRealRecords(t *testing.T) {
	for name, key := range map[string]string{"qmgr/win10_22h2_qmgr.db": "win10-22h2", "qmgr/win11_24h2_qmgr.db": "win11-24h2"} {
		b := corpus(t, name)
		g := GenerationOf(key)
		records := longValues(t, b)
		jobs, files := 0, 0
		for _, j := range read(t, b).Jobs {
			record := records["Jobs"+j.Place.LongValue]
			if j.Place.Layer != qmgr.LayerLive && j.Place.Layer != qmgr.LayerVersion || record == nil {
				continue
			}
			jobs++
			if got := rebuilt(j, record).encode(g, ""); !bytes.Equal(got, record) {
				t.Errorf("%s: long value %s of %s", name, j.Place.LongValue, j.Name)
				same(t, got, record)
			}
		}
		for _, f := range read(t, b).Files {
			record := records["Files"+f.Place.LongValue]
			if f.Place.Layer != qmgr.LayerLive && f.Place.Layer != qmgr.LayerVersion || record == nil {
				continue
			}
			files++
			same(t, rebuiltFile(f).Bytes(g), record)
		}
		t.Logf("%s: %d jobs and %d files come back byte by byte", name, jobs, files)
		if jobs+files != len(records) || jobs < 10 {
			t.Errorf("%s: %d jobs and %d files of %d records were compared", name, jobs, files, len(records))
		}
	}
}

func rebuiltFile(f *qmgr.File) File {
	size := func(n int64) uint64 {
		if n == math.MaxInt64 || n < 0 {
			return UnknownSize
		}
		return uint64(n)
	}
	out := File{
		Local: f.Local, Remote: f.URL, Temporary: f.Temporary, Transferred: uint64(f.Transferred), Total: size(f.Total), Flag: f.Flag,
		Drive: f.Drive, Volume: f.Volume, DriveType: f.DriveType, Serial: f.Serial, RemoteSize: size(f.RemoteSize), Attributes: f.Attributes,
		Modified: f.RemoteModified,
	}
	if f.Transferred > 0 {
		out.Received = []Range{{0, uint64(f.Transferred)}}
	}
	return out
}

// longValues are the values of both tables, by table and id in hex.
func longValues(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	db := openDatabase(t, b)
	values := map[string][]byte{}
	for _, name := range []string{"Jobs", "Files"} {
		table, err := db.Table(name)
		if err != nil {
			t.Fatal(err)
		}
		for v, err := range table.LongValues() {
			if err != nil {
				t.Fatal(err)
			}
			if values[name+v.ID.String()], err = v.Bytes(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return values
}
