// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
)

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

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
