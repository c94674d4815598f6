// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
)

// members are the keys of v as JSON.
func members(t *testing.T, v any) map[string]json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMembersAreAlwaysThere holds the contract that a reader may index an answer without asking first.
func TestMembersAreAlwaysThere(t *testing.T) {
	for _, test := range []struct {
		empty any
		want  []string
	}{
		{JobOf(openbits.Job{BytesTotal: openbits.Unknown}), []string{
			"id", "name", "description", "type", "priority", "state", "owner", "client", "created", "modified", "completed", "expires", "next_try",
			"bytes_total", "bytes_done", "rate", "files_total", "files_done", "files_failed", "reason", "error", "error_count", "transport", "settings",
		}},
		{FileOf(openbits.File{BytesTotal: openbits.Unknown}), []string{
			"index", "url", "path", "state", "bytes_total", "bytes_done", "validator", "digest", "modified", "error", "attempts", "next_try", "upload",
		}},
		{FileOf(openbits.File{Upload: &openbits.Upload{}}).Upload, []string{
			"protocol", "spoken", "growing", "sent", "session", "host", "reply", "reply_size", "reply_limit",
		}},
		{UpdateOf(openbits.Update{}), []string{"kind", "seq", "jobs", "files", "event"}},
		{ErrorOf(&openbits.Error{File: -1}), []string{"code", "context", "text", "hint", "file"}},
		{JobOf(openbits.Job{Reason: &openbits.Reason{}}).Reason, []string{"code", "text", "since", "until", "hint"}},
		{transportOf(&openbits.Transport{}), []string{
			"mode", "rival", "since", "interface", "handle", "connections", "rate", "foreign", "capacity", "window", "base", "queue", "notes",
		}},
		{Settings{}, []string{"auto_complete", "overwrite", "limit", "retry_delay", "no_progress_timeout", "max_download_time", "umask"}},
	} {
		got := members(t, test.empty)
		for _, name := range test.want {
			if _, ok := got[name]; !ok {
				t.Errorf("%T has no %s", test.empty, name)
			}
		}
		if len(got) != len(test.want) {
			t.Errorf("%T has %d members, want %d", test.empty, len(got), len(test.want))
		}
	}
	got := members(t, UpdateOf(openbits.Update{}))
	if string(got["jobs"]) != "[]" || string(got["files"]) != "[]" {
		t.Errorf("empty lists are %s and %s", got["jobs"], got["files"])
	}
	if total := members(t, JobOf(openbits.Job{BytesTotal: openbits.Unknown}))["bytes_total"]; string(total) != "null" {
		t.Errorf("an unknown size is %s", total)
	}
}

func TestJobOf(t *testing.T) {
	zone := time.FixedZone("somewhere", 3600)
	at := time.Date(2026, 11, 23, 10, 0, 0, 123456789, zone)
	j := JobOf(openbits.Job{
		ID: "x", State: openbits.StateTransientError, Created: at, Modified: at, NextTry: at, BytesTotal: 5, Rate: 7,
		Reason:   &openbits.Reason{Code: openbits.ReasonRetry, Until: at},
		Error:    &openbits.Error{Op: "fetch", Object: "a", Kind: openbits.KindTimeout, Text: "it is slow", File: 3},
		Settings: openbits.Settings{RetryDelay: 1500 * time.Millisecond, Umask: 0o22},
	})
	text, err := json.Marshal(j.Created)
	if err != nil || string(text) != `"2026-11-23T09:00:00.123Z"` {
		t.Errorf("a time is %s, %v", text, err)
	}
	if *j.BytesTotal != 5 || *j.Rate != 7 || j.NextTry == nil || j.Completed != nil || j.Reason.Until == nil || j.Reason.Since != nil {
		t.Errorf("the job is %+v", j)
	}
	if j.Error.Text != "cannot fetch a: it is slow" || *j.Error.File != 3 || j.Settings.RetryDelay != 1.5 || j.Settings.Umask != "022" {
		t.Errorf("the job is %+v %+v", j.Error, j.Settings)
	}
}

func TestRequestBecomesAJob(t *testing.T) {
	delay, none := Seconds(2.5), Seconds(0)
	n := NewJob{
		ID: "x", Name: "n", Description: "d", Priority: openbits.PriorityHigh, Start: true,
		Settings: NewSettings{AutoComplete: true, Overwrite: true, Limit: 9, RetryDelay: &delay, NoProgressTimeout: &none, Umask: "027"},
		Route: Route{
			Headers: []Header{{"A", "B"}}, Credentials: []Credential{{"h", "u", "p"}}, Proxy: Proxy{HTTP: "1", HTTPS: "2", No: "3"},
			CA: "ca", Cert: "cert", Key: "key",
		},
		Files: []NewFile{
			{URL: "u", Destination: Destination{"/a/b"}, Digest: NewDigest{"sha256", "00"}},
			{URL: "v", Destination: Destination{"/c"}},
			{URL: "w", Destination: Destination{"/a/../b//c"}},
		},
	}
	got, err := n.Job()
	if err != nil {
		t.Fatal(err)
	}
	want := openbits.NewJob{
		ID: "x", Name: "n", Description: "d", Type: openbits.TypeDownload, Priority: openbits.PriorityHigh, Start: true,
		Settings: openbits.Settings{
			AutoComplete: true, Overwrite: true, Limit: 9, RetryDelay: 2500 * time.Millisecond, MaxDownloadTime: openbits.DefaultMaxDownloadTime, Umask: 0o27,
		},
		Route: openbits.Route{
			Headers: []openbits.Header{{Name: "A", Value: "B"}}, Credentials: []openbits.Credential{{Host: "h", User: "u", Password: "p"}},
			Proxy: openbits.Proxy{HTTP: "1", HTTPS: "2", No: "3"}, CA: "ca", Cert: "cert", Key: "key",
		},
		Files: []openbits.NewFile{
			{URL: "u", Folder: "/a", Name: "b", Digest: openbits.Digest{Algorithm: "sha256", Expected: "00"}},
			{URL: "v", Folder: "/", Name: "c"},
			{URL: "w", Folder: "/a/../b", Name: "c"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	defaults, err := NewJob{}.Job()
	if err != nil || defaults.Settings != openbits.DefaultSettings() || defaults.Priority != openbits.PriorityNormal {
		t.Errorf("the defaults are %+v, %v", defaults, err)
	}
}

func TestDurations(t *testing.T) {
	for _, s := range []Seconds{-1, Seconds(math.NaN()), Seconds(math.Inf(1)), 1e10} {
		if _, err := (NewJob{Settings: NewSettings{MaxDownloadTime: &s}}).Job(); !errors.Is(err, openbits.KindInvalidArgument) {
			t.Errorf("%v seconds: %v", s, err)
		}
		if _, err := (JobChange{Settings: SettingsChange{RetryDelay: &s}}).Job(); !errors.Is(err, openbits.KindInvalidArgument) {
			t.Errorf("a change to %v seconds: %v", s, err)
		}
	}
	half := Seconds(0.5)
	c, err := JobChange{Settings: SettingsChange{NoProgressTimeout: &half}}.Job()
	if err != nil || *c.NoProgressTimeout != 500*time.Millisecond || c.RetryDelay != nil || c.Name != nil {
		t.Errorf("the change is %+v, %v", c, err)
	}
}

// TestConversionsForgetNothing fills every member of the vocabulary's types, so that one that is
// added there and forgotten here is noticed.
func TestConversionsForgetNothing(t *testing.T) {
	for name, test := range map[string]struct{ in, out any }{
		"settings": {openbits.Settings{}, Settings{}}, "proxy": {openbits.Proxy{}, Proxy{}}, "route": {openbits.Route{}, Route{}},
		"job change": {openbits.JobChange{}, flat{}}, "reason": {openbits.Reason{}, Reason{}}, "event": {openbits.Event{}, Event{}},
		"update": {openbits.Update{}, Update{}}, "transport": {openbits.Transport{}, Transport{}},
	} {
		if a, b := reflect.TypeOf(test.in).NumField(), reflect.TypeOf(test.out).NumField(); a != b {
			t.Errorf("%s: the vocabulary has %d members, the wire %d", name, a, b)
		}
	}
}

// flat has the members of a JobChange and of its settings.
type flat struct{ A, B, C, D, E, F, G any }

func TestProblems(t *testing.T) {
	p := ProblemOf(fmt.Errorf("x: %w", &openbits.Error{Op: "add", Object: "o", Kind: openbits.KindDiskFull, Text: "t", Hint: "h", File: -1}), 507, "j")
	want := Problem{
		Type: ProblemBase + "disk_full", Title: "disk full", Status: 507, Detail: "cannot add o: t", Code: "disk_full", Hint: "h", Object: "o", Job: "j",
	}
	if p != want {
		t.Errorf("the problem is %+v", p)
	}
	if e := p.Err(); !errors.Is(e, openbits.KindDiskFull) || e.Error() != p.Detail || e.Hint != "h" {
		t.Errorf("it comes back as %+v", e)
	}
}
