// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"sync"
	"time"

	"github.com/openbits/openbits"
)

// news tells listeners that the record grew. What happened they read from the
// store: nobody can fall behind, and nobody holds the engine up.
type news struct {
	mu sync.Mutex
	ch chan struct{}
}

func newNews() *news { return &news{ch: make(chan struct{})} }

// announce wakes all listeners.
func (n *news) announce() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.ch)
	n.ch = make(chan struct{})
}

// next is closed by the next announcement.
func (n *news) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ch
}

const (
	// progressEvery is how often listeners get the figures of jobs that move.
	progressEvery = 500 * time.Millisecond
	// eventPage is how many events are read at a time.
	eventPage = 256
)

// listener is one caller of Updates.
type listener struct {
	e     *Engine
	jobID string
	seq   int64
	yield func(openbits.Update) error
}

// Updates calls yield with the jobs as they are and then with what changes, until ctx ends or yield fails.
// With after > 0 it goes on behind that event without a snapshot, or says reset when it is not kept any more.
func (e *Engine) Updates(ctx context.Context, after int64, jobID string, yield func(openbits.Update) error) error {
	l := &listener{e: e, jobID: jobID, seq: after, yield: yield}
	if err := l.begin(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		more := e.news.next() // before reading, so that nothing falls in between
		if err := l.catchUp(ctx); err != nil {
			return err
		}
		var ticks <-chan time.Time
		if e.moving(jobID) {
			ticks = tick.C
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.ctx.Done():
			return nil
		case <-more:
		case <-ticks:
			if err := l.progress(ctx); err != nil {
				return err
			}
		}
	}
}

// begin brings the listener to where it can follow events.
func (l *listener) begin(ctx context.Context) error {
	if l.seq > 0 {
		_, oldest, err := l.e.Store.Events(ctx, l.seq, 1)
		if err != nil {
			return err
		}
		last, err := l.e.Store.LastEvent(ctx)
		if err != nil {
			return err
		}
		if l.seq >= oldest-1 && l.seq <= last {
			return nil
		}
		if err := l.yield(openbits.Update{Kind: openbits.UpdateReset}); err != nil {
			return err
		}
	}
	return l.snapshot(ctx)
}

// live are the states of jobs that a snapshot shows when it is not about one job.
var live = []openbits.State{queued, connecting, transferring, suspended, failed, transient, transferred}

func (l *listener) snapshot(ctx context.Context) error {
	// Events from here on may be in the snapshot already; they carry states, so seeing one twice does no harm.
	seq, err := l.e.Store.LastEvent(ctx)
	if err != nil {
		return err
	}
	l.seq = seq
	if l.jobID != "" {
		j, err := l.e.Job(ctx, l.jobID)
		if err != nil {
			return err
		}
		if err := l.yield(openbits.Update{Kind: openbits.UpdateSnapshot, Seq: seq, Jobs: []openbits.Job{j}}); err != nil {
			return err
		}
		return l.yield(openbits.Update{Kind: openbits.UpdateReady, Seq: seq})
	}
	for after := ""; ; {
		page, err := l.e.Jobs(ctx, openbits.JobQuery{States: live, After: after, Limit: eventPage})
		if err != nil {
			return err
		}
		if len(page.Jobs) > 0 {
			if err := l.yield(openbits.Update{Kind: openbits.UpdateSnapshot, Seq: seq, Jobs: page.Jobs}); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return l.yield(openbits.Update{Kind: openbits.UpdateReady, Seq: seq})
		}
		after = page.Next
	}
}

// catchUp yields the events that the listener has not seen.
func (l *listener) catchUp(ctx context.Context) error {
	for {
		events, _, err := l.e.Store.Events(ctx, l.seq, eventPage)
		if err != nil {
			return err
		}
		look := newLook(l.e)
		for i := range events {
			if err := l.one(ctx, events[i:], look); err != nil {
				return err
			}
			l.seq = events[i].Seq
		}
		if len(events) < eventPage {
			return nil
		}
	}
}

// one yields the first of the events, with what look knows of its job and its file.
func (l *listener) one(ctx context.Context, events []openbits.Event, look *look) error {
	ev := &events[0]
	if l.jobID != "" && ev.JobID != l.jobID {
		return nil
	}
	up := openbits.Update{Kind: openbits.UpdateEvent, Seq: ev.Seq, Event: ev}
	j, err := look.job(ctx, ev.JobID)
	switch {
	case err != nil:
		return err
	case j != nil:
		up.Jobs = []openbits.Job{*j}
	}
	if ev.File >= 0 && j != nil {
		f, err := look.file(ctx, events)
		if err != nil {
			return err
		}
		if f != nil {
			up.Files = []openbits.File{*f}
		}
	}
	return l.yield(up)
}

// progress yields the figures of the jobs that move.
func (l *listener) progress(ctx context.Context) error {
	for _, r := range l.e.running(l.jobID) {
		j, err := l.e.Job(ctx, r.id)
		if err != nil {
			if openbits.KindOf(err) == openbits.KindNotFound {
				continue
			}
			return err
		}
		up := openbits.Update{Kind: openbits.UpdateProgress, Jobs: []openbits.Job{j}}
		l.e.mu.Lock()
		for _, m := range r.moving() {
			up.Files = append(up.Files, m.view(m.row))
		}
		l.e.mu.Unlock()
		if err := l.yield(up); err != nil {
			return err
		}
	}
	return nil
}

// running answers the runs of one job or, with "", of all.
func (e *Engine) running(jobID string) []*run {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []*run
	for id, r := range e.runs {
		if jobID == "" || id == jobID {
			list = append(list, r)
		}
	}
	return list
}

func (e *Engine) moving(jobID string) bool { return len(e.running(jobID)) > 0 }
