// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/sock"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

const id = "6f1c0f0e-1a5b-4b7e-9d3f-2b1f0e8a7c55"

// wire speaks HTTP to a server, as a client that is not ours would.
type wire struct {
	t    *testing.T
	http *http.Client
}

func dial(t *testing.T, svc server.Service, o server.Options) (w wire, stop func()) {
	t.Helper()
	socket, stop := servertest.Serve(t, svc, o)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return sock.Dial(ctx, socket) }}
	t.Cleanup(transport.CloseIdleConnections)
	return wire{t, &http.Client{Transport: transport}}, stop
}

func (w wire) send(method, path, body string, header ...string) *http.Response {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://openbits"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// call sends a request and wants a status; the answer's body comes back.
func (w wire) call(want int, method, path, body string, header ...string) string {
	w.t.Helper()
	resp := w.send(method, path, body, header...)
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode != want {
		w.t.Fatalf("%s %s answers %d, want %d: %s", method, path, resp.StatusCode, want, data)
	}
	if resp.Header.Get(api.HeaderVersion) != "test" || resp.Header.Get(api.HeaderAPI) != strconv.Itoa(api.Version) {
		w.t.Errorf("%s %s carries no versions: %v", method, path, resp.Header)
	}
	if media := resp.Header.Get("Content-Type"); want >= 400 && media != api.MediaProblem {
		w.t.Errorf("%s %s: the problem is of type %q", method, path, media)
	}
	return string(data)
}

// problem sends a request and wants a problem.
func (w wire) problem(want int, code openbits.Kind, method, path, body string, header ...string) api.Problem {
	w.t.Helper()
	return w.isProblem(w.call(want, method, path, body, header...), want, code)
}

func (w wire) isProblem(data string, status int, code openbits.Kind) api.Problem {
	w.t.Helper()
	p := decode[api.Problem](w.t, data)
	if p.Status != status || p.Code != code || p.Type != api.ProblemBase+string(code) || p.Title == "" || p.Detail == "" {
		w.t.Errorf("want status %d and code %s in %+v", status, code, p)
	}
	return p
}

func decode[T any](t *testing.T, data string) T {
	t.Helper()
	var v T
	dec := json.NewDecoder(strings.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}

const small = `{"name":"two files","files":[
	{"url":"https://example.org/a","destination":{"path":"/tmp/a"}},
	{"url":"https://example.org/b","destination":{"path":"/tmp/b"},"digest":{"algorithm":"sha256"}}]}`

func TestCreateTakesTheCallerFromTheKernel(t *testing.T) {
	w, _ := dial(t, &servertest.Service{}, server.Options{})
	job := decode[api.Job](t, w.call(http.StatusCreated, "PUT", "/v1/jobs/"+id, small))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	uid, err := sock.Self()
	if err != nil {
		t.Fatal(err)
	}
	if job.Owner.ID != uid || job.Client.PID != os.Getpid() || job.Client.Program != self {
		t.Errorf("the job belongs to %+v of %+v", job.Owner, job.Client)
	}
	for _, forged := range []string{
		`{"owner":{"id":"4711"}}`, `{"client":{"pid":1}}`, `{"files":[{"url":"https://x.example/","destination":{"path":"/a"},"owner":"root"}]}`,
	} {
		w.problem(http.StatusUnprocessableEntity, openbits.KindInvalidArgument, "PUT", "/v1/jobs/"+id, forged)
	}
}

func TestCreatingAgain(t *testing.T) {
	w, _ := dial(t, &servertest.Service{}, server.Options{})
	first := decode[api.Job](t, w.call(http.StatusCreated, "PUT", "/v1/jobs/"+id, small))
	again := decode[api.Job](t, w.call(http.StatusOK, "PUT", "/v1/jobs/"+id, small))
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the repeated request answers another job:\n%s", diff)
	}
	p := w.problem(http.StatusConflict, openbits.KindIDInUse, "PUT", "/v1/jobs/"+id, `{"name":"another"}`)
	if p.Job != id || p.Hint == "" {
		t.Errorf("the problem does not name the job or what to do: %+v", p)
	}
}

func TestDefaults(t *testing.T) {
	w, _ := dial(t, &servertest.Service{}, server.Options{})
	job := decode[api.Job](t, w.call(http.StatusCreated, "PUT", "/v1/jobs/"+id, `{"settings":{"umask":"022","retry_delay":60.5}}`))
	want := api.Settings{RetryDelay: 60.5, NoProgressTimeout: 14 * 24 * 3600, MaxDownloadTime: 90 * 24 * 3600, Umask: "022"}
	if job.Settings != want || job.Type != openbits.TypeDownload || job.Priority != openbits.PriorityNormal {
		t.Errorf("the job has %+v, type %s, priority %s", job.Settings, job.Type, job.Priority)
	}
	if !strings.Contains(w.call(http.StatusOK, "GET", "/v1/jobs/"+id, ""), `"bytes_total":null`) {
		t.Error("an unknown size is not null")
	}
}

func TestBadRequests(t *testing.T) {
	w, _ := dial(t, &servertest.Service{}, server.Options{})
	w.call(http.StatusCreated, "PUT", "/v1/jobs/"+id, small)
	job := "/v1/jobs/" + id
	for _, test := range []struct {
		method, path, body string
		status             int
		code               openbits.Kind
		says               string // a word of the detail that names the fault
	}{
		{"PUT", job, `{"files":[{"url":"u","destination":{"path":"rel/a"}}]}`, 422, "invalid_argument", "files[0].destination.path"},
		{"PUT", job, `{"files":[{"url":"u","destination":{"path":"/tmp/"}}]}`, 422, "invalid_name", "files[0].destination.path"},
		{"PUT", job, `{"files":[{"url":"u","destination":{"path":"/tmp/.."}}]}`, 422, "invalid_name", "files[0].destination.path"},
		{"PUT", job, `{"files":[{"url":"u","destination":"/tmp/a"}]}`, 422, "invalid_argument", "files[0].destination"},
		{"PUT", job, `{"files":[{"destination":{"path":"/tmp/a"}}]}`, 422, "invalid_argument", "url"},
		{"PUT", job, `{"files":[{"url":"u","destination":{"path":"/a"},"digest":{"expected":"00"}}]}`, 422, "invalid_argument", "digest.algorithm"},
		{"PUT", job, `{"priority":"urgent"}`, 422, "invalid_argument", "priority"},
		{"PUT", job, `{"settings":{"umask":"9"}}`, 422, "invalid_argument", "settings.umask"},
		{"PUT", job, `{"settings":{"umask":"1777"}}`, 422, "invalid_argument", "settings.umask"},
		{"PUT", job, `{"settings":{"retry_delay":-1}}`, 422, "invalid_argument", "settings.retry_delay"},
		{"PUT", job, `{"settings":{"retry_delay":1e300}}`, 422, "invalid_argument", "settings.retry_delay"},
		{"PUT", job, `{"name":`, 400, "invalid_argument", "body"},
		{"PUT", job, ``, 400, "invalid_argument", "body"},
		{"PATCH", job, `{"state":"acknowledged"}`, 422, "invalid_argument", "state"},
		{"PATCH", job, `{"settings":{"limit":-1}}`, 422, "invalid_argument", "settings.limit"},
		{"PATCH", job + "/files/0", `{}`, 422, "invalid_argument", "url"},
		{"PATCH", job + "/files/0", `{"url":"https://x.example/","invalid":true}`, 422, "invalid_argument", "url"},
		{"PATCH", job + "/files/0", `{"url":""}`, 422, "invalid_argument", "url"},
		{"PATCH", job + "/files/9", `{"url":"https://x.example/"}`, 404, "not_found", "9"},
		{"GET", job + "/files/-1", ``, 422, "invalid_argument", "index"},
		{"GET", job + "/files/x/content", ``, 404, "not_found", "x"},
		{"GET", job + "/files/0/content", ``, 409, "invalid_state", "suspended"},
		{"POST", job + "/files", `{"files":[]}`, 422, "invalid_argument", "files"},
		{"GET", "/v1/jobs?state=lost", ``, 422, "invalid_argument", "state"},
		{"GET", "/v1/jobs?limit=1001", ``, 422, "invalid_argument", "limit"},
		{"GET", "/v1/jobs?prefix=../..", ``, 422, "invalid_argument", "prefix"},
		{"GET", "/v1/jobs?sort=name", ``, 422, "invalid_argument", "sort"},
		{"GET", "/v1/jobs/none", ``, 404, "not_found", "none"},
		{"PUT", "/v1/limit", `{"rate":-5}`, 422, "invalid_argument", "rate"},
		{"GET", "/v1/events?job=none", ``, 404, "not_found", "none"},
		{"GET", "/v1/nothing", ``, 404, "not_found", "/v1/nothing"},
		{"GET", "/", ``, 404, "not_found", "/"},
		{"DELETE", job, ``, 405, "not_supported", "method"},
		{"PATCH", job, `"` + strings.Repeat("x", 1<<20) + `"`, 413, "invalid_argument", "too large"},
	} {
		p := w.problem(test.status, test.code, test.method, test.path, test.body)
		if !strings.Contains(p.Detail, test.says) {
			t.Errorf("%s %s %.60s: %q does not say %q", test.method, test.path, test.body, p.Detail, test.says)
		}
	}
	w.problem(422, openbits.KindInvalidArgument, "GET", "/v1/events", "", api.HeaderLastEventID, "x")
	if got := w.send("DELETE", job, "").Header.Get("Allow"); got != "GET, PATCH, PUT" {
		t.Errorf("the methods of a job are %q", got)
	}
}

func TestANewerClientIsTold(t *testing.T) {
	w, _ := dial(t, &servertest.Service{}, server.Options{})
	newer := []string{api.HeaderAPI, strconv.Itoa(api.Version + 1)}
	same := []string{api.HeaderAPI, strconv.Itoa(api.Version)}
	p := w.problem(501, openbits.KindServiceTooOld, "POST", "/v1/jobs/"+id+"/explode", "", newer...)
	if !strings.Contains(p.Detail, "version test") || !strings.Contains(p.Hint, "Restart") {
		t.Errorf("the problem does not help: %+v", p)
	}
	w.problem(501, openbits.KindServiceTooOld, "DELETE", "/v1/service", "", newer...)
	w.problem(422, openbits.KindServiceTooOld, "PUT", "/v1/jobs/"+id, `{"colour":"red"}`, newer...)
	w.problem(404, openbits.KindNotFound, "POST", "/v1/jobs/"+id+"/explode", "", same...)
	w.problem(404, openbits.KindNotFound, "GET", "/v1/jobs/"+id, "", newer...)
	w.problem(422, openbits.KindInvalidArgument, "PUT", "/v1/jobs/"+id, `{"colour":"red"}`, same...)
}

func TestSecretsStaySecret(t *testing.T) {
	svc := &servertest.Service{Content: map[string]string{}}
	w, _ := dial(t, svc, server.Options{})
	body := `{"start":true,"files":[{"url":"https://SECRET1:SECRET2@example.org/a?token=SECRET3#SECRET4","destination":{"path":"/tmp/a"}}],
		"route":{"headers":[{"name":"Authorization","value":"SECRET5"}],"credentials":[{"user":"SECRET6","password":"SECRET7"}],
		"proxy":{"http":"http://u:SECRET8@proxy.example"},"ca":"SECRET9","cert":"SECRETA","key":"SECRETB"}%s}`
	job := "/v1/jobs/" + id
	answers := []string{
		w.call(201, "PUT", job, fmt.Sprintf(body, "")),
		w.call(200, "PUT", job, fmt.Sprintf(body, "")),
		w.call(409, "PUT", job, fmt.Sprintf(body, `,"name":"x"`)),
		w.call(422, "PUT", job, fmt.Sprintf(body, `,"priority":"SECRETP"`)),
		w.call(400, "PUT", job, fmt.Sprintf(body, `,"name":SECRET`)),
		w.call(422, "PUT", job, fmt.Sprintf(body, `,"start":"SECRET"`)),
		w.call(200, "PATCH", job+"/files/0", `{"url":"https://SECRETC@example.org/b?SECRETD"}`),
		w.call(200, "POST", job+"/files", `{"files":[{"url":"https://SECRETE@example.org/b?SECRETF","destination":{"path":"/tmp/b"}}]}`),
	}
	for _, path := range []string{"/v1/service", "/v1/jobs", job, job + "/files", job + "/files/0", "/metrics", "/openapi.yaml"} {
		answers = append(answers, w.call(200, "GET", path, ""))
	}
	stream := w.stream("/v1/events", api.HeaderLastEventID, "1")
	for range 5 {
		answers = append(answers, stream.next().data)
	}
	for _, a := range answers {
		if strings.Contains(a, "SECRET") {
			t.Errorf("an answer gives a secret back: %s", a)
		}
	}
	if !strings.Contains(answers[0], "id") {
		t.Errorf("the answer is not a job: %s", answers[0])
	}
	page, err := svc.Files(t.Context(), id, openbits.FileQuery{})
	if err != nil || !strings.Contains(page.Files[0].URL, "SECRETC") {
		t.Errorf("the service did not get the secret: %+v, %v", page, err)
	}
}

func TestContent(t *testing.T) {
	svc := &servertest.Service{Content: map[string]string{"https://example.org/a": "<html>0123456789", "https://example.org/b": ""}}
	w, _ := dial(t, svc, server.Options{})
	w.call(201, "PUT", "/v1/jobs/"+id, strings.Replace(small, `{"name"`, `{"start":true,"name"`, 1))
	path := "/v1/jobs/" + id + "/files/0/content"
	if got := w.call(200, "GET", path, ""); got != "<html>0123456789" {
		t.Errorf("the content is %q", got)
	}
	if got := w.call(206, "GET", path, "", "Range", "bytes=6-8"); got != "012" {
		t.Errorf("the range is %q", got)
	}
	if got := w.send("GET", path, "").Header.Get("Content-Type"); got != "application/octet-stream" {
		t.Errorf("the type is %q: it was guessed", got)
	}
	if resp := w.send("GET", path, "", "Range", "bytes=99-"); resp.StatusCode != 416 {
		t.Errorf("a range outside of the file answers %d", resp.StatusCode)
	}
	if got := w.call(200, "GET", "/v1/jobs/"+id+"/files/1/content", ""); got != "" {
		t.Errorf("the empty file holds %q", got)
	}
}

func TestErrorsOfTheServiceKeepTheirKind(t *testing.T) {
	var failure error
	svc := &servertest.Service{Fail: func(string) error { return failure }}
	w, _ := dial(t, svc, server.Options{})
	for _, kind := range append(slices.Clone(openbits.Kinds), openbits.KindHTTP(503)) {
		failure = fmt.Errorf("wrapped: %w", &openbits.Error{Op: "do", Object: "it", Kind: kind, Text: "reasons", Hint: "Do this.", File: -1})
		resp := w.send("GET", "/v1/jobs", "")
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		p := w.isProblem(string(data), resp.StatusCode, kind)
		if resp.StatusCode < 400 || p.Detail != "cannot do it: reasons" || p.Hint != "Do this." || p.Object != "it" {
			t.Errorf("%s: %d %+v", kind, resp.StatusCode, p)
		}
	}
	failure = io.ErrUnexpectedEOF
	w.problem(500, openbits.KindInternal, "GET", "/v1/jobs", "")
	w.problem(500, openbits.KindInternal, "GET", "/v1/jobs/"+id+"/files/0/content", "")
}

// panicky panics in one call.
type panicky struct{ servertest.Service }

func (*panicky) Limit(context.Context) (int64, error) { panic("a fault") }

func TestAPanicIsAnAnswer(t *testing.T) {
	w, _ := dial(t, &panicky{}, server.Options{})
	p := w.problem(500, openbits.KindInternal, "GET", "/v1/limit", "")
	if strings.Contains(p.Detail, "goroutine") {
		t.Errorf("the answer carries the stack: %s", p.Detail)
	}
	w.call(200, "GET", "/v1/jobs", "")
}

func TestServiceAndMetrics(t *testing.T) {
	var dead atomic.Bool
	svc := &servertest.Service{Content: map[string]string{"https://example.org/a": "12345", "https://example.org/b": "678"}}
	svc.Fail = func(string) error {
		if dead.Load() {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	w, _ := dial(t, svc, server.Options{State: "/var/lib/somewhere"})
	w.call(201, "PUT", "/v1/jobs/"+id, strings.Replace(small, `{"name"`, `{"start":true,"name"`, 1))
	w.call(200, "PUT", "/v1/limit", `{"rate":1048576}`)
	s := decode[api.Service](t, w.call(200, "GET", "/v1/service", ""))
	if s.Version != "test" || s.API != api.Version || s.PID != os.Getpid() || s.State != "/var/lib/somewhere" || s.Started.IsZero() {
		t.Errorf("the service is %+v", s)
	}
	if s.Limits.Rate != 1<<20 || s.Limits.MaxFiles != openbits.MaxFiles || s.Stats.BytesReceived != 8 || s.Stats.Clients < 1 ||
		s.Stats.Jobs[openbits.StateTransferred] != 1 || len(s.Stats.Jobs) != len(openbits.States) {
		t.Errorf("its figures are %+v %+v", s.Limits, s.Stats)
	}
	text := w.call(200, "GET", "/metrics", "")
	for _, line := range []string{
		`openbits_build_info{version="test"} 1`, `openbits_jobs{state="transferred"} 1`, `openbits_jobs{state="queued"} 0`,
		"openbits_received_bytes_total 8", "openbits_rate_limit_bytes 1.048576e+06", "# TYPE openbits_received_bytes_total counter",
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the metrics do not hold %q:\n%s", line, text)
		}
	}
	dead.Store(true)
	if resp := w.send("GET", "/metrics", ""); resp.StatusCode != 500 {
		t.Errorf("metrics that cannot be read answer %d", resp.StatusCode)
	}
}

func TestOpenAPIIsServed(t *testing.T) {
	w, _ := dial(t, &servertest.Service{}, server.Options{})
	golden, err := os.ReadFile("../api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.call(200, "GET", "/openapi.yaml", ""); !bytes.HasSuffix(golden, []byte(got)) || len(got) < 1000 {
		t.Errorf("what is served is not the golden file: %d bytes", len(got))
	}
}
