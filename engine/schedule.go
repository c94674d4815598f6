// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"slices"
	"time"

	"github.com/openbits/openbits"
)

// background are the levels that pre-empt one another, the highest first.
var background = []openbits.Priority{openbits.PriorityHigh, openbits.PriorityNormal, openbits.PriorityLow}

// schedule gives places to jobs: all foreground jobs have one; of the background jobs those of the highest level on
// which any job is runnable, in turn. It answers when it wants to be called again (zero: when something happens).
func (e *Engine) schedule(ctx context.Context) (time.Time, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return time.Time{}, nil
	}
	if err := e.fillLocked(ctx, openbits.PriorityForeground, e.ForegroundJobs); err != nil {
		return time.Time{}, err
	}
	level, err := e.levelLocked(ctx)
	if err != nil || level == "" {
		return time.Time{}, err
	}
	for _, r := range e.activeLocked() {
		if r.job.Priority.Number() > level.Number() {
			if err := e.preemptLocked(ctx, r); err != nil {
				return time.Time{}, err
			}
		}
	}
	if err := e.fillLocked(ctx, level, e.BackgroundJobs); err != nil {
		return time.Time{}, err
	}
	return e.sliceLocked(ctx, level)
}

// levelLocked is the highest level of background jobs on which one is runnable, or "".
func (e *Engine) levelLocked(ctx context.Context) (openbits.Priority, error) {
	for _, p := range background {
		for _, r := range e.activeLocked() {
			if r.job.Priority == p {
				return p, nil
			}
		}
		page, err := e.waiting(ctx, p, 1)
		if err != nil {
			return "", err
		}
		if len(page) > 0 {
			return p, nil
		}
	}
	return "", nil
}

// waiting answers the first queued jobs of a level in their turn.
func (e *Engine) waiting(ctx context.Context, p openbits.Priority, n int) ([]openbits.Job, error) {
	page, err := e.Store.Jobs(ctx, openbits.JobQuery{States: []openbits.State{queued}, Priorities: []openbits.Priority{p}, ByTurn: true, Limit: n})
	return page.Jobs, err
}

// activeLocked answers the runs whose jobs hold a place.
func (e *Engine) activeLocked() []*run {
	var list []*run
	for _, r := range e.runs {
		if r.job.State.Active() {
			list = append(list, r)
		}
	}
	return list
}

// fillLocked starts queued jobs of a level while fewer than most hold a place.
func (e *Engine) fillLocked(ctx context.Context, p openbits.Priority, most int) error {
	used, draining := 0, 0
	for _, r := range e.runs {
		switch {
		case !r.job.State.Active():
			draining++
		case r.job.Priority == p:
			used++
		}
	}
	if used >= most {
		return nil
	}
	// A job whose last run is still ending cannot start yet; others go before it.
	jobs, err := e.waiting(ctx, p, most-used+draining+len(e.ending))
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if used >= most {
			break
		}
		if e.runs[j.ID] != nil || e.ending[j.ID] {
			continue
		}
		next, err := e.leftAlone(ctx, j)
		if err != nil {
			return err
		}
		if !next.due.IsZero() {
			return e.setAsideLocked(ctx, p)
		}
		if err := e.startLocked(ctx, j); err != nil {
			return err
		}
		used++
	}
	return nil
}

// setAsideLocked lets the first jobs of a line wait whose servers are left alone. Without a place for each of them and
// with one commit for all, a long line for a dead server neither keeps the disk busy nor holds up who is behind it.
func (e *Engine) setAsideLocked(ctx context.Context, p openbits.Priority) error {
	jobs, err := e.waiting(ctx, p, agendaBatch)
	if err != nil {
		return err
	}
	var aside []openbits.Job
	waits := make(map[string]delay)
	for _, j := range jobs {
		next, err := e.leftAlone(ctx, j)
		if err != nil {
			return err
		}
		if !next.due.IsZero() && e.runs[j.ID] == nil {
			waits[j.ID] = next
			aside = append(aside, j)
		}
	}
	e.kick() // who was behind them is first now
	return e.changeAllLocked(ctx, aside, byService, func(u *update) error { return u.wait(waits[u.job.ID]) })
}

// leftAlone tells what a job waits for that has one file left, whose server is left alone; zero: it can start.
// What several files wait for is found out by moving them.
func (e *Engine) leftAlone(ctx context.Context, j openbits.Job) (delay, error) {
	now := time.Now()
	if j.FilesTotal-j.FilesDone-j.FilesFailed != 1 || !e.hosts.anyBlocked(now) {
		return delay{}, nil
	}
	page, err := e.files(ctx, j.ID, openbits.FileQuery{States: movable, Limit: 1})
	if err != nil || len(page.Files) == 0 {
		return delay{}, err
	}
	host := hostOf(page.Files[0].URL)
	until, asked := e.hosts.blocked(host, now)
	return delay{page.Files[0].Index, until, host, asked}, nil
}

func (e *Engine) startLocked(ctx context.Context, j openbits.Job) error {
	route, err := e.Store.Route(ctx, j.ID)
	if err != nil {
		return e.spoiltLocked(ctx, j, err)
	}
	j, err = e.changeLocked(ctx, j.ID, byService, func(u *update) error { return u.on(OnPick, nil) })
	if err != nil {
		return err
	}
	r := newRun(e, j, route)
	e.runs[j.ID] = r
	e.wg.Go(r.main)
	return nil
}

// spoiltLocked fails a job whose secrets cannot be read, so that it does not hold up the others.
func (e *Engine) spoiltLocked(ctx context.Context, j openbits.Job, err error) error {
	if kind := openbits.KindOf(err); e.ctx.Err() != nil || kind == openbits.KindLocalFile || kind == openbits.KindDiskFull {
		return err // the queue cannot be read just now: that says nothing about the job
	}
	_, err = e.changeLocked(ctx, j.ID, byService, func(u *update) error {
		u.job.Error = openbits.AsError(err)
		return u.on(OnFail, failedReason(u.job))
	})
	return err
}

// preemptLocked takes a job's place away; it queues again at its old turn.
func (e *Engine) preemptLocked(ctx context.Context, r *run) error {
	_, err := e.changeLocked(ctx, r.id, byService, func(u *update) error { return u.on(OnPreempt, nil) })
	return err
}

// sliceLocked ends the slices that are over while others of the level wait, and answers when the next one ends.
func (e *Engine) sliceLocked(ctx context.Context, level openbits.Priority) (time.Time, error) {
	var holders []*run
	for _, r := range e.activeLocked() {
		if r.job.Priority == level {
			holders = append(holders, r)
		}
	}
	if len(holders) < e.BackgroundJobs {
		return time.Time{}, nil
	}
	waiting, err := e.waiting(ctx, level, len(holders))
	if err != nil || len(waiting) == 0 {
		return time.Time{}, err
	}
	slices.SortFunc(holders, func(a, b *run) int { return a.started.Compare(b.started) })
	now := time.Now()
	for i, r := range holders {
		end := r.started.Add(e.Slice)
		if end.After(now) {
			return end, nil
		}
		if i >= len(waiting) {
			return time.Time{}, nil
		}
		_, err := e.changeLocked(ctx, r.id, byService, func(u *update) error {
			u.job.Turn = e.nextTurn()
			return u.on(OnPreempt, nil)
		})
		if err != nil {
			return time.Time{}, err
		}
	}
	return time.Time{}, nil
}

// nextTurn is a place at the end of every line. The caller holds e.mu.
func (e *Engine) nextTurn() int64 {
	// Wall-clock microseconds keep the order over restarts; a clock set back changes no order within a run.
	e.turn = max(e.turn+1, e.now().UnixMicro())
	return e.turn
}
