// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"net/url"

	"github.com/openbits/openbits"
)

// Act carries out one of the owner's four calls and answers the job as it is afterwards.
func (e *Engine) Act(ctx context.Context, id string, a openbits.Action) (openbits.Job, error) {
	switch a {
	case openbits.ActionResume:
		return e.resume(ctx, id)
	case openbits.ActionSuspend:
		return e.change(ctx, id, byOwner, func(u *update) error {
			return u.on(OnSuspend, &openbits.Reason{Code: openbits.ReasonSuspended, Text: "its owner suspended it", Hint: "Let it go on: bits resume " + short(id) + "."})
		})
	case openbits.ActionComplete:
		return e.complete(ctx, id)
	case openbits.ActionCancel:
		return e.change(ctx, id, byOwner, func(u *update) error {
			return u.on(OnCancel, &openbits.Reason{Code: openbits.ReasonCancelled, Text: "its owner cancelled it"})
		})
	default:
		return openbits.Job{}, invalid("action", fmt.Sprintf("%q is not one of %v", a, openbits.Actions))
	}
}

// resume starts a job, or tries again now what failed or waits.
func (e *Engine) resume(ctx context.Context, id string) (openbits.Job, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	job, err := e.jobLocked(ctx, id)
	if err != nil {
		return openbits.Job{}, err
	}
	if err := e.endingError(id, "resume"); err != nil {
		return openbits.Job{}, err
	}
	ev := OnResume
	if job.FilesTotal == 0 || job.State == transferred && job.FilesDone == job.FilesTotal {
		ev = OnResumeEmpty
	}
	if out := Next(job.State, ev); out.Do&DoRequeue != 0 && !job.State.Final() {
		e.hosts.relent()
		if err := e.requeueLocked(ctx, id, byOwner, openbits.FileError, openbits.FileQuarantined, openbits.FileInvalid, openbits.FileWaiting); err != nil {
			return openbits.Job{}, err
		}
	}
	return e.changeLocked(ctx, id, byOwner, func(u *update) error {
		before := u.job.State
		if err := u.on(ev, nil); err != nil {
			return err
		}
		if before != u.job.State {
			u.job.Active, u.job.Error = 0, nil
		}
		u.job.FailedFrom = zeroTime
		return nil
	})
}

// requeueBatch is how many files are queued again in one transaction.
const requeueBatch = 1000

// requeueLocked queues a job's files in the given states again.
func (e *Engine) requeueLocked(ctx context.Context, id, actor string, states ...openbits.FileState) error {
	for {
		page, err := e.files(ctx, id, openbits.FileQuery{
			States: states, Limit: requeueBatch,
		})
		if err != nil || len(page.Files) == 0 {
			return err
		}
		_, err = e.changeLocked(ctx, id, actor, func(u *update) error {
			for _, f := range page.Files {
				u.file(f, requeued(f))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// requeued is a file as it is when it is to be tried again. Content that proved wrong is fetched anew.
func requeued(f openbits.File) openbits.File {
	if f.State == openbits.FileQuarantined || f.State == openbits.FileInvalid {
		f.BytesDone, f.Checkpoint, f.Digest.Actual = 0, nil, ""
	}
	if f.Upload != nil {
		f = resend(f)
	}
	f.State, f.Error, f.Attempts, f.NextTry = openbits.FileQueued, nil, 0, zeroTime
	return f
}

// resend is an upload as it is when it is to be tried again. Where the server has something that the file does not
// hold any more, it begins anew.
func resend(f openbits.File) openbits.File {
	up := *f.Upload
	f.Upload = &up
	if up.Sent {
		return f
	}
	up.Most, up.Lost = 0, 0
	if f.Error != nil && f.Error.Kind == openbits.KindLocalFileChanged {
		leave(f, &up)
	}
	if up.Session.Zero() {
		f.BytesDone = 0
		if f.State == openbits.FileError {
			up.Spoken = "" // the server may have learnt
		}
	}
	return f
}

// Change changes properties of a job, at once also for running transfers.
func (e *Engine) Change(ctx context.Context, id string, c openbits.JobChange) (openbits.Job, error) {
	return e.change(ctx, id, byOwner, func(u *update) error {
		if err := u.on(OnChange, nil); err != nil {
			return err
		}
		j := &u.job
		set(&j.Name, c.Name)
		set(&j.Description, c.Description)
		set(&j.Priority, c.Priority)
		set(&j.Settings.Limit, c.Limit)
		set(&j.Settings.RetryDelay, c.RetryDelay)
		set(&j.Settings.NoProgressTimeout, c.NoProgressTimeout)
		set(&j.Settings.MaxDownloadTime, c.MaxDownloadTime)
		if c.Priority != nil {
			j.Turn = u.e.nextTurn()
		}
		j.Modified = u.now
		u.event(openbits.Event{Type: openbits.EventChanged, File: -1, State: string(j.State)})
		return checkProperties(j.Name, j.Description, j.Priority, j.Settings, openbits.Route{})
	})
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// RenewURL gives a file another URL. What it received is kept where validator or digest agree with the new server's. An upload
// goes on where nothing but user, query and fragment of the URL differ; otherwise it begins again, and the server that has a part of
// it is told so.
func (e *Engine) RenewURL(ctx context.Context, id string, index int, raw string) (openbits.File, error) {
	if err := checkURL(raw); err != nil {
		return openbits.File{}, err
	}
	return e.changeFile(ctx, id, index, func(u *update, f openbits.File) (openbits.File, error) {
		if f.State.Done() || f.State == openbits.FilePublishing || f.State == openbits.FileDropped {
			return f, fileState("renew the URL of", f)
		}
		after := f
		after.URL = raw
		if f.State != openbits.FileQueued || f.Upload != nil {
			after = requeued(after)
		}
		if after.Upload != nil && !samePath(f.URL, raw) {
			leave(f, after.Upload)
			after.Upload.Spoken, after.BytesDone = "", 0
		}
		if after.Checkpoint != nil && after.Digest.Expected == "" {
			// Even what looks whole is of the old URL's file: the new server must have its say.
			held := *after.Checkpoint
			held.Total = openbits.Unknown
			after.Checkpoint = &held
		}
		u.change.Renewed = append(u.change.Renewed, after)
		u.file(f, after)
		return after, u.lookAgain()
	})
}

// samePath reports whether two URLs differ in nothing but user, query and fragment, in which secrets are renewed.
func samePath(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Scheme == y.Scheme && hostOf(a) == hostOf(b) && x.EscapedPath() == y.EscapedPath()
}

// Invalidate marks a whole file invalid, which bars its publication; resuming the job fetches it again.
func (e *Engine) Invalidate(ctx context.Context, id string, index int) (openbits.File, error) {
	return e.changeFile(ctx, id, index, func(u *update, f openbits.File) (openbits.File, error) {
		if f.State != openbits.FileTransferred || f.Upload != nil {
			return f, fileState("mark invalid", f)
		}
		after := f
		after.State, after.BytesDone, after.Checkpoint = openbits.FileInvalid, 0, nil
		after.Error = &openbits.Error{
			Op: "publish", Object: f.Place.Path(), Kind: openbits.KindValidationFailed, Context: openbits.ContextLocalFile,
			File: f.Index, Text: "its owner marked it invalid", Hint: "Fetch it again: bits resume " + short(id) + ".",
		}
		u.job.Error = after.Error
		u.file(f, after)
		return after, u.on(OnInvalid, failedReason(u.job))
	})
}

// RemoveFile takes a file out of its job and deletes what it received.
func (e *Engine) RemoveFile(ctx context.Context, id string, index int) (openbits.File, error) {
	return e.changeFile(ctx, id, index, func(u *update, f openbits.File) (openbits.File, error) {
		if f.State == openbits.FilePublished || f.State == openbits.FilePublishing || f.State == openbits.FileDropped {
			return f, fileState("remove", f)
		}
		after := f
		after.State, after.Checkpoint, after.BytesDone = openbits.FileDropped, nil, 0
		u.file(f, after)
		u.job.Sweep = true
		u.effects |= DoSweep
		return after, u.afterRemoval(f)
	})
}

// afterRemoval moves a job on that waited for nothing but the file that was removed from it.
func (u *update) afterRemoval(removed openbits.File) error {
	j := &u.job
	switch {
	case j.State != failed && removed.State.Failed():
		return nil
	case j.State != failed:
		return u.lookAgain()
	case j.FilesFailed > 0:
		return nil
	case j.FilesTotal == 0:
		j.Error = nil
		return u.on(OnSuspend, nothingLeft())
	case j.FilesDone == j.FilesTotal:
		j.Error = nil
		return u.allDone()
	case removed.State.Failed():
		return u.on(OnResume, nil)
	default: // it gave up for another reason than this file
		return nil
	}
}

// lookAgain lets a job whose files wait for their time see to them once more, since they are not the same any more.
func (u *update) lookAgain() error {
	if _, waits := u.e.blocked[u.job.ID]; waits || u.job.State != transient {
		return nil
	}
	return u.on(OnRetry, nil)
}

// changeFile changes one file that is not in motion; one in motion is stopped first and goes on by itself afterwards.
func (e *Engine) changeFile(ctx context.Context, id string, index int, fn func(*update, openbits.File) (openbits.File, error)) (openbits.File, error) {
	var after openbits.File
	for {
		var motion *motion
		_, err := e.change(ctx, id, byOwner, func(u *update) error {
			if err := u.on(OnChange, nil); err != nil {
				return err
			}
			if r := e.runs[id]; r != nil {
				if motion = r.halt(index); motion != nil {
					return errInMotion
				}
			}
			f, err := e.file(ctx, id, index)
			if err != nil {
				return err
			}
			u.job.Modified = u.now
			u.event(openbits.Event{Type: openbits.EventChanged, File: -1, State: string(u.job.State)})
			after, err = fn(u, f)
			return err
		})
		if err != errInMotion {
			e.unhalt(id, index)
			return after, err
		}
		select {
		case <-motion.ended:
		case <-ctx.Done():
			e.unhalt(id, index)
			return after, ctx.Err()
		}
	}
}

func (e *Engine) unhalt(id string, index int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.runs[id]; r != nil {
		r.unhalt(index)
	}
}

func fileState(op string, f openbits.File) error {
	return &openbits.Error{
		Op: op, Object: f.Path(), Kind: openbits.KindInvalidState, Context: openbits.ContextQueueManager, File: f.Index,
		Text: fmt.Sprintf("the file is %s", f.State),
	}
}
