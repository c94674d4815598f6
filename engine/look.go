// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"

	"github.com/openbits/openbits"
)

// look is one look at the jobs and files that a page of events is about. Events of many files come together when
// a batch of them is published: each job is read once then, and neighbouring files with one query. Everything is read
// after the events were, so it is as new as the newest of them.
type look struct {
	e     *Engine
	jobs  map[string]*openbits.Job // nil: there is none
	files map[fileKey]*openbits.File
}

type fileKey struct {
	job   string
	index int
}

func newLook(e *Engine) *look {
	return &look{e: e, jobs: map[string]*openbits.Job{}, files: map[fileKey]*openbits.File{}}
}

// job answers nil for a job that does not exist any more.
func (l *look) job(ctx context.Context, id string) (*openbits.Job, error) {
	if j, ok := l.jobs[id]; ok {
		return j, nil
	}
	j, err := l.e.Job(ctx, id)
	switch {
	case err == nil:
		l.jobs[id] = &j
	case openbits.KindOf(err) == openbits.KindNotFound:
		l.jobs[id] = nil
	default:
		return nil, err
	}
	return l.jobs[id], nil
}

// file answers the file of the first event, nil when there is none. The others tell which will be asked for next.
func (l *look) file(ctx context.Context, events []openbits.Event) (*openbits.File, error) {
	key := fileKey{events[0].JobID, events[0].File}
	if f, ok := l.files[key]; ok {
		return f, nil
	}
	if n := neighbours(events); n > 1 {
		page, err := l.e.Files(ctx, key.job, openbits.FileQuery{From: key.index, Limit: n})
		switch openbits.KindOf(err) {
		case "":
			for i := range page.Files {
				l.files[fileKey{key.job, page.Files[i].Index}] = &page.Files[i]
			}
		case openbits.KindNotFound:
		default:
			return nil, err
		}
		if f, ok := l.files[key]; ok {
			return f, nil
		}
	}
	f, err := l.e.File(ctx, key.job, key.index)
	switch {
	case err == nil:
		l.files[key] = &f
	case openbits.KindOf(err) == openbits.KindNotFound:
		l.files[key] = nil
	default:
		return nil, err
	}
	return l.files[key], nil
}

// neighbours is how many files from that of the first event on are worth reading together: at
// least half of them have events.
func neighbours(events []openbits.Event) int {
	first, best, seen := events[0], 1, 0
	for i := range events {
		if events[i].JobID != first.JobID || events[i].File < first.File {
			continue
		}
		seen++
		if span := events[i].File - first.File + 1; span <= 2*seen && span > best {
			best = span
		}
	}
	return min(best, eventPage)
}
