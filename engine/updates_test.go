// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// ear listens to an engine and keeps what it hears.
type ear struct {
	mu     sync.Mutex
	heard  []openbits.Update
	times  []time.Time
	ended  bool
	err    error
	cancel context.CancelFunc
}

// listen starts to listen; delay is how long it takes over each update.
func (w *world) listen(after int64, id string, delay time.Duration) *ear {
	ctx, cancel := context.WithCancel(w.ctx)
	l := &ear{cancel: cancel}
	engine := w.Engine
	go func() {
		err := engine.Updates(ctx, after, id, func(u openbits.Update) error {
			l.mu.Lock()
			l.heard, l.times = append(l.heard, u), append(l.times, time.Now())
			l.mu.Unlock()
			time.Sleep(delay)
			return nil
		})
		l.mu.Lock()
		l.ended, l.err = true, err
		l.mu.Unlock()
	}()
	w.after(0)
	return l
}

func (l *ear) all(kinds ...openbits.UpdateKind) (list []openbits.Update) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, u := range l.heard {
		if slices.Contains(kinds, u.Kind) {
			list = append(list, u)
		}
	}
	return list
}

func (l *ear) kinds() (list []openbits.UpdateKind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, u := range l.heard {
		list = append(list, u.Kind)
	}
	return list
}

func (l *ear) end() (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended, l.err
}

// gapless checks that the events go from one sequence to another without gap or repetition.
func (l *ear) gapless(t *testing.T, from, to int64) {
	t.Helper()
	next := from
	for _, u := range l.all(openbits.UpdateEvent) {
		if u.Event == nil || u.Seq != next || u.Event.Seq != next {
			t.Errorf("event %d came where %d was due", u.Seq, next)
			next = u.Seq
		}
		next++
	}
	if next != to+1 {
		t.Errorf("the events end at %d, want %d", next-1, to)
	}
}

func (w *world) last() int64 {
	w.t.Helper()
	n, err := w.queue.LastEvent(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestUpdates(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		old := w.create(file("old"), parked)
		gone := w.create(file("gone"), parked)
		w.act(gone, openbits.ActionCancel)
		seq := w.last()
		l := w.listen(0, "", 0)
		if got := l.kinds(); !slices.Equal(got, []openbits.UpdateKind{openbits.UpdateSnapshot, openbits.UpdateReady}) {
			t.Fatalf("the stream begins with %v", got)
		}
		snapshot := l.all(openbits.UpdateSnapshot)[0]
		if len(snapshot.Jobs) != 1 || snapshot.Jobs[0].ID != old || snapshot.Seq != seq {
			t.Errorf("the snapshot has %d jobs at event %d", len(snapshot.Jobs), snapshot.Seq)
		}
		w.put("f0", enginetest.Page{Body: body(10)})
		id := w.create(files(1))
		l.gapless(t, seq+1, w.last())
		events := l.all(openbits.UpdateEvent)
		final := events[len(events)-1]
		if final.Jobs[0].ID != id || final.Jobs[0].State != openbits.StateAcknowledged || final.Event.State != string(openbits.StateAcknowledged) {
			t.Errorf("the last event is %+v", final)
		}
		for _, u := range events {
			if u.Event.File >= 0 && (len(u.Files) != 1 || u.Files[0].Index != u.Event.File) {
				t.Errorf("an event about file %d carries %d files", u.Event.File, len(u.Files))
			}
		}
		if len(l.all(openbits.UpdateProgress)) != 0 {
			t.Error("progress was told of a job that took no time")
		}
	})
}

// TestUpdatesOfOneJob leave the others out.
func TestUpdatesOfOneJob(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.create(file("a"), parked)
		l := w.listen(0, id, 0)
		w.create(file("b"), parked)
		w.act(id, openbits.ActionCancel)
		for _, u := range l.all(openbits.UpdateSnapshot, openbits.UpdateEvent) {
			for _, j := range u.Jobs {
				if j.ID != id {
					t.Errorf("%s %d is about another job", u.Kind, u.Seq)
				}
			}
		}
		if n := len(l.all(openbits.UpdateEvent)); n == 0 {
			t.Error("nothing was told of the job's end")
		}
		err := w.Updates(w.ctx, 0, newID(), func(openbits.Update) error { return nil })
		w.fails(err, openbits.KindNotFound)
	})
}

// TestUpdatesGoOn: a listener that names the last event it saw gets what followed, and no snapshot.
func TestUpdatesGoOn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		first := w.create(file("a"), parked)
		seq := w.last()
		w.act(first, openbits.ActionCancel)
		w.create(file("b"), parked)
		l := w.listen(seq, "", 0)
		if n := len(l.all(openbits.UpdateSnapshot, openbits.UpdateReset)); n != 0 {
			t.Errorf("%d updates came that are not events", n)
		}
		l.gapless(t, seq+1, w.last())
		w.create(file("c"), parked)
		l.gapless(t, seq+1, w.last())
	})
}

// TestUpdatesReset: to whom it cannot go on it says so, and begins anew.
func TestUpdatesReset(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.create(file("a"), parked)
		w.create(file("b"), parked)
		future := w.listen(w.last()+100, "", 0)
		w.after(day)
		if err := w.queue.Prune(w.ctx, time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		pruned := w.listen(1, "", 0)
		want := []openbits.UpdateKind{openbits.UpdateReset, openbits.UpdateSnapshot, openbits.UpdateReady}
		for name, l := range map[string]*ear{"a sequence of the future": future, "a pruned one": pruned} {
			if got := l.kinds(); !slices.Equal(got, want) {
				t.Errorf("%s is answered with %v", name, got)
			}
		}
		at := w.listen(w.last(), "", 0) // everything is pruned, and nothing was missed
		if got := at.kinds(); len(got) != 0 {
			t.Errorf("the last sequence is answered with %v", got)
		}
	})
}

// TestProgress comes while a job moves, not faster than twice a second, and never otherwise.
func TestProgress(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		l := w.listen(0, "", 0)
		w.after(10 * time.Second)
		if n := len(l.all(openbits.UpdateProgress)); n != 0 {
			t.Errorf("%d reports of progress came while nothing moved", n)
		}
		w.put("f0", slow(1_000_000, 10*time.Second))
		id := w.create(files(1))
		w.after(5 * time.Second)
		reports := l.all(openbits.UpdateProgress)
		if len(reports) < 8 || len(reports) > 11 {
			t.Errorf("%d reports came in 5 s", len(reports))
		}
		var done int64 = -1
		for i, u := range reports {
			if len(u.Jobs) != 1 || u.Jobs[0].ID != id || u.Jobs[0].BytesDone < done || len(u.Files) > 1 || u.Event != nil {
				t.Errorf("report %d is %+v after %d bytes", i, u, done)
			}
			done = u.Jobs[0].BytesDone
		}
		if done < 400_000 || reports[len(reports)-1].Jobs[0].Rate < 50_000 {
			t.Errorf("half-way %d bytes and a rate of %d are told", done, reports[len(reports)-1].Jobs[0].Rate)
		}
		w.after(6 * time.Second)
		w.is(id, openbits.StateAcknowledged)
		n := len(l.all(openbits.UpdateProgress))
		w.after(time.Hour)
		if more := len(l.all(openbits.UpdateProgress)) - n; more != 0 {
			t.Errorf("%d reports came after the end", more)
		}
	})
}

// TestSlowListeners do not hold the engine up, and miss nothing.
func TestSlowListeners(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		l := w.listen(0, "", time.Minute)
		for i := range 20 {
			w.put(fmt.Sprintf("f%d", i), enginetest.Page{Body: body(10)})
		}
		began := time.Now()
		w.is(w.create(files(20)), openbits.StateAcknowledged)
		if took := time.Since(began); took != 0 {
			t.Errorf("the job took %v", took)
		}
		last := w.last()
		w.after(time.Hour)
		l.gapless(t, 1, last)
	})
}

// TestUpdatesEnd with their context, with their listener, and with the engine.
func TestUpdatesEnd(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.create(file("a"), parked)
		l := w.listen(0, "", 0)
		l.cancel()
		w.after(0)
		if ended, err := l.end(); !ended || !errors.Is(err, context.Canceled) {
			t.Errorf("ended %v with %v after its context", ended, err)
		}
		enough := errors.New("enough")
		if err := w.Updates(w.ctx, 0, "", func(openbits.Update) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("ended with %v after its listener", err)
		}
		l = w.listen(0, "", 0)
		w.Close()
		w.after(0)
		if ended, err := l.end(); !ended || err != nil {
			t.Errorf("ended %v with %v after the engine", ended, err)
		}
		w.reopen("")
	})
}
