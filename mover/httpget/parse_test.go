// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget

import (
	"testing"

	"github.com/openbits/openbits"
)

func TestParseContentRange(t *testing.T) {
	const u = openbits.Unknown
	for _, c := range []struct {
		text string
		want contentRange
		ok   bool
	}{
		{"bytes 0-99/1234", contentRange{0, 99, 1234}, true},
		{"Bytes 5-5/6", contentRange{5, 5, 6}, true},
		{"bytes 0-99/*", contentRange{0, 99, u}, true},
		{"bytes */1234", contentRange{u, u, 1234}, true},
		{"bytes 0-9223372036854775806/*", contentRange{0, 1<<63 - 2, u}, true},
		{text: "bytes */*"},
		{text: ""},
		{text: "bytes"},
		{text: "bytes 0-99"},
		{text: "bytes=0-99/100"},
		{text: "octets 0-99/100"},
		{text: "bytes 99-0/100"},
		{text: "bytes 0-100/100"},
		{text: "bytes -1-5/100"},
		{text: "bytes +1-5/100"},
		{text: "bytes 0 - 5/100"},
		{text: "bytes 0-5/-1"},
		{text: "bytes 0-9223372036854775807/*"},
		{text: "bytes 0-99999999999999999999/*"},
		{text: "bytes 0-5/6, bytes 6-7/8"},
	} {
		got, err := parseContentRange(c.text)
		if (err == nil) != c.ok || c.ok && got != c.want {
			t.Errorf("parseContentRange(%q) = %v, %v; want %v, ok %v", c.text, got, err, c.want, c.ok)
		}
	}
}

func FuzzParseContentRange(f *testing.F) {
	for _, text := range []string{"bytes 0-99/1234", "bytes */7", "bytes 3-4/*", "bytes 0-9223372036854775807/1", "octets 1-2/3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseContentRange(text)
		if err != nil {
			return
		}
		span := r.First >= 0 && r.First <= r.Last && (r.Total < 0 || r.Last < r.Total)
		unsatisfied := r.First < 0 && r.Last < 0 && r.Total >= 0
		if !span && !unsatisfied || r.Last-r.First+1 < 0 {
			t.Errorf("%q gives the impossible range %v", text, r)
		}
	})
}

func TestProves(t *testing.T) {
	const (
		monday  = "Mon, 02 Mar 2026 12:00:00 GMT"
		tuesday = "Tue, 03 Mar 2026 12:00:00 GMT"
	)
	v := func(tag, modified, date string) openbits.Validator {
		return openbits.Validator{ETag: tag, LastModified: modified, Date: date}
	}
	for _, c := range []struct {
		name      string
		held, got openbits.Validator
		want      bool
	}{
		{"nothing", v("", "", ""), v("", "", ""), false},
		{"same strong tag", v(`"a"`, "", ""), v(`"a"`, "", ""), true},
		{"other strong tag", v(`"a"`, "", ""), v(`"b"`, "", ""), false},
		{"strong tag, other time", v(`"a"`, monday, tuesday), v(`"a"`, tuesday, tuesday), true},
		{"other tag, same time", v(`"a"`, monday, tuesday), v(`"b"`, monday, tuesday), false},
		{"strong tag, silent answer", v(`"a"`, "", ""), v("", "", ""), false},
		{"strong tag, answer with the time alone", v(`"a"`, monday, tuesday), v("", monday, tuesday), true},
		{"same weak tag", v(`W/"a"`, "", ""), v(`W/"a"`, "", ""), false},
		{"same weak tag and strong time", v(`W/"a"`, monday, tuesday), v(`W/"a"`, monday, tuesday), true},
		{"other weak tag and same time", v(`W/"a"`, monday, tuesday), v(`W/"b"`, monday, tuesday), false},
		{"same time, strong", v("", monday, tuesday), v("", monday, tuesday), true},
		{"same time, not strong", v("", monday, monday), v("", monday, tuesday), false},
		{"same time, no date", v("", monday, ""), v("", monday, tuesday), false},
		{"other time", v("", monday, tuesday), v("", tuesday, tuesday), false},
	} {
		if got := proves(c.held, c.got); got != c.want {
			t.Errorf("%s: proves = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSuffixLists(t *testing.T) {
	for suffix := range dataSuffixes {
		if pageSuffixes[suffix] {
			t.Errorf("%q is in both lists", suffix)
		}
	}
}
