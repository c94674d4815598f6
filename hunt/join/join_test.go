// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/join"
	"github.com/openbits/openbits/hunt/read"
)

const (
	id      = "5f2863d6-e0ab-4470-8530-8f129b46177a"
	otherID = "6f2863d6-e0ab-4470-8530-8f129b46177b"
)

var at = time.Date(2024, 5, 6, 7, 8, 9, 123456700, time.UTC)

// event makes an event from name, value, name, value, …
func event(channel string, number int, when time.Duration, fields ...string) evidence.Event {
	offset := int64(when)
	e := evidence.Event{Time: at.Add(when), Host: "PC1", Channel: channel, ID: number, Evidence: evidence.Place{Layer: evidence.Live, Offset: &offset}}
	for i := 0; i < len(fields); i += 2 {
		e.Data = append(e.Data, evidence.Datum{Name: fields[i], Value: fields[i+1]})
	}
	pid := int64(1104)
	e.PID = &pid
	return e
}

func bits(number int, when time.Duration, fields ...string) evidence.Event {
	return event(read.ChannelBITS, number, when, fields...)
}

// state is a state of a job in a queue.
func state(layer evidence.Layer, s string, modified time.Duration) evidence.Job {
	offset := int64(modified)
	return evidence.Job{
		Ref: id, ID: id, Name: "updates", Created: at, Modified: at.Add(modified), State: "queued", Description: s,
		Files:    []evidence.File{{URL: "https://files.example/A.exe", Path: `C:\a.exe`, Temporary: `C:\BIT1.tmp`, Tie: "row"}},
		Evidence: evidence.Place{Layer: layer, Offset: &offset},
	}
}

func host(jobs []evidence.Job, events ...evidence.Event) *evidence.Host {
	return join.Host("PC1", "events", nil, &read.Result{Jobs: jobs, Events: events, Loose: make([]bool, len(events)), Inputs: []evidence.Input{{}}})
}

// TestTies: each way that an event can be tied to a job, and what is too far off.
func TestTies(t *testing.T) {
	three := bits(3, 0, "jobTitle", "updates", "jobId", "{"+strings.ToUpper(id)+"}", "jobOwner", `CORP\anna`, "processPath", `C:\Windows\System32\bitsadmin.exe`, "processId", "4242")
	sysmon, security, powershell := read.ChannelSysmon, read.ChannelSecurity, read.ChannelPowerShell
	for _, tt := range []struct {
		name  string
		event evidence.Event
		want  string
	}{
		{"jobId, braces and capitals", bits(4, time.Second, "jobId", "{"+strings.ToUpper(id)+"}"), "id"},
		{"Id of a transfer", bits(59, time.Second, "transferId", otherID, "name", "updates", "Id", id, "url", "https://files.example/A.exe"), "id"},
		{"JobGuid", bits(2, time.Second, "JobGuid", id, "Title", "updates"), "id"},
		{"Job", bits(63, time.Second, "Job", id, "Pgm", "cmd.exe", "hr", "1"), "id"},
		{"a name and a URL alone", bits(203, time.Second, "job", "updates", "url", "https://files.example/A.exe"), "title_owner_time"},
		{"a name alone, days later", bits(206, 72*time.Hour, "jobName", "updates"), ""},
		{"another's name", bits(206, time.Second, "jobName", "other"), ""},
		{"the creator, by its number", event(sysmon, 1, -time.Minute, "ProcessId", "4242", "Image", `C:\Windows\System32\bitsadmin.exe`), "process"},
		{"the creator, in hexadecimal", event(security, 4688, -time.Minute, "NewProcessId", "0x1092", "NewProcessName", `c:\windows\system32\BITSADMIN.EXE`), "process"},
		{"a process that had its number before", event(sysmon, 1, -time.Minute, "ProcessId", "4242", "Image", `C:\Windows\notepad.exe`), ""},
		{"a process that has its number later", event(sysmon, 1, time.Hour, "ProcessId", "4242", "Image", `C:\Windows\System32\bitsadmin.exe`), ""},
		{"the notify command", event(sysmon, 1, time.Minute, "ProcessId", "7", "Image", `C:\Windows\System32\cmd.exe`, "ParentProcessId", "1104", "ParentImage", `C:\Windows\System32\svchost.exe`), "process"},
		{"the notify command, with the id", event(sysmon, 1, time.Minute, "ProcessId", "7", "Image", `C:\Windows\System32\cmd.exe`, "CommandLine", "cmd.exe {"+id+"}", "ParentProcessId", "1104", "ParentImage", `C:\Windows\System32\svchost.exe`), "id"},
		{"another child of BITS", event(sysmon, 1, time.Minute, "ProcessId", "7", "Image", `C:\Windows\System32\WerFault.exe`, "ParentProcessId", "1104", "ParentImage", `C:\Windows\System32\svchost.exe`), ""},
		{"the same program, of another parent", event(sysmon, 1, time.Minute, "ProcessId", "7", "Image", `C:\Windows\System32\cmd.exe`, "ParentProcessId", "8", "ParentImage", `C:\Windows\explorer.exe`), ""},
		{"a command with the id", event(security, 4688, time.Minute, "NewProcessId", "0x9", "CommandLine", "bitsadmin /resume {"+strings.ToUpper(id)+"}"), "id"},
		{"a script with the URL", event(powershell, 4104, time.Minute, "ScriptBlockText", "Start-BitsTransfer 'HTTPS://files.example/a.EXE' c:\\x"), "url_time"},
		{"the same, an hour later", event(powershell, 4104, time.Hour, "ScriptBlockText", "Start-BitsTransfer 'HTTPS://files.example/a.EXE' c:\\x"), ""},
		{"a longer URL", event(powershell, 4104, time.Minute, "ScriptBlockText", "Start-BitsTransfer https://files.example/A.exe.txt"), ""},
		{"a name lookup of BITS", event(sysmon, 22, time.Minute, "ProcessId", "1104", "QueryName", "files.example"), "url_time"},
		{"a name lookup of another", event(sysmon, 22, time.Minute, "ProcessId", "1", "QueryName", "files.example"), ""},
		{"the file on disk", event(sysmon, 11, time.Minute, "ProcessId", "1104", "TargetFilename", `c:\BIT1.TMP`), "path_time"},
		{"a command with the name", event(security, 4688, time.Minute, "NewProcessId", "0x9", "CommandLine", `bitsadmin /addfile "updates" https://x.example/b c:\b`), "title_owner_time"},
		{"its name in another command", event(security, 4688, time.Minute, "NewProcessId", "0x9", "CommandLine", `notepad updates`), ""},
		{"another computer", func() evidence.Event { e := bits(4, 0, "jobId", id); e.Host = "PC2"; return e }(), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := state(evidence.Live, "", 0)
			s.Notify = &evidence.Notify{Program: `C:\Windows\System32\cmd.exe`}
			h := host([]evidence.Job{s}, three, tt.event)
			for _, e := range h.Events {
				if e.Evidence.Offset != tt.event.Evidence.Offset {
					continue
				}
				if e.Tie != tt.want || (e.Job == id) != (tt.want != "") {
					t.Errorf("it is tied to %q by %q, want %q", e.Job, e.Tie, tt.want)
				}
				return
			}
			t.Error("the event is gone")
		})
	}
}

// TestStartedBy: what BITS started is known by the number of its process, unless other services run in there or it is another time.
func TestStartedBy(t *testing.T) {
	svchost := []string{"NewProcessId", "0x9", "NewProcessName", `C:\x.exe`, "ProcessId", "0x450", "ParentProcessName", `C:\Windows\System32\svchost.exe`}
	sysmon := func(when time.Duration, parent, line string) evidence.Event {
		return event(read.ChannelSysmon, 1, when, "ProcessId", "9", "Image", `C:\x.exe`, "ParentProcessId", parent, "ParentImage", `C:\Windows\System32\svchost.exe`, "ParentCommandLine", line)
	}
	command := func(arguments string) evidence.Event {
		return event(read.ChannelSysmon, 1, time.Minute, "ProcessId", "9", "Image", `C:\Windows\System32\cmd.exe`, "CommandLine", "cmd.exe "+arguments, "ParentProcessId", "7",
			"ParentImage", `C:\Windows\System32\svchost.exe`, "ParentCommandLine", `C:\Windows\system32\svchost.exe -k netsvcs`)
	}
	for _, tt := range []struct {
		name  string
		event evidence.Event
		want  string
		also  []evidence.Event
	}{
		{"a child, in the Security log", event(read.ChannelSecurity, 4688, time.Minute, svchost...), "bits", nil},
		{"a child, when BITS had nothing to log", event(read.ChannelSecurity, 4688, time.Hour, svchost...), "", nil},
		{"a child, before BITS logged", event(read.ChannelSecurity, 4688, -time.Minute, svchost...), "bits", nil},
		{"a parent that is not told", event(read.ChannelSecurity, 4688, time.Minute, svchost[:6]...), "", nil},
		{
			"a child of a process that other services share", event(read.ChannelSecurity, 4688, time.Minute, svchost...), "",
			[]evidence.Event{event(read.ChannelSysmon, 1, -time.Hour, "ProcessId", "1104", "Image", `C:\Windows\System32\svchost.exe`, "CommandLine", "svchost.exe -k netsvcs")},
		},
		{"the same, by its own event", sysmon(time.Minute, "1104", "svchost.exe -k netsvcs"), "", nil},
		{"a child of BITS alone, which the event says itself", sysmon(time.Minute, "1104", "svchost.exe -k netsvcs -p -s BITS"), "", nil},
		{
			"a child, of which Sysmon tells more", event(read.ChannelSecurity, 4688, time.Minute, svchost...), "",
			[]evidence.Event{sysmon(time.Minute, "1104", "svchost.exe -k netsvcs -p -s BITS")},
		},
		{"a child of another", sysmon(time.Minute, "1104", "svchost.exe -k netsvcs -p -s Schedule"), "", nil},
		{"another computer's", func() evidence.Event {
			e := event(read.ChannelSecurity, 4688, time.Minute, svchost...)
			e.Host = "PC2"
			return e
		}(), "", nil},
		{"the notify command, on Windows 7", command("/c start"), "notify_command", nil},
		{"another command of the same program", command("/c backup.bat"), "", nil},
		{"another command, of BITS alone", func() evidence.Event {
			return event(read.ChannelSysmon, 1, time.Minute, "ProcessId", "9", "Image", `C:\Windows\System32\cmd.exe`, "CommandLine", "cmd.exe /c backup.bat", "ParentProcessId", "1104",
				"ParentImage", `C:\Windows\System32\svchost.exe`, "ParentCommandLine", "svchost.exe -k netsvcs -p -s BITS")
		}(), "", nil},
		{"the notify command, of another service", func() evidence.Event {
			return event(read.ChannelSysmon, 1, time.Minute, "ProcessId", "9", "Image", `C:\Windows\System32\cmd.exe`, "CommandLine", "cmd.exe /c start", "ParentProcessId", "1104",
				"ParentImage", `C:\Windows\System32\svchost.exe`, "ParentCommandLine", "svchost.exe -k netsvcs -p -s Schedule")
		}(), "", nil},
		{"the notify command that names its job", command("/c start {" + id + "}"), "notify_command", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := state(evidence.Live, "", 0)
			s.Notify = &evidence.Notify{Program: `C:\Windows\System32\cmd.exe`, Arguments: "/c start"}
			h := host([]evidence.Job{s}, append(tt.also, bits(4, 0, "jobId", id), tt.event)...)
			for _, e := range h.Events {
				if e.Evidence.Offset == tt.event.Evidence.Offset && e.StartedBy != tt.want {
					t.Errorf("it was started by %q, want %q", e.StartedBy, tt.want)
				}
			}
		})
	}
}

// TestVersions: states of all layers make one job, each once, oldest first; the live one is what is shown.
func TestVersions(t *testing.T) {
	copied := state(evidence.Slack, "first", 0)
	h := host([]evidence.Job{
		state(evidence.Live, "third", 2*time.Second), state(evidence.Version, "first", 0), state(evidence.Version, "second", time.Second), copied,
		state(evidence.Slack, "fourth", 3*time.Second),
		{Ref: "0:1", Created: at, Evidence: evidence.Place{Layer: evidence.Slack, Cut: "head"}},
		{Ref: "0:2", Created: at.Add(1), Name: "x"},
	})
	var got []string
	for _, v := range h.Jobs[0].Versions {
		got = append(got, fmt.Sprint(v.Description, " ", v.Evidence.Layer))
	}
	if want := " slack, first version, second version, third live, fourth slack"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
	if j := h.Jobs[0]; j.Description != "third" || j.Evidence.Layer != evidence.Live || len(h.Jobs) != 2 || h.Jobs[1].Ref != "0:2" {
		t.Errorf("shown is %q of %s; %d jobs", j.Description, j.Evidence.Layer, len(h.Jobs))
	}
}

// TestEventsMakeJobs: jobs that no queue holds, of the events of old and new Windows.
func TestEventsMakeJobs(t *testing.T) {
	old := []evidence.Event{
		bits(3, 0, "string", "updates", "string2", `CORP\anna`, "string3", ""),
		bits(59, time.Second, "transferId", otherID, "name", "updates", "Id", id, "url", `C:\Windows\System32\cmd.exe`, "fileLength", "18446744073709551615"),
		bits(61, 2*time.Second, "name", "updates", "Id", id, "url", `C:\Windows\System32\cmd.exe`, "hr", "2147954407", "bytesTransferred", "0"),
		bits(64, 3*time.Second, "Job", id, "Pgm", `C:\x.exe`, "hr", "0x80070002"),
	}
	h := host(nil, old...)
	if len(h.Jobs) != 1 {
		t.Fatalf("%d jobs", len(h.Jobs))
	}
	j := h.Jobs[0]
	got := fmt.Sprintln(j.ID, j.Name, j.Owner.Name, j.State, j.Evidence.Layer, j.Created.Equal(at), j.Files[0].URL, j.Files[0].BytesTotal, j.Error.Code, j.Notify.Program, j.Notify.Failed, h.Events[0].Tie)
	want := fmt.Sprintln(id, "updates", `CORP\anna`, "transient_error", "event", true, `C:\Windows\System32\cmd.exe`, (*int64)(nil), "0x80072ee7", `C:\x.exe`, []string{"0x80070002"}, "title_owner_time")
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	h = host(nil, old[0])
	if len(h.Jobs) != 1 || h.Jobs[0].ID != "" || h.Jobs[0].Ref != "0:0" || h.Jobs[0].Name != "updates" {
		t.Errorf("event 3 alone gives %+v", h.Jobs)
	}
	h = host(nil,
		bits(16403, 0, "jobTitle", "n", "jobId", id, "RemoteName", "https://x.example/1", "LocalName", `C:\1`, "processId", "9"),
		bits(16403, time.Second, "jobTitle", "n", "jobId", id, "RemoteName", "https://x.example/1", "LocalName", `C:\2`),
		bits(59, time.Second, "Id", id, "url", "https://x.example/1", "fileLength", "7"),
		bits(6, 2*time.Second, "jobId", id, "program", "cmd.exe", "parameters", "/c x"),
		bits(5, 3*time.Second, "jobId", id, "User", "x"))
	j = h.Jobs[0]
	if len(j.Files) != 2 || j.Files[0].Path != `C:\1` || *j.Files[0].BytesTotal != 7 || j.Files[1].Path != `C:\2` || j.Notify.Arguments != "/c x" || j.State != "cancelled" || *j.Creator.PID != 9 {
		t.Errorf("got %+v", j)
	}
}

// TestAdoption: a file that no row ties to a job goes to the job whose events name it.
func TestAdoption(t *testing.T) {
	r := &read.Result{
		Events: []evidence.Event{bits(59, 0, "Id", id, "name", "n", "url", "https://x.example/1")}, Loose: []bool{false},
		Files: []evidence.File{
			{URL: "https://X.example/1", Path: `C:\1`, Evidence: evidence.Place{Layer: evidence.Slack}},
			{URL: "https://x.example/2", Path: `C:\2`, Evidence: evidence.Place{Layer: evidence.Slack}},
			{URL: "https://x.example/2", Path: `C:\2`, Evidence: evidence.Place{Layer: evidence.Version}},
		},
		Inputs: []evidence.Input{{}},
	}
	h := join.Host("PC1", "events", nil, r)
	if f := h.Jobs[0].Files; len(f) != 1 || f[0].Path != `C:\1` || !strings.HasPrefix(f[0].Tie, "guess: ") {
		t.Errorf("the job has %+v", f)
	}
	if len(h.Files) != 1 || h.Files[0].Evidence.Layer != evidence.Version || h.Files[0].Host != "PC1" {
		t.Errorf("left are %+v", h.Files)
	}
}

// TestLoose: an event that was only taken in case it belongs to a job is dropped when it does not.
func TestLoose(t *testing.T) {
	r := &read.Result{
		Events: []evidence.Event{event(read.ChannelSysmon, 1, 0, "ProcessId", "1"), bits(3, 0, "jobId", id)}, Loose: []bool{true, false}, Inputs: []evidence.Input{{}},
	}
	if h := join.Host("PC1", "events", nil, r); len(h.Events) != 1 || h.Events[0].ID != 3 || h.Jobs[0].Timeline[0].Event != 1 {
		t.Errorf("got %+v", h.Events)
	}
}

// BenchmarkCrowd joins a forged log of many jobs of one name and many processes of one number: its time must grow with the log, not with its square.
func BenchmarkCrowd(b *testing.B) {
	const n = 20000
	var events []evidence.Event
	for i := range n {
		when := time.Duration(i) * 10 * time.Second
		events = append(events,
			bits(3, when, "string", "updates", "string2", `CORP\anna`),
			event(read.ChannelSysmon, 1, when+time.Second, "ProcessId", "4242", "Image", `C:\Windows\System32\bitsadmin.exe`),
			bits(3, when+2*time.Second, "jobTitle", "updates", "jobId", fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), "processId", "4242", "processPath", `C:\other.exe`))
	}
	for b.Loop() {
		if h := host(nil, events...); len(h.Jobs) < n {
			b.Fatalf("%d jobs", len(h.Jobs))
		}
	}
}
