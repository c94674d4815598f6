// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/openbits/openbits"
)

// ending is why a run has nothing more to move.
type ending struct {
	block  *condition      // the job waits for this
	giveUp *openbits.Error // it cannot go on without its owner
	next   delay           // what the first of the waiting files waits for
}

// conclude gives the run's place back and moves its job to the state that follows. A job must not be left behind
// in a state in which nobody cares for it, so a queue that cannot be written is waited for.
func (r *run) conclude(end ending) {
	for !r.concluded(end) {
		select {
		case <-time.After(openbits.DefaultRetryDelay):
		case <-r.e.ctx.Done():
		}
	}
}

// concluded reports whether the end of the run is recorded, or cannot be any more.
func (r *run) concluded(end ending) bool {
	e := r.e
	e.mu.Lock()
	defer e.mu.Unlock()
	last := e.ctx.Err() != nil // the next start of the service settles it
	_, err := e.changeLocked(e.settleContext(), r.id, byService, func(u *update) error {
		if !u.job.State.Active() {
			return nil // the owner or the scheduler decided otherwise
		}
		return u.conclude(e.settleContext(), end)
	})
	if err != nil {
		e.Log.Error("cannot record the end of a run", "job", r.id, "error", err)
		if !last {
			return false
		}
	}
	delete(e.runs, r.id)
	close(r.gone)
	e.kick()
	if len(e.runs) == 0 && e.Rest != nil {
		e.Rest()
	}
	return true
}

// conclude is the event that follows from what is left of the job.
func (u *update) conclude(ctx context.Context, end ending) error {
	j := &u.job
	left := j.FilesTotal - j.FilesDone - j.FilesFailed
	switch {
	case u.e.closed:
		return u.on(OnPreempt, nil)
	case end.giveUp != nil:
		j.Error = end.giveUp
		return u.on(OnGiveUp, failedReason(*j))
	case end.block != nil:
		j.Error = end.block.err
		if end.block.code == openbits.ReasonOffline && u.e.Machine.Online() {
			// The network came back meanwhile, and no news of it will follow.
			end.block.until = time.Now().Add(j.Settings.RetryDelay)
		}
		if err := u.on(OnWait, end.block.reason(u.wall(end.block.until))); err != nil {
			return err
		}
		j.NextTry = u.wall(end.block.until)
		block := *end.block
		u.then(func() { u.e.blocked[j.ID] = block })
		return nil
	case j.FilesTotal == 0:
		return u.on(OnSuspend, nothingLeft())
	case left > 0 && end.next.due.IsZero():
		return u.on(OnPreempt, nil) // files came in at the last moment
	case left > 0:
		if err := u.blame(ctx, openbits.FileWaiting); err != nil {
			return err
		}
		return u.wait(end.next)
	case j.FilesFailed > 0:
		if err := u.blame(ctx, openbits.FileError, openbits.FileQuarantined, openbits.FileInvalid); err != nil {
			return err
		}
		return u.on(OnFail, failedReason(*j))
	default:
		j.Error = nil
		return u.allDone()
	}
}

// wait lets the job wait until its next file can be tried.
func (u *update) wait(next delay) error {
	if err := u.on(OnWait, u.waitReason(next)); err != nil {
		return err
	}
	u.job.NextTry = u.wall(next.due)
	return nil
}

// postpone lets a job that waits do so for longer.
func (u *update) postpone(next delay) error {
	since := u.now
	if u.job.Reason != nil {
		since = u.job.Reason.Since
	}
	u.job.Reason, u.job.NextTry = u.waitReason(next), u.wall(next.due)
	u.job.Reason.Since = since
	return nil
}

// blame makes the error of one of the files in these states that of the job, unless that is one of theirs: bytes of
// another file may have moved since.
func (u *update) blame(ctx context.Context, states ...openbits.FileState) error {
	if e := u.job.Error; e != nil && e.File >= 0 {
		f, err := u.e.Store.File(ctx, u.job.ID, e.File)
		if err == nil && slices.Contains(states, f.State) {
			return nil
		}
	}
	page, err := u.e.Store.Files(ctx, u.job.ID, openbits.FileQuery{States: states, Limit: 1})
	if err == nil && len(page.Files) > 0 && page.Files[0].Error != nil {
		u.job.Error = page.Files[0].Error
	}
	return err
}

// nothingLeft is the reason of a job whose files were all removed.
func nothingLeft() *openbits.Reason {
	return &openbits.Reason{Code: openbits.ReasonNotStarted, Text: "no file is left in it", Hint: "Add a file, or cancel it."}
}

// doneWords say of each type of job what it means that all of its files are whole.
var doneWords = map[openbits.JobType]struct{ finished, whole, hint string }{
	openbits.TypeDownload:    {"all of its files are published", "all of its files are whole and hidden until its owner completes it", "Publish them: bits complete "},
	openbits.TypeUpload:      {"the server has all of its files", "the server has all of its files", "End it: bits complete "},
	openbits.TypeUploadReply: {"the server has its file and the reply is published", "the server has its file, and the reply is hidden until its owner completes it", "Publish the reply: bits complete "},
}

// allDone is the event of a job whose files are all whole.
func (u *update) allDone() error {
	words := doneWords[u.job.Type]
	if u.job.Settings.AutoComplete {
		return u.on(OnFinish, &openbits.Reason{Code: openbits.ReasonCompleted, Text: words.finished})
	}
	return u.on(OnDone, &openbits.Reason{Code: openbits.ReasonNeedsComplete, Text: words.whole, Hint: words.hint + short(u.job.ID) + "."})
}

func (c *condition) reason(until time.Time) *openbits.Reason {
	r := &openbits.Reason{Code: c.code, Text: text(c.err), Until: until, Hint: c.err.Hint}
	switch c.code {
	case openbits.ReasonDiskFull:
		r.Text = fmt.Sprintf("the volume of %s has no room for the %d MiB that are still to come", c.folder.Path, (c.need+1<<20-1)>>20)
		r.Hint = "Make room; the job goes on by itself."
	case openbits.ReasonFolderMissing:
		r.Hint = "Mount or make the folder " + c.folder.Path + " again; the job goes on by itself."
	}
	return r
}

// waitReason explains why a job whose files all wait for a time does not move.
func (u *update) waitReason(next delay) *openbits.Reason {
	r := &openbits.Reason{Code: openbits.ReasonRetry, Until: u.wall(next.due), Text: "the last attempt failed", Hint: "Try now: bits resume " + short(u.job.ID) + "."}
	last := u.job.Error
	if next.asked {
		r.Code, r.Text, r.Hint = openbits.ReasonHostWait, next.host+" asked to come back later", "It goes on by itself at that time."
		return r
	}
	if last == nil {
		if next.host != "" {
			r.Text = next.host + " could not be used a moment ago and is left alone for a while"
		}
		return r
	}
	r.Text += ": " + last.Error()
	switch {
	case last.After > 0:
		r.Code, r.Text = openbits.ReasonHostWait, "the server asked to come back later: "+last.Error()
	case last.Kind == openbits.KindCaptivePortal:
		r.Code, r.Text, r.Hint = openbits.ReasonCaptivePortal, "a sign-in page answers in place of the server", "Open a web browser and sign in to the network."
	}
	return r
}

func failedReason(j openbits.Job) *openbits.Reason {
	r := &openbits.Reason{Code: openbits.ReasonFailed, Text: "it failed", Hint: "See bits show " + short(j.ID) + "; then bits resume, or bits complete to keep what is whole."}
	if j.Type.Uploads() {
		r.Hint = "See bits show " + short(j.ID) + "; then bits resume, or bits cancel to give it up."
	}
	if j.FilesFailed > 0 {
		r.Text = fmt.Sprintf("%d of its %d files failed", j.FilesFailed, j.FilesTotal)
		if j.FilesTotal == 1 {
			r.Text = "its file failed"
		}
	}
	if j.Error != nil {
		r.Text += ": " + j.Error.Error()
	}
	return r
}
