// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/server/servertest"
)

// want takes updates until one of the kind comes.
func want(t *testing.T, next func() (api.Update, error, bool), kind openbits.UpdateKind) api.Update {
	t.Helper()
	for {
		u, err, ok := next()
		if err != nil || !ok {
			t.Fatalf("the stream ends before %s: %v", kind, err)
		}
		if u.Kind == kind {
			return u
		}
	}
}

func TestWatchGoesOnAfterARestart(t *testing.T) {
	svc := &servertest.Service{}
	socket := servertest.Socket(t)
	stop := servertest.ServeOn(t, socket, svc, server.Options{})
	c := &client.Client{Socket: socket}
	t.Cleanup(func() { _ = c.Close() })
	id := client.NewID()
	create(t, c, newJob(id, "j", 1))

	var restart func()
	losses := 0
	next, end := iter.Pull2(c.Watch(t.Context(), client.WatchOptions{Lost: func(err error) error {
		if losses++; !errors.Is(err, openbits.KindServiceUnavailable) {
			t.Errorf("the loss is %v", err)
		}
		restart()
		return nil
	}}))
	defer end()
	if u := want(t, next, openbits.UpdateSnapshot); len(u.Jobs) != 1 || u.Jobs[0].ID != id {
		t.Errorf("the snapshot holds %+v", u.Jobs)
	}
	want(t, next, openbits.UpdateReady)
	svc.Move(id, openbits.StateQueued, openbits.ReasonTurn)
	if u := want(t, next, openbits.UpdateEvent); u.Event.Seq != 2 {
		t.Errorf("the event is %+v", u.Event)
	}

	restart = func() {
		svc.Move(id, openbits.StateConnecting, "") // while nobody listens
		stop = servertest.ServeOn(t, socket, svc, server.Options{})
	}
	stop()
	u, err, ok := next()
	if err != nil || !ok || u.Kind != openbits.UpdateEvent || u.Seq != 3 || u.Jobs[0].State != openbits.StateConnecting {
		t.Fatalf("after the restart comes %+v, %v", u, err)
	}

	restart = func() {
		svc.Move(id, openbits.StateTransferring, "")
		svc.Move(id, openbits.StateError, openbits.ReasonFailed)
		svc.Forget(5)
		stop = servertest.ServeOn(t, socket, svc, server.Options{})
	}
	stop()
	if u, err, ok = next(); err != nil || !ok || u.Kind != openbits.UpdateReset {
		t.Fatalf("after events were forgotten comes %+v, %v", u, err)
	}
	if u = want(t, next, openbits.UpdateSnapshot); u.Jobs[0].State != openbits.StateError {
		t.Errorf("the new snapshot holds %+v", u.Jobs)
	}
	if u = want(t, next, openbits.UpdateReady); u.Seq != 5 || losses < 2 {
		t.Errorf("it ends with %+v after %d losses", u, losses)
	}
}

func TestWatchEnds(t *testing.T) {
	svc := &servertest.Service{}
	socket, stop := servertest.Serve(t, svc, server.Options{})
	c := &client.Client{Socket: socket}
	t.Cleanup(func() { _ = c.Close() })

	for _, err := range c.Watch(t.Context(), client.WatchOptions{}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	for _, err := range c.Watch(t.Context(), client.WatchOptions{Job: client.NewID()}) {
		if !errors.Is(err, openbits.KindNotFound) {
			t.Errorf("watching an unknown job ends with %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for u, err := range c.Watch(ctx, client.WatchOptions{}) {
		if last = err; u.Kind == openbits.UpdateReady {
			cancel()
		}
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a cancelled watch ends with %v", last)
	}
	given := errors.New("given up")
	next, end := iter.Pull2(c.Watch(t.Context(), client.WatchOptions{Lost: func(error) error { return given }}))
	defer end()
	once, endOnce := iter.Pull2(c.Watch(t.Context(), client.WatchOptions{Once: true}))
	defer endOnce()
	want(t, next, openbits.UpdateReady)
	want(t, once, openbits.UpdateReady)
	stop()
	if _, err, _ := next(); !errors.Is(err, given) {
		t.Errorf("a watch that was given up ends with %v", err)
	}
	if _, err, _ := once(); !errors.Is(err, openbits.KindServiceUnavailable) {
		t.Errorf("a watch of one connection ends with %v", err)
	}
}

// failing tells why its stream ends.
type failing struct{ servertest.Service }

func (*failing) Updates(context.Context, int64, string, func(openbits.Update) error) error {
	return &openbits.Error{Op: "read", Object: "the queue", Kind: openbits.KindDatabaseCorrupt, Err: io.ErrUnexpectedEOF, File: -1}
}

func TestWatchTellsTheServicesFailure(t *testing.T) {
	c := connect(t, &failing{})
	for _, err := range c.Watch(t.Context(), client.WatchOptions{}) {
		if !errors.Is(err, openbits.KindDatabaseCorrupt) {
			t.Errorf("the watch ends with %v", err)
		}
	}
}

func TestWait(t *testing.T) {
	svc := &servertest.Service{}
	streams := make(chan struct{}, 16)
	svc.Fail = func(call string) error {
		if call == "updates" {
			streams <- struct{}{}
		}
		return nil
	}
	socket := servertest.Socket(t)
	stop := servertest.ServeOn(t, socket, svc, server.Options{})
	c := &client.Client{Socket: socket}
	t.Cleanup(func() { _ = c.Close() })
	first, second := newJob(client.NewID(), "first", 1), newJob(client.NewID(), "second", 1)
	second.Settings.AutoComplete = true
	for _, j := range []api.NewJob{first, second} {
		j.Start = true
		create(t, c, j)
	}
	type result struct {
		jobs []api.Job
		err  error
	}
	done := make(chan result, 1)
	go func() {
		jobs, err := c.Wait(t.Context(), first.ID, second.ID)
		done <- result{jobs, err}
	}()
	<-streams
	svc.Move(first.ID, openbits.StateTransientError, openbits.ReasonRetry)
	stop()
	servertest.ServeOn(t, socket, svc, server.Options{})
	<-streams
	svc.Move(first.ID, openbits.StateError, openbits.ReasonFailed)
	<-streams
	svc.Move(second.ID, openbits.StateTransferred, openbits.ReasonNeedsComplete)
	svc.Move(second.ID, openbits.StateAcknowledged, openbits.ReasonCompleted)
	r := <-done
	if r.err != nil || len(r.jobs) != 2 || r.jobs[0].State != openbits.StateError || r.jobs[1].State != openbits.StateAcknowledged {
		t.Errorf("waited for %+v, %v", r.jobs, r.err)
	}
	if _, err := c.Wait(t.Context(), client.NewID()); !errors.Is(err, openbits.KindNotFound) {
		t.Errorf("waiting for an unknown job: %v", err)
	}
}
