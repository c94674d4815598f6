// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package read

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/qmgr"
)

var day = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

// full is a job of which everything is known.
func full() *qmgr.Job {
	g := func(n byte) qmgr.GUID { return qmgr.GUID{n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} }
	f := &qmgr.File{
		Place: qmgr.Place{Layer: qmgr.LayerLive, Page: 32, Offset: 77}, ID: g(2), Tie: qmgr.TieRow, URL: "https://x.example/1", Local: `C:\1`, Temporary: `C:\BIT1.tmp`,
		Transferred: 5, Total: 5, HasTail: true, Drive: `C:\`, Volume: `\\?\Volume{1}\`, DriveType: 3, Serial: 0xd49d126f, RemoteModified: day,
	}
	return &qmgr.Job{
		Place: qmgr.Place{Layer: qmgr.LayerVersion, Page: 31, Offset: 4711, Damaged: true, Cut: "a"}, Marker: g(3), Through: qmgr.SectionEnd, Form: qmgr.FormESE,
		ID: g(1), Type: "download", Priority: "low", State: openbits.StateError, Name: "n", Description: "d", Program: "p.exe", Parameters: "p x", Owner: "S-1-5-18",
		NotifyFlags: 3, Elevated: 1, Integrity: 0x4000, Descriptor: &qmgr.Descriptor{Owner: "S-1-5-18", Group: "S-1-5-32-544", Label: 0x4000, SDDL: "O:SY"},
		FileIDs: []qmgr.GUID{g(2), g(4)}, Files: []qmgr.Tied{{File: f, Tie: qmgr.TieGuess, Why: "w"}}, Errors: []qmgr.JobError{{Code: 0x80072ee7, Context: 5}},
		TransientErrors: 2, RetryDelay: 600, NoProgressTimeout: 1209600, Created: day, Modified: day.Add(1), Completed: day.Add(2), Pending: 2,
		Timers:     []qmgr.Timer{{Kind: qmgr.TimerInactivity, Start: day, Deadline: day.Add(90 * 24 * time.Hour)}},
		ProxyUsage: 2, ProxyList: "l", ProxyBypass: "b", Headers: &qmgr.Protected{Size: 10, PlainSize: 5, MasterKey: g(5)}, Credentials: []qmgr.Protected{{Size: 11}},
		SecurityFlags: 0xa, MaxDownloadTime: 30, CostPolicy: 0x80000021, Package: "pkg", Application: "!app", CreatorImage: `C:\c.exe`, Method: "GET", Service: "Schedule",
		Raw: []qmgr.Raw{{Name: "after_proxy_usage", Bytes: []byte{1, 2}}},
	}
}

// TestMapping: every value of a record is in the evidence.
func TestMapping(t *testing.T) {
	got := job(full(), 3, "")
	yes, flags, retry, progress, life, cost, five, at, fileAt := true, uint32(3), int64(600), int64(1209600), int64(30), uint32(0x80000021), int64(5), int64(4711), int64(77)
	fault := evidence.Error{Code: "0x80072ee7", Context: "remote_file"}
	guid := func(n string) string { return "030201" + n + "-0504-0706-0809-0a0b0c0d0e0f" }
	want := evidence.Job{
		Ref: guid("01"), ID: guid("01"), Name: "n", Description: "d", Type: "download", Priority: "low", State: "error", Owner: evidence.Owner{ID: "S-1-5-18"},
		Created: day, Modified: day.Add(1), Completed: day.Add(2), Expires: day.Add(90 * 24 * time.Hour), BytesDone: 5, FilesTotal: 2, FilesDone: 1, Error: &fault,
		Files: []evidence.File{{
			ID: guid("02"), URL: "https://x.example/1", Path: `C:\1`, Temporary: `C:\BIT1.tmp`, BytesTotal: &five, BytesDone: 5, Modified: day, Drive: `C:\`, DriveType: "fixed",
			Volume: `\\?\Volume{1}\`, VolumeSerial: "d49d126f", Tie: "guess: w", Evidence: evidence.Place{Input: 3, Layer: "live", Page: 32, Offset: &fileAt},
		}},
		Notify:  &evidence.Notify{Program: "p.exe", Arguments: "p x", Flags: []string{"transferred", "error"}, FlagWord: &flags},
		Pending: "error", Creator: &evidence.Creator{Path: `C:\c.exe`, Integrity: "system", Elevated: &yes, Service: "Schedule", Package: "pkg", Application: "!app"},
		Descriptor: &evidence.Descriptor{Owner: "S-1-5-18", Group: "S-1-5-32-544", Integrity: "system", SDDL: "O:SY"},
		Timers:     []evidence.Timer{{Kind: "inactivity", Start: day, Deadline: day.Add(90 * 24 * time.Hour)}},
		RetryDelay: &retry, NoProgressTimeout: &progress, MaxDownloadTime: &life, TransientErrors: 2, Errors: []evidence.Error{fault},
		Security: &evidence.Security{Word: 0xa, Flags: []string{"ignore_cn", "ignore_unknown_ca"}}, Proxy: &evidence.Proxy{Usage: "override", List: "l", Bypass: "b"},
		CostPolicy: &cost, Headers: &evidence.Protected{Size: 10, PlainSize: 5, MasterKey: guid("05")}, Credentials: &evidence.Protected{Size: 11}, Method: "GET",
		Marker: "030102030405060708090a0b0c0d0e0f", Raw: map[string]string{"after_proxy_usage": "0102"},
		Evidence: evidence.Place{Input: 3, Layer: "version", Page: 31, Offset: &at, Damaged: true, Cut: "a"},
	}
	got.Descriptor.Odd = nil // the reader's own business
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// A field that evidence gets later must be filled here, too.
	v := reflect.ValueOf(got)
	for i := range v.NumField() {
		switch name := v.Type().Field(i).Name; name {
		case "Host", "BytesTotal", "Versions", "Timeline", "Known", "Masquerade", "Rarity", "Generation":
		default:
			if v.Field(i).IsZero() {
				t.Errorf("%s is not filled", name)
			}
		}
	}
}

// TestCutRecord: what a record does not reach is absent, not zero.
func TestCutRecord(t *testing.T) {
	q := full()
	q.Through = qmgr.SectionTexts
	q.CreatorImage, q.Service, q.Package, q.Application, q.Method = "", "", "", "", ""
	j := job(q, 0, evidence.Carved)
	if j.RetryDelay != nil || j.Security != nil || j.Creator != nil || j.Notify.FlagWord != nil || !j.Created.IsZero() || j.Files != nil || j.Evidence.Layer != evidence.Carved {
		t.Errorf("got %+v", j)
	}
	q.HeadLost, q.Through, q.ID = true, qmgr.SectionTimes, qmgr.GUID{}
	j = job(q, 2, "")
	if j.Name != "" || j.Notify != nil || j.State != "" || j.Ref != "2:4711" || !j.Created.Equal(day) || *j.RetryDelay != 600 || j.Timers != nil {
		t.Errorf("got %+v", j)
	}
}

func TestSpans(t *testing.T) {
	if got := spans([]uint32{1, 3, 4, 5, 9}); got != "1, 3-5, 9" {
		t.Error(got)
	}
}

// TestRelevant: which events are of interest by themselves.
func TestRelevant(t *testing.T) {
	for _, tt := range []struct {
		channel string
		id      int
		data    []string
		want    bool
	}{
		{ChannelBITS, 59, nil, true},
		{ChannelBITS, 310, nil, false},
		{ChannelSecurity, 4688, []string{"CommandLine", `"C:\x.exe" /TRANSFER`, "NewProcessName", `C:\Windows\System32\BitsAdmin.exe`}, true},
		{ChannelSecurity, 4688, []string{"CommandLine", "sc  stop \"bits\""}, true},
		{ChannelSecurity, 4688, []string{"CommandLine", "tar -x bits of paper"}, false},
		{ChannelSecurity, 4688, []string{"CommandLine", "Stop-Service -Name BITS -Force"}, true},
		{ChannelSecurity, 4688, []string{"CommandLine", "notepad.exe"}, false},
		{ChannelSecurity, 4663, []string{"ObjectName", `C:\ProgramData\Microsoft\Network\Downloader\qmgr.db`}, true},
		{ChannelSecurity, 4663, []string{"ObjectName", `C:\bitsadmin.txt`}, false},
		{ChannelSecurity, 4624, []string{"x", "bitsadmin"}, false},
		{ChannelSecurity, 1102, nil, true},
		{ChannelSystem, 104, nil, true},
		{ChannelSystem, 7036, []string{"param1", "Intelligenter Hintergrundübertragungsdienst", "Binary", "42004900540053002F0034000000"}, true},
		{ChannelSystem, 7036, []string{"param1", "Windows Update", "Binary", "77007500610075007300650072007600"}, false},
		{ChannelSystem, 7040, []string{"param1", "x", "param4", "BITS"}, true},
		{ChannelSysmon, 11, []string{"TargetFilename", `C:\Users\a\AppData\Local\Temp\BIT3F2.tmp`}, true},
		{ChannelSysmon, 11, []string{"TargetFilename", `C:\Users\a\BITMAP.tmp`}, false},
		{ChannelSysmon, 7, []string{"ImageLoaded", `C:\Windows\System32\BitsProxy.dll`}, true},
		{ChannelPowerShell, 4104, []string{"ScriptBlockText", "[Activator]::CreateInstance([type]::GetTypeFromCLSID('4991D34B-80A1-4291-83B6-3328366B9097'))"}, true},
		{"Application", 1, []string{"x", "bitsadmin"}, false},
	} {
		e := &evidence.Event{Channel: tt.channel, ID: tt.id}
		for i := 0; i < len(tt.data); i += 2 {
			e.Data = append(e.Data, evidence.Datum{Name: tt.data[i], Value: tt.data[i+1]})
		}
		take := lookup(tt.channel, tt.id)
		if got := take != nil && take(e); got != tt.want {
			t.Errorf("%s %d %v: got %v", tt.channel, tt.id, tt.data, got)
		}
	}
}

func TestURLs(t *testing.T) {
	got := URLs(`x 'https://a.example/1' -Source=http://b.example/?q=1,ftp://c http:// `)
	if d := cmp.Diff([]string{"https://a.example/1", "http://b.example/?q=1", "ftp://c", "http://"}, got); d != "" {
		t.Error(d)
	}
}
