// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"context"
	"slices"

	"github.com/openbits/openbits"
)

// Commit applies a change, all of it or nothing. The parts are applied in this order: new jobs, jobs,
// files, removals, new files, renewed URLs, events; so what one part gives up a later one can take.
func (s *Store) Commit(ctx context.Context, c *openbits.Change) error {
	q, unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	t := &transaction{queue: q}
	if err := t.apply(c); err != nil {
		for _, undo := range slices.Backward(t.undo) {
			undo()
		}
		return err
	}
	for i := range c.Events {
		q.last++
		c.Events[i].Seq = q.last
		q.events = append(q.events, copyEvent(c.Events[i]))
	}
	return nil
}

// transaction remembers how to take back what it did.
type transaction struct {
	*queue
	undo []func()
}

func (t *transaction) apply(c *openbits.Change) error {
	return firstError(
		each(c.NewJobs, t.addJob),
		each(c.Jobs, t.replaceJob),
		each(c.Files, t.replaceFile),
		each(c.Remove, t.remove),
		each(c.NewFiles, t.addFile),
		each(c.Renewed, t.renew),
	)
}

func each[T any](list []T, do func(T) error) func() error {
	return func() error {
		for _, v := range list {
			if err := do(v); err != nil {
				return err
			}
		}
		return nil
	}
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (t *transaction) addJob(row openbits.JobRow) error {
	id := row.Job.ID
	if t.jobs[id] != nil {
		return idInUse(id)
	}
	before := t.seq
	t.seq++
	e := &entry{seq: t.seq, job: copyJob(row.Job), route: copyRoute(row.Route), files: map[int]*openbits.File{}}
	t.jobs[id] = e
	t.order = append(t.order, e)
	t.undo = append(t.undo, func() {
		delete(t.jobs, id)
		t.order = t.order[:len(t.order)-1]
		t.seq = before
	})
	return nil
}

func (t *transaction) replaceJob(j openbits.Job) error {
	e, err := t.find(j.ID)
	if err != nil {
		return err
	}
	old := e.job
	e.job = copyJob(j)
	t.undo = append(t.undo, func() { e.job = old })
	if claiming(old) == claiming(j) {
		return nil
	}
	for _, i := range e.indexes {
		if err := t.settle(e, e.files[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *transaction) addFile(f openbits.File) error {
	e, err := t.find(f.JobID)
	if err != nil {
		return err
	}
	if f.Index < 0 || e.files[f.Index] != nil {
		return badIndex(f)
	}
	stored := copyFile(f)
	at, _ := slices.BinarySearch(e.indexes, f.Index)
	e.indexes = slices.Insert(e.indexes, at, f.Index)
	e.files[f.Index] = &stored
	t.undo = append(t.undo, func() {
		delete(e.files, f.Index)
		e.indexes = slices.Delete(e.indexes, at, at+1)
	})
	return t.settle(e, &stored)
}

func (t *transaction) replaceFile(f openbits.File) error {
	e, old, err := t.findFile(f.JobID, f.Index)
	if err != nil {
		return err
	}
	stored := copyFile(f)
	stored.URL, stored.Place = old.URL, old.Place
	t.put(e, &stored, old)
	return t.settle(e, &stored)
}

func (t *transaction) renew(f openbits.File) error {
	e, old, err := t.findFile(f.JobID, f.Index)
	if err != nil {
		return err
	}
	stored := *old
	stored.URL = f.URL
	t.put(e, &stored, old)
	return nil
}

func (t *transaction) put(e *entry, f, old *openbits.File) {
	e.files[f.Index] = f
	t.undo = append(t.undo, func() { e.files[f.Index] = old })
}

func (t *transaction) remove(id string) error {
	e, err := t.find(id)
	if err != nil {
		return err
	}
	for _, i := range e.indexes {
		t.release(e, e.files[i])
	}
	at := slices.Index(t.order, e)
	t.order = slices.Delete(t.order, at, at+1)
	delete(t.jobs, id)
	t.undo = append(t.undo, func() {
		t.jobs[id] = e
		t.order = slices.Insert(t.order, at, e)
	})
	return nil
}

// settle makes the claims agree with the states of a file and its job.
func (t *transaction) settle(e *entry, f *openbits.File) error {
	if !claiming(e.job) || f.State == openbits.FilePublished || f.State == openbits.FileDropped {
		t.release(e, f)
		return nil
	}
	path := f.Place.Path()
	mine := claim{e, f.Index}
	holder, taken := t.claims[path]
	switch {
	case !taken:
		t.claims[path] = mine
		t.undo = append(t.undo, func() { delete(t.claims, path) })
	case holder != mine:
		return busy(path, f.Index, holder.job.job.ID)
	}
	return nil
}

func (t *transaction) release(e *entry, f *openbits.File) {
	path := f.Place.Path()
	if mine := (claim{e, f.Index}); t.claims[path] == mine {
		delete(t.claims, path)
		t.undo = append(t.undo, func() { t.claims[path] = mine })
	}
}

// claiming reports whether the unpublished files of a job claim the paths under which something arrives: nothing does in
// an upload without a reply, and final jobs write no more.
func claiming(j openbits.Job) bool {
	return j.Type != openbits.TypeUpload && !j.State.Final()
}

func (q *queue) find(id string) (*entry, error) {
	if e := q.jobs[id]; e != nil {
		return e, nil
	}
	return nil, notFound("job "+id, -1)
}

func (q *queue) findFile(id string, index int) (*entry, *openbits.File, error) {
	e, err := q.find(id)
	if err != nil {
		return nil, nil, err
	}
	if f := e.files[index]; f != nil {
		return e, f, nil
	}
	return nil, nil, noFile(id, index)
}
