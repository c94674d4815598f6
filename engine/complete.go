// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"

	"github.com/openbits/openbits"
)

// complete publishes a job's whole files, drops the others and ends it. When a file cannot be
// published the job is kept, what was published stays, and the call can be repeated.
func (e *Engine) complete(ctx context.Context, id string) (openbits.Job, error) {
	job, err := e.beginCompletion(ctx, id)
	if err != nil {
		return job, err
	}
	defer e.endCompletion(id)
	if err := e.awaitRun(ctx, id); err != nil {
		return job, err
	}
	// Half-way to the disk is no place to give up because a client hung up.
	ctx = context.WithoutCancel(ctx)
	if err := e.publishWhole(ctx, id); err != nil {
		return job, err
	}
	return e.change(ctx, id, byOwner, func(u *update) error {
		if u.job.State == acknowledged {
			return nil // its own auto_complete was faster
		}
		text := doneWords[u.job.Type].finished
		if u.job.FilesDone < u.job.FilesTotal {
			text = fmt.Sprintf("%d of its %d files are published, the others were given up", u.job.FilesDone, u.job.FilesTotal)
		}
		return u.on(completeEvent(u.job.Type), &openbits.Reason{Code: openbits.ReasonCompleted, Text: text})
	})
}

func completeEvent(t openbits.JobType) Event {
	if t == openbits.TypeDownload {
		return OnComplete
	}
	return OnCompleteUpload
}

// beginCompletion checks that the job may be completed, stops its transfers and keeps it from getting a place.
func (e *Engine) beginCompletion(ctx context.Context, id string) (openbits.Job, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	job, err := e.jobLocked(ctx, id)
	if err != nil {
		return job, err
	}
	ev := completeEvent(job.Type)
	if out := Next(job.State, ev); out.Refuse != "" {
		u := update{e: e, job: job}
		return job, u.refusal(ev, out.Refuse)
	}
	if err := e.endingError(id, "complete"); err != nil {
		return job, err
	}
	if e.closed {
		return job, &openbits.Error{
			Op: "complete", Object: "job " + id, Kind: openbits.KindServiceUnavailable, Context: openbits.ContextQueueManager, File: -1,
			Text: "the service is stopping", Hint: "Repeat the call when it runs again.",
		}
	}
	e.ending[id] = true
	e.wg.Add(1) // Close waits for it
	if r := e.runs[id]; r != nil {
		r.stop()
	}
	return job, nil
}

// endingError refuses what would change a job while it is being completed. The caller holds e.mu.
func (e *Engine) endingError(id, op string) error {
	if !e.ending[id] {
		return nil
	}
	return &openbits.Error{
		Op: op, Object: "job " + id, Kind: openbits.KindInvalidState, Context: openbits.ContextQueueManager, File: -1,
		Text: "it is being completed", Hint: "See what came of it: bits show " + short(id) + ".",
	}
}

func (e *Engine) endCompletion(id string) {
	defer e.wg.Done()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.ending, id)
	e.kick()
}

// publishWhole publishes every whole file of a job that is not running. It goes on past files that cannot be
// published and answers the first one's error.
func (e *Engine) publishWhole(ctx context.Context, id string) error {
	var refused error
	for from := 0; ; {
		page, err := e.files(ctx, id, openbits.FileQuery{
			States: []openbits.FileState{openbits.FileTransferred, openbits.FilePublishing}, From: from, Limit: finishBatch,
		})
		if err != nil {
			return err
		}
		if len(page.Files) > 0 {
			first, err := e.publishFiles(ctx, id, page.Files)
			if err != nil {
				return err
			}
			if refused == nil && first != nil {
				refused = first
			}
		}
		if page.Next < 0 {
			return refused
		}
		from = page.Next
	}
}

// publishFiles commits the intent to publish a batch, publishes it and commits what came of it.
// refused is the first error of a file, err one of the queue.
func (e *Engine) publishFiles(ctx context.Context, id string, files []openbits.File) (refused, err error) {
	var list []openbits.Publication
	var arriving []openbits.File
	_, err = e.change(ctx, id, byOwner, func(u *update) error {
		for i := range files {
			after := files[i]
			after.State = openbits.FilePublishing
			if !after.Arrives() { // its server has it
				after.State = openbits.FilePublished
			} else {
				list, arriving = append(list, publicationOf(u.job, after)), append(arriving, after)
			}
			u.file(files[i], after)
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	errs := e.Sink.Publish(context.WithoutCancel(ctx), list)
	_, err = e.change(ctx, id, byOwner, func(u *update) error {
		for i, f := range arriving {
			after := f
			if errs[i] != nil {
				after.State, after.Error = openbits.FileTransferred, openbits.AsError(about(errs[i], f.Index))
				if refused == nil {
					refused = after.Error
				}
			} else {
				after.State, after.Checkpoint, after.Error = openbits.FilePublished, nil, nil
			}
			u.file(f, after)
		}
		u.job.Modified = u.now
		return nil
	})
	return refused, err
}
