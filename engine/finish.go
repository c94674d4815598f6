// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"

	"github.com/openbits/openbits"
)

// finishBatch is how many whole files are made durable together.
const finishBatch = 256

// finisher makes whole files durable and, for jobs that complete by themselves, publishes
// them. Files that become whole while it works go together in the next batch.
func (r *run) finisher() {
	for m := range r.moved {
		batch := []*motion{m}
	collect:
		for len(batch) < finishBatch {
			select {
			case m, ok := <-r.moved:
				if !ok {
					break collect
				}
				batch = append(batch, m)
			default:
				break collect
			}
		}
		r.finish(batch)
	}
}

// finish makes a batch of whole files durable and reports on each.
func (r *run) finish(batch []*motion) {
	ctx := r.e.settleContext()
	var errs []error
	switch {
	case r.kind().Uploads():
		errs = r.finishSent(ctx, batch)
	case r.autoComplete():
		errs = r.publishBatch(ctx, batch)
	default:
		errs = r.keepBatch(ctx, batch)
	}
	for i, m := range batch {
		o := outcome{m: m}
		if errs[i] != nil {
			o = m.failed(errs[i])
		} else {
			m.close()
			r.retire(m)
		}
		m.handed, o.m = true, m
		r.over <- o
	}
}

func (r *run) autoComplete() bool {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	return r.job.Settings.AutoComplete
}

// keepBatch makes the content of whole files durable; they stay hidden.
func (r *run) keepBatch(ctx context.Context, batch []*motion) []error {
	snaps := make([]snapshot, len(batch))
	for i, m := range batch {
		snaps[i] = m.snapshot()
	}
	errs := syncEach(snaps, (*motion).sync)
	err := r.commitFiles(ctx, batch, errs, func(i int) (openbits.File, error) {
		f := snaps[i].row(openbits.FileTransferred)
		f.Error, f.Attempts, f.NextTry = nil, 0, zeroTime
		f.Inode = snaps[i].pf.Identity()
		return f, nil
	})
	return fill(errs, err)
}

// publishBatch publishes whole files: the intent is committed, the part files are renamed
// durably, the result is committed. What a crash leaves in between is settled from the intent.
func (r *run) publishBatch(ctx context.Context, batch []*motion) []error {
	errs := make([]error, len(batch))
	for i, m := range batch {
		errs[i] = m.seal()
	}
	var list []openbits.Publication
	var listed []int
	err := r.commitFiles(ctx, batch, errs, func(i int) (openbits.File, error) {
		if r.job.State.Final() {
			return openbits.File{}, context.Canceled // its paths may be another job's by now
		}
		s := batch[i].snapshot()
		f := s.row(openbits.FilePublishing)
		f.Checkpoint = batch[i].row.Checkpoint // what was synced; the rest is certain only while this boot lasts
		f.Inode = batch[i].pf.Identity()
		list, listed = append(list, publicationOf(r.job, f)), append(listed, i)
		return f, nil
	})
	if err != nil {
		return fill(errs, err)
	}
	for n, err := range r.e.Sink.Publish(ctx, list) {
		i := listed[n]
		if errs[i] = err; openbits.KindOf(err) == openbits.KindLocalFile || openbits.KindOf(err) == openbits.KindDiskFull {
			batch[i].doubt(err)
		}
	}
	err = r.commitFiles(ctx, batch, errs, func(i int) (openbits.File, error) {
		return asPublished(batch[i].row), nil
	})
	return fill(errs, err)
}

// commitFiles commits new rows for those of the batch that have no error yet, not even by row.
func (r *run) commitFiles(ctx context.Context, batch []*motion, errs []error, row func(i int) (openbits.File, error)) error {
	_, err := r.e.change(ctx, r.id, byService, func(u *update) error {
		u.progressed()
		for i, m := range batch {
			if errs[i] != nil {
				continue
			}
			after, err := row(i)
			if errs[i] = err; err != nil {
				continue
			}
			u.file(m.row, after)
			u.then(func() { m.row = after })
		}
		return nil
	})
	return err
}

// fill gives err to all that have none of their own.
func fill(errs []error, err error) []error {
	for i := range errs {
		if errs[i] == nil {
			errs[i] = err
		}
	}
	return errs
}

// asPublished is the row of a file that stands under its final name.
func asPublished(f openbits.File) openbits.File {
	f.State, f.Checkpoint, f.Error, f.Attempts, f.NextTry = openbits.FilePublished, nil, nil, 0, zeroTime
	f.BytesDone = max(f.BytesTotal, 0)
	return f
}

// published finds out whether a file stands under its final name after a publication that was not answered for.
func (e *Engine) published(ctx context.Context, p openbits.Publication) (bool, error) {
	hidden, err := e.Sink.View(ctx, p.Place, false)
	switch openbits.KindOf(err) {
	case "":
		// What the part holds is found out when it is opened; a part that is whole is published then.
		return false, hidden.Close()
	case openbits.KindNotFound, openbits.KindUnsafePath: // it has its final name, or both after a crash between link and unlink
	default:
		return false, err
	}
	err = e.Sink.Publish(ctx, []openbits.Publication{p})[0]
	if openbits.KindOf(err) == openbits.KindNotFound {
		return false, nil
	}
	return err == nil, err
}

func (r *run) publication(f openbits.File) openbits.Publication {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	return publicationOf(r.job, f)
}

// publicationOf is how a file of a job is to be published.
func publicationOf(j openbits.Job, f openbits.File) openbits.Publication {
	size := f.BytesTotal
	if f.Upload != nil {
		size = f.Upload.ReplySize
	}
	return openbits.Publication{
		Place: f.Place, Inode: f.Inode, Size: size, Mode: 0o666 &^ j.Settings.Umask & 0o666,
		Modified: f.Modified, Overwrite: j.Settings.Overwrite, Background: j.Priority.Background(),
	}
}

// close gives the part file back.
func (m *motion) close() {
	m.mu.Lock()
	pf := m.pf
	m.pf = nil
	m.mu.Unlock()
	m.syncing.Lock() // a checkpoint may be at it
	defer m.syncing.Unlock()
	m.closed = true
	if pf != nil {
		_ = pf.Close() // everything that matters was synced before
	}
}
