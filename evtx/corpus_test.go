// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evtx_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/evtx"
)

// corpus answers the logs of the corpus of real evidence; it lies beside the repository, or where OPENBITS_CORPUS says.
func corpus(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("OPENBITS_CORPUS")
	if dir == "" {
		dir = "../../shared/corpus"
	}
	files, _ := filepath.Glob(filepath.Join(dir, "evtx", "*.evtx"))
	if len(files) == 0 {
		t.Skipf("there is no corpus of real logs in %s; OPENBITS_CORPUS names its folder", dir)
	}
	return files
}

func open(t testing.TB, data []byte) *evtx.Log {
	t.Helper()
	log, err := evtx.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// truth is what others' readers found in a log of the corpus.
type truth struct {
	Records     int            `json:"records"`
	EventCounts map[string]int `json:"event_counts"`
	Events      []truthEvent   `json:"bits_relevant_events"`
}

type truthEvent struct {
	Record   uint64         `json:"record"`
	Time     string         `json:"time"`
	Computer string         `json:"computer"`
	Channel  string         `json:"channel"`
	ID       int            `json:"id"`
	Version  *int           `json:"version"`
	Data     map[string]any `json:"data"`
}

// TestCorpus: every event of the corpus's truth files is read, whole and verified, with every value.
func TestCorpus(t *testing.T) {
	for _, name := range corpus(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			var want truth
			d := json.NewDecoder(bytes.NewReader(readFile(t, name+".truth.json")))
			d.UseNumber()
			if err := d.Decode(&want); err != nil {
				t.Fatal(err)
			}
			counts, records := map[string]int{}, 0
			events := map[string]*evtx.Event{}
			for e, err := range open(t, readFile(t, name)).Events() {
				if err != nil {
					t.Fatal(err)
				}
				if e.Cut() != nil || e.State != evtx.Whole || !e.Place.Verified || e.Place.Layer != evtx.Live {
					t.Errorf("record %d: %s, %+v, %v", e.Record, e.State, e.Place, e.Problem)
				}
				records++
				version := "None"
				if e.System.Version != evtx.Absent {
					version = fmt.Sprint(e.System.Version)
				}
				counts[fmt.Sprintf("%s|%d|v%s", e.System.Channel, e.System.ID, version)]++
				events[fmt.Sprint(e.System.Channel, e.System.RecordID)] = e
			}
			if records != want.Records {
				t.Errorf("%d records, want %d", records, want.Records)
			}
			if diff := cmp.Diff(want.EventCounts, counts); diff != "" {
				t.Errorf("events by channel, id and version (-want +got):\n%s", diff)
			}
			for _, w := range want.Events {
				if e := events[fmt.Sprint(w.Channel, w.Record)]; e == nil {
					t.Errorf("record %d is missing", w.Record)
				} else {
					compare(t, w, e)
				}
			}
		})
	}
}

func compare(t *testing.T, w truthEvent, e *evtx.Event) {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, w.Time)
	if err != nil {
		t.Fatal(err)
	}
	// The truth has the time from a floating-point number.
	if d := e.System.Time.Sub(at); d.Abs() > time.Microsecond || e.System.Computer != w.Computer || e.System.ID != w.ID {
		t.Errorf("record %d: %v, want %+v", w.Record, e.System, w)
	}
	got := map[string]any{}
	for _, f := range e.Fields() {
		got[f.Name] = asTruth(f.Value)
	}
	for name, value := range w.Data {
		text, ok := value.(string)
		if g, also := got[name].(string); ok && also && utf8.RuneCountInString(text) >= 600 {
			got[name] = string([]rune(g)[:utf8.RuneCountInString(text)]) // the truth has the beginning of long texts
		}
	}
	if diff := cmp.Diff(w.Data, got); diff != "" {
		t.Errorf("record %d (-want +got):\n%s", w.Record, diff)
	}
}

// asTruth makes of a value what the truth files have of it.
func asTruth(v evtx.Value) any {
	switch v.Type() {
	case evtx.TypeFileTime:
		t, _ := v.Time()
		return json.Number(fmt.Sprint(t.Unix()))
	case evtx.TypeBool:
		b, _ := v.Bool()
		return b
	case evtx.TypeGUID:
		return strings.Trim(v.String(), "{}")
	}
	if u, ok := v.Uint(); ok {
		return json.Number(fmt.Sprint(u))
	}
	if i, ok := v.Int(); ok {
		return json.Number(fmt.Sprint(i))
	}
	if !v.Type().IsArray() {
		return v.String()
	}
	var items []string
	for _, item := range v.Items() {
		text := strings.NewReplacer(`\`, `\\`, "\r", `\r`, "\n", `\n`, "\t", `\t`).Replace(item.String())
		items = append(items, "'"+text+"'")
	}
	return "[" + strings.Join(items, ", ") + "]"
}
