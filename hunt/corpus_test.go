// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits/hunt"
	"github.com/openbits/openbits/hunt/evidence"
)

// corpus is the folder with real evidence.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("OPENBITS_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("there is no corpus of real evidence (OPENBITS_CORPUS, ../shared/corpus)")
	}
	return dir
}

// run hunts and answers the hosts.
func run(t *testing.T, o hunt.Options) (*hunt.Result, []*evidence.Host) {
	t.Helper()
	r, err := hunt.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	var hosts []*evidence.Host
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, h)
	}
	return r, hosts
}

// truth is what is known of an event log of the corpus.
type truth struct {
	Records  int `json:"records"`
	Relevant []struct {
		Record   uint64          `json:"record"`
		Time     string          `json:"time"`
		Computer string          `json:"computer"`
		Channel  string          `json:"channel"`
		ID       int             `json:"id"`
		Data     json.RawMessage `json:"data"`
	} `json:"bits_relevant_events"`
}

// TestCorpusEvents: every event of the corpus that has to do with BITS is found, with its values, and those of BITS
// itself are tied to their job.
func TestCorpusEvents(t *testing.T) {
	dir := filepath.Join(corpus(t), "evtx")
	files, err := filepath.Glob(filepath.Join(dir, "*.evtx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs in %s: %v", dir, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { corpusLog(t, file) })
	}
}

func corpusLog(t *testing.T, file string) {
	b, err := os.ReadFile(file + ".truth.json")
	if err != nil {
		t.Fatal(err)
	}
	var want truth
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	_, hosts := run(t, hunt.Options{Paths: []string{file}})
	if len(hosts) != 1 {
		t.Fatalf("%d hosts", len(hosts))
	}
	h := hosts[0]
	if in := h.Inputs[0]; in.About["events"] != fmt.Sprint(want.Records) || in.Status != evidence.Read {
		t.Errorf("the log has %d events; the input says %+v", want.Records, in)
	}
	for _, w := range want.Relevant {
		at, err := time.Parse(time.RFC3339Nano, w.Time)
		if err != nil {
			t.Fatal(err)
		}
		var found *evidence.Event
		for i := range h.Events {
			e := &h.Events[i]
			if e.Evidence.Record == w.Record && e.ID == w.ID && e.Channel == w.Channel && e.Evidence.Layer == evidence.Live {
				found = e
			}
		}
		if found == nil {
			t.Errorf("event %d, record %d, was not taken", w.ID, w.Record)
			continue
		}
		if found.Host != w.Computer || found.Time.Sub(at).Abs() > time.Microsecond {
			t.Errorf("record %d is of %s at %s, want %s at %s", w.Record, found.Host, found.Time, w.Computer, at)
		}
		if strings.HasPrefix(w.Channel, "Microsoft-Windows-Bits-Client/") && (found.Job == "" || found.Tie != "id") {
			t.Errorf("record %d is tied to %q by %q", w.Record, found.Job, found.Tie)
		}
	}
}

// TestCorpusJobFromEvents: a job that no queue holds is put together from its events.
func TestCorpusJobFromEvents(t *testing.T) {
	_, hosts := run(t, hunt.Options{Paths: []string{filepath.Join(corpus(t), "evtx", "bits_client_desktopimgdownldr.evtx")}})
	if len(hosts) != 1 || len(hosts[0].Jobs) != 1 {
		t.Fatalf("%d hosts", len(hosts))
	}
	h, j := hosts[0], hosts[0].Jobs[0]
	got := fmt.Sprintln(h.Name, h.Named, j.ID, j.Name, j.Owner.Name, j.State, j.Evidence.Layer, j.Creator.Path, *j.Creator.PID, len(j.Files), j.Files[0].URL, *j.Files[0].BytesTotal, j.Files[0].BytesDone, j.FilesDone, j.Files[0].Tie)
	want := fmt.Sprintln("MSEDGEWIN10", "events", "ff819706-9ff9-490b-ade5-b069232c5d23", "Download LockScreen Image", `MSEDGEWIN10\IEUser`, "acknowledged", "event",
		`C:\Windows\System32\desktopimgdownldr.exe`, 1996, 1, "https://a.uguu.se/Hv0bgvgHGNeH_Bin.7z", 162791, 162791, 1, "event")
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	var line []string
	for _, m := range j.Timeline {
		line = append(line, m.Kind)
		if e := h.EventOf(m); e == nil || e.Job != j.Ref {
			t.Errorf("the moment %q is of event %d", m.What, m.Event)
		}
	}
	if got := strings.Join(line, " "); got != "created transfer_started transfer_stopped completed" {
		t.Errorf("the timeline is %s", got)
	}
}
