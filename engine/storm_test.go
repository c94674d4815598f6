// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/netstate"
	"github.com/openbits/openbits/pace"
	"github.com/openbits/openbits/queue/memory"
	"github.com/openbits/openbits/sink"
)

// failer is what a storm complains to: a *testing.T or a *rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// storm is what outlives the service: a disk, a queue, a server. Services come and go in it, in order or by a
// crash, and anything that they do to disk and queue can be made to fail. It lives in a synctest bubble, so that
// hours of waiting take no time: the disk is a real one, the network is made of pipes.
type storm struct {
	t       failer
	ctx     context.Context
	dir     string
	origin  *testlab.Origin
	wire    *wire
	real    *sink.Sink
	store   *memory.Store
	machine *netstate.Fake
	boots   int
	tune    func(*engine.Options)
	endings sync.WaitGroup // of services that were crashed

	post    *testlab.Receiver
	sources string                     // the folder of what is sent
	letters map[string]testlab.Content // by the path of the URL

	life   *life // of the service that runs
	movers movers
	*engine.Engine

	mu     sync.Mutex
	plan   func(op diskOp, path string) *strike // what happens to the next operation; nil: nothing
	shadow map[string]*shadow                   // by path of the part file
	undone map[string]string                    // final names that the disk may not know yet, and their part files
}

// startOrigin starts an origin whose own server is not used in a storm, since it is outside the bubble.
func startOrigin(t *testing.T) *testlab.Origin {
	t.Helper()
	origin, err := testlab.StartOrigin(testlab.Options{Stall: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(origin.Close)
	return origin
}

// inStorm runs fn in a synctest bubble in which it is summer 2024. A panic, with which rapid ends a test, comes
// out of the bubble.
func inStorm(t *testing.T, fn func(t *testing.T)) {
	t.Helper()
	var panicked any
	synctest.Test(t, func(t *testing.T) {
		defer func() { panicked = recover() }()
		time.Sleep(time.Until(time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)))
		fn(t)
	})
	if panicked != nil {
		panic(panicked)
	}
}

func newStorm(t failer, dir string, origin *testlab.Origin, tune func(*engine.Options)) *storm {
	w := &storm{
		t: t, ctx: context.Background(), dir: dir, origin: origin, real: sink.New(sink.Options{}),
		store: memory.New(), tune: tune, shadow: make(map[string]*shadow), undone: make(map[string]string),
	}
	w.openPost()
	w.wire = newWire(http.HandlerFunc(w.serve))
	w.boot()
	w.start()
	return w
}

func (w *storm) boot() {
	w.boots++
	w.machine = netstate.NewFake("boot-" + strconv.Itoa(w.boots))
}

// start starts a service; faults may keep it from starting, in which case it is started again as its manager would.
func (w *storm) start() {
	w.t.Helper()
	for range 100 {
		w.life = &life{w: w}
		w.movers = newMovers(w.wire.dial)
		o := engine.Options{
			Store: storeGate{w.store, w.life}, Sink: diskGate{w.life}, Machine: w.machine, Downloads: w.movers.get,
			Sources: diskGate{w.life}, Uploads: w.movers.uploads(),
			NewLimiter:      func(rate int64) engine.Limiter { return pace.NewLimiter(rate) },
			CheckpointBytes: 256 << 10,
		}
		if w.tune != nil {
			w.tune(&o)
		}
		w.Engine = engine.New(o)
		err := w.Start(w.ctx)
		if err == nil {
			return
		}
		w.crash()
		w.store = w.store.Reopen()
	}
	w.t.Fatalf("the service does not start")
}

// crash ends the service as kill -9 does. Its goroutines find that nothing they do has any effect.
func (w *storm) crash() {
	old, movers := w.Engine, w.movers
	w.endings.Add(1) // before anybody can see that it is dead
	w.life.kill()
	go func() {
		defer w.endings.Done()
		old.Close()
		movers.Reset()
	}()
}

// revive starts a service after a crash; with a reboot the disk forgets what was not synced.
func (w *storm) revive(reboot bool, rng *rand.Rand) {
	w.t.Helper()
	w.endings.Wait()
	if reboot {
		w.powerCut(rng)
		w.boot()
	}
	w.mu.Lock()
	clear(w.undone) // in this boot the folder is as the service left it, and the next sync makes it durable
	w.mu.Unlock()
	w.store = w.store.Reopen()
	w.start()
}

// restart ends the service in order and starts another.
func (w *storm) restart() {
	w.t.Helper()
	w.Close()
	w.movers.Reset()
	w.life.kill()
	w.store = w.store.Reopen()
	w.start()
}

// dead reports whether a planned crash has struck.
func (w *storm) dead() bool {
	w.life.mu.RLock()
	defer w.life.mu.RUnlock()
	return w.life.dead
}

func (w *storm) setPlan(plan func(op diskOp, path string) *strike) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.plan = plan
}

// end ends everything, so that the bubble can.
func (w *storm) end() {
	w.setPlan(nil)
	w.Close()
	w.movers.Reset()
	w.endings.Wait()
	w.wire.close()
	w.post.Close()
	_ = os.RemoveAll(w.sources)
	_ = w.real.Close()
	synctest.Wait()
}

// settle lets time pass until no job is going to move by itself, or a planned crash struck.
func (w *storm) settle() {
	w.t.Helper()
	for range 2000 {
		synctest.Wait()
		if w.dead() {
			return
		}
		idle, err := w.Idle(w.ctx)
		if err == nil && idle {
			return
		}
		time.Sleep(5 * time.Second)
	}
	for _, j := range w.jobs() {
		if !j.State.Final() {
			w.t.Errorf("job %s is %s after hours: reason %+v, error %v, next try %v, %d files, %d done, %d failed",
				j.ID, j.State, j.Reason, j.Error, j.NextTry, j.FilesTotal, j.FilesDone, j.FilesFailed)
			for _, f := range w.files(j.ID) {
				w.t.Errorf("  file %d is %s, %d of %d bytes, error %v, next try %v", f.Index, f.State, f.BytesDone, f.BytesTotal, f.Error, f.NextTry)
			}
		}
	}
	w.t.Fatalf("the service does not come to rest")
}

// jobs and files read the queue itself, whether a service runs or not.
func (w *storm) jobs() (list []openbits.Job) {
	w.t.Helper()
	for after := ""; ; {
		page, err := w.store.Jobs(w.ctx, openbits.JobQuery{After: after})
		if err != nil {
			w.t.Fatalf("the queue cannot be read: %v", err)
		}
		list = append(list, page.Jobs...)
		if after = page.Next; after == "" {
			return list
		}
	}
}

func (w *storm) files(id string) []openbits.File {
	w.t.Helper()
	page, err := w.store.Files(w.ctx, id, openbits.FileQuery{Limit: 1000})
	if err != nil {
		w.t.Fatalf("the files of job %s cannot be read: %v", id, err)
	}
	return page.Files
}

// newFolder makes a folder for one storm and answers what removes it.
func newFolder(t failer, parent string) (dir string, remove func()) {
	dir, err := os.MkdirTemp(parent, "storm")
	if err != nil {
		t.Fatalf("%v", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }
}

// wire is a network of pipes on which every address leads to one handler.
type wire struct {
	server http.Server
	conns  chan net.Conn
	done   chan struct{}
	once   sync.Once
}

func newWire(h http.Handler) *wire {
	w := &wire{conns: make(chan net.Conn), done: make(chan struct{})}
	w.server.Handler = h
	go func() { _ = w.server.Serve(w) }()
	return w
}

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case w.conns <- there:
		return here, nil
	case <-w.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept, Close and Addr make it a net.Listener.
func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.done) })
	return nil
}

func (w *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (w *wire) close() { _ = w.server.Close() }
