// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpget"
	"github.com/openbits/openbits/netstate"
	"github.com/openbits/openbits/pace"
	"github.com/openbits/openbits/queue/memory"
	"github.com/openbits/openbits/sink"
)

// rig is an engine on a real disk, with a queue in memory and an origin on loopback.
type rig struct {
	t       *testing.T
	ctx     context.Context
	dir     string
	store   *memory.Store
	machine *netstate.Fake
	sink    engine.Sink
	mover   engine.Mover
	origin  *testlab.Origin
	tune    func(*engine.Options)
	*engine.Engine
}

func newRig(t *testing.T, tune func(*engine.Options)) *rig {
	t.Helper()
	origin, err := testlab.StartOrigin(testlab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(origin.Close)
	s := sink.New(sink.Options{})
	t.Cleanup(func() { _ = s.Close() })
	r := &rig{
		t: t, ctx: t.Context(), dir: t.TempDir(), store: memory.New(), machine: netstate.NewFake("boot-1"), sink: s,
		mover: httpget.New(httpget.Options{UserAgent: "openbits/test"}), origin: origin, tune: tune,
	}
	r.start()
	t.Cleanup(func() { r.Close() })
	return r
}

func (r *rig) start() {
	r.t.Helper()
	o := engine.Options{
		Store: r.store, Sink: r.sink, Machine: r.machine, Downloads: r.mover,
		NewLimiter: func(rate int64) engine.Limiter { return pace.NewLimiter(rate) },
		Poll:       20 * time.Millisecond,
	}
	if r.tune != nil {
		r.tune(&o)
	}
	r.Engine = engine.New(o)
	if err := r.Start(r.ctx); err != nil {
		r.t.Fatal(err)
	}
}

// newID makes a UUID of version 4.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// job is a request for the given names, to be started at once; options change it.
func (r *rig) job(names []string, options ...func(*openbits.NewJob)) openbits.NewJob {
	n := openbits.NewJob{ID: newID(), Settings: openbits.DefaultSettings(), Start: true, Owner: openbits.Owner{ID: "1000"}}
	n.Settings.AutoComplete = true
	for _, name := range names {
		n.Files = append(n.Files, openbits.NewFile{URL: r.origin.URL + "/" + name, Folder: r.dir, Name: name})
	}
	for _, o := range options {
		o(&n)
	}
	return n
}

func (r *rig) create(n openbits.NewJob) openbits.Job {
	r.t.Helper()
	j, _, err := r.Create(r.ctx, n)
	if err != nil {
		r.t.Fatalf("create: %v", err)
	}
	return j
}

// await follows the event stream until the job satisfies done.
func (r *rig) await(id string, done func(openbits.Job) bool) openbits.Job {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, time.Minute)
	defer cancel()
	var last openbits.Job
	found := fmt.Errorf("found")
	err := r.Updates(ctx, 0, id, func(u openbits.Update) error {
		for _, j := range u.Jobs {
			if last = j; done(j) {
				return found
			}
		}
		return nil
	})
	if err != found {
		r.t.Fatalf("await: %v; the job is %s, reason %+v, error %v", err, last.State, last.Reason, last.Error)
	}
	return last
}

func (r *rig) awaitState(id string, s openbits.State) openbits.Job {
	r.t.Helper()
	return r.await(id, func(j openbits.Job) bool { return j.State == s })
}

// holds checks that a published file is exactly the content.
func (r *rig) holds(name string, c testlab.Content) {
	r.t.Helper()
	b, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.t.Fatal(err)
	}
	if !c.Is(b) {
		r.t.Errorf("%s has %d bytes that are not the origin's", name, len(b))
	}
}

// onlyPublished checks that nothing hidden is left in the folder.
func (r *rig) only(names ...string) {
	r.t.Helper()
	want := map[string]bool{}
	for _, n := range names {
		want[n] = true
	}
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, e := range entries {
		if !want[e.Name()] {
			r.t.Errorf("%s is left in the folder", e.Name())
		}
		delete(want, e.Name())
	}
	for n := range want {
		r.t.Errorf("%s is missing", n)
	}
}
