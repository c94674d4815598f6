// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget

import (
	"net/url"
	"strings"
	"testing"
	"time"

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

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"0", "", 0},
		{"120", "", 2 * time.Minute},
		{" 7 ", "", 7 * time.Second},
		{"-5", "", 0},
		{"1.5", "", 0},
		{"soon", "", 0},
		{"86401", "", 24 * time.Hour},
		{"99999999999999999999999", "", 24 * time.Hour},
		{"Sun, 01 Mar 2026 12:00:30 GMT", "", 30 * time.Second},
		{"Sun, 01 Mar 2026 11:00:00 GMT", "", 0},
		{"Sun, 01 Mar 2026 10:00:30 GMT", "Sun, 01 Mar 2026 10:00:00 GMT", 30 * time.Second},
		{"Sun, 01 Mar 2026 12:00:30 GMT", "nonsense", 30 * time.Second},
		{"Sunday, 01-Mar-26 12:01:00 GMT", "", time.Minute},
		{"Sun Mar  1 12:01:00 2026", "", time.Minute},
		{"Fri, 01 Jan 2100 00:00:00 GMT", "", 24 * time.Hour},
	} {
		if got := retryAfter(c.value, c.date, now); got != c.want {
			t.Errorf("retryAfter(%q, %q) = %v, want %v", c.value, c.date, got, c.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"0", "120", "Sun, 01 Mar 2026 12:00:30 GMT", "Sunday, 01-Mar-26 12:01:00 GMT", "99999999999999999999"} {
		f.Add(text, "")
		f.Add("5", text)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value, date string) {
		if d := retryAfter(value, date, now); d < 0 || d > maxRetryAfter {
			t.Errorf("retryAfter(%q, %q) = %v", value, date, d)
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

func TestProxyFor(t *testing.T) {
	corporate := openbits.Proxy{HTTP: "http://u:p@proxy.example:3128", HTTPS: "socks5://s.example:1080", No: "internal.example,10.0.0.0/8"}
	local := openbits.Proxy{HTTP: "127.0.0.1:3128", HTTPS: "http://localhost:3129", No: "127.0.0.9, localhost:81 ,127.1.0.0/16"}
	for _, c := range []struct {
		proxy     openbits.Proxy
		url, want string
	}{
		{openbits.Proxy{}, "http://a.example/", ""},
		{corporate, "http://a.example/", "http://u:p@proxy.example:3128"},
		{corporate, "https://a.example/", "socks5://s.example:1080"},
		{corporate, "http://x.internal.example/", ""},
		{corporate, "http://10.1.2.3/", ""},
		{corporate, "http://11.1.2.3/", "http://u:p@proxy.example:3128"},
		{corporate, "http://localhost/", ""},
		{corporate, "http://127.0.0.1:8080/", ""},
		{local, "http://127.0.0.1:8080/", "http://127.0.0.1:3128"},
		{local, "https://localhost/", "http://localhost:3129"},
		{local, "http://[::1]/", "http://127.0.0.1:3128"},
		{local, "http://127.0.0.9/", ""},
		{local, "http://127.1.2.3/", ""},
		{local, "http://localhost:81/", ""},
		{local, "http://localhost:82/", "http://127.0.0.1:3128"},
		{openbits.Proxy{HTTP: "127.0.0.1:1", No: "*"}, "http://localhost/", ""},
	} {
		choose, err := proxyFor(c.proxy)
		if err != nil {
			t.Fatal(err)
		}
		got, err := choose(mustParse(t, c.url))
		text := ""
		if got != nil {
			text = got.String()
		}
		if err != nil || text != c.want {
			t.Errorf("%s: proxy %q, %v; want %q", c.url, text, err, c.want)
		}
	}
}

func TestProxyAddress(t *testing.T) {
	for _, text := range []string{"http://", "ftp://p.example:1", "socks4://p.example:1", "http://u:hidden@p.example:port", "://hidden"} {
		_, err := proxyFor(openbits.Proxy{HTTPS: text})
		if openbits.KindOf(err) != openbits.KindInvalidProxyInfo {
			t.Errorf("%q: %v, want invalid_proxy_info", text, err)
			continue
		}
		if strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: the error repeats the password: %v", text, err)
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

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
