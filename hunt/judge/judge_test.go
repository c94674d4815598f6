// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/judge"
	"github.com/openbits/openbits/hunt/rules"
)

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func at(n int64) *int64 { return &n }

// tool is a job of bitsadmin.
func tool(ref string) evidence.Job {
	return evidence.Job{
		Ref: ref, Name: "deploy 7", Owner: evidence.Owner{ID: "S-1-5-18", Name: `NT AUTHORITY\SYSTEM`}, Creator: &evidence.Creator{Path: `C:\Windows\System32\bitsadmin.exe`},
		Files:    []evidence.File{{URL: "https://deploy.example.com/a.msi", Path: `C:\deploy\a.msi`, Evidence: evidence.Place{Layer: evidence.Live}}},
		Evidence: evidence.Place{Layer: evidence.Live, Page: 7, Offset: at(100)},
	}
}

func find(list []evidence.Finding, rule string) *evidence.Finding {
	for i := range list {
		if list[i].Rule == rule {
			return &list[i]
		}
	}
	return nil
}

// TestOneFinding: a job is found once by a rule, with all places.
func TestOneFinding(t *testing.T) {
	j := tool("r")
	v := tool("r")
	v.Evidence = evidence.Place{Layer: evidence.Version, Page: 9, Offset: at(5)}
	v.Notify = &evidence.Notify{Program: `C:\x.exe`}
	same := tool("r")
	j.Versions = []evidence.Job{v, same}
	findings := load(t).Judge(&evidence.Host{Name: "PC", Jobs: []evidence.Job{j}})
	count := map[string]int{}
	for _, f := range findings {
		count[f.Rule]++
		if f.Job != "r" || f.Host != "PC" {
			t.Errorf("%s is of job %q, host %q", f.Rule, f.Job, f.Host)
		}
	}
	for rule, n := range count {
		if n != 1 {
			t.Errorf("%s found it %d times", rule, n)
		}
	}
	if f := find(findings, "bitsadmin-download"); f == nil || len(f.Evidence) != 3 { // the job, its version, the files of both
		t.Errorf("the places are %+v", f)
	}
	if f := find(findings, "notify-command"); f == nil || f.Evidence[len(f.Evidence)-1].Page != 9 {
		t.Errorf("the notify command of the earlier state is not found: %+v", f)
	}
	if !slices.IsSortedFunc(findings, func(a, b evidence.Finding) int {
		return slices.Index(evidence.Severities, b.Severity) - slices.Index(evidence.Severities, a.Severity)
	}) {
		t.Error("the worst is not first")
	}
}

func TestConfidence(t *testing.T) {
	for name, c := range map[string]struct {
		change func(j *evidence.Job)
		want   evidence.Confidence
	}{
		"live":    {func(*evidence.Job) {}, evidence.Strong},
		"version": {func(j *evidence.Job) { j.Evidence.Layer = evidence.Version }, evidence.Strong},
		"slack":   {func(j *evidence.Job) { j.Evidence.Layer = evidence.Slack }, evidence.Fair},
		"carved":  {func(j *evidence.Job) { j.Evidence.Layer = evidence.Carved }, evidence.Weak},
		"damaged": {func(j *evidence.Job) { j.Evidence.Damaged = true }, evidence.Fair},
		"guessed": {func(j *evidence.Job) { j.Files[0].Tie = "guess: time" }, evidence.Weak},
		"file":    {func(j *evidence.Job) { j.Files[0].Evidence.Layer = evidence.Slack }, evidence.Fair},
	} {
		j := tool("r")
		c.change(&j)
		f := find(load(t).Judge(&evidence.Host{Jobs: []evidence.Job{j}}), "odd-destination")
		if f == nil || f.Confidence != c.want {
			t.Errorf("%s: %+v, not %s", name, f, c.want)
		}
	}
}

// TestForeignRules: Sigma rules of others are run; a bad one does not stop them.
func TestForeignRules(t *testing.T) {
	path := writeFile(t, foreignRule)
	r, err := judge.Load(judge.LoadOptions{Sigma: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	if res := r.Results(); len(res) != 1 || res[0].Rules != 1 || len(res[0].Problems) != 1 {
		t.Errorf("the results are %+v", res)
	}
	h := &evidence.Host{Name: "PC", Events: []evidence.Event{{
		Channel: "Microsoft-Windows-Bits-Client/Operational", ID: 59, Data: []evidence.Datum{{Name: "url", Value: "http://evil.example/\x1b[0m"}},
		Evidence: evidence.Place{Layer: evidence.Live, Record: 4},
	}}}
	h.Events = append(h.Events, h.Events[0])
	h.Events[1].Evidence.Record = 5
	findings := r.Judge(h)
	if len(findings) != 1 {
		t.Fatalf("%+v", findings)
	}
	f := findings[0]
	if f.Rule != "11111111-2222-4333-8444-555555555555" || f.Severity != evidence.Critical || f.Behaviour != "sigma" || f.Technique != "T1105" || f.Benign != "None" ||
		len(f.Evidence) != 2 || !strings.Contains(f.Why, `It looks for a word. Seen: EventID is 59; url is http://evil.example/\x1b[0m.`) || !strings.Contains(f.Next, "https://example.org/why") {
		t.Errorf("%+v", f)
	}
	if r.Digest() == load(t).Digest() || len(r.Digest()) != 16 {
		t.Errorf("the digest %q does not tell that rules were added", r.Digest())
	}
	other := writeFile(t, foreignRule)
	again, err := judge.Load(judge.LoadOptions{Sigma: []string{other}})
	if err != nil {
		t.Fatal(err)
	}
	if again.Digest() != r.Digest() {
		t.Error("the digest depends on where the files lie")
	}
	if _, err := judge.Load(judge.LoadOptions{Sigma: []string{filepath.Join(t.TempDir(), "none")}}); err == nil {
		t.Error("a folder that is not there is no error")
	}
}

func TestWants(t *testing.T) {
	r := load(t)
	for _, c := range []struct {
		channel string
		id      int
		want    bool
	}{
		{"Microsoft-Windows-Sysmon/Operational", 1, true},
		{"Microsoft-Windows-Sysmon/Operational", 11, true},
		{"Microsoft-Windows-Sysmon/Operational", 255, false},
		{"Security", 4688, true},
		{"Security", 1102, true},
		{"Security", 4624, false},
		{"System", 104, true},
		{"Windows PowerShell", 800, true},
		{"Microsoft-Windows-PowerShell/Operational", 4103, true},
		{"Microsoft-Windows-Bits-Client/Operational", 16392, true},
		{"Security", 0, true},
		{"Setup", 0, false},
	} {
		if got := r.Wants(c.channel, "", c.id); got != c.want {
			t.Errorf("%s %d: %v", c.channel, c.id, got)
		}
	}
}

// TestMatches: of a log with much else only what rules or command lines speak of is asked for.
func TestMatches(t *testing.T) {
	r := load(t)
	event := func(image, line string) *evidence.Event {
		return &evidence.Event{Channel: "Security", ID: 4688, Data: []evidence.Datum{{Name: "NewProcessName", Value: image}, {Name: "CommandLine", Value: line}}}
	}
	for _, c := range []struct {
		e    *evidence.Event
		want bool
	}{
		{event(`C:\Windows\System32\bitsadmin.exe`, "bitsadmin /transfer n http://www.example.com/a b"), true},
		{event(`C:\x\y.exe`, "y.exe -transfer n http://www.example.com/a b"), true},
		{event(`C:\Windows\System32\notepad.exe`, "notepad bits.txt"), false},
		{event(`C:\Windows\System32\notepad.exe`, ""), false},
		{&evidence.Event{Channel: "Security", ID: 1102}, true},
	} {
		if got := r.Matches(c.e); got != c.want {
			t.Errorf("%+v: %v", c.e.Data, got)
		}
	}
}

// TestStack: a host that was collected twice counts once; rare jobs are surer, common ones less sure.
func TestStack(t *testing.T) {
	r := load(t)
	host := func(name, job, url string) *evidence.Host {
		j := tool("r")
		j.Name, j.Files[0].URL = job, url
		j.Evidence.Layer = evidence.Slack
		h := &evidence.Host{Name: name, Jobs: []evidence.Job{j}}
		h.Findings = r.Judge(h)
		return h
	}
	hosts := []*evidence.Host{
		host("A", "job 1", "https://d.example.com/1"), host("B", "job 2", "https://d.example.com/2"), host("C", "JOB 33", "https://d.example.com/3"),
		host("D", "job 4", "https://other.example.com/4"), host("E", "job 5", "https://d.example.com/5"),
	}
	twice := host("x", "job 4", "https://other.example.com/4")
	twice.Aliases = []string{"d"}
	var s judge.Stack
	for _, h := range append(hosts, twice) {
		s.Add(h)
	}
	for _, h := range hosts {
		before := find(h.Findings, "bitsadmin-download").Confidence
		if before != evidence.Fair {
			t.Fatal(before)
		}
		s.Rate(h)
		rare := h.Name == "D"
		want, hostsWith := evidence.Weak, 4
		if rare {
			want, hostsWith = evidence.Strong, 1
		}
		got := h.Jobs[0].Rarity
		if got == nil || got.Hosts != hostsWith || got.Of != 5 || find(h.Findings, "bitsadmin-download").Confidence != want {
			t.Errorf("%s: %+v, %+v", h.Name, got, find(h.Findings, "bitsadmin-download").Confidence)
		}
	}
	if diff := cmp.Diff(`job # | c:\windows\system#\bitsadmin.exe | d.example.com`, hosts[2].Jobs[0].Rarity.Key); diff != "" {
		t.Error(diff)
	}
}

// TestKnown sets what jobs are known as.
func TestKnown(t *testing.T) {
	j := evidence.Job{
		Ref: "r", Name: "Font Download", Creator: &evidence.Creator{Path: `C:\Windows\System32\svchost.exe`},
		Files: []evidence.File{{URL: "https://fs.microsoft.com/fs/a.zip", Path: `C:\Windows\ServiceProfiles\LocalService\a.zip`}},
	}
	r := load(t)
	h := &evidence.Host{Jobs: []evidence.Job{j}}
	r.Judge(h)
	if h.Jobs[0].Known != "windows-fonts" || h.Jobs[0].Masquerade != nil {
		t.Errorf("%+v", h.Jobs[0])
	}
	h.Jobs[0].Files[0].URL = "https://fs.microsoft.com@evil.example/fs/a.zip"
	r.Judge(h)
	if d := h.Jobs[0].Masquerade; h.Jobs[0].Known != "" || d == nil || !slices.Equal(d.Wrong, []string{"host"}) {
		t.Errorf("%+v", h.Jobs[0])
	}
	h.Jobs[0].Files[0].URL = ""
	h.Jobs[0].Files[0].Path = ""
	r.Judge(h)
	if h.Jobs[0].Known != "" || h.Jobs[0].Masquerade != nil {
		t.Errorf("a job of which host and destination are not known is %q", h.Jobs[0].Known)
	}
}

// TestSame: several goroutines that judge the same evidence find the same.
func TestSame(t *testing.T) {
	r := load(t)
	var group sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		group.Go(func() {
			h := &evidence.Host{Name: "PC"}
			for n := range 20 {
				h.Jobs = append(h.Jobs, tool(fmt.Sprint(n)))
			}
			text, err := json.Marshal(r.Judge(h))
			if err != nil {
				t.Error(err)
			}
			got[i] = string(text)
		})
	}
	group.Wait()
	for _, text := range got[1:] {
		if text != got[0] {
			t.Fatal("the same evidence gives other findings")
		}
	}
}

// TestAges do not follow a single wrong time in what was recovered.
func TestAges(t *testing.T) {
	j := tool("r")
	j.State, j.Created, j.Modified = "queued", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
	odd := tool("s")
	odd.Evidence.Layer, odd.Modified = evidence.Carved, time.Date(2034, 1, 1, 0, 0, 0, 0, time.UTC)
	if f := find(load(t).Judge(&evidence.Host{Jobs: []evidence.Job{j, odd}}), "stale-job"); f != nil {
		t.Errorf("%+v", f)
	}
}

// TestProfilesAreSound: each has all four parts.
func TestProfilesAreSound(t *testing.T) {
	list, err := rules.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range list {
		if p.ID == "" || p.Product == "" || len(p.Names) == 0 || len(p.Creators) == 0 || len(p.Hosts) == 0 || len(p.Destinations) == 0 || seen[p.ID] {
			t.Errorf("profile %q lacks a part, or comes twice", p.ID)
		}
		seen[p.ID] = true
	}
	if len(rules.Digest()) != 16 {
		t.Errorf("the digest is %q", rules.Digest())
	}
}

func BenchmarkJudge(b *testing.B) {
	r := load(b)
	h := &evidence.Host{Name: "PC"}
	for n := range 50 {
		j := tool(fmt.Sprint(n))
		j.Versions = []evidence.Job{tool(""), tool("")}
		h.Jobs = append(h.Jobs, j)
	}
	for b.Loop() {
		r.Judge(h)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}
