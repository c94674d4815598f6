// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/sigma"
)

// event makes one of name=value pairs.
func event(channel string, id int, pairs ...string) *evidence.Event {
	e := &evidence.Event{Channel: channel, ID: id}
	for _, p := range pairs {
		name, v, _ := strings.Cut(p, "=")
		e.Data = append(e.Data, evidence.Datum{Name: name, Value: v})
	}
	return e
}

const sysmon, bits = "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Bits-Client/Operational"

func TestSources(t *testing.T) {
	body := "\ndetection: {s: {Image|endswith: \\x.exe}, condition: s}\n"
	for _, c := range []struct {
		source  string
		e       *evidence.Event
		matches bool
	}{
		{"{product: windows, category: process_creation}", event(sysmon, 1, `Image=C:\x.exe`), true},
		{"{category: process_creation}", event(sysmon, 1, `Image=C:\x.exe`), true},
		{"{product: windows, category: process_creation}", event(sysmon, 5, `Image=C:\x.exe`), false},
		{"{product: windows, category: process_creation}", event("Security", 4688, `NewProcessName=C:\X.EXE`), true},
		{"{product: windows, service: security}", event("Security", 4688, `NewProcessName=C:\x.exe`), false},
		{"{product: windows, service: security}", event("SECURITY", 4689, `Image=C:\x.exe`), true},
		{"{product: windows, category: process_creation, service: sysmon}", event("Security", 4688, `NewProcessName=C:\x.exe`), false},
		{"{product: windows, category: process_creation, service: sysmon}", event(sysmon, 1, `Image=C:\x.exe`), true},
		{"{product: windows, category: file_event}", event(sysmon, 11, `Image=C:\x.exe`), true},
		{"{product: windows, category: network_connection}", event(sysmon, 3, `Image=C:\x.exe`), true},
		{"{product: windows, category: dns_query}", event(sysmon, 22, `Image=C:\x.exe`), true},
		{"{product: windows, service: bits-client}", event(bits, 59, `Image=C:\x.exe`), true},
		{"{product: windows, service: system}", event("System", 7045, `Image=C:\x.exe`), true},
	} {
		set := sigma.NewSet()
		if err := set.Add(mustParse(t, "title: t\nlogsource: "+c.source+body)); err != nil {
			t.Fatal(err)
		}
		n := 0
		set.Matcher().Event(c.e, func(sigma.Match) { n++ })
		if (n == 1) != c.matches {
			t.Errorf("%s: %d matches of %s %d", c.source, n, c.e.Channel, c.e.ID)
		}
		if n == 1 && !set.Wants(c.e.Channel, c.e.ID) {
			t.Errorf("%s does not want %s %d", c.source, c.e.Channel, c.e.ID)
		}
	}
	for _, none := range []string{"{product: linux, category: process_creation}", "{category: proxy}", "{product: windows, service: nothing}", "{product: macos}"} {
		if err := sigma.NewSet().Add(mustParse(t, "title: t\nlogsource: "+none+body)); err == nil {
			t.Errorf("%s has a source", none)
		}
	}
}

// Test4688 holds the names of the Security log's event to those of Sysmon's.
func Test4688(t *testing.T) {
	set := sigma.NewSet()
	err := set.Add(mustParse(t, `
title: t
logsource: {product: windows, category: process_creation}
detection:
  s:
    Image|endswith: \bitsadmin.exe
    ProcessId: 0x10
    ParentProcessId: 32
    ParentImage|endswith: \cmd.exe
    User: DOM\user
    IntegrityLevel: High
    CommandLine|contains: /transfer
  condition: s
`))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	set.Matcher().Event(event("Security", 4688, "SubjectUserName=user", "SubjectDomainName=DOM", "NewProcessId=0x10", `NewProcessName=C:\Windows\System32\bitsadmin.exe`,
		"ProcessId=0x20", `ParentProcessName=C:\Windows\System32\cmd.exe`, "MandatoryLabel=S-1-16-12288", "CommandLine=bitsadmin /transfer x"), func(sigma.Match) { n++ })
	if n != 1 {
		t.Error("the event does not fit")
	}
}

// TestIndex: rules are found by the event ids that they ask for, wherever those stand.
func TestIndex(t *testing.T) {
	set := sigma.NewSet()
	for _, d := range []string{
		"{s: {EventID: [59, 60]}, f: {EventID: 60}, condition: s and not f}",
		"{s: [{EventID: 59, url: x}, {EventID: 61}], condition: s}",
		"{s: {EventID: 59}, t: {EventID: 61}, condition: s and t}",
	} {
		if err := set.Add(mustParse(t, "title: t\nlogsource: {product: windows, service: bits-client}\ndetection: "+d+"\n")); err != nil {
			t.Fatal(err)
		}
	}
	got := map[int]int{}
	m := set.Matcher()
	for _, id := range []int{58, 59, 60, 61} {
		m.Event(event(bits, id, "url=x"), func(sigma.Match) { got[id]++ })
	}
	if diff := cmp.Diff(map[int]int{59: 2, 61: 1}, got); diff != "" {
		t.Error(diff)
	}
	if set.Wants(bits, 58) || !set.Wants(bits, 61) || set.Wants("System", 59) {
		t.Error("Wants says something else")
	}
}

// TestHolds asks for single search identifiers of a rule that fits.
func TestHolds(t *testing.T) {
	set := sigma.NewSet()
	if err := set.Add(mustParse(t, rule("s: {a: 1}\nprivate: {b: 2}\ncondition: s"))); err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	r := m.Own()
	r.Add("a", "1")
	r.Add("b", "2")
	m.Jobs(r, func(x sigma.Match) {
		if !x.Holds("private") || x.Holds("none") {
			t.Error("Holds says something else")
		}
		if diff := cmp.Diff([]string{"2"}, x.Record.Values("B")); diff != "" {
			t.Error(diff)
		}
	})
	m.Jobs(m.Own(), func(sigma.Match) { t.Error("an empty record fits: the last one's values are still there") })
}
