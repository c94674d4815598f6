// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/reporttest"
)

// write is a report in one format.
func write(t *testing.T, format string, r *evidence.Report) string {
	t.Helper()
	f, ok := Find(format)
	if !ok {
		t.Fatalf("no format %s", format)
	}
	var b bytes.Buffer
	if err := f.Write(&b, r, Look{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// decode is each line as an object.
func decode(t *testing.T, text string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(text) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v in %.200s", err, line)
		}
		all = append(all, v)
	}
	return all
}

// TestSameBytes: a report is the same bytes each time, also after it was saved and read again.
func TestSameBytes(t *testing.T) {
	var saved bytes.Buffer
	if err := reporttest.Case().WriteJSON(&saved); err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats {
		first := write(t, f.Name, reporttest.Case())
		for range 4 {
			if write(t, f.Name, reporttest.Case()) != first {
				t.Errorf("%s differs from one time to the next", f.Name)
			}
		}
		back, err := evidence.ReadReport(bytes.NewReader(saved.Bytes()), int64(saved.Len()))
		if err != nil {
			t.Fatal(err)
		}
		again := write(t, f.Name, back)
		if f.Name == "json" && again != saved.String() {
			t.Error("the JSON of a saved report differs")
		}
		if n := strings.Count(first, "notify"); strings.Count(again, "notify") != n {
			t.Errorf("%s of a saved report says less", f.Name)
		}
	}
}

// TestNothing: each format has a valid form without a host.
func TestNothing(t *testing.T) {
	for _, f := range Formats {
		text := write(t, f.Name, &evidence.Report{})
		if f.Name != "timesketch" && f.Name != "ecs" && text == "" {
			t.Errorf("%s writes nothing", f.Name)
		}
		if strings.HasSuffix(f.Parts[0].File, ".json") && !json.Valid([]byte(text)) {
			t.Errorf("%s is no JSON", f.Name)
		}
	}
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	var want []string
	for _, f := range Formats {
		names, err := f.WriteFolder(dir, reporttest.Case())
		if err != nil || len(names) != len(f.Parts) {
			t.Fatalf("%s: %q, %v", f.Name, names, err)
		}
		for _, p := range f.Parts {
			want = append(want, p.File)
			data, err := os.ReadFile(filepath.Join(dir, p.File))
			if err != nil || len(f.Parts) == 1 && string(data) != write(t, f.Name, reporttest.Case()) {
				t.Errorf("%s differs from what %s writes elsewhere: %v", p.File, f.Name, err)
			}
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the folder has %q, want %q", got, want)
	}
}

// TestFailure: what cannot be read ends the writing, and leaves what stood under the file's name.
func TestFailure(t *testing.T) {
	r := reporttest.Case()
	lost := errors.New("the disk is gone")
	good := r.Hosts
	r.Hosts = func() iter.Seq2[*evidence.Host, error] {
		return func(yield func(*evidence.Host, error) bool) {
			for h := range good() {
				if !yield(h, nil) {
					return
				}
				break
			}
			yield(nil, lost)
		}
	}
	for _, f := range Formats {
		if f.Name == "navigator" { // it needs no host
			continue
		}
		path := filepath.Join(t.TempDir(), "report")
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := f.WriteFile(path, r); !errors.Is(err, lost) {
			t.Errorf("%s: %v", f.Name, err)
		}
		data, err := os.ReadFile(path)
		entries, _ := os.ReadDir(filepath.Dir(path))
		if err != nil || string(data) != "old" || len(entries) != 1 {
			t.Errorf("%s left %.20q and %d files: %v", f.Name, data, len(entries), err)
		}
	}
}

func TestDefang(t *testing.T) {
	for text, want := range map[string]string{
		"http://198.51.100.7:8080/a.b?c.d":      "hxxp://198[.]51[.]100[.]7:8080/a.b?c.d",
		"from HTTPS://Evil.Example.ORG. Then":   "from HXXPS://Evil[.]Example[.]ORG[.] Then",
		"ftp://a.b/c and https://u:p@d.e\\f.g":  "fxp://a[.]b/c and hxxps://u:p@d[.]e\\f.g",
		`C:\a.b\c.exe example.org xhttp://a.b/`: `C:\a.b\c.exe example.org xhttp://a.b/`,
		"hxxp://a[.]b":                          "hxxp://a[.]b",
		"":                                      "",
	} {
		if got := defang(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// TestJSONL: each record of the report has its line, and names the file that it was found in.
func TestJSONL(t *testing.T) {
	r := reporttest.Of(reporttest.Abused(), reporttest.Quiet())
	r.Suppressed = []evidence.Suppressed{{Reason: "since", Count: 3}}
	counts := map[string]int{}
	for _, v := range decode(t, write(t, "jsonl", r)) {
		kind, _ := v["record"].(string)
		counts[kind]++
		switch kind {
		case "tool", "host", "suppressed", "input":
		default:
			if v["source"] == nil || v["host_name"] == nil {
				t.Errorf("a %s names no source or no host: %v", kind, v)
			}
		}
	}
	for kind, want := range map[string]int{
		"tool": 1, "host": 2, "input": r.Totals.Inputs, "job": r.Totals.Jobs, "version": r.Totals.Versions, "file": r.Totals.Files,
		"event": r.Totals.Events, "finding": len(r.Findings), "suppressed": 1,
	} {
		if counts[kind] != want {
			t.Errorf("%d lines tell of a %s, want %d", counts[kind], kind, want)
		}
	}
}

// TestThousands: of very many jobs, those without findings are counted in the formats for people, and no job is missing elsewhere.
func TestThousands(t *testing.T) {
	quiet := reporttest.Quiet()
	for len(quiet.Jobs) <= mostOnPage {
		quiet.Jobs = append(quiet.Jobs, quiet.Jobs[:4]...)
	}
	r := reporttest.Of(quiet, reporttest.Abused())
	text, page := write(t, "table", r), write(t, "html", r)
	for _, got := range []string{text, page} {
		if strings.Contains(got, "firefox.exe") || !strings.Contains(got, "20004 jobs without findings: in the formats csv, json and jsonl") || !strings.Contains(got, "bitsadmin.exe") {
			t.Errorf("the report has %d bytes, and not what it must have", len(got))
		}
	}
	if n := strings.Count(write(t, "jsonl", r), `"record":"job"`); n != len(quiet.Jobs)+3 {
		t.Errorf("%d jobs are told of", n)
	}
}
