// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/openbits/openbits"
)

// truthLegacy is a job of the truth files of queue files.
type truthLegacy struct {
	ID          string `json:"job_id"`
	Type        string `json:"type"`
	Priority    string `json:"priority"`
	State       string `json:"state"`
	Name        string `json:"name"`
	Owner       string `json:"owner_sid"`
	Program     string `json:"notify_program"`
	Args        string `json:"notify_args"`
	NotifyFlags uint32 `json:"notify_flags"`
	URL         string `json:"url"`
	Local       string `json:"local"`
	Tmp         string `json:"tmp"`
	Transferred int64  `json:"bytes_transferred"`
	Total       int64  `json:"bytes_total"`
	Created     string `json:"created"`
	Modified    string `json:"modified"`
	Expires     string `json:"expires"`
	Integrity   string `json:"integrity"`
}

const tenMicros = "2006-01-02T15:04:05.00000"

func legacyAsTruth(j *Job) truthLegacy {
	tr := truthLegacy{
		ID: j.ID.String(), Type: string(j.Type), Priority: string(j.Priority), State: string(j.State), Name: j.Name, Owner: j.Owner,
		Program: j.Program, Args: j.Parameters, NotifyFlags: j.NotifyFlags,
		Integrity: IntegrityName(j.Integrity),
		Created:   j.Created.Format(tenMicros), Modified: j.Modified.Format(tenMicros), Expires: j.Expires().Format(tenMicros),
	}
	for _, t := range j.Files {
		f := t.File
		tr.URL, tr.Local, tr.Tmp, tr.Transferred, tr.Total = f.URL, f.Local, f.Temporary, f.Transferred, f.Total
	}
	return tr
}

func TestCorpusLegacy(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  Kind
		layer Layer
	}{
		{"win10early_one_job_constructed_qmgr0.dat", KindQueue, LayerLive},
		{"win10early_job_fragment_system_cmd.bin", KindRecord, LayerCarved},
		{"win10early_no_jobs_qmgr0.dat", KindQueue, LayerLive},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tr struct {
				Jobs []truthLegacy `json:"jobs"`
			}
			if err := json.Unmarshal(sample(t, c.name+".truth.json"), &tr); err != nil {
				t.Fatal(err)
			}
			for i := range tr.Jobs { // these truth files are off by up to a microsecond
				for _, s := range []*string{&tr.Jobs[i].Created, &tr.Jobs[i].Modified, &tr.Jobs[i].Expires} {
					*s = (*s)[:len(*s)-1]
				}
			}
			q := readBytes(t, sample(t, c.name))
			got := []truthLegacy{}
			for _, j := range q.Jobs {
				if j.Place.Layer != c.layer || !j.Whole() || j.Place.Damaged || j.Place.Cut != "" {
					t.Errorf("job %s: %+v", j.ID, j.Place)
				}
				got = append(got, legacyAsTruth(j))
			}
			if d := cmp.Diff(tr.Jobs, got); d != "" {
				t.Errorf("jobs (-want +got):\n%s", d)
			}
			if q.Kind != c.kind || len(q.Notes) > 0 || len(q.Files) != len(tr.Jobs) {
				t.Errorf("kind %q, %d files, notes %v", q.Kind, len(q.Files), q.Notes)
			}
			if c.kind == KindQueue && q.Windows != "Windows 10 1507 or 1511" {
				t.Errorf("Windows: %q", q.Windows)
			}
		})
	}
}

// A wrong checksum, and a job in what lies behind the end.
func TestLegacyDamage(t *testing.T) {
	data := sample(t, "win10early_one_job_constructed_qmgr0.dat")
	flipped := append([]byte(nil), data...)
	flipped[0x74]++ // in the name
	q := readBytes(t, flipped)
	if len(q.Jobs) != 1 || !q.Jobs[0].Place.Damaged || len(q.Notes) != 1 || !strings.Contains(q.Notes[0].Error(), "checksum") {
		t.Errorf("jobs %d, notes %v", len(q.Jobs), q.Notes)
	}

	record := sample(t, "win10early_job_fragment_system_cmd.bin")
	empty := append([]byte(nil), sample(t, "win10early_no_jobs_qmgr0.dat")...)
	copy(empty[0x200:], record)
	q = readBytes(t, empty)
	if len(q.Jobs) != 1 || q.Jobs[0].Place.Layer != LayerSlack || q.Jobs[0].Place.Offset != 0x200 || !q.Jobs[0].Whole() || q.Jobs[0].Place.Damaged {
		t.Errorf("behind the end: %+v", q.Jobs)
	}

	// Cut at each place: what is there is read, and said to be cut.
	for n := 0x60; n < len(record)-1; n += 7 {
		q, err := Read(strings.NewReader(string(record[:n])), int64(n), Options{})
		if err != nil || len(q.Jobs) != 1 || q.Jobs[0].Place.Cut == "" || q.Jobs[0].Whole() {
			t.Fatalf("cut to %d bytes: %v, %+v", n, err, q)
		}
	}
}

// What the fragment of BITSInject says beyond the truth file.
func TestLegacyFields(t *testing.T) {
	q := readBytes(t, sample(t, "win10early_job_fragment_system_cmd.bin"))
	j := q.Jobs[0]
	if j.Elevated != 1 || j.MaxDownloadTime != 7776000 || j.RetryDelay != 600 || j.NoProgressTimeout != 1209600 || j.CostPolicy != 0x80000067 ||
		j.SecurityFlags != 0 || j.ProxyUsage != 0 || j.Form != FormLegacy || j.Has(SectionProgram) || !j.Has(SectionSecurity) {
		t.Errorf("%+v", j)
	}
	if d := j.Descriptor; d.Owner != "S-1-5-18" || d.Fault != "" || d.Label != 0x4000 || len(j.Odd()) > 0 {
		t.Errorf("descriptor %+v, odd %v", d, j.Odd())
	}
	f := j.Files[0].File
	if f.Drive != `c:\` || f.DriveType != 3 || f.Serial != 0xc20c7329 || f.RemoteModified.Year() != 2016 || f.RemoteSize != 31717016 || !f.Whole {
		t.Errorf("%+v", f)
	}
	o, files := j.Openbits()
	want := openbits.File{
		JobID: o.ID, URL: f.URL, Place: openbits.Place{Name: f.Local, Part: f.Temporary}, State: openbits.FileQueued,
		BytesTotal: 31717016, BytesDone: 9985, Modified: f.RemoteModified,
	}
	if d := cmp.Diff([]openbits.File{want}, files); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	if o.Type != openbits.TypeDownload || o.State != openbits.StateQueued || o.Settings.RetryDelay != 10*time.Minute || o.BytesTotal != 31717016 || o.FilesDone != 0 {
		t.Errorf("%+v", o)
	}
}
