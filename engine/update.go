// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/openbits/openbits"
)

// update is one change to one job in the making: it is collected, committed as a
// whole, and only then seen by anybody.
type update struct {
	e       *Engine
	now     time.Time
	actor   string
	job     openbits.Job
	change  openbits.Change
	effects Effect
	hooks   []func() // run once it is committed, under the engine's lock
}

// Actors of events.
const (
	byOwner   = "owner"
	byService = "service"
)

// change loads a job, lets fn prepare a change to it, and makes that durable.
// When fn fails nothing happened. It answers the job as it is afterwards.
func (e *Engine) change(ctx context.Context, id, actor string, fn func(*update) error) (openbits.Job, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.changeLocked(ctx, id, actor, fn)
}

func (e *Engine) changeLocked(ctx context.Context, id, actor string, fn func(*update) error) (openbits.Job, error) {
	if err := e.checkClockLocked(ctx); err != nil {
		return openbits.Job{}, err
	}
	job, err := e.jobLocked(ctx, id)
	if err != nil {
		return openbits.Job{}, err
	}
	u := &update{e: e, now: e.now(), actor: actor, job: job}
	if err := fn(u); err != nil {
		return job, err
	}
	return u.job, u.commit(ctx)
}

// changeAllLocked changes several jobs with one commit. A job that is gone or refuses the change is left as it is.
func (e *Engine) changeAllLocked(ctx context.Context, jobs []openbits.Job, actor string, fn func(*update) error) error {
	if err := e.checkClockLocked(ctx); err != nil {
		return err
	}
	var all openbits.Change
	var updates []*update
	for _, j := range jobs {
		job, err := e.jobLocked(ctx, j.ID)
		u := &update{e: e, now: e.now(), actor: actor, job: job}
		if err == nil {
			err = fn(u)
		}
		switch openbits.KindOf(err) {
		case "":
		case openbits.KindInvalidState, openbits.KindNotFound:
			continue
		default:
			return err
		}
		all.Jobs = append(all.Jobs, u.job)
		all.Files = append(all.Files, u.change.Files...)
		all.Events = append(all.Events, u.change.Events...)
		updates = append(updates, u)
	}
	if len(updates) == 0 {
		return nil
	}
	if err := e.Store.Commit(context.WithoutCancel(ctx), &all); err != nil {
		return err
	}
	for _, u := range updates {
		u.publishLocked()
	}
	return nil
}

// jobLocked is the job as it is now: the running one when it runs.
func (e *Engine) jobLocked(ctx context.Context, id string) (openbits.Job, error) {
	if r := e.runs[id]; r != nil {
		return r.job, nil
	}
	return e.Store.Job(ctx, id)
}

// commit makes the update durable and then visible.
func (u *update) commit(ctx context.Context) error {
	u.change.Jobs = append(u.change.Jobs, u.job)
	// Half-way to the disk is no place to give up because a client hung up.
	if err := u.e.Store.Commit(context.WithoutCancel(ctx), &u.change); err != nil {
		return err
	}
	u.publishLocked()
	return nil
}

// publishLocked carries out the effects of a committed update.
func (u *update) publishLocked() {
	e := u.e
	for _, hook := range u.hooks {
		hook()
	}
	r := e.runs[u.job.ID]
	if r != nil {
		before := r.job.Priority
		r.job = u.job
		if before != u.job.Priority {
			r.serve(before)
			r.tellParts()
		}
		if u.effects&DoStop != 0 {
			r.stop()
		} else {
			r.poke()
		}
	}
	if u.effects&DoSweep != 0 {
		e.sweepSoon()
	}
	if u.effects&(DoSchedule|DoStop) != 0 {
		e.kick()
	}
	if len(u.change.Events) > 0 {
		e.news.announce()
	}
}

// on applies an event to the job. A refused event changes nothing and answers the table's kind.
func (u *update) on(ev Event, reason *openbits.Reason) error {
	out := Next(u.job.State, ev)
	if out.Refuse != "" {
		return u.refusal(ev, out.Refuse)
	}
	if u.actor == byOwner && ev != OnComplete && ev != OnCompleteUpload || ev == OnExpire {
		if err := u.e.endingError(u.job.ID, string(ev)); err != nil {
			return err
		}
	}
	u.effects |= out.Do
	if reason != nil && reason.Since.IsZero() {
		reason.Since = u.now
	}
	if out.To == u.job.State {
		return nil // and so does why it is in it
	}
	from := u.job.State
	if r := u.e.runs[u.job.ID]; r != nil && from.Active() && !out.To.Active() {
		u.job.Active += time.Since(r.started)
	}
	u.job.State = out.To
	u.job.Reason = reason
	u.job.Modified = u.now
	switch {
	case out.To == transferred:
		u.job.Completed = u.now
	case out.To.Final():
		u.job.Ended = u.now
		u.job.NextTry = time.Time{}
		if u.job.Completed.IsZero() && out.To == acknowledged {
			u.job.Completed = u.now
		}
	}
	if out.Do&DoSweep != 0 {
		u.job.Sweep = true
	}
	if out.To != transient {
		u.job.NextTry = time.Time{}
		u.then(func() { delete(u.e.blocked, u.job.ID) })
	}
	u.event(openbits.Event{Type: openbits.EventState, File: -1, From: string(from), State: string(out.To), Error: u.job.Error})
	u.then(func() { u.logTransition(from, ev) })
	return nil
}

func (u *update) logTransition(from openbits.State, ev Event) {
	j := &u.job
	attrs := []any{
		"job", j.ID, "event", string(ev), "from", string(from), "to", string(j.State), "actor", u.actor,
		"owner", j.Owner.ID, "pid", j.Client.PID, "program", j.Client.Program, "name", j.Name,
	}
	if j.Reason != nil {
		attrs = append(attrs, "reason", string(j.Reason.Code))
	}
	if j.Error != nil && (j.State == failed || j.State == transient) {
		attrs = append(attrs, "kind", string(j.Error.Kind), "object", j.Error.Object)
	}
	u.e.Log.Info("transition", attrs...)
}

// refusal explains why a call is not possible now.
func (u *update) refusal(ev Event, kind openbits.Kind) error {
	err := &openbits.Error{Op: string(ev), Object: "job " + u.job.ID, Kind: kind, Context: openbits.ContextQueueManager, File: -1}
	switch {
	case kind == openbits.KindEmpty && u.job.FilesTotal == 0:
		err.Op, err.Text, err.Hint = "resume", "it has no files", "Add a file first: bits add "+short(u.job.ID)+" URL DEST."
	case kind == openbits.KindEmpty:
		err.Op, err.Text, err.Hint = "resume", "none of its files is left to move", "Complete the job to publish its files: bits complete "+short(u.job.ID)+"."
	case u.job.State.Final():
		err.Text, err.Hint = fmt.Sprintf("it is %s, which is final", u.job.State), "Create a new job."
	case ev == OnCompleteUpload:
		err.Op, err.Text, err.Hint = "complete", fmt.Sprintf("it is %s and an upload can only be completed when it is transferred", u.job.State), "Wait for it: bits wait "+short(u.job.ID)+"."
	default:
		err.Text = fmt.Sprintf("it is %s", u.job.State)
	}
	return err
}

func short(id string) string { return id[:min(8, len(id))] }

// then runs fn after the commit, before anybody else sees the job.
func (u *update) then(fn func()) { u.hooks = append(u.hooks, fn) }

// event adds an entry to the record.
func (u *update) event(ev openbits.Event) {
	ev.Time, ev.JobID, ev.Actor = u.now, u.job.ID, u.actor
	u.change.Events = append(u.change.Events, ev)
}

// file replaces a file's row and keeps the job's sums in step.
func (u *update) file(before, after openbits.File) {
	u.count(before, -1)
	u.count(after, +1)
	u.leaves(before, after)
	u.change.Files = append(u.change.Files, after)
	if before.State != after.State && (after.State.Done() || after.State.Failed() || after.State == openbits.FileDropped) {
		u.event(openbits.Event{Type: openbits.EventFile, File: after.Index, From: string(before.State), State: string(after.State), Error: after.Error})
	}
}

// count adds a file to the job's sums, or with sign -1 takes it out.
func (u *update) count(f openbits.File, sign int) {
	j := &u.job
	if f.State == openbits.FileDropped {
		return
	}
	j.FilesTotal += sign
	j.BytesDone += int64(sign) * f.BytesDone
	if f.State.Done() {
		j.FilesDone += sign
	}
	if f.State.Failed() {
		j.FilesFailed += sign
	}
	if f.BytesTotal == openbits.Unknown {
		j.Unsized += sign
	} else {
		j.BytesSized += int64(sign) * f.BytesTotal
	}
	j.BytesTotal = j.BytesSized
	if j.Unsized > 0 {
		j.BytesTotal = openbits.Unknown
	}
}
