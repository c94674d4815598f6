// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func FuzzContentRange(f *testing.F) {
	for _, text := range []string{
		"bytes 0-4/10", "Bytes 5-9/10", "bytes */0", "bytes */10", "bytes 0-0/1", "bytes 0-9223372036854775806/9223372036854775807",
		"bytes 0-9223372036854775807/9223372036854775808", "bytes 9-5/10", "bytes=0-4/10", "bytes 0-4", "bytes 0-4/*", "bytes -4/10", "bytes 0-/10",
		"bytes  0-4/10 ", "bytes 0x0-4/10", "bytes +0-4/10", "bytes 00-04/10", "", " ", "bytes", "bytes 0-4/10/10", "bytes 0-4-5/10",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSpan(text)
		if err != nil {
			if s != (span{}) {
				t.Errorf("%q: %v with an error", text, s)
			}
			return
		}
		if s.first < 0 || s.length < 0 || s.total < 0 || s.end() < 0 || s.end() > s.total || s.length == 0 && s.total != 0 {
			t.Errorf("%q is read as %+v", text, s)
		}
		if s.total > math.MaxInt64-1 && s.end() > s.total {
			t.Errorf("%q overflows", text)
		}
	})
}

// FuzzRequest gives the server requests as bytes. None makes it fail, and nothing comes to be outside of its folder.
func FuzzRequest(f *testing.F) {
	lines := func(l ...string) []byte { return []byte(strings.Join(l, "\r\n")) }
	create := "BITS-Packet-Type: Create-Session"
	speaks := "BITS-Supported-Protocols: " + Protocol
	for _, seed := range [][]byte{
		lines("BITS_POST /a HTTP/1.1", "Host: h", create, speaks, "Content-Length: 0", "", ""),
		lines("BITS_POST /%2e%2e/a HTTP/1.1", "Host: h", create, speaks, "Content-Length: 0", "", ""),
		lines("BITS_POST /a HTTP/1.1", "Host: h", "BITS-Packet-Type: Fragment", "BITS-Session-Id: {1}", "Content-Range: bytes 0-4/10", "Content-Length: 5", "", "abcde"),
		lines("BITS_POST /a HTTP/1.1", "Host: h", "BITS-Packet-Type: Fragment", "BITS-Session-Id: SESSION", "Content-Range: bytes 0-4/5", "Content-Length: 5", "", "abcde"),
		lines("BITS_POST /open HTTP/1.1", "Host: h", "BITS-Packet-Type: Fragment", "BITS-Session-Id: SESSION", "Content-Range: bytes 0-4/10", "Content-Length: 5", "", "abcde"),
		lines("BITS_POST /open HTTP/1.1", "Host: h", "BITS-Packet-Type: Fragment", "BITS-Session-Id: SESSION", "Content-Range: bytes 0-4/5", "Content-Length: 5", "", "abc"),
		lines("BITS_POST /open HTTP/1.1", "Host: h", "BITS-Packet-Type: Fragment", "BITS-Session-Id: SESSION", "Content-Range: bytes */0", "Content-Length: 0", "", ""),
		lines("BITS_POST /open HTTP/1.1", "Host: h", "BITS-Packet-Type: Close-Session", "BITS-Session-Id: SESSION", "Content-Length: 0", "", ""),
		lines("BITS_POST /open HTTP/1.1", "Host: h", "BITS-Packet-Type: CANCEL-SESSION", "BITS-Session-Id: SESSION", "Content-Length: 0", "", ""),
		lines("BITS_POST http://h/open HTTP/1.1", "Host: h", "BITS-Packet-Type: ping", "Content-Length: 0", "", ""),
		lines("BITS_POST * HTTP/1.1", "Host: h", create, speaks, "Content-Length: 0", "", ""),
		lines("GET /open?bits-reply=x HTTP/1.1", "Host: h", "", ""),
		lines("PUT /open HTTP/1.1", "Host: h", "Content-Length: 1", "", "x"),
		lines("BITS_POST /open HTTP/1.1", "Host: h", "BITS-Packet-Type: Fragment", "BITS-Session-Id: SESSION", "Content-Range: bytes 0-4/5", "Transfer-Encoding: chunked", "", "5", "abcde", "0", "", ""),
	} {
		f.Add(seed)
	}
	outside := f.TempDir()
	dir := filepath.Join(outside, "served")
	if err := os.Mkdir(dir, 0o700); err != nil {
		f.Fatal(err)
	}
	var hours atomic.Int64 // pass with each look at the clock, so that sessions left open give way
	now := func() time.Time { return time.Unix(0, 0).Add(time.Duration(hours.Add(1)) * time.Hour) }
	s, err := start(Options{Dir: dir, Overwrite: true, Sessions: 50, MaxFragment: MinFragment, MaxSize: 1 << 20}, now)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	do := func(r *http.Request) *http.Response {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Result()
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		open := httptest.NewRequest(Method, "/open", nil)
		open.Header.Set(headerPacketType, string(createSession))
		open.Header.Set(headerProtocols, Protocol)
		open.Header.Set(headerContentLength, "0")
		id := spelled(do(open), headerSession)
		if len(id) != 1 {
			t.Fatal("no session")
		}
		text = bytes.ReplaceAll(text, []byte("SESSION"), []byte(id[0]))
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err != nil {
			return
		}
		r.RemoteAddr = "192.0.2.1:1"
		answer := do(r)
		if r.Method == Method {
			if kind := spelled(answer, headerPacketType); len(kind) != 1 || kind[0] != "Ack" {
				t.Errorf("answered %d without an Ack", answer.StatusCode)
			}
			if answer.StatusCode != 200 && len(spelled(answer, headerErrorContext)) != 1 {
				t.Errorf("answered %d without a context", answer.StatusCode)
			}
		}
		checkTree(t, outside)
	})
}

// spelled finds the headers with exactly this spelling, which http.Header.Values does not.
func spelled(r *http.Response, name string) []string { return r.Header[name] }

// checkTree checks that there is nothing but visible files, and the server's own, in the folder.
func checkTree(t *testing.T, outside string) {
	t.Helper()
	err := filepath.WalkDir(outside, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(outside, name)
		switch {
		case rel == filepath.Join("served", StateDir):
			return fs.SkipDir
		case rel == "." || rel == "served":
		case !strings.HasPrefix(rel, "served"+string(filepath.Separator)) || strings.HasPrefix(d.Name(), ".") || d.IsDir():
			t.Errorf("there is %q", rel)
		default:
			_ = os.Remove(name) // or the folder fills up
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// FuzzRecord reads records of any bytes. What is read is what may be used.
func FuzzRecord(f *testing.F) {
	for _, r := range []record{
		{Sequence: 1, ID: newID(), State: stateReceiving, Target: "a", URL: "http://h/a", Total: 10, Next: 5, Touched: time.Unix(1, 0)},
		{Sequence: 2, ID: newID(), State: stateDone, Target: "b/c", URL: "http://h/b/c", Total: 0, ReplyID: "X", User: "alice"},
		{Sequence: 3, ID: newID(), State: stateCancelled, Target: "a", Total: 1, Barred: true},
	} {
		slot, err := r.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(slot)
		f.Add(slot[:len(slot)-1])
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 20))
	f.Fuzz(func(t *testing.T, slot []byte) {
		r, err := decodeSlot(slot)
		if err != nil {
			return
		}
		if !confined(r.Target) || strings.Contains("/"+r.Target+"/", "/../") || r.Next < 0 || r.Next > r.Total || r.ID == "" {
			t.Errorf("read was %+v", r)
		}
		again, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		if second, err := decodeSlot(again); err != nil || second.Target != r.Target || second.Next != r.Next {
			t.Errorf("%+v is read back as %+v, %v", r, second, err)
		}
	})
}
