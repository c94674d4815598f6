// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"

	"github.com/openbits/openbits"
)

// finishSent records that servers have the files of a batch, and publishes the replies of jobs that complete by themselves
// as publishBatch does: the intent is committed, the replies are renamed durably, the result is committed.
func (r *run) finishSent(ctx context.Context, batch []*motion) []error {
	errs := make([]error, len(batch))
	auto := r.autoComplete()
	var list []openbits.Publication
	var listed []int
	err := r.commitFiles(ctx, batch, errs, func(i int) (openbits.File, error) {
		f := asSent(batch[i].row)
		switch {
		case !auto:
			f.State = openbits.FileTransferred
		case !f.Arrives():
			f.State = openbits.FilePublished
		case r.job.State.Final():
			return openbits.File{}, context.Canceled // its path may be another job's by now
		default:
			f.State = openbits.FilePublishing
			list, listed = append(list, publicationOf(r.job, f)), append(listed, i)
		}
		return f, nil
	})
	if err != nil || len(list) == 0 {
		return fill(errs, err)
	}
	for n, err := range r.e.Sink.Publish(ctx, list) {
		errs[listed[n]] = err
	}
	err = r.commitFiles(ctx, batch, errs, func(i int) (openbits.File, error) { return asPublished(batch[i].row), nil })
	return fill(errs, err)
}

// asSent is the row of a file that its server has.
func asSent(f openbits.File) openbits.File {
	up := *f.Upload
	up.Sent, up.Session = true, openbits.Session{}
	f.Upload = &up
	if !up.State.Zero() {
		f.BytesTotal = up.State.Size
	}
	f.BytesDone = max(f.BytesTotal, 0)
	f.Error, f.Attempts, f.NextTry = nil, 0, zeroTime
	return f
}
