// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package read_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/hunt/collect"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/read"
	"github.com/openbits/openbits/internal/evtxtest"
	"github.com/openbits/openbits/internal/qmgrtest"
)

// readFiles reads files of one folder as one host.
func readFiles(t *testing.T, o read.Options, files map[string][]byte) *read.Result {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "PC1", "Downloader")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := collect.Walk(t.Context(), []string{filepath.Dir(dir)}, collect.Options{})
	defer c.Close()
	if len(c.Hosts) != 1 {
		t.Fatalf("%d hosts", len(c.Hosts))
	}
	return read.Host(t.Context(), c.Hosts[0], o)
}

// everything is a filter that keeps all events.
type everything struct{}

func (everything) Wants(string, string, int) bool { return true }
func (everything) Matches(*evidence.Event) bool   { return true }

// TestDamagedLogs: what is left of a log is taken, and what is wrong is said.
func TestDamagedLogs(t *testing.T) {
	whole := evtxtest.Sample(3, 20).Bytes()
	change := func(f func([]byte) []byte) []byte { return f(append([]byte(nil), whole...)) }
	for _, tt := range []struct {
		name   string
		b      []byte
		events int
		status evidence.Status
		note   string
	}{
		{"whole", whole, 60, evidence.Read, ""},
		{"dirty", change(func(b []byte) []byte { b[120] |= 1; evtxtest.SealHeader(b); return b }), 60, evidence.Read, "dirty"},
		{"cut in the second chunk", whole[:4096+65536+4000], -1, evidence.Partial, ""},
		{"without its header", change(func(b []byte) []byte { clear(b[:4096]); return b }), 60, evidence.Partial, "no header"},
		{"a chunk is gone", change(func(b []byte) []byte { clear(b[4096+65536 : 4096+2*65536]); return b }), 40, evidence.Read, "20 records are missing"},
		{"a flipped bit", change(func(b []byte) []byte { b[4096+65536+3000] ^= 0x10; return b }), -1, evidence.Partial, ""},
		{"nothing of a log", []byte(strings.Repeat("noise", 4000)), 0, evidence.Skipped, "no event is in it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := readFiles(t, read.Options{Filter: everything{}}, map[string][]byte{"x.evtx": tt.b})
			in := r.Inputs[0]
			if in.Status != tt.status || !strings.Contains(strings.Join(in.Notes, "; "), tt.note) {
				t.Errorf("got %s, %q", in.Status, in.Notes)
			}
			if tt.events >= 0 && len(r.Events) != tt.events || tt.events < 0 && (len(r.Events) < 20 || len(r.Events) > 60) {
				t.Errorf("%d events were taken, want %d", len(r.Events), tt.events)
			}
			for i, e := range r.Events {
				if e.Evidence.Offset == nil || e.Evidence.Record == 0 || e.Channel != "Test/Operational" {
					t.Fatalf("event %d is %+v", i, e)
				}
			}
		})
	}
}

// TestUnwanted: without a rule that asks, events that have nothing to do with BITS stay in their log.
func TestUnwanted(t *testing.T) {
	r := readFiles(t, read.Options{}, map[string][]byte{"x.evtx": evtxtest.Sample(1, 20).Bytes()})
	if len(r.Events) != 0 || r.Inputs[0].Status != evidence.Read || r.Inputs[0].About["events"] != "20" || r.Inputs[0].About["taken"] != "0" {
		t.Errorf("%d events, %+v", len(r.Events), r.Inputs[0])
	}
}

// TestGenerations: of a dirty database is said which logs it needs and which of them are there.
func TestGenerations(t *testing.T) {
	g := qmgrtest.GenerationOf("win10-22h2")
	j := qmgrtest.NewJob("updates", "S-1-5-18", evtxtest.Start, qmgrtest.NewFile("https://x.example/1", `C:\1`, 5, evtxtest.Start))
	db := qmgrtest.Database{Generation: g, Jobs: []qmgrtest.Job{j}, Dirty: true, Logs: [2]uint32{22, 24}}.Bytes()
	later := j
	later.Name = "only in the log"
	later.ID = qmgrtest.NewID("later")
	r := readFiles(t, read.Options{}, map[string][]byte{"qmgr.db": db, "edb00017.log": qmgrtest.Log(g, 23, later), "edb.chk": []byte("x")})
	byPath := map[string]evidence.Input{}
	for _, in := range r.Inputs {
		byPath[filepath.Base(in.Path)] = in
	}
	in := byPath["qmgr.db"]
	note := strings.Join(in.Notes, "; ")
	if in.Status != evidence.Read || in.About["generations_missing"] != "22, 24" || !strings.Contains(note, "searched, not replayed: edb00017.log (23)") || !strings.Contains(note, "absent: 22, 24") {
		t.Errorf("got %s %v %q", in.Status, in.About, note)
	}
	if in := byPath["edb00017.log"]; in.Kind != "ese_log" || in.About["generation"] != "23" {
		t.Errorf("of the log is said %+v", in)
	}
	if in := byPath["edb.chk"]; in.Status != evidence.Skipped {
		t.Errorf("of the checkpoint is said %+v", in)
	}
	found := false
	for _, s := range r.Jobs {
		found = found || s.Name == "only in the log" && s.Evidence.Layer == evidence.Carved
	}
	if !found {
		t.Errorf("the job of the log was not found among %d", len(r.Jobs))
	}
}

// onlyRelated is a filter that no event fits by itself: what is kept is kept for what queues and logs of BITS tell.
type onlyRelated struct{}

func (onlyRelated) Wants(string, string, int) bool { return true }
func (onlyRelated) Matches(*evidence.Event) bool   { return false }

// TestServiceProcess: of the Security log the start of the process that BITS runs in is kept, and its children are.
func TestServiceProcess(t *testing.T) {
	g, at := qmgrtest.GenerationOf("win10-22h2"), time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	job := qmgrtest.NewJob("an update", "S-1-5-18", at, qmgrtest.NewFile("https://files.example/a", `C:\a`, 10, at))
	system := qmgrtest.Who{Account: `NT AUTHORITY\SYSTEM`, SID: qmgrtest.System}
	group := qmgrtest.Process{Image: qmgrtest.BitsHost.Image, CommandLine: "svchost.exe -k netsvcs -p", PID: qmgrtest.BitsHost.PID, ParentPID: 700, Who: system}
	child := qmgrtest.Process{Image: `C:\x.exe`, CommandLine: "x", PID: 9, ParentPID: qmgrtest.BitsHost.PID, Parent: qmgrtest.BitsHost.Image, Who: system}
	other := qmgrtest.Process{Image: `C:\y.exe`, CommandLine: "y", PID: 10, ParentPID: 11, Parent: qmgrtest.BitsHost.Image, Who: system}
	r := readFiles(t, read.Options{Filter: onlyRelated{}}, qmgrtest.Logs("PC1", 1, job.Created3(g, system, at),
		group.Created4688(g, at.Add(-time.Hour)), child.Created4688(g, at.Add(time.Minute)), other.Created4688(g, at.Add(time.Minute))))
	var started []string
	for _, e := range r.Events {
		if e.ID == 4688 {
			started = append(started, e.Field("CommandLine"))
		}
	}
	if diff := cmp.Diff([]string{"svchost.exe -k netsvcs -p", "x"}, started); diff != "" {
		t.Errorf("the processes that were kept (-want +got):\n%s", diff)
	}
}
