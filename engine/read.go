// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/openbits/openbits"
)

// Job answers one job as it is at the moment.
func (e *Engine) Job(ctx context.Context, id string) (openbits.Job, error) {
	e.mu.Lock()
	r := e.runs[id]
	e.mu.Unlock()
	if r != nil {
		return e.view(ctx, openbits.Job{ID: id})
	}
	j, err := e.Store.Job(ctx, id)
	if err != nil {
		return j, err
	}
	return e.view(ctx, j)
}

// Jobs answers a page of jobs as they are at the moment.
func (e *Engine) Jobs(ctx context.Context, q openbits.JobQuery) (openbits.JobPage, error) {
	page, err := e.Store.Jobs(ctx, q)
	if err != nil {
		return page, err
	}
	// Once for the whole page: a commit in between takes as long as the disk does.
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range page.Jobs {
		if page.Jobs[i], err = e.viewLocked(ctx, page.Jobs[i]); err != nil {
			return page, err
		}
	}
	return page, nil
}

func (e *Engine) view(ctx context.Context, j openbits.Job) (openbits.Job, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.viewLocked(ctx, j)
}

// viewLocked adds to a stored job what only the engine knows: the figures of the moment, and whom it waits for.
func (e *Engine) viewLocked(ctx context.Context, j openbits.Job) (openbits.Job, error) {
	r := e.runs[j.ID]
	if r == nil {
		if j.Name == "" { // it ended its run just now
			var err error
			if j, err = e.Store.Job(ctx, j.ID); err != nil {
				return j, err
			}
		}
		switch {
		case j.State == queued:
			j.Reason = e.queueReason(j)
		case j.Reason != nil && !j.Reason.Until.IsZero():
			reason := *j.Reason
			reason.Until = j.NextTry // which moves with the wall clock
			j.Reason = &reason
		}
		return j, nil
	}
	j = r.job
	for _, m := range r.moving() {
		f, h := m.row, m.Held()
		j.BytesDone += h.Offset - f.BytesDone
		if f.BytesTotal == openbits.Unknown && h.Total != openbits.Unknown {
			j.Unsized--
			j.BytesSized += h.Total
		}
	}
	if j.Unsized == 0 {
		j.BytesTotal = j.BytesSized
	}
	if j.State == transferring {
		j.Rate = r.meter.perSecond(time.Now())
		j.Transport = r.transport()
		if j.Reason == nil {
			j.Reason = yieldingReason(&j)
		}
	}
	if j.State == connecting && j.Reason == nil {
		j.Reason = r.busyReason()
	}
	if j.State == queued {
		j.Reason = e.queueReason(j)
	}
	return j, nil
}

// queueReason explains whom a queued job waits for. The caller holds e.mu.
func (e *Engine) queueReason(j openbits.Job) *openbits.Reason {
	reason := &openbits.Reason{Code: openbits.ReasonTurn, Since: j.Modified, Text: "its turn has not come", Hint: "It starts by itself; a higher priority brings it forward."}
	for _, r := range e.activeLocked() {
		if r.job.Priority.Background() && j.Priority.Background() && r.job.Priority.Number() < j.Priority.Number() {
			reason.Code = openbits.ReasonPriority
			reason.Text = "job " + short(r.id) + " of priority " + string(r.job.Priority) + " goes first"
			break
		}
	}
	return reason
}

// busyReason explains why no file of a job that holds a place has begun.
func (r *run) busyReason() *openbits.Reason {
	for _, m := range r.moving() {
		if host := hostOf(m.file.URL); r.e.hosts.busy(host) {
			return &openbits.Reason{
				Code: openbits.ReasonHostBusy, Since: r.job.Modified,
				Text: "the connections that " + host + " gets are all in use", Hint: "It starts when one is free.",
			}
		}
	}
	return nil
}

// File answers one file as it is at the moment.
func (e *Engine) File(ctx context.Context, id string, index int) (openbits.File, error) {
	f, err := e.file(ctx, id, index)
	if err != nil {
		return f, err
	}
	return e.live(id, []openbits.File{f})[0], nil
}

// Files answers a page of files as they are at the moment.
func (e *Engine) Files(ctx context.Context, id string, q openbits.FileQuery) (openbits.FilePage, error) {
	if _, err := e.Store.Job(ctx, id); err != nil {
		return openbits.FilePage{Next: -1}, err
	}
	page, err := e.files(ctx, id, q)
	page.Files = e.live(id, page.Files)
	return page, err
}

// live overlays files with what those in motion hold.
func (e *Engine) live(id string, files []openbits.File) []openbits.File {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.runs[id]
	if r == nil {
		return files
	}
	for i := range files {
		if !files[i].State.Pending() {
			continue
		}
		if m := r.motionOf(files[i].Index); m != nil {
			files[i] = m.view(files[i])
		}
	}
	return files
}

// view is a file with what its part holds at the moment.
func (m *motion) view(f openbits.File) openbits.File {
	h := m.Held()
	if f.State != openbits.FilePublishing {
		f.State = openbits.FileTransferring
	}
	f.BytesDone = h.Offset
	if h.Total != openbits.Unknown {
		f.BytesTotal = h.Total
	}
	if !h.Validator.Zero() {
		f.Validator = h.Validator
	}
	return f
}

// Open reads a whole file, published or not.
func (e *Engine) Open(ctx context.Context, id string, index int) (io.ReadSeekCloser, openbits.File, error) {
	f, err := e.file(ctx, id, index)
	if err != nil {
		return nil, f, err
	}
	if !f.State.Done() {
		return nil, f, fileState("read", f)
	}
	if !f.Arrives() {
		return nil, f, &openbits.Error{
			Op: "read", Object: f.Path(), Kind: openbits.KindNotSupported, Context: openbits.ContextLocalFile, File: f.Index,
			Text: "it was sent, and nothing came back that could be read",
		}
	}
	content, err := e.Sink.View(ctx, f.Place, f.State == openbits.FilePublished)
	return content, f, err
}

// Limit is the service's own rate limit in bytes per second; 0: none.
func (e *Engine) Limit(ctx context.Context) (int64, error) {
	text, err := e.Store.Meta(ctx, metaLimit)
	if err != nil || text == "" {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// SetLimit sets it, durably and at once.
func (e *Engine) SetLimit(ctx context.Context, rate int64) error {
	if rate < 0 {
		return invalid("rate", "a rate cannot be negative")
	}
	if err := e.Store.SetMeta(ctx, metaLimit, strconv.FormatInt(rate, 10)); err != nil {
		return err
	}
	e.limiter.SetRate(rate)
	e.Log.Info("limit", "bytes_per_second", rate)
	return nil
}

// Stats answers the service's figures.
func (e *Engine) Stats(ctx context.Context) (openbits.Stats, error) {
	counts, err := e.Store.CountJobs(ctx)
	if err != nil {
		return openbits.Stats{}, err
	}
	last, err := e.Store.LastEvent(ctx)
	return openbits.Stats{
		Started: e.started, Jobs: counts, BytesReceived: e.received.Load(), BytesSent: e.sent.Load(), Connections: e.hosts.connections(),
		Retries: e.retries.Load(), Restarts: e.restarts.Load(), LastEvent: last,
	}, err
}
