// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package reporttest

import (
	"fmt"
	"strings"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt/evidence"
)

// digest makes the SHA-256 of nothing in particular.
func digest(two string) string { return strings.Repeat(two, 32) }

// Quiet is a host with jobs of browsers.
func Quiet() *evidence.Host {
	h := &evidence.Host{
		Name: "DC01", Named: "folder", Windows: "Windows Server 2022 (20348)",
		Inputs: []evidence.Input{
			{Path: "case.zip!/uploads/auto/C%3A/ProgramData/Microsoft/Network/Downloader/qmgr.db", SHA256: digest("d4"), Size: 1310720, Kind: "qmgr.db", Host: "DC01", Status: evidence.Read},
			{Path: "case.zip!/uploads/auto/C%3A/ProgramData/Microsoft/Network/Downloader/edb.log", SHA256: digest("e5"), Size: 1 << 20, Kind: "ese_log", Host: "DC01", Status: evidence.Read, Notes: []string{"3 records were carved; the log was not replayed"}},
		},
		Events: []evidence.Event{}, Files: []evidence.File{},
	}
	for i := range 4 {
		h.Jobs = append(h.Jobs, firefoxJob("DC01", day(3+5*i, "09:30:00")))
	}
	return h
}

func firefoxJob(host string, created time.Time) evidence.Job {
	id := fmt.Sprintf("0f0f0f0f-0000-4000-8000-%012d", created.Day())
	return evidence.Job{
		Ref: id, Host: host, ID: id, Name: "MozillaUpdate 308046B0AF4A39CB", Type: openbits.TypeDownload, Priority: openbits.PriorityForeground, State: openbits.StateTransferred,
		Owner: evidence.Owner{ID: user}, Created: created, Modified: created.Add(96 * time.Second), Completed: created.Add(96 * time.Second), BytesTotal: ptr(int64(62_914_560)), BytesDone: 62_914_560, FilesTotal: 1, FilesDone: 1,
		Files: []evidence.File{{
			URL: "https://download-installer.cdn.mozilla.net/pub/firefox/releases/126.0/update/win64/en-US/firefox-126.0.complete.mar", Path: `C:\ProgramData\Mozilla\updates\308046B0AF4A39CB\updates\0\update.mar`,
			BytesTotal: ptr(int64(62_914_560)), BytesDone: 62_914_560, Tie: "row", Evidence: evidence.Place{Layer: evidence.Live, Page: 32},
		}},
		Creator: &evidence.Creator{Path: `C:\Program Files\Mozilla Firefox\firefox.exe`, Integrity: "medium", Elevated: ptr(false)}, Known: "mozilla-update",
		Evidence: evidence.Place{Layer: evidence.Live, Page: 31, Offset: ptr(int64(0x80000 + created.Day()*0x100))},
		Timeline: []evidence.Moment{
			{Time: created, What: "created", Kind: "created", Place: evidence.Place{Layer: evidence.Live, Page: 31}},
			{Time: created.Add(96 * time.Second), What: "transferred", Kind: "completed", Place: evidence.Place{Layer: evidence.Live, Page: 31}},
		},
	}
}

// Harm is text that takes over what shows it without care: HTML, a spreadsheet, a terminal, JSON.
const Harm = "=cmd|'/c calc'!A1\x1b[2J\x1b]0;owned\x07</script></title></style></svg><img src=x onerror=\"document.documentElement.dataset.owned=1\"><script>document.documentElement.dataset.owned=2</script>'\"`\u202egpj.exe\u2028\x00\xff\r\n{{.}}${1}"

// Hostile is a host whose every text means harm, and whose numbers and times do not fit.
func Hostile() *evidence.Host {
	at := evidence.Place{Input: 7, Layer: "carved", Offset: ptr(int64(-1)), Record: 1 << 63, Cut: Harm}
	file := evidence.File{URL: "javascript:document.documentElement.dataset.owned=3//" + Harm, Path: Harm, Temporary: Harm, Drive: Harm, DriveType: Harm, Volume: Harm, VolumeSerial: Harm, Tie: Harm, Evidence: at, Modified: time.Date(30828, 1, 1, 0, 0, 0, 0, time.UTC), BytesTotal: ptr(int64(-5))}
	far := time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)
	job := evidence.Job{
		Ref: "0:4660" + Harm, Host: Harm, Name: Harm, Description: Harm, Type: openbits.JobType(Harm), Priority: openbits.Priority(Harm), State: openbits.State(Harm), Owner: evidence.Owner{ID: Harm, Name: Harm},
		Created: far, Modified: time.Date(30828, 1, 1, 0, 0, 0, 0, time.UTC), BytesDone: 1 << 62, Error: &evidence.Error{Code: Harm, Text: Harm}, Files: []evidence.File{file},
		Notify: &evidence.Notify{Program: Harm, Arguments: Harm, Flags: []string{Harm}, Failed: []string{Harm}}, Creator: &evidence.Creator{Path: Harm, CommandLine: Harm, Parent: Harm, Service: Harm, Integrity: Harm},
		Descriptor: &evidence.Descriptor{Owner: Harm, Odd: []string{Harm}}, Timers: []evidence.Timer{{Kind: Harm, Deadline: time.Date(30828, 1, 1, 0, 0, 0, 0, time.UTC)}}, Proxy: &evidence.Proxy{Usage: Harm, List: Harm},
		Security: &evidence.Security{Flags: []string{Harm}}, Headers: &evidence.Protected{MasterKey: Harm}, Method: Harm, Raw: map[string]string{Harm: Harm}, Evidence: at,
		Timeline:   []evidence.Moment{{Time: far, What: Harm, Kind: Harm, Event: 99, Place: at}, {What: Harm, Kind: "modified"}, {Time: day(9, "00:00:00"), What: Harm, Kind: Harm, Event: 1}},
		Masquerade: &evidence.Disguise{Profile: Harm, Wrong: []string{Harm}}, Rarity: &evidence.Rarity{Key: Harm, Hosts: 1, Of: 3},
	}
	return &evidence.Host{
		Name: Harm, Named: "folder", Aliases: []string{Harm}, Windows: Harm,
		Inputs: []evidence.Input{{Path: Harm, Kind: Harm, Host: Harm, Status: evidence.Failed, Notes: []string{Harm}, About: map[string]string{Harm: Harm}}},
		Jobs:   []evidence.Job{job, {}},
		Files:  []evidence.File{file, {}},
		Events: []evidence.Event{{Time: day(9, "00:00:00"), Host: Harm, Channel: Harm, Provider: Harm, ID: -1, UserSID: Harm, Data: []evidence.Datum{{Name: Harm, Value: Harm}}, Job: job.Ref, Tie: Harm, Evidence: at}, {}},
		Findings: []evidence.Finding{
			{Rule: Harm, Behaviour: Harm, Title: Harm, Severity: evidence.Low, Confidence: evidence.Weak, Technique: Harm, Why: Harm, Benign: Harm, Next: Harm, Host: Harm, Job: job.Ref, Name: Harm, Evidence: []evidence.Place{at}, Matched: []evidence.Datum{{Name: Harm, Value: Harm}, {Name: "url", Value: file.URL}}, Attack: evidence.Attack{Version: Harm, Techniques: []string{Harm}, Tactics: []string{Harm}}, D3FEND: []evidence.Counter{{ID: Harm, Name: Harm}}},
			{Rule: "r", Severity: "odd", Host: "no such host"},
		},
	}
}
