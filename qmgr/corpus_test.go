// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// corpus is the folder of real evidence, which is not part of the repository.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("OPENBITS_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	dir = filepath.Join(dir, "qmgr")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("there is no corpus of real queues here; OPENBITS_CORPUS names its folder")
	}
	return dir
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpus(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readBytes(t testing.TB, b []byte) *Queue {
	t.Helper()
	q, err := Read(bytes.NewReader(b), int64(len(b)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// truthJob and truthFile are the records of a truth file, as it writes them.
type truthJob struct {
	ID          string       `json:"job_id"`
	Marker      string       `json:"marker"`
	Type        string       `json:"type"`
	Priority    string       `json:"priority"`
	State       string       `json:"state"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Program     string       `json:"notify_program"`
	Args        string       `json:"notify_args"`
	Owner       string       `json:"owner_sid"`
	NotifyFlags uint32       `json:"notify_flags"`
	FileIDs     []string     `json:"file_ids"`
	Integrity   string       `json:"integrity"`
	RID         uint32       `json:"integrity_rid"`
	Creator     string       `json:"creator_image"`
	Method      string       `json:"http_method"`
	Errors      []truthError `json:"errors"`
	Transient   uint32       `json:"transient_errors"`
	RetryDelay  uint32       `json:"min_retry_delay_s"`
	NoProgress  uint32       `json:"no_progress_timeout_s"`
	Created     string       `json:"created"`
	Modified    string       `json:"modified"`
	Modified2   string       `json:"modified2"`
	Completed   string       `json:"completed"`
	Pending     uint32       `json:"pending_notify"`
	Inactivity  []string     `json:"inactivity_timer"`
	NoProgressT []string     `json:"no_progress_timer"`
	Notify      []string     `json:"notification_timer"`
	Retry       []string     `json:"retry_timer"`
	Proxy       uint32       `json:"proxy_usage"`
	Headers     bool         `json:"has_dpapi_custom_headers"`
	Offset      int64        `json:"offset"`
	Origin      string       `json:"origin"`
	LVKey       string       `json:"lv_key"`
}

type truthError struct {
	U0      uint32 `json:"u0"`
	Code    string `json:"hr"`
	U2      uint32 `json:"u2"`
	Context uint32 `json:"context"`
	U4      uint32 `json:"u4"`
}

type truthFile struct {
	URL         string `json:"url"`
	Local       string `json:"local"`
	Tmp         string `json:"tmp"`
	Transferred int64  `json:"bytes_transferred"`
	Total       uint64 `json:"bytes_total"`
	Drive       string `json:"drive"`
	Volume      string `json:"volume"`
	DriveType   uint32 `json:"drive_type"`
	Serial      string `json:"vol_serial"`
	Mtime       string `json:"remote_mtime"`
	Offset      int64  `json:"offset"`
	Origin      string `json:"origin"`
}

type truth struct {
	Jobs  []truthJob  `json:"jobs"`
	Files []truthFile `json:"files"`
	Rows  map[string][]struct {
		ID string `json:"id"`
	} `json:"table_rows"`
	ESE struct {
		Build uint32 `json:"os_build"`
		Min   uint32 `json:"gen_min_required"`
		Max   uint32 `json:"gen_max_required"`
	} `json:"ese"`
}

func truthOf(t testing.TB, name string) truth {
	t.Helper()
	var tr truth
	if err := json.Unmarshal(sample(t, name+".truth.json"), &tr); err != nil {
		t.Fatal(err)
	}
	return tr
}

// stamp is a time as the truth files have it: in microseconds, rounded down, without zeros at the end.
func stamp(tm time.Time) string {
	if tm.IsZero() {
		return ""
	}
	s := tm.Format("2006-01-02T15:04:05.000000")
	return strings.TrimSuffix(s, ".000000")
}

// asTruth states a job as a truth file does.
func asTruth(j *Job, at Place) truthJob {
	timer := func(kind string) []string {
		for _, t := range j.Timers {
			if t.Kind == kind {
				return []string{stamp(t.Start), stamp(t.Deadline)}
			}
		}
		return nil
	}
	tr := truthJob{
		ID: j.ID.String(), Marker: j.Marker.String(), Type: string(j.Type), Priority: string(j.Priority), State: string(j.State),
		Name: j.Name, Description: j.Description, Program: j.Program, Args: j.Parameters, Owner: j.Owner,
		NotifyFlags: j.NotifyFlags, Integrity: IntegrityName(j.Integrity), RID: j.Integrity, Creator: j.CreatorImage, Method: j.Method,
		Transient: j.TransientErrors, RetryDelay: j.RetryDelay, NoProgress: j.NoProgressTimeout,
		Created: stamp(j.Created), Modified: stamp(j.Modified), Modified2: stamp(j.Modified2), Completed: stamp(j.Completed),
		Pending: j.Pending, Inactivity: timer(TimerInactivity), NoProgressT: timer(TimerNoProgress), Notify: timer(TimerNotification),
		Retry: timer(TimerRetry), Proxy: j.ProxyUsage, Headers: j.Headers != nil, Offset: at.Offset, Origin: origin(at.Layer), LVKey: at.LongValue,
		FileIDs: []string{}, Errors: []truthError{},
	}
	for _, id := range j.FileIDs {
		tr.FileIDs = append(tr.FileIDs, id.String())
	}
	for _, e := range j.Errors {
		tr.Errors = append(tr.Errors, truthError{e.Words[0], fmt.Sprintf("0x%08x", e.Code), e.Words[1], e.Context, e.Words[2]})
	}
	return tr
}

func origin(l Layer) string {
	return map[Layer]string{LayerLive: "live", LayerVersion: "orphan_long_value", LayerSlack: "slack"}[l]
}

func fileAsTruth(f *File, at Place) truthFile {
	return truthFile{
		URL: f.URL, Local: f.Local, Tmp: f.Temporary, Transferred: f.Transferred, Total: uint64(f.Total), Drive: f.Drive, Volume: f.Volume,
		DriveType: f.DriveType, Serial: fmt.Sprintf("%08x", f.Serial), Mtime: stamp(f.RemoteModified), Offset: at.Offset, Origin: origin(at.Layer),
	}
}

var databases = []string{"win10_22h2_qmgr.db", "win11_24h2_qmgr.db"}

// Every record of the truth files is found: live ones and versions with all values, of slack as much as can be.
func TestCorpusDatabases(t *testing.T) {
	for _, name := range databases {
		t.Run(name, func(t *testing.T) {
			tr := truthOf(t, name)
			data := sample(t, name)
			q := readBytes(t, data)
			jobs := map[int64]truthJob{}
			for _, j := range q.Jobs {
				for _, p := range append([]Place{j.Place}, j.Copies...) {
					jobs[p.Offset] = asTruth(j, p)
				}
			}
			files := map[int64]truthFile{}
			for _, f := range q.Files {
				for _, p := range append([]Place{f.Place}, f.Copies...) {
					files[p.Offset] = fileAsTruth(f, p)
				}
			}
			s := score{t: t}
			known := map[string]bool{}
			for _, want := range tr.Jobs {
				known[want.ID] = true
				got, ok := jobs[want.Offset]
				if want.Origin == "slack" {
					got.LVKey = "" // of slack the truth does not tell it
					want.Headers = holdsDPAPI(data, want.Offset, got)
				}
				s.add("jobs", want.Origin, want.Offset, ok, cmp.Diff(want, got))
			}
			for _, want := range tr.Files {
				got, ok := files[want.Offset]
				s.add("files", want.Origin, want.Offset, ok, cmp.Diff(want, got))
			}
			s.report(name)
			for _, j := range q.Jobs {
				if !known[j.ID.String()] {
					t.Errorf("ghost: job %s %q at %d, %s", j.ID, j.Name, j.Place.Offset, j.Place.Layer)
				}
			}
			t.Logf("%d jobs, %d files, %d fragments, %d rejected, %d notes", len(q.Jobs), len(q.Files), len(q.Fragments), q.Rejected, len(q.Notes))
			if q.Build != tr.ESE.Build || !q.Dirty || !slices.Equal(q.Needed, []uint32{tr.ESE.Min}) {
				t.Errorf("build %d, dirty %v, needs %v; want %d, dirty, %d", q.Build, q.Dirty, q.Needed, tr.ESE.Build, tr.ESE.Min)
			}
		})
	}
}

// holdsDPAPI looks for DPAPI's provider in the bytes of one record. The truth of slack looked for it up to the page's end, and so
// claims headers for 46 records whose neighbours have them.
func holdsDPAPI(data []byte, at int64, got truthJob) bool {
	if got.Offset != at {
		return false
	}
	marker := data[at : at+16]
	end := bytes.Index(data[at+32:], marker)
	return bytes.Contains(data[at:at+32+int64(end)], dpapiProvider[:])
}

// score counts what was found of a truth file.
type score struct {
	t     *testing.T
	keys  []string
	found map[string][3]int // exact, found, all
}

func (s *score) add(what, origin string, at int64, ok bool, diff string) {
	s.t.Helper()
	key := what + " " + origin
	if s.found == nil {
		s.found = map[string][3]int{}
	}
	n, have := s.found[key]
	if !have {
		s.keys = append(s.keys, key)
	}
	n[2]++
	if ok {
		n[1]++
	}
	if diff == "" {
		n[0]++
	} else if origin != "slack" || testing.Verbose() {
		text := fmt.Sprintf("%s at %d: found %v, differs (-want +got):\n%s", key, at, ok, diff)
		if origin == "slack" {
			s.t.Log(text)
		} else {
			s.t.Error(text)
		}
	}
	s.found[key] = n
}

func (s *score) report(name string) {
	s.t.Helper()
	for _, key := range s.keys {
		n := s.found[key]
		s.t.Logf("%s: %s: %d of %d exact (%.1f %%), %d found", name, key, n[0], n[2], 100*float64(n[0])/float64(n[2]), n[1])
		if strings.HasSuffix(key, "slack") && 100*n[0] < 95*n[2] {
			s.t.Errorf("%s: only %d of %d are exact", key, n[0], n[2])
		}
	}
}

// Records by themselves, with the values that another reader's tests assert.
func TestCorpusRecords(t *testing.T) {
	q := readBytes(t, sample(t, "win10_job_blob.raw"))
	if q.Kind != KindRecord || len(q.Jobs) != 1 || !q.Jobs[0].Whole() || len(q.Notes) > 0 {
		t.Fatalf("kind %q, %d jobs, notes %v", q.Kind, len(q.Jobs), q.Notes)
	}
	j := q.Jobs[0]
	got := []string{
		j.Name, j.Owner, j.FileIDs[0].String(), j.Created.Format("2006-01-02T15:04:05.000Z"), j.Method, fmt.Sprint(j.NoProgressTimeout),
		fmt.Sprint(j.RetryDelay), j.CreatorImage,
	}
	want := []string{
		"Chrome Component Updater", "S-1-5-21-1079689790-2336414676-942872339-1001", "95d6889c-b2d3-4748-8eb1-9da0650cb892",
		"2022-12-21T02:18:03.120Z", "GET", "86400", "60", `C:\Program Files\Chromium\Application\chrome.exe`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("job (-want +got):\n%s", d)
	}
	q = readBytes(t, sample(t, "win10_file_blob.raw"))
	if len(q.Files) != 1 || !q.Files[0].Whole {
		t.Fatalf("%+v", q.Files)
	}
	if f := q.Files[0]; f.Total != 4782 || !strings.HasSuffix(f.URL, "_ZZ_djv5ss66g7sivnpz6ljtwr2zji.crx3") || len(f.Received) != 1 || f.Received[0].Length != 4782 {
		t.Errorf("%+v", f)
	}
}

// What the databases tell beyond the truth files: who made the live job, and what became of others.
func TestCorpusHistories(t *testing.T) {
	q := readBytes(t, sample(t, "win11_24h2_qmgr.db"))
	j := q.Jobs[0]
	if j.Place.Layer != LayerLive || j.Package != "Microsoft.OutlookForWindows_8wekyb3d8bbwe" || j.Application != "!Microsoft.OutlookforWindows" {
		t.Errorf("%s job of package %q, application %q", j.Place.Layer, j.Package, j.Application)
	}
	overwritten := 0
	for _, j := range q.Jobs {
		if j.Through == SectionEnd && j.Place.Cut != "" {
			overwritten++
		}
		if odd := j.Odd(); len(odd) > 0 {
			t.Errorf("%s at %d: %v", j.Name, j.Place.Offset, odd)
		}
	}
	if overwritten != 4 {
		t.Errorf("%d records whose marker is overwritten, not 4", overwritten)
	}
	q = readBytes(t, sample(t, "win10_22h2_qmgr.db"))
	for _, h := range q.Histories() {
		var states []string
		for _, v := range h.Versions {
			states = append(states, string(v.State))
		}
		if h.ID.String() == "f0762654-e1b8-4345-8f57-5c3e1d0a531d" {
			if d := cmp.Diff([]string{"suspended", "queued", "error", "queued", "error"}, states); d != "" {
				t.Errorf("states (-want +got):\n%s", d)
			}
			return
		}
	}
	t.Error("the address book's job was not found")
}
