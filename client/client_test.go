// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

func connect(t testing.TB, svc server.Service) *client.Client {
	t.Helper()
	socket, _ := servertest.Serve(t, svc, server.Options{})
	c := &client.Client{Socket: socket, Version: "test"}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newJob(id, name string, files int) api.NewJob {
	j := api.NewJob{ID: id, Name: name}
	for i := range files {
		j.Files = append(j.Files, api.NewFile{
			URL: fmt.Sprintf("https://example.org/%s/%d", name, i), Destination: api.Destination{Path: fmt.Sprintf("/tmp/%s/%d", name, i)},
		})
	}
	return j
}

func create(t testing.TB, c *client.Client, j api.NewJob) api.Job {
	t.Helper()
	job, _, err := c.Create(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func jobID(prefix string, n int) string {
	return fmt.Sprintf("%s000000-0000-4000-8000-%012d", prefix, n)
}

func TestNewID(t *testing.T) {
	uuid4 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := client.NewID()
		if !uuid4.MatchString(id) || seen[id] {
			t.Fatalf("%q is not a new UUID of version 4", id)
		}
		seen[id] = true
	}
}

func TestLifeOfAJob(t *testing.T) {
	ctx := t.Context()
	svc := &servertest.Service{Content: map[string]string{
		"https://example.org/j/0": "zero", "https://example.org/j/1": "one", "https://example.org/new": "two",
	}}
	c := connect(t, svc)
	request := newJob(client.NewID(), "j", 3)
	job, created, err := c.Create(ctx, request)
	if err != nil || !created || job.State != openbits.StateSuspended {
		t.Fatalf("created %v, %+v, %v", created, job, err)
	}
	if again, created, err := c.Create(ctx, request); err != nil || created || again.ID != job.ID {
		t.Errorf("created again: %v, %+v, %v", created, again, err)
	}
	limit, name := int64(1000), "renamed"
	if job, err = c.Set(ctx, job.ID, api.JobChange{Name: &name, Settings: api.SettingsChange{Limit: &limit}}); err != nil ||
		job.Name != name || job.Settings.Limit != limit {
		t.Errorf("changed: %+v, %v", job, err)
	}
	if job, err = c.Resume(ctx, job.ID); err != nil || job.State != openbits.StateError || job.FilesFailed != 1 {
		t.Fatalf("resumed: %+v, %v", job, err)
	}
	f, err := c.File(ctx, job.ID, 2)
	if err != nil || f.Error == nil || f.Error.Code != "http_404" || f.Error.File == nil || *f.Error.File != 2 {
		t.Errorf("the failed file: %+v, %v", f, err)
	}
	if _, err = c.RenewURL(ctx, job.ID, 2, "https://example.org/new"); err != nil {
		t.Fatal(err)
	}
	if job, err = c.Resume(ctx, job.ID); err != nil || job.State != openbits.StateTransferred {
		t.Fatalf("resumed again: %+v, %v", job, err)
	}
	if f, err = c.Invalidate(ctx, job.ID, 0); err != nil || f.State != openbits.FileInvalid {
		t.Errorf("invalidated: %+v, %v", f, err)
	}
	if f, err = c.RemoveFile(ctx, job.ID, 1); err != nil || f.State != openbits.FileDropped {
		t.Errorf("removed: %+v, %v", f, err)
	}
	if job, err = c.Complete(ctx, job.ID); err != nil || job.State != openbits.StateAcknowledged {
		t.Errorf("completed: %+v, %v", job, err)
	}
	_, err = c.Cancel(ctx, job.ID)
	if !errors.Is(err, openbits.KindInvalidState) || err.Error() != "cannot cancel job "+job.ID+": it is acknowledged" {
		t.Errorf("cancelled after the end: %v", err)
	}
	if other := create(t, c, newJob(client.NewID(), "k", 1)); other.State == openbits.StateSuspended {
		if other, err = c.Suspend(ctx, other.ID); err != nil || other.Reason.Code != openbits.ReasonSuspended {
			t.Errorf("suspended: %+v, %v", other, err)
		}
	}
}

func TestManyFilesGoInParts(t *testing.T) {
	const count = 4500
	calls := map[string]int{}
	breakAt := -1
	svc := &servertest.Service{Content: map[string]string{}}
	svc.Fail = func(call string) error {
		calls[call]++
		if call == "add" && calls["add"] == breakAt {
			return &openbits.Error{Kind: openbits.KindDiskFull, Text: "no room for the queue", File: -1}
		}
		return nil
	}
	c := connect(t, svc)
	request := newJob(client.NewID(), "many", count)
	for _, f := range request.Files {
		svc.Content[f.URL] = "x"
	}
	request.Start = true

	breakAt = 2
	if _, _, err := c.Create(t.Context(), request); !errors.Is(err, openbits.KindDiskFull) {
		t.Fatalf("the failure in the middle is %v", err)
	}
	if job, err := c.Job(t.Context(), request.ID); err != nil || job.State != openbits.StateSuspended || job.FilesTotal != 4000 {
		t.Fatalf("half of a job is %+v, %v", job, err)
	}
	job, created, err := c.Create(t.Context(), request)
	if err != nil || created || job.State != openbits.StateTransferred || job.FilesDone != count {
		t.Fatalf("the repeated call: created %v, %+v, %v", created, job, err)
	}
	before := calls["resume"]
	if job, created, err = c.Create(t.Context(), request); err != nil || created || job.FilesTotal != count || calls["resume"] != before {
		t.Errorf("the third call: created %v, %+v, %v", created, job, err)
	}
	n := 0
	for f, err := range c.AllFiles(t.Context(), job.ID, api.FileQuery{Limit: 1000}) {
		if err != nil || f.Index != n || f.URL != request.Files[n].URL {
			t.Fatalf("file %d is %+v, %v", n, f, err)
		}
		n++
	}
	if n != count || calls["create"] != 3 {
		t.Errorf("%d files, %d calls to create", n, calls["create"])
	}
}

func TestLists(t *testing.T) {
	c := connect(t, &servertest.Service{})
	for n := range 25 {
		create(t, c, newJob(jobID("aa", n), fmt.Sprintf("job %d", n%2), 1))
	}
	var ids []string
	for j, err := range c.AllJobs(t.Context(), api.JobQuery{Name: "job 0", Limit: 4, States: []openbits.State{"suspended", "error"}}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, j.ID)
	}
	if len(ids) != 13 || ids[0] != jobID("aa", 24) || ids[12] != jobID("aa", 0) {
		t.Errorf("the list is %v", ids)
	}
	for _, q := range []api.JobQuery{
		{States: []openbits.State{openbits.StateError}},
		{Priorities: []openbits.Priority{openbits.PriorityLow}},
		{Prefix: "bb"},
		{Path: "/tmp/other"},
		{Name: "job"},
	} {
		if page, err := c.Jobs(t.Context(), q); err != nil || len(page.Jobs) != 0 {
			t.Errorf("%+v selects %+v, %v", q, page.Jobs, err)
		}
	}
	if page, err := c.Jobs(t.Context(), api.JobQuery{Path: "/tmp/job 0/0"}); err != nil || len(page.Jobs) != 13 {
		t.Errorf("the path selects %d jobs, %v", len(page.Jobs), err)
	}
	for _, err := range c.AllJobs(t.Context(), api.JobQuery{Limit: 5000}) {
		if !errors.Is(err, openbits.KindInvalidArgument) {
			t.Errorf("a page that is too large: %v", err)
		}
	}
	for range c.AllFiles(t.Context(), jobID("aa", 0), api.FileQuery{States: []openbits.FileState{openbits.FileError}}) {
		t.Error("a queued file is selected as failed")
	}
}

func TestFind(t *testing.T) {
	c := connect(t, &servertest.Service{})
	for n, name := range []string{"linux", "twice", "twice", "ab1"} {
		create(t, c, newJob(jobID("a"+string("bcde"[n]), n), name, 1))
	}
	for n := range 8 {
		create(t, c, newJob(jobID("f0", n), fmt.Sprint("f", n), 1))
	}
	for arg, want := range map[string]string{
		"ab": jobID("ab", 0), "AC0": jobID("ac", 1), "linux": jobID("ab", 0), jobID("ad", 2): jobID("ad", 2), "ae000000-": jobID("ae", 3),
	} {
		if j, err := c.Find(t.Context(), arg); err != nil || j.ID != want {
			t.Errorf("%q finds %s, %v", arg, j.ID, err)
		}
	}
	for arg, want := range map[string]openbits.Kind{
		"a": openbits.KindAmbiguous, "twice": openbits.KindAmbiguous, "f": openbits.KindAmbiguous,
		"": openbits.KindInvalidArgument, "nothing": openbits.KindNotFound, "ff": openbits.KindNotFound, "../..": openbits.KindNotFound, "-": openbits.KindNotFound,
	} {
		_, err := c.Find(t.Context(), arg)
		if !errors.Is(err, want) || openbits.AsError(err).Hint == "" {
			t.Errorf("%q: %v, want %s", arg, err, want)
		}
	}
	_, err := c.Find(t.Context(), "twice")
	if text := err.Error(); !strings.Contains(text, jobID("ac", 1)) || !strings.Contains(text, jobID("ad", 2)) {
		t.Errorf("the candidates are not listed: %s", text)
	}
	if _, err = c.Find(t.Context(), "f"); !strings.Contains(err.Error(), "and more") {
		t.Errorf("that there are more is not said: %s", err)
	}
	// A name that is also the beginning of another job's id.
	create(t, c, newJob(jobID("cc", 9), "ae", 1))
	if _, err = c.Find(t.Context(), "ae"); !errors.Is(err, openbits.KindAmbiguous) {
		t.Errorf("a name that is a prefix: %v", err)
	}
}

func TestContentIsAFile(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 1000)
	c := connect(t, &servertest.Service{Content: map[string]string{"https://example.org/j/0": text, "https://example.org/j/1": ""}})
	request := newJob(client.NewID(), "j", 2)
	create(t, c, request)
	if _, err := c.Open(t.Context(), request.ID, 0); !errors.Is(err, openbits.KindInvalidState) {
		t.Errorf("a file that is not whole: %v", err)
	}
	if _, err := c.Resume(t.Context(), request.ID); err != nil {
		t.Fatal(err)
	}
	content, err := c.Open(t.Context(), request.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(content, []byte(text)); err != nil {
		t.Error(err)
	}
	if content.Size() != int64(len(text)) || content.File().Index != 0 {
		t.Errorf("the file is %+v", content.File())
	}
	if err := content.Close(); err != nil {
		t.Error(err)
	}
	if _, err := content.Read(make([]byte, 1)); err == nil {
		t.Error("a closed file can be read")
	}
	empty, err := c.Open(t.Context(), request.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(empty); err != nil || len(got) != 0 {
		t.Errorf("the empty file holds %q, %v", got, err)
	}
}

func TestServiceLimitMetrics(t *testing.T) {
	c := connect(t, &servertest.Service{})
	if err := c.SetLimit(t.Context(), 4096); err != nil {
		t.Fatal(err)
	}
	if rate, err := c.Limit(t.Context()); err != nil || rate != 4096 {
		t.Errorf("the limit is %d, %v", rate, err)
	}
	if err := c.SetLimit(t.Context(), -1); !errors.Is(err, openbits.KindInvalidArgument) {
		t.Errorf("a negative limit: %v", err)
	}
	if s, err := c.Service(t.Context()); err != nil || s.Version != "test" || s.PID != os.Getpid() {
		t.Errorf("the service is %+v, %v", s, err)
	}
	if text, err := c.Metrics(t.Context()); err != nil || !strings.Contains(text, "openbits_rate_limit_bytes 4096\n") {
		t.Errorf("the metrics are %s, %v", text, err)
	}
}

func TestNoService(t *testing.T) {
	for name, c := range map[string]*client.Client{
		"no socket":  {Socket: filepath.Join(filepath.Dir(servertest.Socket(t)), "none.sock")},
		"no service": {Dial: func(context.Context) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }},
	} {
		_, err := c.Service(t.Context())
		if !errors.Is(err, openbits.KindServiceUnavailable) || openbits.AsError(err).Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
		for _, err := range c.Watch(t.Context(), client.WatchOptions{}) {
			if !errors.Is(err, openbits.KindServiceUnavailable) {
				t.Errorf("%s: watching ends with %v", name, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := connect(t, &servertest.Service{}).Service(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call: %v", err)
	}
}

func TestSomethingElseAnswers(t *testing.T) {
	for _, test := range []struct {
		name, body string
		header     bool
		status     int
		want       openbits.Kind
	}{
		{"a web server", "<html>", false, 404, openbits.KindServiceUnavailable},
		{"an old service without problems", "oops", true, 404, openbits.KindServiceTooOld},
		{"half of an answer", `{"version":`, true, 200, openbits.KindServiceUnavailable},
		{"a kind from the future", `{"code":"too_tired","detail":"cannot: x","hint":"Sleep."}`, true, 418, "too_tired"},
	} {
		c := &client.Client{Dial: answering(t, test.status, test.body, test.header)}
		_, err := c.Service(t.Context())
		if !errors.Is(err, test.want) || openbits.AsError(err).Hint == "" {
			t.Errorf("%s: %v (%s)", test.name, err, openbits.KindOf(err))
		}
		_ = c.Close()
	}
}

// answering is a dialler of something that answers the same to everything.
func answering(t *testing.T, status int, body string, header bool) func(context.Context) (net.Conn, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if header {
			w.Header().Set(api.HeaderAPI, "0")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	}
}

func TestErrorsComeBackWhole(t *testing.T) {
	want := &openbits.Error{Op: "add", Object: "/tmp/a", Kind: openbits.KindDestinationBusy, Text: "another job writes it", Hint: "Choose another.", File: -1}
	c := connect(t, &servertest.Service{Fail: func(string) error { return want }})
	_, err := c.Job(t.Context(), client.NewID())
	got := openbits.AsError(err)
	if diff := cmp.Diff([]string{want.Error(), string(want.Kind), want.Hint, want.Object}, []string{got.Error(), string(got.Kind), got.Hint, got.Object}); diff != "" {
		t.Error(diff)
	}
}
