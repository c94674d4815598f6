// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/hunt/evidence"
)

// corpus is the folder of real evidence; the test is skipped without it.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("OPENBITS_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "INVENTORY.md")); err != nil {
		t.Skip("there is no corpus of real evidence: set OPENBITS_CORPUS")
	}
	return dir
}

// truthJob is what the corpus says of a job.
type truthJob struct {
	ID          string     `json:"job_id"`
	Type        string     `json:"type"`
	Priority    string     `json:"priority"`
	State       string     `json:"state"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Program     string     `json:"notify_program"`
	Arguments   string     `json:"notify_args"`
	Owner       string     `json:"owner_sid"`
	Integrity   string     `json:"integrity"`
	Creator     string     `json:"creator_image"`
	Errors      []struct{} `json:"errors"`
	RetryDelay  int64      `json:"min_retry_delay_s"`
	NoProgress  int64      `json:"no_progress_timeout_s"`
	Created     string     `json:"created"`
	Modified    string     `json:"modified"`
	Inactivity  []string   `json:"inactivity_timer"`
	Headers     bool       `json:"has_dpapi_custom_headers"`
	Origin      string     `json:"origin"`
	URL         string     `json:"url"`
	Local       string     `json:"local"`
}

type truthFile struct {
	URL    string `json:"url"`
	Local  string `json:"local"`
	Bytes  int64  `json:"bytes_transferred"`
	Origin string `json:"origin"`
}

var layers = map[string]evidence.Layer{"live": evidence.Live, "orphan_long_value": evidence.Version, "slack": evidence.Slack, "": evidence.Live}

func when(text string) time.Time {
	t, _ := time.Parse("2006-01-02T15:04:05", text)
	return t
}

func (j *truthJob) evidence() evidence.Job {
	e := evidence.Job{
		Ref: j.ID, ID: j.ID, Name: j.Name, Description: j.Description, Type: openbits.JobType(j.Type), Priority: openbits.Priority(j.Priority),
		State: openbits.State(j.State), Owner: evidence.Owner{ID: j.Owner}, Created: when(j.Created), Modified: when(j.Modified),
		Creator: &evidence.Creator{Path: j.Creator, Integrity: j.Integrity}, RetryDelay: &j.RetryDelay, NoProgressTimeout: &j.NoProgress,
		Evidence: evidence.Place{Layer: layers[j.Origin]},
	}
	if j.Creator == "" {
		e.RetryDelay, e.NoProgressTimeout = nil, nil // the legacy truth does not give them
	}
	if j.Program != "" {
		e.Notify = &evidence.Notify{Program: j.Program, Arguments: j.Arguments}
	}
	if j.Headers {
		e.Headers = &evidence.Protected{Size: 1}
	}
	if len(j.Inactivity) == 2 {
		e.Timers = []evidence.Timer{{Kind: "inactivity", Start: when(j.Inactivity[0]), Deadline: when(j.Inactivity[1])}}
	}
	if j.URL != "" {
		e.Files = []evidence.File{{URL: j.URL, Path: j.Local}}
	}
	return e
}

// queueHost makes evidence of a queue's truth, of which the files are not tied to their jobs.
func queueHost(t *testing.T, name string) *evidence.Host {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Jobs  []truthJob  `json:"jobs"`
		Files []truthFile `json:"files"`
	}
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	h := &evidence.Host{Name: "PC"}
	for i := range truth.Jobs {
		e := truth.Jobs[i].evidence()
		at := slices.IndexFunc(h.Jobs, func(j evidence.Job) bool { return j.ID == e.ID })
		switch {
		case at < 0:
			h.Jobs = append(h.Jobs, e)
		case e.Evidence.Layer == evidence.Live:
			e.Versions = append(h.Jobs[at].Versions, h.Jobs[at])
			e.Versions[len(e.Versions)-1].Versions = nil
			h.Jobs[at] = e
		default:
			h.Jobs[at].Versions = append(h.Jobs[at].Versions, e)
		}
	}
	for _, f := range truth.Files {
		h.Files = append(h.Files, evidence.File{URL: f.URL, Path: f.Local, BytesDone: f.Bytes, Evidence: evidence.Place{Layer: layers[f.Origin]}})
	}
	return h
}

// eventHost reads a log and makes the jobs that its events tell of, by their id.
func eventHost(t *testing.T, name string) *evidence.Host {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	log, err := evtx.Open(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	h := &evidence.Host{Name: "PC"}
	for e, err := range log.Events() {
		if err != nil {
			t.Fatal(err)
		}
		x := evidence.Event{
			Time: e.Time(), Host: e.System.Computer, Channel: e.System.Channel, Provider: e.System.Provider, ID: e.System.ID, Version: e.System.Version,
			Evidence: evidence.Place{Layer: evidence.Live, Record: e.Record},
		}
		for _, d := range e.Fields() {
			x.Data = append(x.Data, evidence.Datum{Name: d.Name, Value: d.Value.String()})
		}
		join(h, &x)
		h.Events = append(h.Events, x)
	}
	return h
}

// join ties an event of BITS to its job.
func join(h *evidence.Host, e *evidence.Event) {
	id := strings.Trim(strings.ToLower(e.Field("jobId")+e.Field("Id")), "{}")
	if !strings.Contains(e.Channel, "Bits-Client") || id == "" {
		return
	}
	at := slices.IndexFunc(h.Jobs, func(j evidence.Job) bool { return j.ID == id })
	if at < 0 {
		at = len(h.Jobs)
		h.Jobs = append(h.Jobs, evidence.Job{Ref: id, ID: id, Evidence: evidence.Place{Layer: evidence.FromEvent, Record: e.Evidence.Record}})
	}
	j := &h.Jobs[at]
	e.Job, e.Tie = id, "id"
	switch e.ID {
	case 3:
		j.Name, j.Owner.Name, j.Created = e.Field("jobTitle"), e.Field("jobOwner"), e.Time
		j.Creator = &evidence.Creator{Path: e.Field("processPath")}
	case 59, 60, 61:
		j.Name = e.Field("name")
		if !slices.ContainsFunc(j.Files, func(f evidence.File) bool { return f.URL == e.Field("url") }) {
			j.Files = append(j.Files, evidence.File{URL: e.Field("url"), Tie: "event", Evidence: e.Evidence})
		}
	}
}

func show(t *testing.T, list []evidence.Finding) {
	t.Helper()
	for _, f := range list {
		t.Logf("%-8s %-6s %-24s %s", f.Severity, f.Confidence, f.Rule, f.Why)
	}
}

// TestBenignCorpus: on the evidence of sound machines nothing is above info.
func TestBenignCorpus(t *testing.T) {
	dir := corpus(t)
	r := load(t)
	for _, name := range []string{"qmgr/win10_22h2_qmgr.db", "qmgr/win11_24h2_qmgr.db", "evtx/negative_log_cleared_104_1102.evtx"} {
		t.Run(name, func(t *testing.T) {
			var h *evidence.Host
			if strings.HasSuffix(name, ".evtx") {
				h = eventHost(t, filepath.Join(dir, name))
			} else {
				h = queueHost(t, filepath.Join(dir, name+".truth.json"))
				if len(h.Jobs) < 20 || len(h.Files) < 20 {
					t.Fatalf("only %d jobs and %d files were made of the truth", len(h.Jobs), len(h.Files))
				}
			}
			findings := r.Judge(h)
			for _, f := range findings {
				if f.Severity != evidence.Info {
					t.Errorf("%s (%s): %s", f.Severity, f.Rule, f.Why)
				}
			}
			t.Logf("%d jobs, %d files, %d events; %d findings, all info", len(h.Jobs), len(h.Files), len(h.Events), len(findings))
		})
	}
}

// TestMaliciousCorpus: each case is found at medium or above, with the behaviours that its truth file has.
func TestMaliciousCorpus(t *testing.T) {
	dir := corpus(t)
	r := load(t)
	for name, want := range map[string][]string{
		"evtx/bits_client_bitsadmin_https_jpg.evtx":              {"bitsadmin_download"},
		"evtx/bits_client_desktopimgdownldr.evtx":                {"lock_screen_image", "sharing_host"},
		"evtx/sysmon_desktopimgdownldr.evtx":                     {"lock_screen_image", "sharing_host"},
		"evtx/powershell_800_4103_4104_start_bitstransfer.evtx":  {"powershell_bits", "sharing_host", "odd_destination", "executable_or_extension_change"},
		"evtx/sysmon_atomic_red_team.evtx":                       {"bitsadmin_download", "notify_command", "executable_or_extension_change", "sharing_host"},
		"evtx/sysmon_bitsadmin_direct_ip.evtx":                   {"bitsadmin_download", "address_not_a_name", "odd_destination", "executable_or_extension_change"},
		"evtx/sysmon_bitsadmin_download.evtx":                    {"bitsadmin_download"},
		"evtx/sysmon_bitsadmin_susp_extension.evtx":              {"bitsadmin_download", "executable_or_extension_change", "sharing_host"},
		"qmgr/win10early_job_fragment_system_cmd.bin.truth.json": {"notify_command", "odd_destination", "executable_or_extension_change"},
	} {
		t.Run(name, func(t *testing.T) {
			var h *evidence.Host
			if strings.HasSuffix(name, ".evtx") {
				h = eventHost(t, filepath.Join(dir, name))
			} else {
				h = queueHost(t, filepath.Join(dir, name))
			}
			findings := r.Judge(h)
			got := map[string]bool{}
			for _, f := range findings {
				if slices.Index(evidence.Severities, f.Severity) >= slices.Index(evidence.Severities, evidence.Medium) {
					got[f.Behaviour] = true
				}
			}
			for _, b := range want {
				if !got[b] {
					t.Errorf("%s is not found", b)
				}
			}
			show(t, findings)
		})
	}
}

// TestReferenceCases are those of which the reference tells and no file may be passed on.
func TestReferenceCases(t *testing.T) {
	gigabytes := int64(3_200_000_000)
	for name, c := range map[string]struct {
		job  evidence.Job
		want string
	}{
		"a picture from notepad": {evidence.Job{
			Name: "x", Creator: &evidence.Creator{Path: `C:\Windows\System32\notepad.exe`}, Files: []evidence.File{{URL: "https://i.imgur.com/abc.png"}},
		}, "odd_creator sharing_host"},
		"a copy of cmd.exe": {evidence.Job{Name: "backdoor", Files: []evidence.File{{URL: `C:\Windows\system32\cmd.exe`}}}, "local_copy"},
		"three gigabytes": {evidence.Job{
			Name: "x", BytesDone: gigabytes, Files: []evidence.File{{URL: "http://downloads.example.org/big.iso", BytesDone: gigabytes}},
		}, "volume"},
	} {
		c.job.Ref, c.job.Evidence.Layer = name, evidence.FromEvent
		findings := load(t).Judge(&evidence.Host{Name: "PC", Jobs: []evidence.Job{c.job}})
		for _, b := range strings.Fields(c.want) {
			if !slices.ContainsFunc(findings, func(f evidence.Finding) bool {
				return f.Behaviour == b && f.Severity != evidence.Info && f.Severity != evidence.Low
			}) {
				t.Errorf("%s: %s is not found at medium", name, b)
			}
		}
		show(t, findings)
	}
}
