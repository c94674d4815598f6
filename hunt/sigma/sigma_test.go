// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/hunt/sigma"
)

// rule writes a rule of our own log source around a detection.
func rule(detection string) string {
	return "title: t\nlogsource: {product: windows, category: bits_job}\ndetection:\n" + indent(detection)
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

func mustParse(t *testing.T, text string) *sigma.Rule {
	t.Helper()
	rules, problems := sigma.Parse("r.yml", []byte(text))
	if len(problems) > 0 {
		t.Fatalf("%v in\n%s", problems, text)
	}
	if len(rules) != 1 {
		t.Fatalf("%d rules in\n%s", len(rules), text)
	}
	return rules[0]
}

// fits tells whether a record of name=value pairs fits the detection.
func fits(t *testing.T, detection string, record ...string) bool {
	t.Helper()
	set := sigma.NewSet()
	if err := set.Add(mustParse(t, rule(detection))); err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	r := m.Own()
	for _, pair := range record {
		name, v, _ := strings.Cut(pair, "=")
		r.Add(name, v)
	}
	n := 0
	m.Jobs(r, func(sigma.Match) { n++ })
	return n == 1
}

func TestItems(t *testing.T) {
	for _, c := range []struct {
		item string
		yes  []string // records, fields separated by ";"
		no   []string
	}{
		{`a: foo`, []string{"a=foo", "A=FOO", "a=x;a=foo"}, []string{"a=foob", "b=foo", ""}},
		{`a: [foo, bar]`, []string{"a=Bar", "a=foo"}, []string{"a=foobar"}},
		{`a: [a, b, c, d, 5]`, []string{"a=D", "a=5", "a=0x5"}, []string{"a=e"}},
		{`a: 16`, []string{"a=16", "a=0x10"}, []string{"a=160"}},
		{`a: true`, []string{"a=True"}, []string{"a=false"}},
		{`a: 2021-01-02`, []string{"a=2021-01-02"}, []string{"a=2021"}},
		{`a: null`, []string{"b=x", "a="}, []string{"a=x"}},
		{`a: [null, x]`, []string{"a=x", "b=1"}, []string{"a=y"}},
		{`a: ''`, []string{"a="}, []string{"a=x", "b=x"}},
		{`a|contains: oo`, []string{"a=fOOd"}, []string{"a=fod"}},
		{`a|startswith: oo`, []string{"a=ooze"}, []string{"a=food"}},
		{`a|endswith: [\x.exe, '\y.exe']`, []string{`a=C:\X.EXE`, `a=C:\y.exe`}, []string{"a=x.exe"}},
		{`a|contains|all: [x, y]`, []string{"a=yx"}, []string{"a=x", "a=y"}},
		{`a: 'f*o'`, []string{"a=fo", "a=fxxo"}, []string{"a=fox", "a=xfo"}},
		{`a: 'f?o'`, []string{"a=fXo", "a=fäo"}, []string{"a=fo", "a=fxxo"}},
		{`a: '*b?d*'`, []string{"a=xbcdx", "a=bcd", "a=bbbcd"}, []string{"a=bd"}},
		{`a: '*ab*cd?'`, []string{"a=abcde", "a=xabxcdcde"}, []string{"a=abcd", "a=cdabe", "a=abcdee"}},
		{`a: '?x*y?z'`, []string{"a=1xy2z", "a=1xy2zy3z"}, []string{"a=xy2z", "a=1xyz"}},
		{`a: '*'`, []string{"a=", "a=x"}, []string{"b=x"}},
		{`a: 'x\*y'`, []string{"a=x*y"}, []string{"a=xzy", `a=x\*y`}},
		{`a: 'x\\*'`, []string{`a=x\y`, `a=x\`}, []string{"a=xy"}},
		{`a: 'x\y\\z'`, []string{`a=x\y\z`}, []string{`a=x\y\\z`}},
		{`a: '\\\\srv'`, []string{`a=\\srv`}, []string{`a=\srv`}},
		{`a|contains: 'x*y'`, []string{"a=0x1y2"}, []string{"a=yx"}},
		{`a|cased: Foo`, []string{"a=Foo"}, []string{"a=foo"}},
		{`a|contains|cased: Foo`, []string{"a=xFoo"}, []string{"a=xfoo"}},
		{`a|neq: x`, []string{"a=y", "b=x"}, []string{"a=X"}},
		{`a|neq: [x, y]`, []string{"a=z"}, []string{"a=x", "a=y"}},
		{`a|exists: true`, []string{"a="}, []string{"b=1"}},
		{`a|exists: no`, nil, nil}, // refused, see TestRefused
		{`a|exists: false`, []string{"b=1"}, []string{"a=1"}},
		{`a|re: ^x[0-9]+$`, []string{"a=x12"}, []string{"a=X12", "a=x", "a=ax1"}},
		{`a|re: b+c`, []string{"a=abbcd"}, []string{"a=ac"}},
		{`a|re|i: ^x$`, []string{"a=X"}, []string{"a=xx"}},
		{`a|re|m|i: ^x$`, []string{"a=1\nX\n2"}, []string{"a=1x"}},
		{`a|re|s: x.y`, []string{"a=x\ny"}, []string{"a=xy"}},
		{`a|cidr: [10.0.0.0/8, 'fe80::/10']`, []string{"a=10.255.0.1", "a=fe80::1", "a=::ffff:10.0.0.1"}, []string{"a=11.0.0.1", "a=x", "a=::1"}},
		{`a|lt: 5`, []string{"a=4", "a=-1", "a=4.5"}, []string{"a=5", "a=x", ""}},
		{`a|lte: 5`, []string{"a=5"}, []string{"a=6", "a=NaN"}},
		{`a|gt: 5`, []string{"a=6", "a=0x10"}, []string{"a=5"}},
		{`a|gte: 5.5`, []string{"a=5.5"}, []string{"a=5"}},
		{`a|fieldref: b`, []string{"a=x;b=X"}, []string{"a=x;b=y", "a=x"}},
		{`a|fieldref|endswith: b`, []string{"a=xy;b=y"}, []string{"a=x;b=y"}},
		{`a|neq|fieldref: b`, []string{"a=x;b=y"}, []string{"a=x;b=x"}},
		{`a|windash|contains: ' -f '`, []string{"a=x -f y", "a=x /F y", "a=x –f y", "a=x ―f "}, []string{"a=x f y"}},
		{`a|contains|windash: 'a-b -c'`, []string{"a=a-b /c"}, []string{"a=a/b -c"}},
		{`a|windash|contains|all: [' -a', ' -b']`, []string{"a=x /b -a"}, []string{"a=x /b"}},
		{`a|base64offset|contains: foobar`, []string{"a=Zm9vYmFy", "a=eGZvb2Jhcg==", "a=eHhmb29iYXI="}, []string{"a=foobar", "a=YmFy"}},
		{`a|wide|base64offset|contains: ping`, []string{"a=cABpAG4AZwA=", "a=AABwAGkAbgBnAA"}, []string{"a=cGluZw=="}},
		{`a|base64: foo`, []string{"a=Zm9v"}, []string{"a=foo"}},
		{`a|utf16le|contains: ab`, []string{"a=xa\x00b\x00"}, []string{"a=ab"}},
		{`a|utf16be: a`, []string{"a=\x00a"}, []string{"a=a\x00"}},
		{`a|contains: 'ÄB'`, []string{"a=xäbx"}, []string{"a=ab"}},
	} {
		if c.yes == nil && c.no == nil {
			continue
		}
		t.Run(c.item, func(t *testing.T) {
			d := "sel:\n  " + c.item + "\ncondition: sel"
			for _, r := range c.yes {
				if !fits(t, d, strings.Split(r, ";")...) {
					t.Errorf("%q does not fit", r)
				}
			}
			for _, r := range c.no {
				if fits(t, d, strings.Split(r, ";")...) {
					t.Errorf("%q fits", r)
				}
			}
		})
	}
}

func TestConditions(t *testing.T) {
	searches := "x1: {x1: 'y'}\nx2: {x2: 'y'}\nz: {z: 'y'}\n_no: {q: 'y'}\nkw: [needle, hay*stack]\nkwall:\n  '|all': [one, two]\nmaps: [{a: 1, b: 2}, {c: 3}]\ncondition: "
	for _, c := range []struct{ condition, yes, no string }{
		{"x1", "x1=y", "x2=y"},
		{"x1 and not z", "x1=y", "x1=y;z=y"},
		{"x1 or x2 and z", "x1=y", "x2=y"}, // and binds stronger
		{"(x1 or x2) and z", "x2=y;z=y", "x1=y"},
		{"not x1 and z", "z=y", "x1=y;z=y"}, // not binds strongest
		{"not (x1 or z)", "x2=y", "z=y"},
		{"not not x1", "x1=y", "z=y"},
		{"1 of x*", "x2=y", "z=y"},
		{"any of x*", "x2=y", "z=y"},
		{"all of x*", "x1=y;x2=y", "x1=y"},
		{"not 1 of x*", "z=y", "x1=y"},
		{"1 of them", "z=y", "q=y"},
		{"all of x* and not _no", "x1=y;x2=y", "x1=y;x2=y;q=y"},
		{"ALL OF x* AND NOT z", "x1=y;x2=y", "x1=y;x2=y;z=y"},
		{"kw", "other=a NEEDLE here", "other=need"},
		{"kw", "other=hay and stack", "other=stack hay"},
		{"kwall", "p=one;q2=two", "p=one"},
		{"maps", "a=1;b=2", "a=1"},
		{"maps", "c=3", "b=2"},
		{"[x1, z]", "z=y", "x2=y"}, // a list is or
	} {
		if !fits(t, searches+c.condition, strings.Split(c.yes, ";")...) {
			t.Errorf("%s: %q does not fit", c.condition, c.yes)
		}
		if fits(t, searches+c.condition, strings.Split(c.no, ";")...) {
			t.Errorf("%s: %q fits", c.condition, c.no)
		}
	}
}

func TestRefused(t *testing.T) {
	deep := strings.Repeat("(", 100) + "s" + strings.Repeat(")", 100)
	for _, c := range []struct {
		text, what string
		line       int
	}{
		{rule("s: {a: 1}\ncondition: s | count() > 5"), "aggregation", 5},
		{rule("s: {a: 1}\ntimeframe: 5m\ncondition: s"), "timeframe", 5},
		{rule("s: {'a|expand': '%x%'}\ncondition: s"), "placeholders (expand)", 4},
		{rule("s: {'a|hour': 3}\ncondition: s"), `time modifier "hour"`, 4},
		{rule("s:\n  b: 1\n  a|frobs: 1\ncondition: s"), `modifier "frobs" is not known`, 6},
		{rule("s:\n  a|re: '(?=x)y'\ncondition: s"), "not RE2", 5},
		{rule("s:\n  a|re: '(x'\ncondition: s"), "not RE2", 5},
		{rule("s: {'a|re|contains': x}\ncondition: s"), "say nothing together", 4},
		{rule("s: {'a|startswith|contains': x}\ncondition: s"), "only one of", 4},
		{rule("s: {'a|exists': perhaps}\ncondition: s"), "neither true nor false", 4},
		{rule("s: {'a|lt': five}\ncondition: s"), "is no number", 4},
		{rule("s: {'a|cidr': 10.0.0.0/40}\ncondition: s"), "CIDR", 4},
		{rule("s: {'a|windash': '-a -b -c -d -e'}\ncondition: s"), "more than 4 flags", 4},
		{rule("s: {'a|base64': 'x*'}\ncondition: s"), "wildcards cannot be encoded", 4},
		{rule("s: {a: {b: 1}}\ncondition: s"), "map or a list", 4},
		{rule("s: {a: []}\ncondition: s"), "has no value", 4},
		{rule("s: []\ncondition: s"), "list is empty", 4},
		{rule("s: {}\ncondition: s"), "map is empty", 4},
		{rule("s: {a: 1}"), "no condition", 4},
		{rule("s: {a: 1}\ncondition: t"), `speaks of "t"`, 5},
		{rule("s: {a: 1}\ncondition: 1 of t*"), `nothing in the detection`, 5},
		{rule("s: {a: 1}\ncondition: 2 of s*"), `"2 of"`, 5},
		{rule("s: {a: 1}\ncondition: s and"), "ends where", 5},
		{rule("s: {a: 1}\ncondition: (s"), "closing parenthesis", 5},
		{rule("s: {a: 1}\ncondition: s)"), "should end", 5},
		{rule("s: {a: 1}\ncondition: ''"), "empty", 5},
		{rule("s: {a: 1}\ncondition: " + deep), "levels deep", 5},
		{rule("s: &x {a: 1}\nt: *x\ncondition: s"), "alias", 5},
		{rule("s: {a: 1, a: 2}\ncondition: s"), "comes twice", 4},
		{"title: t\ncorrelation: {type: event_count}\n", "correlation", 2},
		{"title: t\nfilter: {}\nlogsource: {service: x}\n", "filter", 2},
		{"action: global\ntitle: t\n", "collection", 1},
		{"title: t\nlogsource: {service: security}\n", "no detection", 1},
		{"title: t\ndetection: {s: {a: 1}, condition: s}\n", "no logsource", 1},
		{"logsource: {service: security}\ndetection: {s: {a: 1}, condition: s}\n", "no title", 1},
		{"title: t\nlevel: awful\n", `"awful" is no level`, 2},
		{"- a\n- b\n", "is no rule", 1},
		{"title: [\n", "", 0},
		{"a: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "levels deep", 1},
		{strings.Repeat("#", sigma.MaxFile+1), "at most", 0},
	} {
		rules, problems := sigma.Parse("some.yml", []byte(c.text))
		if len(rules) != 0 || len(problems) != 1 {
			t.Errorf("%d rules and problems %v of\n%.200s", len(rules), problems, c.text)
			continue
		}
		e, ok := problems[0].(*sigma.Error)
		if !ok || e.File != "some.yml" || !strings.Contains(e.What, c.what) || e.Line != c.line {
			t.Errorf("the error is %v, not one of line %d with %q, of\n%.200s", problems[0], c.line, c.what, c.text)
		}
	}
}

func TestSeveralDocuments(t *testing.T) {
	good := rule("s: {a: 1}\ncondition: s")
	rules, problems := sigma.Parse("r.yml", []byte(good+"---\n"+"title: bad\n"+"---\n---\n"+good))
	if len(rules) != 2 || len(problems) != 1 {
		t.Errorf("%d rules, problems %v", len(rules), problems)
	}
}

func TestAttributes(t *testing.T) {
	r := mustParse(t, `
title: A title
id: 11111111-2222-4333-8444-555555555555
level: high
description: |
  two
  lines
references: [https://example.org/a]
tags: [attack.t1197]
falsepositives: one only
logsource: {product: windows, service: bits-client}
detection:
  sel: {EventID: 59, url|contains: x}
  filter: {name: y}
  condition: sel and not filter
own: {a: 1}
`)
	if diff := cmp.Diff([]string{"EventID", "url"}, r.Fields()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"filter", "sel"}, r.Searches()); diff != "" {
		t.Error(diff)
	}
	if r.Title != "A title" || r.Level != "high" || r.Description != "two\nlines" || r.Source.Service != "bits-client" ||
		r.FalsePositives[0] != "one only" || r.Tags[0] != "attack.t1197" || r.References[0] != "https://example.org/a" {
		t.Errorf("%+v", r)
	}
	var own struct{ A int }
	if ok, err := r.Custom("own", &own); !ok || err != nil || own.A != 1 {
		t.Error(ok, err, own)
	}
	if ok, _ := r.Custom("other", &own); ok {
		t.Error("there is an attribute that nobody wrote")
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	good := rule("s: {a: 1}\ncondition: s")
	for name, text := range map[string]string{
		"a.yml": good, "sub/b.YAML": good + "---\ntitle: bad\n", "c.txt": "no rule",
		"linux.yml": "title: t\nlogsource: {product: linux}\ndetection: {s: {a: 1}, condition: s}\n",
		"large.yml": strings.Repeat("# \n", sigma.MaxFile/2),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOOS != "windows" {
		if err := os.Symlink("/dev/zero", filepath.Join(dir, "zero.yml")); err != nil {
			t.Fatal(err)
		}
	}
	set := sigma.NewSet()
	results, err := set.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range results {
		name, _ := filepath.Rel(dir, r.File)
		got[filepath.ToSlash(name)] = fmt.Sprintf("%d used, %d bad, %d unused", r.Rules, len(r.Problems), len(r.Unused))
	}
	want := map[string]string{
		"a.yml": "1 used, 0 bad, 0 unused", "sub/b.YAML": "1 used, 1 bad, 0 unused", "linux.yml": "0 used, 0 bad, 1 unused", "large.yml": "0 used, 1 bad, 0 unused",
	}
	if runtime.GOOS != "windows" {
		want["zero.yml"] = "0 used, 1 bad, 0 unused"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := set.Load(filepath.Join(dir, "nothing")); err == nil {
		t.Error("a folder that is not there is no error")
	}
	if results, err := set.Load(filepath.Join(dir, "c.txt")); err != nil || len(results) != 1 || len(results[0].Problems) != 1 {
		t.Error("a file that was named itself is not read", results, err)
	}
}
