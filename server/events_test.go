// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

// message is one server-sent event, or a comment.
type message struct{ name, id, data, comment string }

type stream struct {
	t  *testing.T
	in *bufio.Reader
}

func (w wire) stream(path string, header ...string) stream {
	w.t.Helper()
	resp := w.send("GET", path, "", header...)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != api.MediaEvents {
		w.t.Fatalf("the stream answers %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	return stream{w.t, bufio.NewReader(resp.Body)}
}

// read answers the next message or comment.
func (s stream) read() (m message, err error) {
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return m, err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "\n":
			return m, nil
		case name == "event":
			m.name = value
		case name == "id":
			m.id = value
		case name == "data":
			m.data += value
		case name == "":
			m.comment += value + "."
		}
	}
}

// next answers the next message that is no comment.
func (s stream) next() message {
	s.t.Helper()
	for {
		m, err := s.read()
		if err != nil {
			s.t.Fatal(err)
		}
		if m.comment == "" {
			return m
		}
	}
}

func (s stream) want(name, id string) api.Update {
	s.t.Helper()
	m := s.next()
	if m.name != name || m.id != id {
		s.t.Fatalf("got event %q with id %q, want %q with id %q", m.name, m.id, name, id)
	}
	u := decode[api.Update](s.t, m.data)
	if string(u.Kind) != name {
		s.t.Errorf("the data of %q say %q", name, u.Kind)
	}
	return u
}

func jobID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func TestStreamBeginsWithASnapshot(t *testing.T) {
	svc := &servertest.Service{}
	w, _ := dial(t, svc, server.Options{})
	for n := range 4 {
		w.call(201, "PUT", "/v1/jobs/"+jobID(n), small)
	}
	all := w.stream("/v1/events")
	if u := all.want("snapshot", ""); len(u.Jobs) != 3 || u.Jobs[0].ID != jobID(3) {
		t.Errorf("the first page holds %+v", u.Jobs)
	}
	if u := all.want("snapshot", ""); len(u.Jobs) != 1 || u.Jobs[0].ID != jobID(0) {
		t.Errorf("the second page holds %+v", u.Jobs)
	}
	all.want("ready", "4")
	one := w.stream("/v1/events?job=" + jobID(2))
	one.want("snapshot", "")
	one.want("ready", "4")

	w.call(200, "POST", "/v1/jobs/"+jobID(1)+"/resume", "")
	w.call(200, "POST", "/v1/jobs/"+jobID(2)+"/cancel", "")
	svc.Progress(jobID(1), 0, 17)
	u := all.want("event", "5")
	if u.Seq != 5 || u.Event == nil || u.Event.Type != openbits.EventState || u.Event.Job != jobID(1) || u.Event.File != nil ||
		u.Event.From != "suspended" || u.Event.State != "queued" || u.Event.Actor != "owner" || u.Jobs[0].State != "queued" {
		t.Errorf("the event is %+v", u)
	}
	all.want("event", "6")
	if u := all.want("progress", ""); len(u.Files) != 1 || u.Files[0].BytesDone != 17 || u.Event != nil {
		t.Errorf("the progress is %+v", u)
	}
	if u := one.want("event", "6"); u.Event.Job != jobID(2) {
		t.Errorf("the stream of one job has an event of another: %+v", u.Event)
	}
}

func TestStreamGoesOn(t *testing.T) {
	svc := &servertest.Service{}
	w, _ := dial(t, svc, server.Options{})
	for n := range 5 {
		w.call(201, "PUT", "/v1/jobs/"+jobID(n), small)
	}
	s := w.stream("/v1/events", api.HeaderLastEventID, "3")
	s.want("event", "4")
	s.want("event", "5")

	svc.Forget(4)
	s = w.stream("/v1/events", api.HeaderLastEventID, "3")
	s.want("event", "4")
	s = w.stream("/v1/events", api.HeaderLastEventID, "2")
	s.want("reset", "0")
	s.want("snapshot", "")
	s.want("snapshot", "")
	s.want("ready", "5")
}

func TestIdleStreamBeats(t *testing.T) {
	w, _ := dial(t, &servertest.Service{}, server.Options{Heartbeat: 10 * time.Millisecond})
	s := w.stream("/v1/events")
	comments := 0
	for comments < 3 {
		m, err := s.read()
		if err != nil {
			t.Fatal(err)
		}
		if m.comment != "" {
			comments++
		}
	}
}

func TestShutdownEndsStreams(t *testing.T) {
	w, stop := dial(t, &servertest.Service{}, server.Options{})
	streams := []stream{w.stream("/v1/events"), w.stream("/v1/events")}
	for _, s := range streams {
		s.want("ready", "0")
	}
	stop() // fails the test when the streams hold it up for a minute
	for _, s := range streams {
		if m, err := s.read(); err != io.EOF {
			t.Errorf("the stream ends with %+v, %v", m, err)
		}
	}
}

// broken fails in the middle of a stream.
type broken struct{ servertest.Service }

func (*broken) Updates(_ context.Context, _ int64, _ string, yield func(openbits.Update) error) error {
	if err := yield(openbits.Update{Kind: openbits.UpdateReady, Seq: 1}); err != nil {
		return err
	}
	return &openbits.Error{Op: "read", Object: "the queue", Kind: openbits.KindDatabaseCorrupt, File: -1}
}

func TestStreamTellsWhyItEnds(t *testing.T) {
	w, _ := dial(t, &broken{}, server.Options{})
	s := w.stream("/v1/events")
	s.want("ready", "1")
	m := s.next()
	if p := decode[api.Problem](t, m.data); m.name != "problem" || p.Code != openbits.KindDatabaseCorrupt {
		t.Errorf("the stream ends with %+v", m)
	}
	if _, err := s.read(); err != io.EOF {
		t.Errorf("after the problem comes %v", err)
	}
}

// flood sends without end, and tells how a stream ended.
type flood struct {
	servertest.Service
	ended chan error
}

func (f *flood) Updates(ctx context.Context, _ int64, _ string, yield func(openbits.Update) error) error {
	for ctx.Err() == nil {
		if err := yield(openbits.Update{Kind: openbits.UpdateSnapshot, Jobs: make([]openbits.Job, 100)}); err != nil {
			f.ended <- err
			return err
		}
	}
	f.ended <- ctx.Err()
	return ctx.Err()
}

func TestAStuckClientIsCutOff(t *testing.T) {
	svc := &flood{ended: make(chan error, 1)}
	w, _ := dial(t, svc, server.Options{Patience: 50 * time.Millisecond})
	w.stream("/v1/events") // and never read from it
	for range 20 {
		w.call(http.StatusOK, "GET", "/v1/jobs", "")
	}
	if err := <-svc.ended; err == nil {
		t.Error("the stream ended without an error")
	}
	w.call(http.StatusOK, "GET", "/v1/jobs", "")
}

func TestClientsAreCounted(t *testing.T) {
	counts := make(chan int, 64)
	w, stop := dial(t, &servertest.Service{}, server.Options{Clients: func(n int) { counts <- n }})
	w.call(200, "GET", "/v1/jobs", "")
	if n := <-counts; n != 1 {
		t.Errorf("the first connection counts as %d", n)
	}
	w.http.CloseIdleConnections()
	if n := <-counts; n != 0 {
		t.Errorf("after the last connection %d are left", n)
	}
	stop()
}
