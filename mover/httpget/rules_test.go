// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpget"
)

const size = 500_000

var content = testlab.Content{Seed: 7, Size: size}

func TestWhole(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	for _, n := range []int64{0, 1, 4096, size} {
		c := testlab.Content{Seed: 3, Size: n}
		origin.Put("/f.bin", testlab.File{Content: c})
		origin.Forget()
		part := emptyPart()
		m := newMover(t, httpget.Options{UserAgent: "openbits/test"})
		err := m.Move(context.Background(), openbits.Transfer{URL: origin.URL + "/f.bin?key=secret#part", Fresh: true}, part)
		if err != nil || !part.Ended() || !c.Is(part.Bytes()) {
			t.Fatalf("%d bytes: error %v, ended %v, %d bytes held", n, err, part.Ended(), len(part.Bytes()))
		}
		head := part.Begins()[0]
		if head.Total != n || head.Offset != 0 || !head.Modified.Equal(time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)) ||
			head.Validator.ETag == "" || head.Validator.LastModified == "" || head.Validator.Date == "" {
			t.Errorf("%d bytes: begun with %+v", n, head)
		}
		got := origin.Requests()[0]
		want := http.Header{
			"User-Agent": {"openbits/test"}, "Accept": {"*/*"}, "Accept-Encoding": {"identity"},
			"Cache-Control": {"no-cache"}, "Pragma": {"no-cache"},
		}
		if diff := cmp.Diff(want, got.Header); diff != "" || got.Query != "key=secret" {
			t.Errorf("request with query %q and headers (-want +got)\n%s", got.Query, diff)
		}
	}
}

// held makes a part that holds the first n bytes of the file's present version as the origin tells it.
func held(t *testing.T, origin *testlab.Origin, path string, n int64) *testlab.MemPart {
	t.Helper()
	whole := emptyPart()
	if err := move(t, origin.URL+path, whole); err != nil {
		t.Fatal(err)
	}
	origin.Forget()
	return testlab.NewMemPart(whole.Bytes()[:n], whole.Begins()[0])
}

// after is a plan whose first request, made by held, is right.
func after(steps ...testlab.Step) testlab.Plan {
	return testlab.Steps(append([]testlab.Step{{}}, steps...)...)
}

func TestResume(t *testing.T) {
	const n = 200_000
	for _, c := range []struct {
		name     string
		file     testlab.File
		step     testlab.Step
		change   bool
		grow     int64
		kind     openbits.Kind
		begins   []int64
		requests int
	}{
		{name: "right", begins: []int64{n}, requests: 1},
		{name: "no validator", file: testlab.File{Tag: testlab.TagNone, NoModified: true}, begins: []int64{0}, requests: 1},
		{name: "no ranges", file: testlab.File{NoRanges: true}, begins: []int64{0}, requests: 1},
		{name: "changed", change: true, begins: []int64{0}, requests: 1},
		{name: "changed, If-Range ignored", change: true, step: testlab.Step{Fault: testlab.FaultIgnoreIfRange}, begins: []int64{0}, requests: 2},
		{
			name: "changed, only a time", file: testlab.File{Tag: testlab.TagNone},
			change: true, step: testlab.Step{Fault: testlab.FaultIgnoreIfRange}, begins: []int64{0}, requests: 2,
		},
		{name: "changed to less than is held", change: true, grow: -400_000, begins: []int64{0}, requests: 1},
		{
			name: "changed to less than is held, If-Range ignored", change: true, grow: -400_000,
			step: testlab.Step{Fault: testlab.FaultIgnoreIfRange}, begins: []int64{0}, requests: 2,
		},
		{
			name: "changed to what is held, If-Range ignored", change: true, grow: n - size,
			step: testlab.Step{Fault: testlab.FaultIgnoreIfRange}, begins: []int64{0}, requests: 2,
		},
		{name: "200 for a range", step: testlab.Step{Fault: testlab.FaultIgnoreRange}, begins: []int64{0}, requests: 1},
		{name: "wrong start", step: testlab.Step{Fault: testlab.FaultWrongStart, At: 1000}, begins: []int64{0}, requests: 2},
		{name: "wrong total", step: testlab.Step{Fault: testlab.FaultWrongTotal}, begins: []int64{0}, requests: 2},
		{name: "wrong length", step: testlab.Step{Fault: testlab.FaultWrongLength}, begins: []int64{0}, requests: 2},
		{name: "no Content-Range", step: testlab.Step{Fault: testlab.FaultNoContentRange}, begins: []int64{0}, requests: 2},
		{name: "bad Content-Range", step: testlab.Step{Fault: testlab.FaultBadContentRange, At: 1}, begins: []int64{0}, requests: 2},
		{name: "multipart", step: testlab.Step{Fault: testlab.FaultMultipart}, begins: []int64{0}, requests: 2},
		{name: "total *", step: testlab.Step{Fault: testlab.FaultStarTotal}, begins: []int64{n}, requests: 1},
		{name: "less than asked", step: testlab.Step{Fault: testlab.FaultShortRange, At: 999}, begins: []int64{n, n + 1000}, requests: 2},
		{name: "416 with the total", step: testlab.Step{Fault: testlab.Fault416}, begins: []int64{0}, requests: 2},
		{name: "416 without", step: testlab.Step{Fault: testlab.FaultBare416}, begins: []int64{0}, requests: 2},
		{name: "gzip", step: testlab.Step{Fault: testlab.FaultGzip}, begins: []int64{0}, requests: 2},
		{name: "gzip in a 206", step: testlab.Step{Fault: testlab.FaultGzipRange}, begins: []int64{0}, requests: 2},
		{name: "another mirror's tag", step: testlab.Step{Fault: testlab.FaultOtherTag}, begins: []int64{0}, requests: 2},
		{name: "chunked", step: testlab.Step{Fault: testlab.FaultChunked}, begins: []int64{n}, requests: 1},
		{name: "until close", step: testlab.Step{Fault: testlab.FaultCloseEnd}, begins: []int64{n}, requests: 1},
		{name: "redirected", step: testlab.Step{Fault: testlab.FaultRedirect}, begins: []int64{n}, requests: 2},
		{name: "redirected elsewhere", step: testlab.Step{Fault: testlab.FaultRedirectOther}, begins: []int64{n}, requests: 2},
		{name: "sign-in page", step: testlab.Step{Fault: testlab.FaultPage}, kind: openbits.KindCaptivePortal, requests: 1},
		{name: "redirect to a sign-in page", step: testlab.Step{Fault: testlab.FaultPageRedirect}, kind: openbits.KindCaptivePortal, requests: 2},
		{name: "cut", step: testlab.Step{Fault: testlab.FaultCut, At: 50_000}, kind: openbits.KindConnectionClosed, begins: []int64{n}, requests: 1},
		{name: "busy", step: testlab.Step{Fault: testlab.FaultStatus, Status: 503}, kind: "http_503", requests: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin := startOrigin(t, testlab.Options{})
			c.file.Content, c.file.Plan = content, after(c.step)
			origin.Put("/f.bin", c.file)
			part := held(t, origin, "/f.bin", n)
			if c.change {
				origin.Change("/f.bin", c.grow)
			}
			err := move(t, origin.URL+"/f.bin", part)
			if openbits.KindOf(err) != c.kind {
				t.Fatalf("error %v, want kind %q", err, c.kind)
			}
			var begins []int64
			for _, h := range part.Begins() {
				begins = append(begins, h.Offset)
			}
			if !slices.Equal(begins, c.begins) || len(origin.Requests()) != c.requests {
				t.Errorf("begun at %v with %d requests, want %v with %d", begins, len(origin.Requests()), c.begins, c.requests)
			}
			versions := origin.Versions("/f.bin")
			if last := versions[len(versions)-1]; err == nil && !last.Is(part.Bytes()) {
				t.Errorf("the %d bytes are not the last version", len(part.Bytes()))
			}
			if err != nil && part.Held().Offset < n {
				t.Errorf("only %d bytes are kept, want %d", part.Held().Offset, n)
			}
		})
	}
}

// TestProof checks which validators a range is asked for with.
func TestProof(t *testing.T) {
	old := "Mon, 02 Mar 2026 12:00:00 GMT"
	late := "Mon, 02 Mar 2026 12:00:01 GMT"
	for _, c := range []struct {
		name      string
		validator openbits.Validator
		rng, cond string
	}{
		{"strong tag", openbits.Validator{ETag: `"a"`, LastModified: old}, "bytes=9-", `"a"`},
		{"strong time", openbits.Validator{LastModified: old, Date: late}, "bytes=9-", old},
		{"time too young", openbits.Validator{LastModified: old, Date: old}, "", ""},
		{"time without date", openbits.Validator{LastModified: old}, "", ""},
		{"weak tag", openbits.Validator{ETag: `W/"a"`}, "", ""},
		{"weak tag, strong time", openbits.Validator{ETag: `W/"a"`, LastModified: old, Date: late}, "bytes=9-", ""},
		{"nothing", openbits.Validator{}, "", ""},
	} {
		origin := startOrigin(t, testlab.Options{})
		origin.Handle("/f", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
		part := testlab.NewMemPart([]byte("012345678"), openbits.Head{Total: 100, Validator: c.validator})
		if err := move(t, origin.URL+"/f", part); !errors.Is(err, openbits.KindHTTP(404)) {
			t.Fatal(err)
		}
		h := origin.Requests()[0].Header
		if h.Get("Range") != c.rng || h.Get("If-Range") != c.cond {
			t.Errorf("%s: Range %q If-Range %q, want %q and %q", c.name, h.Get("Range"), h.Get("If-Range"), c.rng, c.cond)
		}
	}
}

func TestHeldWhole(t *testing.T) {
	part := testlab.NewMemPart([]byte("whole"), openbits.Head{Total: 5, Validator: openbits.Validator{ETag: `"a"`}})
	m := newMover(t, httpget.Options{Dial: noDial(t)})
	if err := m.Move(context.Background(), openbits.Transfer{URL: "http://origin.invalid/f"}, part); err != nil || !part.Ended() {
		t.Errorf("error %v, ended %v", err, part.Ended())
	}
}

func TestFirstAnswer(t *testing.T) {
	for _, c := range []struct {
		name string
		step testlab.Step
		kind openbits.Kind
		held int64
	}{
		{name: "chunked", step: testlab.Step{Fault: testlab.FaultChunked}, held: size},
		{name: "until close", step: testlab.Step{Fault: testlab.FaultCloseEnd}, held: size},
		{name: "dribble", step: testlab.Step{Fault: testlab.FaultDribble, At: 600}, held: size},
		{name: "206 unasked", step: testlab.Step{Fault: testlab.FaultUnasked}, kind: openbits.KindInvalidServerResponse},
		{name: "gzip", step: testlab.Step{Fault: testlab.FaultGzip}, kind: openbits.KindContentEncoded},
		{name: "loop", step: testlab.Step{Fault: testlab.FaultLoop}, kind: openbits.KindTooManyRedirects},
		{name: "page", step: testlab.Step{Fault: testlab.FaultPage}, kind: openbits.KindCaptivePortal},
		{name: "page elsewhere", step: testlab.Step{Fault: testlab.FaultPageRedirect}, kind: openbits.KindCaptivePortal},
		{name: "511", step: testlab.Step{Fault: testlab.FaultStatus, Status: 511}, kind: openbits.KindCaptivePortal},
		{name: "204", step: testlab.Step{Fault: testlab.FaultStatus, Status: 204}, kind: openbits.KindInvalidServerResponse},
		{name: "cut", step: testlab.Step{Fault: testlab.FaultCut, At: 100_000}, kind: openbits.KindConnectionClosed, held: 100_000},
		{name: "length too long", step: testlab.Step{Fault: testlab.FaultLongLength, At: 5}, kind: openbits.KindConnectionClosed, held: size},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin := startOrigin(t, testlab.Options{})
			origin.Put("/f.bin", testlab.File{Content: content, Plan: testlab.Steps(c.step)})
			part := emptyPart()
			err := move(t, origin.URL+"/f.bin", part)
			if openbits.KindOf(err) != c.kind || part.Ended() != (c.kind == "") || part.Held().Offset != c.held {
				t.Fatalf("error %v, ended %v, %d bytes held; want kind %q and %d bytes", err, part.Ended(), part.Held().Offset, c.kind, c.held)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "cannot fetch http://127.0.0.1:") {
				t.Errorf("the error reads %q", err)
			}
		})
	}
}

// TestLies: a server whose first length was wrong is found out by its next answer.
func TestLies(t *testing.T) {
	for _, fault := range []testlab.Fault{testlab.FaultLongLength, testlab.FaultShortLength} {
		origin := startOrigin(t, testlab.Options{})
		origin.Put("/f.bin", testlab.File{Content: content, Plan: testlab.Steps(testlab.Step{Fault: fault, At: 9})})
		part := emptyPart()
		part.Hook = func(op testlab.Op, held int64) error {
			if op == testlab.OpWrite && held > 100_000 || op == testlab.OpEnd {
				return context.Canceled
			}
			return nil
		}
		if err := move(t, origin.URL+"/f.bin", part); err == nil {
			t.Fatal("the first attempt was not interrupted")
		}
		part.Hook = nil
		part.Cut(100_000)
		if err := move(t, origin.URL+"/f.bin", part); err != nil || !content.Is(part.Bytes()) {
			t.Errorf("%s: error %v, %d bytes", fault, err, len(part.Bytes()))
		}
	}
}

// TestCloseContradictsSize: a close counts as the end only if no known size speaks against it.
func TestCloseContradictsSize(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	sent := "too short"
	origin.Handle("/f", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"v"`)
		w.Header().Set("Transfer-Encoding", "identity")
		_, _ = w.Write([]byte(sent))
	})
	part := testlab.NewMemPart([]byte("0123"), openbits.Head{Total: 10, Validator: openbits.Validator{ETag: `"v"`}})
	if err := move(t, origin.URL+"/f", part); !errors.Is(err, openbits.KindConnectionClosed) || part.Ended() {
		t.Errorf("shorter: error %v, ended %v", err, part.Ended())
	}
	sent = "much too long"
	part = testlab.NewMemPart([]byte("0123"), openbits.Head{Total: 10, Validator: openbits.Validator{ETag: `"v"`}})
	if err := move(t, origin.URL+"/f", part); !errors.Is(err, openbits.KindInvalidServerResponse) || part.Ended() {
		t.Errorf("longer: error %v, ended %v", err, part.Ended())
	}
}

// TestReconnect: a connection that broke off after it brought enough is replaced at once.
func TestReconnect(t *testing.T) {
	big := testlab.Content{Seed: 1, Size: 8 << 20}
	cut := testlab.Step{Fault: testlab.FaultCut, At: 3 << 20}
	origin := startOrigin(t, testlab.Options{})
	origin.Put("/f.bin", testlab.File{Content: big, Plan: testlab.Steps(cut, cut)})
	part := emptyPart()
	if err := move(t, origin.URL+"/f.bin", part); err != nil || !big.Is(part.Bytes()) || len(origin.Requests()) != 3 {
		t.Errorf("error %v, %d bytes, %d requests", err, len(part.Bytes()), len(origin.Requests()))
	}
	if origin.Sent() != big.Size {
		t.Errorf("the origin sent %d bytes for %d", origin.Sent(), big.Size)
	}

	origin.Put("/n.bin", testlab.File{Content: big, NoRanges: true, Plan: testlab.Steps(cut, cut)})
	origin.Forget()
	if err := move(t, origin.URL+"/n.bin", emptyPart()); !errors.Is(err, openbits.KindConnectionClosed) || len(origin.Requests()) != 1 {
		t.Errorf("without ranges: error %v, %d requests", err, len(origin.Requests()))
	}
}

func TestChangesAgainAndAgain(t *testing.T) {
	origin := startOrigin(t, testlab.Options{})
	origin.Put("/f.bin", testlab.File{
		Content: testlab.Content{Seed: 1, Size: 4 << 20},
		Plan:    func(int) testlab.Step { return testlab.Step{Fault: testlab.FaultCut, At: 2 << 20, Change: true} },
	})
	err := move(t, origin.URL+"/f.bin", emptyPart())
	if !errors.Is(err, openbits.KindRemoteFileChanged) || len(origin.Requests()) != 7 {
		t.Errorf("error %v after %d requests, want remote_file_changed after 7", err, len(origin.Requests()))
	}
}
