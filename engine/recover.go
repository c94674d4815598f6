// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/openbits/openbits"
)

// keepEvents is how long the record of events is kept.
const keepEvents = 2 * openbits.KeepFinal

// recover settles what an earlier run of the service left: jobs that were running are queued. What their files
// hold is found out when each is opened.
func (e *Engine) recover(ctx context.Context) error {
	jump, err := e.clockSetWhileAway(ctx)
	if err != nil {
		return err
	}
	if jump != 0 {
		e.Log.Warn("the wall clock was set while the service was away", "by", jump.String())
		if err := e.shiftLocked(ctx, jump); err != nil {
			return err
		}
	}
	e.rememberClock(ctx)
	if err := e.prune(ctx); err != nil {
		return err
	}
	limit, err := e.Store.Meta(ctx, metaLimit)
	if err != nil {
		return err
	}
	if rate, err := strconv.ParseInt(limit, 10, 64); err == nil {
		e.limiter.SetRate(rate)
	}
	if err := e.requeueInterrupted(ctx); err != nil {
		return err
	}
	return e.retryUntimed(ctx)
}

// prune forgets what is too old of the record, once a day while anything goes on.
func (e *Engine) prune(ctx context.Context) error {
	if !e.pruned.IsZero() && time.Since(e.pruned) < 24*time.Hour {
		return nil
	}
	if err := e.Store.Prune(ctx, e.now().Add(-keepEvents)); err != nil {
		return err
	}
	e.pruned = time.Now()
	return nil
}

// requeueInterrupted queues the jobs that were running when the service ended.
func (e *Engine) requeueInterrupted(ctx context.Context) error {
	for {
		page, err := e.Store.Jobs(ctx, openbits.JobQuery{States: []openbits.State{connecting, transferring}, Limit: agendaBatch})
		if err != nil || len(page.Jobs) == 0 {
			return err
		}
		for _, j := range page.Jobs {
			if _, err := e.change(ctx, j.ID, byService, func(u *update) error { return u.on(OnPreempt, nil) }); err != nil {
				return err
			}
		}
	}
}

// retryUntimed queues the jobs that waited for an event: whether it still has to happen is found out by trying.
func (e *Engine) retryUntimed(ctx context.Context) error {
	for after := ""; ; {
		page, err := e.Store.Jobs(ctx, openbits.JobQuery{States: []openbits.State{transient}, After: after, Limit: agendaBatch})
		if err != nil {
			return err
		}
		var list []openbits.Job
		for _, j := range page.Jobs {
			if j.NextTry.IsZero() {
				list = append(list, j)
			}
		}
		if err := e.retry(ctx, list); err != nil || page.Next == "" {
			return err
		}
		after = page.Next
	}
}

// sweepSoon makes the sweeper look at ended jobs.
func (e *Engine) sweepSoon() {
	select {
	case e.sweeps <- struct{}{}:
	default:
	}
}

// sweeper deletes the bytes of ended jobs, and tells the servers of ended uploads, after their transfers have ended.
func (e *Engine) sweeper() {
	retry := time.NewTimer(0)
	defer retry.Stop()
	failures := 0
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-e.sweeps:
		case <-retry.C:
		}
		err := e.sweepAll(e.ctx)
		switch {
		case err == nil:
			failures = 0
		case e.ctx.Err() == nil:
			e.Log.Error("cannot clear up after an ended job", "error", err)
			failures++
			retry.Reset(backoff(failures, openbits.DefaultRetryDelay, false))
		}
	}
}

// sweepAll goes on with the next job after one whose bytes cannot be deleted, and answers the first such error.
func (e *Engine) sweepAll(ctx context.Context) (first error) {
	defer func() { e.untold.Store(first != nil && openbits.AsError(first).Context != openbits.ContextLocalFile) }()
	silent := map[string]error{} // a dead server must not hold up what belongs to other jobs
	for after := ""; ; {
		page, err := e.Store.Jobs(ctx, openbits.JobQuery{Sweep: true, After: after, Limit: agendaBatch})
		if err != nil {
			return err
		}
		for _, j := range page.Jobs {
			if j.State.Final() {
				if err := e.awaitRun(ctx, j.ID); err != nil {
					return err
				}
			}
			first = cmp.Or(first, e.sweep(ctx, j, silent))
		}
		if after = page.Next; after == "" {
			return first
		}
	}
}

// awaitRun returns once no transfer of the job is going on.
func (e *Engine) awaitRun(ctx context.Context, id string) error {
	e.mu.Lock()
	r := e.runs[id]
	e.mu.Unlock()
	if r == nil {
		return nil
	}
	select {
	case <-r.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sweepable are the states of files whose bytes are still on the disk.
var sweepable = []openbits.FileState{
	openbits.FileQueued, openbits.FileTransferring, openbits.FileWaiting, openbits.FileTransferred, openbits.FilePublishing,
	openbits.FileError, openbits.FileQuarantined, openbits.FileInvalid, openbits.FileDropped,
}

// sweep deletes the part files of one job: all when it ended, those of the files that were removed from it otherwise.
func (e *Engine) sweep(ctx context.Context, j openbits.Job, silent map[string]error) error {
	states := sweepable
	if !j.State.Final() {
		states = []openbits.FileState{openbits.FileDropped}
	}
	e.mu.Lock()
	leavings := e.leavings
	e.mu.Unlock()
	untold := e.tellLeft(ctx, j, silent)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for from := 0; ; {
		page, err := e.files(ctx, j.ID, openbits.FileQuery{States: states, From: from, Limit: requeueBatch})
		if err != nil {
			return err
		}
		done, err := e.settled(ctx, j, page.Files)
		if err != nil {
			return err
		}
		if err := e.discard(ctx, page.Files); err != nil {
			return err
		}
		told, err := e.abandonAll(ctx, j, page.Files, silent)
		untold = cmp.Or(untold, err)
		_, err = e.change(ctx, j.ID, byService, func(u *update) error {
			// The job's sums stay as they were when it ended: they tell what it had done.
			for i, f := range page.Files {
				switch {
				case done[i]:
					u.file(f, asPublished(f))
				case f.State != openbits.FileDropped || told[i]:
					f.State, f.Checkpoint = openbits.FileDropped, nil
					u.change.Files = append(u.change.Files, f)
				}
			}
			// What was removed, or ended, meanwhile is for another sweep.
			more := u.job.State.Final() != j.State.Final() || u.job.NextFile-u.job.FilesTotal != j.NextFile-j.FilesTotal || e.leavings != leavings
			if u.job.Sweep = page.Next >= 0 || more || untold != nil; more {
				u.effects |= DoSweep
			}
			return nil
		})
		if from = page.Next; err != nil || from < 0 {
			return cmp.Or(err, untold)
		}
	}
}

// discard deletes the part files of files.
func (e *Engine) discard(ctx context.Context, files []openbits.File) error {
	var places []openbits.Place
	for _, f := range files {
		if f.Arrives() {
			places = append(places, f.Place)
		}
	}
	if len(places) == 0 {
		return nil
	}
	return e.Sink.Discard(ctx, places)
}

// settled tells which files of an ended job stand under their final names although their rows do not say so.
func (e *Engine) settled(ctx context.Context, j openbits.Job, files []openbits.File) ([]bool, error) {
	done := make([]bool, len(files))
	for i, f := range files {
		done[i] = f.Upload != nil && f.Upload.Sent && !f.Arrives() && f.State != openbits.FileDropped // its server has it
		if f.Inode == "" || f.State == openbits.FileDropped {
			continue
		}
		var err error
		done[i], err = e.published(ctx, publicationOf(j, f))
		switch kind := openbits.KindOf(err); {
		case ctx.Err() != nil, kind == openbits.KindLocalFile:
			return nil, err
		case f.State == openbits.FilePublishing && (kind == openbits.KindFolderMissing || kind == openbits.KindWriteDenied):
			return nil, err // it may well stand there: looked at again when it can be
		}
	}
	return done, nil
}
