// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"time"

	"github.com/openbits/openbits"
)

// loop does what the clock, the machine and the scheduler ask for, and sleeps in between.
func (e *Engine) loop() {
	news := e.Machine.Watch(e.ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case ev, ok := <-news:
			if !ok {
				news = nil
				continue
			}
			e.heard(ev)
		case <-e.wake:
		case <-timer.C:
		}
		if e.owed {
			e.tryAll()
		}
		next, err := e.turnOver(e.ctx)
		if err != nil && e.ctx.Err() == nil {
			e.Log.Error("cannot go through the queue", "error", err)
			next = time.Now().Add(openbits.DefaultRetryDelay)
		}
		if next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(max(0, time.Until(next)))
		}
	}
}

// agendaBatch is how many jobs one look at the agenda takes on, so that calls of owners get in between.
const agendaBatch = 256

// turnOver does everything that is due and answers when the next thing will be.
func (e *Engine) turnOver(ctx context.Context) (time.Time, error) {
	if err := e.checkClock(ctx); err != nil {
		return time.Time{}, err
	}
	more, err := e.retryDue(ctx)
	if err != nil {
		return time.Time{}, err
	}
	aged, err := e.age(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if more || aged {
		e.kick()
	}
	if err := e.prune(ctx); err != nil {
		return time.Time{}, err
	}
	slice, err := e.schedule(ctx)
	if err != nil {
		return time.Time{}, err
	}
	agenda, err := e.Store.Agenda(ctx)
	if err != nil {
		return time.Time{}, err
	}
	return earliest(slice, e.moment(agenda.Retry), e.moment(agenda.Expiry), e.pollBlocked(ctx)), nil
}

// earliest is the first of the times that are not zero.
func earliest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// retryDue queues the jobs whose retry is due, but for those whose server failed another job meanwhile. It answers whether there are more.
func (e *Engine) retryDue(ctx context.Context) (bool, error) {
	page, err := e.Store.Jobs(ctx, openbits.JobQuery{States: []openbits.State{transient}, DueBefore: e.now(), Limit: agendaBatch})
	if err != nil {
		return false, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return page.Next != "", e.changeAllLocked(ctx, page.Jobs, byService, func(u *update) error {
		next, err := e.leftAlone(ctx, u.job)
		switch {
		case err != nil:
			return err
		case next.due.IsZero():
			return u.on(OnRetry, nil)
		}
		return u.postpone(next)
	})
}

// retry queues jobs that were waiting.
func (e *Engine) retry(ctx context.Context, jobs []openbits.Job) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.changeAllLocked(ctx, jobs, byService, func(u *update) error { return u.on(OnRetry, nil) })
}

// retryNow queues jobs that were waiting, and lets none of their files wait for its own time.
func (e *Engine) retryNow(ctx context.Context, jobs []openbits.Job) error {
	for _, j := range jobs {
		e.mu.Lock()
		err := e.requeueLocked(ctx, j.ID, byService, openbits.FileWaiting)
		e.mu.Unlock()
		if err != nil && openbits.KindOf(err) != openbits.KindNotFound {
			return err
		}
	}
	return e.retry(ctx, jobs)
}

// heard acts on news of the machine.
func (e *Engine) heard(ev MachineEvent) {
	e.Log.Info("machine", "event", string(ev))
	switch ev { // every turn of the loop looks at the clock
	case MachineOnline, MachineWoke:
		if ev == MachineWoke {
			e.reconnect()
		}
		// Connections from before are likely dead, and whatever failed may work now.
		if r, ok := e.Downloads.(Resetter); ok {
			r.Reset()
		}
		for _, s := range e.Uploads {
			if r, ok := s.(Resetter); ok {
				r.Reset()
			}
		}
		e.hosts.relent()
		e.tryAll()
		e.sweepSoon()
	}
}

// tryAll retries what may work after a change of the network. What the queue does not allow now is done later.
func (e *Engine) tryAll() {
	err := e.retryAll(e.ctx)
	if e.owed = err != nil; err != nil && e.ctx.Err() == nil {
		e.Log.Error("cannot retry after a change of the network", "error", err)
		time.AfterFunc(openbits.DefaultRetryDelay, e.kick)
	}
}

// reconnect makes every file in motion connect again: servers have long given up connections that slept.
func (e *Engine) reconnect() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.runs {
		r.stopAll(errRestarted)
	}
}

// retryAll queues every job in transient_error but those that wait for the disk, and hurries files that wait in running jobs.
func (e *Engine) retryAll(ctx context.Context) error {
	e.mu.Lock()
	for _, r := range e.runs {
		r.rush()
	}
	e.mu.Unlock()
	for after := ""; ; {
		page, err := e.Store.Jobs(ctx, openbits.JobQuery{States: []openbits.State{transient}, After: after, Limit: agendaBatch})
		if err != nil {
			return err
		}
		var list []openbits.Job
		e.mu.Lock()
		for _, j := range page.Jobs {
			if c := e.blocked[j.ID].code; c != openbits.ReasonDiskFull && c != openbits.ReasonFolderMissing && (j.Reason == nil || j.Reason.Code != openbits.ReasonHostWait) {
				list = append(list, j)
			}
		}
		e.mu.Unlock()
		if err := e.retryNow(ctx, list); err != nil || page.Next == "" {
			return err
		}
		after = page.Next
	}
}

// pollBlocked looks whether the disk or the folder that jobs wait for is there again, and
// answers when to look next. There is no event for either.
func (e *Engine) pollBlocked(ctx context.Context) time.Time {
	e.mu.Lock()
	list := make(map[string]condition)
	for id, c := range e.blocked {
		if c.code == openbits.ReasonDiskFull || c.code == openbits.ReasonFolderMissing {
			list[id] = c
		}
	}
	due := len(list) > 0 && !time.Now().Before(e.polled.Add(e.Poll))
	if due {
		e.polled = time.Now()
	}
	next := e.polled.Add(e.Poll)
	e.mu.Unlock()
	if !due {
		if len(list) == 0 {
			return time.Time{}
		}
		return next
	}
	for id, c := range list {
		if e.passed(ctx, c) {
			if err := e.retry(ctx, []openbits.Job{{ID: id}}); err == nil {
				e.kick()
			}
		}
	}
	return next
}

// passed reports whether a condition has ended.
func (e *Engine) passed(ctx context.Context, c condition) bool {
	folder, err := e.Sink.Folder(ctx, c.folder.Path)
	if err != nil {
		return false
	}
	if c.code == openbits.ReasonFolderMissing {
		return folder.ID == c.folder.ID
	}
	space, err := e.Sink.Space(ctx, folder)
	return err == nil && space.Free >= c.need
}
