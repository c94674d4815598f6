// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/openbits/openbits/hunt/sigma"
)

// FuzzRule reads anything as rules and matches what comes of it.
func FuzzRule(f *testing.F) {
	f.Add(rule("s:\n  a|contains|all|windash: [' -x', 'y*z?']\n  b|re|i: '^(a+)+$'\nk: [one, two]\ncondition: s or not 1 of k*"))
	f.Add("title: t\nid: x\nlevel: low\ntags: [a]\nlogsource: {product: windows, service: security}\ndetection:\n  s: [{EventID: 1}, {c|cidr: 10.0.0.0/8}]\n  n: {d: null, e|fieldref: c, f|base64offset|contains: abc, g|lt: 5}\n  condition: all of them\n")
	f.Add("title: t\n---\n- a\n---\ncorrelation: 1\n")
	f.Add("a: &a [*a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		rules, problems := sigma.Parse("f.yml", []byte(text))
		for _, p := range problems {
			if e, ok := p.(*sigma.Error); !ok || e.What == "" {
				t.Errorf("a problem says nothing: %#v", p)
			}
		}
		set := sigma.NewSet()
		for _, r := range rules {
			_ = set.Add(r)
		}
		m := set.Matcher()
		r := m.Own()
		for _, name := range []string{"a", "b", "url", "Image"} {
			r.Add(name, strings.Repeat("a", 40)+" -x y1z")
		}
		m.Jobs(r, func(x sigma.Match) { x.Holds("s") })
		m.Event(event("Security", 4688, "a=b", "NewProcessName=x"), func(sigma.Match) {})
	})
}

// TestBounds gives the loader what is dear for its size. 256 MiB is what a file of MaxFile bytes may cost at most.
func TestBounds(t *testing.T) {
	full := func(head, piece, tail string) string {
		return head + strings.Repeat(piece, (sigma.MaxFile-len(head)-len(tail))/len(piece)) + tail
	}
	for name, text := range map[string]string{
		"values":      full("title: t\nlogsource: {category: bits_job}\ndetection:\n  s: {a: [", "b,", "c]}\n  condition: s\n"),
		"windash":     full("title: t\nlogsource: {category: bits_job}\ndetection:\n  s: {a|windash: [", "' -a -b -c -d',", "c]}\n  condition: s\n"),
		"keys":        full("title: t\nlogsource: {category: bits_job}\ndetection:\n", "  ?\n", ""),
		"documents":   full("", "---\na\n", ""),
		"depth":       full("", "[", ""),
		"condition":   full("title: t\nlogsource: {category: bits_job}\ndetection:\n  s: {a: 1}\n  condition: ", "s or ", "s\n"),
		"repetitions": full("title: t\nlogsource: {category: bits_job}\ndetection:\n  s: {a|re: [", "'((a{100}){10})x',", "'c']}\n  condition: s\n"),
		"searches":    full("title: t\nlogsource: {service: system}\ndetection:\n  condition: "+strings.Repeat("1 of them or ", 400)+" 1 of them\n  s: {a: ["+strings.Repeat("b,", 19000)+"c]}\n  t: {EventID: ["+strings.Repeat("1,", 19000)+"2]}\n", "# \n", ""),
		"flags":       "title: t\nlogsource: {category: bits_job}\ndetection:\n  s: {a|windash: [" + strings.Repeat("' -a -b -c -d',", 19000) + "c]}\n  condition: s\n",
		"expressions": "title: t\nlogsource: {category: bits_job}\ndetection:\n  s: {a|re: [" + strings.Repeat("'((\\pL{100}){10})x',", 19000) + "c]}\n  condition: s\n",
		"one":         "title: t\nlogsource: {category: bits_job}\ndetection:\n  s: {a|re: '" + strings.Repeat("(a{1000})", 100_000) + "'}\n  condition: s\n",
		"aliases":     full("a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: [", "*b,", "*b]\n"),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			rules, problems := sigma.Parse("b.yml", []byte(text))
			set := sigma.NewSet()
			for _, r := range rules {
				_ = set.Add(r)
			}
			runtime.ReadMemStats(&after)
			t.Logf("%d rules, %d problems, %d MiB allocated", len(rules), len(problems), (after.TotalAlloc-before.TotalAlloc)>>20)
			if got := after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc); got > 256<<20 {
				t.Errorf("%d MiB are in use", got>>20)
			}
		})
	}
}
