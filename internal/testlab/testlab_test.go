// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"testing"
	"testing/iotest"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

func TestContent(t *testing.T) {
	c := testlab.Content{Seed: 5, Size: 100_003}
	whole, err := io.ReadAll(c.Reader())
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(c.Reader(), whole); err != nil {
		t.Error(err)
	}
	if !c.Is(whole) || c.Is(whole[1:]) || c.Is(whole[:len(whole)-1]) {
		t.Error("the content does not know itself")
	}
	whole[77]++
	if c.Is(whole) {
		t.Error("the content does not notice a changed byte")
	}
	same := 0
	other := make([]byte, c.Size)
	if _, err := (testlab.Content{Seed: 6, Size: c.Size}).ReadAt(other, 0); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	for i, b := range whole {
		if b == other[i] {
			same++
		}
	}
	if same > len(whole)/100 {
		t.Errorf("contents of two seeds agree in %d of %d bytes", same, len(whole))
	}
}

func startOrigin(t *testing.T, opt testlab.Options) *testlab.Origin {
	t.Helper()
	o, err := testlab.StartOrigin(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

// fetch asks for path with the headers, which come in pairs.
func fetch(t *testing.T, url string, header ...string) (*http.Response, []byte, error) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

// TestOriginAnswers: without faults the origin answers as RFC 9110 says.
func TestOriginAnswers(t *testing.T) {
	o := startOrigin(t, testlab.Options{})
	c := testlab.Content{Seed: 1, Size: 1000}
	o.Put("/f", testlab.File{Content: c})
	first, body, err := fetch(t, o.URL+"/f")
	if err != nil || first.StatusCode != 200 || first.ContentLength != 1000 || !c.Is(body) {
		t.Fatalf("%v with %d bytes, %v", first.Status, len(body), err)
	}
	tag, date := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
	for _, x := range []struct {
		name   string
		header []string
		status int
		rng    string
		n      int
	}{
		{"range", []string{"Range", "bytes=900-"}, 206, "bytes 900-999/1000", 100},
		{"same tag", []string{"Range", "bytes=900-", "If-Range", tag}, 206, "bytes 900-999/1000", 100},
		{"same date", []string{"Range", "bytes=900-", "If-Range", date}, 206, "bytes 900-999/1000", 100},
		{"other tag", []string{"Range", "bytes=900-", "If-Range", `"x"`}, 200, "", 1000},
		{"past the end", []string{"Range", "bytes=1000-"}, 416, "bytes */1000", 0},
		{"not understood", []string{"Range", "lines=1-"}, 200, "", 1000},
	} {
		resp, body, err := fetch(t, o.URL+"/f", x.header...)
		if err != nil || resp.StatusCode != x.status || resp.Header.Get("Content-Range") != x.rng || len(body) != x.n {
			t.Errorf("%s: %s %q with %d bytes, %v", x.name, resp.Status, resp.Header.Get("Content-Range"), len(body), err)
		}
	}
	o.Change("/f", 5)
	if resp, body, _ := fetch(t, o.URL+"/f"); resp.Header.Get("ETag") == tag || resp.Header.Get("Last-Modified") == date ||
		!o.Versions("/f")[1].Is(body) || len(body) != 1005 {
		t.Errorf("after a change: %v with %d bytes", resp.Header, len(body))
	}
	if n := len(o.Requests()); n != 8 {
		t.Errorf("%d requests are recorded, want 8", n)
	}
	if o.Sent() != 1000+100+100+100+1000+1000+1005 {
		t.Errorf("%d bytes are counted", o.Sent())
	}
}

// TestEveryFaultShows: each fault changes the answer to one of the two kinds of request.
func TestEveryFaultShows(t *testing.T) {
	o := startOrigin(t, testlab.Options{Stall: time.Millisecond})
	look := func(f testlab.Fault) string {
		o.Put("/f.bin", testlab.File{Content: testlab.Content{Seed: 1, Size: 5000}, Plan: func(int) testlab.Step {
			return testlab.Step{Fault: f, At: 1001, Status: 503}
		}})
		text := ""
		for _, header := range [][]string{nil, {"Range", "bytes=2000-", "If-Range", `"stale"`}, {"Range", "bytes=2000-"}} {
			resp, body, err := fetch(t, o.URL+"/f.bin", header...)
			resp.Header.Del("Date")
			text += fmt.Sprintln(resp.Status, resp.Header, resp.ContentLength, resp.TransferEncoding, len(body), err)
		}
		return text
	}
	right := look(testlab.FaultNone)
	for _, f := range append(testlab.Faults, testlab.FaultShortLength) {
		got := look(f)
		if f == testlab.FaultNone || f == testlab.FaultDribble { // the pieces cannot be seen from here
			continue
		}
		if got == right {
			t.Errorf("%s: the answers are those of a faultless origin:\n%s", f, got)
		}
	}
}

func TestSeeded(t *testing.T) {
	list := func(seed uint64) (steps []testlab.Step) {
		plan := testlab.Seeded(seed, 1000, testlab.Faults...)
		for i := range 50 {
			steps = append(steps, plan(i))
		}
		return steps
	}
	if !reflect.DeepEqual(list(1), list(1)) {
		t.Error("one seed gives two plans")
	}
	if reflect.DeepEqual(list(1), list(2)) {
		t.Error("two seeds give one plan")
	}
}

// TestRate: under a rate pieces stay small enough that a change of the rate takes effect.
func TestRate(t *testing.T) {
	o := startOrigin(t, testlab.Options{Rate: 1 << 30})
	c := testlab.Content{Seed: 1, Size: 1 << 20}
	o.Put("/f", testlab.File{Content: c})
	if _, body, err := fetch(t, o.URL+"/f"); err != nil || !c.Is(body) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	o.SetRate(0)
	if _, body, err := fetch(t, o.URL+"/f"); err != nil || !c.Is(body) {
		t.Errorf("without a rate: %d bytes, %v", len(body), err)
	}
}

// TestMemPart: calls that break the contract of a part fail.
func TestMemPart(t *testing.T) {
	head := openbits.Head{Total: 6, Validator: openbits.Validator{ETag: `"a"`}}
	write := func(p *testlab.MemPart, s string) error { _, err := p.Write([]byte(s)); return err }
	for _, c := range []struct {
		name string
		call func(*testlab.MemPart) error
		ok   bool
	}{
		{"go on", func(p *testlab.MemPart) error { h := head; h.Offset = 3; return p.Begin(h) }, true},
		{"start again", func(p *testlab.MemPart) error { return p.Begin(openbits.Head{Total: 9}) }, true},
		{"begin elsewhere", func(p *testlab.MemPart) error { h := head; h.Offset = 2; return p.Begin(h) }, false},
		{"another version", func(p *testlab.MemPart) error {
			return p.Begin(openbits.Head{Offset: 3, Total: 6, Validator: openbits.Validator{ETag: `"b"`}})
		}, false},
		{"another total", func(p *testlab.MemPart) error { h := head; h.Offset, h.Total = 3, 7; return p.Begin(h) }, false},
		{"write before begin", func(p *testlab.MemPart) error { return write(p, "x") }, false},
		{"end too early", func(p *testlab.MemPart) error { return p.End() }, false},
		{"write too much", func(p *testlab.MemPart) error {
			return errors.Join(p.Begin(openbits.Head{Total: 2}), write(p, "abc"))
		}, false},
	} {
		p := testlab.NewMemPart([]byte("abc"), head)
		err := c.call(p)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, openbits.KindInternal) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	p := testlab.NewMemPart([]byte("abc"), head)
	h := p.Held()
	if err := errors.Join(p.Begin(h), write(p, "def"), p.End()); err != nil || !p.Ended() || !bytes.Equal(p.Bytes(), []byte("abcdef")) {
		t.Errorf("%v, ended %v, %q", err, p.Ended(), p.Bytes())
	}
	if n := len(p.Journal()); n != 3 || len(p.Begins()) != 1 {
		t.Errorf("%d entries in the journal, %d begins", n, len(p.Begins()))
	}
}
