// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/openbits/openbits"
)

func TestResolveReply(t *testing.T) {
	base, _ := url.Parse("https://u:p@example.org/vdir/in/a.bin?q=1")
	for text, want := range map[string]string{
		`BITS-Sessions\Replies\{0B3F}\responsefile.bin`: "https://example.org/vdir/in/BITS-Sessions/Replies/%7B0B3F%7D/responsefile.bin",
		`/abs/{x}`:                 "https://example.org/abs/%7Bx%7D",
		`https://other.test/r?s=1`: "https://other.test/r?s=1",
		`//other.test/r`:           "https://other.test/r",
		`\\other.test\r`:           "https://other.test/r",
		`a b#f`:                    "https://example.org/vdir/in/a%20b",
		`../../../x`:               "https://example.org/x",
		`%7Bx%7D`:                  "https://example.org/vdir/in/%7Bx%7D",
		`http://example.org/r`:     "",
		`ftp://example.org/r`:      "",
		`javascript:alert(1)`:      "",
		`http:///r`:                "",
		`%zz`:                      "",
	} {
		got, err := resolveReply(base, text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is resolved to %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseHost(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "node-7": "node-7", "node7.example.org:8080": "node7.example.org:8080", "10.0.0.7": "10.0.0.7", "10.0.0.7:81": "10.0.0.7:81",
		"2001:db8::1": "2001:db8::1", "[2001:db8::1]": "2001:db8::1", "[2001:db8::1]:81": "[2001:db8::1]:81",
		"a/b": "-", "u@h": "-", "h:0": "-", "h:99999": "-", "h:": "-", "fe80::1%eth0": "-", "a b": "-", strings.Repeat("a", 301): "-",
	} {
		got, ok := parseHost(http.Header{"Bits-Host-Id": {text}})
		if ok != (want != "-") || ok && got != want {
			t.Errorf("%q is taken for %q, %v", text, got, ok)
		}
	}
	for host, want := range map[string]string{"n": "n:80", "2001:db8::1": "[2001:db8::1]:80", "[2001:db8::1]:81": "[2001:db8::1]:81", "n:81": "n:81"} {
		if got := atHost(host, "80"); got != want {
			t.Errorf("%q in place of a host with port 80 is %q", host, got)
		}
	}
}

func TestContentName(t *testing.T) {
	for name, want := range map[string]string{
		"a.bin": "a.bin", "ä b%.txt": "%C3%A4%20b%25.txt", `a\b:c*?"<>|`: "a_b_c______", strings.Repeat("x", 400): strings.Repeat("x", 258),
	} {
		if got := contentName(name); got != want || len(got) > maxName {
			t.Errorf("%q becomes %q", name, got)
		}
	}
}

func TestFallback(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "110": 110, "4294967295": 0, "-1": 0, "soon": 0, "99999999": int64(openbits.MaxLife / time.Second)} {
		if got := parseFallback(http.Header{"Bits-Host-Id-Fallback-Timeout": {text}}); got != want {
			t.Errorf("%q is %d seconds", text, got)
		}
	}
}

func FuzzAck(f *testing.F) {
	for _, s := range [][3]string{
		{"0x8020001F", "", "213"}, {"", "8020001f", "0"}, {"0X80200020", "nonsense", "700000"}, {"0x", "0x1ffffffff", "-1"}, {" 0x5 ", "", " 7 "}, {"", "", "99999999999999999999"},
	} {
		f.Add(s[0], s[1], s[2], int64(700_000))
	}
	f.Fuzz(func(t *testing.T, one, other, offset string, size int64) {
		if size < 0 {
			return
		}
		h := http.Header{}
		h.Set("BITS-Error-Code", one)
		h.Set("BITS-Error", other)
		h.Set(fieldReceived, offset)
		code, ok := parseCode(h)
		if !ok && code != 0 {
			t.Errorf("no code is %x", code)
		}
		if n, ok := parseOffset(h, size); ok && (n < 0 || n > size) {
			t.Errorf("%q of %d is %d", offset, size, n)
		}
		h = http.Header{}
		h.Set("BITS-Error", one)
		if again, found := parseCode(h); ok && found && strings.TrimSpace(one) != "" && again != code {
			if _, first := parseCode(http.Header{"Bits-Error-Code": {one}}); first {
				t.Errorf("%q is %x under one name and %x under the other", one, code, again)
			}
		}
	})
}

func FuzzReplyURL(f *testing.F) {
	for _, text := range []string{`BITS-Sessions\Replies\{guid}\responsefile.bin`, "http://h/r", "//h/r", "/r", "?q", "%7B", "javascript:x", "http://[::1]:80/{x}", "\x00", "..\\..\\x"} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, secure bool) {
		base := &url.URL{Scheme: "http", Host: "example.org", Path: "/v/d/a.bin"}
		if secure {
			base.Scheme = "https"
		}
		got, err := resolveReply(base, text)
		if err != nil {
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || secure && u.Scheme != "https" || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("%q is resolved to %q (%v)", text, got, err)
		}
		if strings.ContainsAny(got, " \\{}\r\n\x00") {
			t.Errorf("%q is resolved to %q", text, got)
		}
	})
}

func FuzzHost(f *testing.F) {
	for _, text := range []string{"node", "10.0.0.1:80", "[::1]", "::1", "a:b:c", "h\r\nx", "ü", "h:65536"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host, ok := parseHost(http.Header{"Bits-Host-Id": {text}})
		if !ok || host == "" {
			return
		}
		u := url.URL{Scheme: "http", Host: atHost(host, "8080"), Path: "/a"}
		parsed, err := url.Parse(u.String())
		if err != nil || parsed.Path != "/a" || parsed.User != nil || parsed.Port() == "" || !httpguts.ValidHostHeader(u.Host) {
			t.Errorf("%q is taken for the host %q: %v", text, u.Host, err)
		}
	})
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(`{"id":"{x}","cap":5120,"closing":true}`))
	f.Add([]byte(`{"id":"` + strings.Repeat("x", 300) + `"}`))
	f.Add([]byte(`{"id":"a\nb"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := loadSession(openbits.Session{Data: data})
		if s.ID != "" && !validID(s.ID) {
			t.Errorf("the session id %q cannot be sent", s.ID)
		}
		if z := newSizer(s.Cap); z.next(1<<40) < minFragment || z.next(1<<40) > maxFragment {
			t.Errorf("a limit of %d gives fragments of %d", s.Cap, z.next(1<<40))
		}
	})
}
