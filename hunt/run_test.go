// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits/hunt"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/qmgrtest"
)

const (
	queueFolder = "C/ProgramData/Microsoft/Network/Downloader/"
	logFolder   = "C/Windows/System32/winevt/Logs/"
	user        = "S-1-5-21-1-2-3-1001"
)

var (
	at  = time.Date(2024, 5, 6, 7, 8, 9, 123456700, time.UTC)
	win = qmgrtest.GenerationOf("win11-22h2")
	who = qmgrtest.Who{Account: `CORP\anna`, SID: user, PID: 4242, StartKey: 77}
)

// abused is a job with a notify command, and the file that it fetches.
func abused() (qmgrtest.Job, qmgrtest.File) {
	f := qmgrtest.NewFile("http://192.0.2.7/a.jpg", `C:\Users\Public\a.exe`, 1000, at)
	j := qmgrtest.NewJob("updates", user, at, f)
	j.Program, j.Arguments, j.Creator = `C:\Windows\System32\cmd.exe`, `cmd.exe /c C:\Users\Public\a.exe`, `C:\Windows\System32\bitsadmin.exe`
	return j, f
}

// collection is what was collected from a computer: a queue with a job in two states, and its logs.
func collection(computer string) map[string][]byte {
	j, f := abused()
	bitsadmin := qmgrtest.Process{
		Image: j.Creator, CommandLine: "bitsadmin /create updates", PID: 4242, Parent: `C:\Windows\System32\cmd.exe`, ParentPID: 100,
		ParentCommandLine: "cmd.exe", Who: who,
	}
	child := qmgrtest.Process{
		Image: j.Program, CommandLine: `"C:\Windows\System32\cmd.exe" cmd.exe /c C:\Users\Public\a.exe`, PID: 5000, Parent: `C:\Windows\System32\svchost.exe`,
		ParentPID: 1104, ParentCommandLine: `C:\Windows\System32\svchost.exe -k netsvcs -p -s BITS`, Who: who,
	}
	other := qmgrtest.Process{Image: `C:\Windows\notepad.exe`, CommandLine: "notepad.exe", PID: 6000, Parent: `C:\Windows\explorer.exe`, ParentPID: 200, Who: who}
	out := map[string][]byte{}
	out[queueFolder+"qmgr.db"] = qmgrtest.Database{
		Generation: win, Jobs: []qmgrtest.Job{j.In(6, at.Add(time.Minute))}, Versions: []qmgrtest.Job{j}, Dirty: true, Logs: [2]uint32{23, 24},
	}.Bytes()
	for name, b := range qmgrtest.Logs(computer, 1,
		bitsadmin.Sysmon1(at.Add(-time.Second)), other.Sysmon1(at),
		j.Created3(win, who, at), j.Added16403(f, who, at.Add(time.Second)), j.Notify6(who, at.Add(2*time.Second)),
		j.Started59(win, f, at.Add(3*time.Second)), j.Stopped60(win, f, 0, at.Add(4*time.Second)), child.Sysmon1(at.Add(5*time.Second)),
		j.NotifyFailed(64, 0x80070002, at.Add(6*time.Second)),
	) {
		out[logFolder+name] = b
	}
	return out
}

// writeTree makes files beneath a folder.
func writeTree(t testing.TB, dir string, tree map[string][]byte) {
	t.Helper()
	for name, b := range tree {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func zipTree(t testing.TB, path string, tree map[string][]byte) {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		m, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write(tree[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestJoined: queue and logs of a computer make one job, with all that each of them tells.
func TestJoined(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, collection("PC1"))
	r, hosts := run(t, hunt.Options{Paths: []string{dir}})
	if len(hosts) != 1 || len(hosts[0].Jobs) != 1 {
		t.Fatalf("%d hosts, %+v", len(hosts), r.Totals)
	}
	h, j := hosts[0], hosts[0].Jobs[0]
	got := fmt.Sprintln(h.Name, j.Name, j.State, j.Evidence.Layer, len(j.Versions), j.Owner, *j.Notify.FlagWord, j.Notify.Program, j.Notify.Failed,
		j.Creator.Path, *j.Creator.PID, j.Creator.StartKey, j.Creator.CommandLine, j.Creator.Parent, len(j.Files), j.Files[0].URL, j.Files[0].Path, j.Files[0].Tie)
	want := fmt.Sprintln("PC1", "updates", "transferred", "live", 2, evidence.Owner{ID: user, Name: `CORP\anna`}, 3, `C:\Windows\System32\cmd.exe`, []string{"0x80070002"},
		`C:\Windows\System32\bitsadmin.exe`, 4242, "77", "bitsadmin /create updates", `C:\Windows\System32\cmd.exe`, 1, "http://192.0.2.7/a.jpg", `C:\Users\Public\a.exe`, "row")
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	if j.Versions[0].State != "queued" || j.Versions[1].State != "transferred" {
		t.Errorf("the versions are %s, %s", j.Versions[0].State, j.Versions[1].State)
	}
	ties := map[string]int{}
	for _, e := range h.Events {
		ties[e.Tie]++
		if strings.Contains(e.Field("Image"), "notepad") {
			t.Error("an event that has nothing to do with BITS was taken")
		}
	}
	if ties["id"] != 6 || ties["process"] != 2 || len(ties) != 2 {
		t.Errorf("the ties are %v", ties)
	}
	var line []string
	for i, m := range j.Timeline {
		line = append(line, m.Kind)
		if i > 0 && m.Time.Before(j.Timeline[i-1].Time) {
			t.Errorf("%q is not in the order of time", m.What)
		}
	}
	wantLine := "process created modified created file_added notify transfer_started transfer_stopped process notify_failed modified completed"
	if got := strings.Join(line, " "); got != wantLine {
		t.Errorf("the timeline is\n%s, want\n%s", got, wantLine)
	}
	in := h.Inputs[0]
	if in.Status != evidence.Read || in.About["generations_missing"] != "23-24" || !strings.Contains(strings.Join(in.Notes, ""), "absent: 23-24") {
		t.Errorf("of the dirty database is said %s %v %v", in.Status, in.About, in.Notes)
	}
}

// lines are all jobs of a run, without where they were found.
func lines(hosts []*evidence.Host) []string {
	var out []string
	for _, h := range hosts {
		for _, j := range h.Jobs {
			out = append(out, fmt.Sprintln(h.Name, j.ID, j.Name, j.State, j.Evidence.Layer, j.Evidence.Page, len(j.Versions), len(j.Timeline), j.Files[0].URL))
		}
	}
	return out
}

// TestSameAnyway: a folder, an archive of it, and one in an archive give the same jobs; the same twice is the same bytes, and a
// computer that was collected twice is one.
func TestSameAnyway(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, filepath.Join(dir, "folder"), collection("PC1"))
	zipTree(t, filepath.Join(dir, "packed.zip"), collection("PC1"))
	packed, err := os.ReadFile(filepath.Join(dir, "packed.zip"))
	if err != nil {
		t.Fatal(err)
	}
	zipTree(t, filepath.Join(dir, "nested.zip"), map[string][]byte{"x/PC1.zip": packed})
	var all [][]string
	for _, name := range []string{"folder", "packed.zip", "nested.zip"} {
		_, hosts := run(t, hunt.Options{Paths: []string{filepath.Join(dir, name)}})
		all = append(all, lines(hosts))
	}
	if len(all[0]) == 0 || !slices.Equal(all[0], all[1]) || !slices.Equal(all[0], all[2]) {
		t.Errorf("the jobs differ: %q", all)
	}
	text := func() string {
		r, _ := run(t, hunt.Options{Paths: []string{dir}, HashContainers: true, Version: "1"})
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	one := text()
	if two := text(); one != two {
		t.Error("the same evidence gives two different reports")
	}
	r, hosts := run(t, hunt.Options{Paths: []string{dir}})
	if r.Totals.Hosts != 1 || r.Totals.Jobs != 1 || !slices.Equal(lines(hosts), all[0]) {
		t.Errorf("three copies of a computer give %+v: %q", r.Totals, lines(hosts))
	}
	p := filepath.Join(t.TempDir(), "saved.json")
	if err := os.WriteFile(p, []byte(one), 0o644); err != nil {
		t.Fatal(err)
	}
	r, hosts = run(t, hunt.Options{Paths: []string{p}})
	if r.Totals.Hosts != 1 || !slices.Equal(lines(hosts), all[0]) {
		t.Errorf("the saved report gives %+v: %q, want %q", r.Totals, lines(hosts), all[0])
	}
}

// TestManyHosts: hosts are spilled to disk, in the order of their names, and the file is removed.
func TestManyHosts(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	for i := range 40 {
		writeTree(t, filepath.Join(dir, fmt.Sprintf("x%02d", i)), collection(fmt.Sprintf("PC%02d", i)))
	}
	hunt.SetInMemory(t, 1<<16)
	var last string
	done := 0
	r, hosts := run(t, hunt.Options{Paths: []string{dir}, Hosts: []string{"pc[0-2]*"}, Progress: func(p hunt.Progress) {
		if p.Stage == hunt.StageHost {
			done = max(done, p.Done)
		}
	}})
	for _, h := range hosts {
		if h.Name != evidence.NoHost && h.Name <= last {
			t.Errorf("%s comes after %s", h.Name, last)
		}
		last = h.Name
	}
	if r.Totals.Hosts != 30 || done != 30 || len(r.Suppressed) != 10 || r.Suppressed[0] != (evidence.Suppressed{Reason: "host", By: "PC30", Count: 1}) {
		t.Errorf("%+v, %d done, %v", r.Totals, done, r.Suppressed)
	}
}

// TestEnded: what was read before the end is there, and the rest is said not to have been reached.
func TestEnded(t *testing.T) {
	dir := t.TempDir()
	for i := range 6 {
		writeTree(t, filepath.Join(dir, fmt.Sprintf("x%d", i)), collection(fmt.Sprintf("PC%d", i)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := hunt.Run(ctx, hunt.Options{Paths: []string{dir}, Progress: func(p hunt.Progress) {
		if p.Stage == hunt.StageHost {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	reached, missed := 0, 0
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range h.Inputs {
			switch {
			case in.SHA256 != "":
				reached++
			case in.Status == evidence.Skipped && slices.Contains(in.Notes, "it was not reached"):
				missed++
			default:
				t.Errorf("%s is %s: %v", in.Path, in.Status, in.Notes)
			}
		}
	}
	if r.Partial == "" || reached == 0 || missed == 0 || r.Totals.Hosts != 6 {
		t.Errorf("%q: %d inputs were reached, %d not, %+v", r.Partial, reached, missed, r.Totals)
	}
}

// TestOptions: options that cannot be met are refused before anything is read.
func TestOptions(t *testing.T) {
	for _, o := range []hunt.Options{{}, {Paths: []string{"."}, MinSeverity: "grave"}, {Paths: []string{"."}, Hosts: []string{"[a"}}} {
		if r, err := hunt.Run(t.Context(), o); err == nil {
			t.Errorf("%+v is accepted: %v", o, r.Totals)
		}
	}
}

// TestSparseImage: a job in an image of 100 GB that is nearly all holes is found, where it lies, without reading the holes.
func TestSparseImage(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("holes are looked for on Linux")
	}
	p := filepath.Join(t.TempDir(), "disk.raw")
	f, err := os.Create(p)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const place = 60<<30 + 512
	if err := f.Truncate(100 << 30); err != nil {
		t.Skipf("no file of that size can be made: %v", err)
	}
	j, _ := abused()
	if _, err := f.WriteAt(j.Bytes(win), place); err != nil {
		t.Fatal(err)
	}
	for name, b := range qmgrtest.Logs("PC1", 1, j.Created3(win, who, at)) {
		if _, err := f.WriteAt(b, place+1<<20); err != nil {
			t.Fatal(name, err)
		}
	}
	_, hosts := run(t, hunt.Options{Paths: []string{p}})
	if len(hosts) != 1 || len(hosts[0].Jobs) != 1 {
		t.Fatalf("%d hosts: %+v", len(hosts), hosts[0].Inputs)
	}
	b := hosts[0].Jobs[0]
	if b.Name != "updates" || b.Evidence.Layer != evidence.Carved || *b.Evidence.Offset != place || b.Creator.PID == nil {
		t.Errorf("got %s, %+v, %+v", b.Name, b.Evidence, b.Creator)
	}
	if in := hosts[0].Inputs[0]; !strings.Contains(strings.Join(in.Notes, ""), "its holes") {
		t.Errorf("of the image is said %v", in.Notes)
	}
}
