// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/engine/enginetest"
	"github.com/openbits/openbits/netstate"
	"github.com/openbits/openbits/pace"
	"github.com/openbits/openbits/queue/memory"
)

const (
	site   = "http://example.org/"
	folder = "/dl"
)

// world is an engine in a bubble of testing/synctest: servers, disk, network and clock do what the test says.
type world struct {
	t       *testing.T
	ctx     context.Context
	queue   *memory.Store
	store   *spy
	disk    *enginetest.Disk
	servers *enginetest.Mover
	machine *netstate.Fake
	tune    func(*engine.Options)
	*engine.Engine
}

// inWorld runs a test under the fake clock. When it ends, the engine is closed: whatever goroutine is left fails it.
func inWorld(t *testing.T, tune func(*engine.Options), fn func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		queue := memory.New()
		w := &world{
			t: t, ctx: t.Context(), queue: queue, store: &spy{Store: queue}, disk: enginetest.NewDisk(folder),
			servers: enginetest.NewMover(), machine: netstate.NewFake("boot-1"), tune: tune,
		}
		w.start()
		fn(w)
		w.Close()
		synctest.Wait()
		if n := w.disk.OpenParts(); n != 0 {
			t.Errorf("%d part files are open after the engine closed", n)
		}
	})
}

func (w *world) start() {
	w.t.Helper()
	o := engine.Options{
		Store: w.store, Sink: w.disk, Machine: w.machine, Downloads: w.servers,
		NewLimiter: func(rate int64) engine.Limiter { return pace.NewLimiter(rate) },
	}
	if w.tune != nil {
		w.tune(&o)
	}
	w.Engine = engine.New(o)
	if err := w.Start(w.ctx); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// restart ends the service in order and starts it again, in another boot when boot is not "".
func (w *world) restart(boot string) {
	w.t.Helper()
	w.Close()
	w.reopen(boot)
}

// reopen starts the service again on the queue as it is.
func (w *world) reopen(boot string) {
	w.t.Helper()
	if boot != "" {
		w.machine = netstate.NewFake(boot)
	}
	w.queue = w.queue.Reopen()
	w.store = &spy{Store: w.queue}
	w.start()
}

// kill ends the service as kill -9 does: nothing that it does from now on reaches the queue.
func (w *world) kill() {
	w.t.Helper()
	w.queue = w.queue.Reopen()
	w.Close()
}

// after lets time pass and everything settle.
func (w *world) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// option changes a request.
type option = func(*openbits.NewJob)

// file adds a file to the request whose URL and name are given.
func file(name string) option {
	return func(n *openbits.NewJob) {
		n.Files = append(n.Files, openbits.NewFile{URL: site + name, Folder: folder, Name: name})
	}
}

// at adds a file from a host of its own.
func at(url, name string) option {
	return func(n *openbits.NewJob) {
		n.Files = append(n.Files, openbits.NewFile{URL: url, Folder: folder, Name: name})
	}
}

// files adds files f0, f1, ….
func files(count int) option {
	return func(n *openbits.NewJob) {
		for i := range count {
			file(fmt.Sprintf("f%d", i))(n)
		}
	}
}

func priority(p openbits.Priority) option { return func(n *openbits.NewJob) { n.Priority = p } }
func keep(n *openbits.NewJob)             { n.Settings.AutoComplete = false }
func parked(n *openbits.NewJob)           { n.Start = false }
func settings(fn func(*openbits.Settings)) option {
	return func(n *openbits.NewJob) { fn(&n.Settings) }
}

// request is a started job that completes by itself.
func request(options ...option) openbits.NewJob {
	n := openbits.NewJob{ID: newID(), Settings: openbits.DefaultSettings(), Start: true, Owner: openbits.Owner{ID: "1000"}}
	n.Settings.AutoComplete = true
	for _, o := range options {
		o(&n)
	}
	return n
}

// create makes a job and lets everything settle that needs no time.
func (w *world) create(options ...option) string {
	w.t.Helper()
	j, _, err := w.Create(w.ctx, request(options...))
	if err != nil {
		w.t.Fatalf("create: %v", err)
	}
	synctest.Wait()
	return j.ID
}

// slow is a page that takes d to arrive, a hundredth at a time.
func slow(size int, d time.Duration) enginetest.Page {
	return enginetest.Page{Body: body(size), ETag: `"v1"`, Chunk: max(size/100, 1), Pace: d / 100}
}

// body is content that differs at every place.
func body(size int) []byte {
	b := make([]byte, size)
	x := uint32(size) | 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func (w *world) put(name string, p enginetest.Page) { w.servers.Put(site+name, p) }

func (w *world) script(name string, a ...enginetest.Attempt) { w.servers.Script(site+name, a...) }

func (w *world) job(id string) openbits.Job {
	w.t.Helper()
	j, err := w.Job(w.ctx, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return j
}

func (w *world) fileOf(id string, index int) openbits.File {
	w.t.Helper()
	f, err := w.File(w.ctx, id, index)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// is checks a job's state, and its reason when one is given.
func (w *world) is(id string, s openbits.State, reason ...openbits.ReasonCode) openbits.Job {
	w.t.Helper()
	j := w.job(id)
	if j.State != s {
		w.t.Errorf("the job is %s, want %s; reason %+v, error %v", j.State, s, j.Reason, j.Error)
	}
	if len(reason) > 0 && (j.Reason == nil || j.Reason.Code != reason[0]) {
		w.t.Errorf("the job is %s for the reason %+v, want %s", j.State, j.Reason, reason[0])
	}
	return j
}

// act makes an owner's call and lets everything settle that needs no time.
func (w *world) act(id string, a openbits.Action) openbits.Job {
	w.t.Helper()
	j, err := w.Act(w.ctx, id, a)
	if err != nil {
		w.t.Fatalf("%s: %v", a, err)
	}
	synctest.Wait()
	return j
}

// fails checks the kind of an error, and that it says something.
func (w *world) fails(err error, kind openbits.Kind) {
	w.t.Helper()
	if openbits.KindOf(err) != kind {
		w.t.Errorf("the error is %v (%s), want %s", err, openbits.KindOf(err), kind)
	}
}

// published checks that exactly these files stand in the folder, each with the content of its page, and nothing hidden.
func (w *world) published(names ...string) {
	w.t.Helper()
	have := w.disk.Files(folder)
	for _, name := range names {
		if len(have[name]) == 0 {
			w.t.Errorf("%s is missing", name)
		}
		delete(have, name)
	}
	for name := range have {
		w.t.Errorf("%s is in the folder", name)
	}
	w.noParts()
}

func (w *world) noParts() {
	w.t.Helper()
	for name := range w.disk.Parts(folder) {
		w.t.Errorf("the part file %s is left", name)
	}
}

// holds checks that a published file is a whole page.
func (w *world) holds(name string, want []byte) {
	w.t.Helper()
	if got, ok := w.disk.Files(folder)[name]; !ok || !bytes.Equal(got, want) {
		w.t.Errorf("%s is there: %v, and has %d bytes, want the page's %d", name, ok, len(got), len(want))
	}
}

// events answers the types and states of a job's events, as words.
func (w *world) events(id string, kinds ...openbits.EventType) (list []string) {
	w.t.Helper()
	events, _, err := w.queue.Events(w.ctx, 0, 1_000_000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, ev := range events {
		if ev.JobID == id && (len(kinds) == 0 || slices.Contains(kinds, ev.Type)) {
			list = append(list, string(ev.Type)+" "+ev.State)
		}
	}
	return list
}

// states answers the states a job went through.
func (w *world) states(id string) (list []openbits.State) {
	w.t.Helper()
	events, _, err := w.queue.Events(w.ctx, 0, 1_000_000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, ev := range events {
		if ev.JobID == id && ev.Type == openbits.EventState {
			list = append(list, openbits.State(ev.State))
		}
	}
	return list
}

// within checks that a time lies between two others.
func (w *world) within(what string, got, low, high time.Duration) {
	w.t.Helper()
	if got < low || got > high {
		w.t.Errorf("%s is %v, want %v to %v", what, got, low, high)
	}
}
