// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/reporttest"
)

func written(t *testing.T, r *evidence.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, data []byte) *evidence.Report {
	t.Helper()
	r, err := evidence.ReadReport(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func hosts(t *testing.T, r *evidence.Report) []*evidence.Host {
	t.Helper()
	var all []*evidence.Host
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	r := reporttest.Of(reporttest.Abused(), reporttest.Quiet())
	r.Partial, r.Filters = "interrupted", []evidence.Datum{{Name: "host", Value: "WS-*"}}
	r.Suppressed = []evidence.Suppressed{{Reason: "since", Count: 3}}
	data := written(t, r)
	back := read(t, data)
	same := cmpopts.EquateEmpty()
	if diff := cmp.Diff(hosts(t, r), hosts(t, back), same); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(r, back, same, cmpopts.IgnoreFields(evidence.Report{}, "Hosts")); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		if again := written(t, back); !bytes.Equal(data, again) {
			t.Error("the report that was read is written otherwise")
		}
	}
}

// TestForm: the lists and their order are a contract, and places count within the report's own lists.
func TestForm(t *testing.T) {
	data := written(t, reporttest.Of(reporttest.Abused(), reporttest.Quiet()))
	var doc struct {
		Inputs   []evidence.Input
		Jobs     []evidence.Job
		Events   []evidence.Event
		Findings []evidence.Finding
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	at := -1
	if !bytes.HasPrefix(data, []byte(`{"tool":`)) {
		t.Errorf("it begins with %.20q", data)
	}
	for _, key := range []string{"schema", "filters", "totals", "suppressed", "inputs", "hosts", "jobs", "files", "events", "findings"} {
		i := bytes.Index(data, []byte("\n\""+key+`":`))
		if i <= at {
			t.Errorf("%s stands at %d, before what belongs before it, at %d", key, i, at)
		}
		at = i
	}
	for _, j := range doc.Jobs {
		if in := doc.Inputs[j.Evidence.Input]; in.Host != j.Host || in.Kind != "qmgr.db" {
			t.Errorf("the job %s of %s is said to be in %s of %s", j.Name, j.Host, in.Path, in.Host)
		}
		for _, m := range j.Timeline {
			if m.Event > 0 && !m.Time.Equal(doc.Events[m.Event-1].Time) {
				t.Errorf("the moment %q is said to be event %d", m.What, m.Event)
			}
		}
	}
	for _, f := range doc.Findings {
		if in := doc.Inputs[f.Evidence[0].Input]; in.Host != f.Host {
			t.Errorf("the finding %q on %s is said to be in %s", f.Title, f.Host, in.Path)
		}
	}
	if !bytes.Contains(data, []byte(`& bitsadmin`)) {
		t.Error("& is escaped")
	}
}

func TestHostileNames(t *testing.T) {
	data := written(t, reporttest.Case())
	if !json.Valid(data) {
		t.Fatal("no JSON")
	}
	back := read(t, data)
	if diff := cmp.Diff(string(data), string(written(t, back))); diff != "" {
		t.Errorf("the report that was read is written otherwise: %s", diff)
	}
	for _, h := range hosts(t, back) {
		if slices.Contains(h.Aliases, "ws-07.corp.example") && len(h.Findings) != 3 {
			t.Errorf("%s has %d findings", h.Name, len(h.Findings))
		}
	}
}

func TestNothing(t *testing.T) {
	back := read(t, written(t, &evidence.Report{}))
	if got := hosts(t, back); got != nil {
		t.Errorf("got %v", got)
	}
}

// TestCut: wherever a report ends, it is an error or a report that says so, with a part of what the whole has.
func TestCut(t *testing.T) {
	data := written(t, reporttest.Of(reporttest.Abused(), reporttest.Quiet()))
	jobs := bytes.Index(data, []byte(`"jobs":[`+"\n"))
	for n := 0; n < len(data)-2; n += 7 {
		r, err := evidence.ReadReport(bytes.NewReader(data[:n]), int64(n))
		if err != nil {
			if n > 200 {
				t.Fatalf("cut at %d: %v", n, err)
			}
			continue
		}
		if !strings.Contains(r.Partial, fmt.Sprintf("at byte %d", n)) {
			t.Fatalf("cut at %d: partial is %q", n, r.Partial)
		}
		got := 0
		for h, err := range r.Hosts() {
			if err != nil {
				t.Fatalf("cut at %d: %v", n, err)
			}
			got += len(h.Jobs)
		}
		if n > jobs+5000 && got == 0 || got > 7 {
			t.Fatalf("cut at %d: %d jobs", n, got)
		}
	}
}

func TestWrongReports(t *testing.T) {
	head := `{"tool":{},"schema":"openbits-hunt/1",`
	for text, want := range map[string]string{
		`[]`:                         "found '['",
		`{"tool":{}}`:                `it has no "schema"`,
		`{"tool":{},"schema":"x/9"}`: "another version of bits",
		`{"tool":{}`:                 "ends in the middle",
		head + `"findings":[{}]}`:    "names no rule",
		head + `"hosts":[{"name":"a","jobs":-1}]}`:                 "counts that cannot be",
		head + `"jobs":[}]}`:                                       "where a value belongs",
		head + `"jobs":[{]]}`:                                      "closes nothing",
		head + `"x":` + strings.Repeat("[", 99):                    "nested deeper",
		head + `"filters":[` + strings.Repeat("{},", 999) + `{}]}`: "too many empty members",
		head + `"totals":[1]}`:                                     "cannot unmarshal",
		head + `"x":` + strings.Repeat("1", 99) + `}`:              "longer than 64 digits",
	} {
		_, err := evidence.ReadReport(strings.NewReader(text), int64(len(text)))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "offset ") {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
	lies := head + `"inputs":[],"hosts":[{"name":"a","jobs":2}],"jobs":[{}],"files":[],"events":[],"findings":[]}`
	for h, err := range read(t, []byte(lies)).Hosts() {
		if err == nil || !strings.Contains(err.Error(), "a has 1 of the 2 jobs") {
			t.Errorf("got %v, %v", h, err)
		}
	}
}

// TestBoundedMemory: a small file cannot make the reader take much.
func TestBoundedMemory(t *testing.T) {
	for _, member := range []string{"{}", "null", "1", `{"a":1}`} {
		text := `{"tool":{},"schema":"openbits-hunt/1","hosts":[{"name":"a","jobs":1}],"jobs":[{"versions":[` +
			strings.Repeat(member+",", 1<<20/(len(member)+1)) + member + `]}],"files":[],"events":[],"findings":[]}`
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := evidence.ReadReport(strings.NewReader(text), int64(len(text)))
		if err == nil || !strings.Contains(err.Error(), "too many empty members") {
			t.Errorf("%s: %v", member, err)
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
			t.Errorf("%s took %d bytes", member, used)
		}
	}
}

func FuzzReadReport(f *testing.F) {
	var b bytes.Buffer
	if err := reporttest.Case().WriteJSON(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"tool":{},"schema":"openbits-hunt/1","hosts":[{"name":"a","jobs":1}],"jobs":[{"versions":[{}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := evidence.ReadReport(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		whole := true
		for h, err := range r.Hosts() {
			if whole = err == nil; !whole {
				break
			}
			for i := range h.Jobs {
				h.InputOf(h.Jobs[i].Evidence)
				for _, m := range h.Jobs[i].Timeline {
					h.EventOf(m)
				}
			}
		}
		if whole {
			written(t, r)
		}
	})
}
