// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package faultsink

import (
	"context"

	"github.com/openbits/openbits"
)

// Folder is OpFolder.
func (s *Faulty) Folder(ctx context.Context, path string) (openbits.Folder, error) {
	if _, err := s.strike(OpFolder, path); err != nil {
		return openbits.Folder{}, err
	}
	return s.inner.Folder(ctx, path)
}

// Exists is OpExists.
func (s *Faulty) Exists(ctx context.Context, p openbits.Place) (bool, error) {
	if _, err := s.strike(OpExists, p.Path()); err != nil {
		return false, err
	}
	return s.inner.Exists(ctx, p)
}

// Space is OpSpace.
func (s *Faulty) Space(ctx context.Context, f openbits.Folder) (openbits.Space, error) {
	if _, err := s.strike(OpSpace, f.Path); err != nil {
		return openbits.Space{}, err
	}
	return s.inner.Space(ctx, f)
}

// View is OpView. What is read of the content is not counted.
func (s *Faulty) View(ctx context.Context, p openbits.Place, published bool) (openbits.Content, error) {
	if _, err := s.strike(OpView, p.Path()); err != nil {
		return nil, err
	}
	return s.inner.View(ctx, p, published)
}

// Open is OpOpen.
func (s *Faulty) Open(ctx context.Context, p openbits.Place) (openbits.PartFile, error) {
	if _, err := s.strike(OpOpen, p.Path()); err != nil {
		return nil, err
	}
	f, err := s.inner.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	return &partFile{PartFile: f, sink: s, path: p.Path()}, nil
}

// Publish is OpPublish and then OpPublished for each file, in order. After a crash all entries fail, since nobody
// would have been there to get an answer.
func (s *Faulty) Publish(ctx context.Context, list []openbits.Publication) []error {
	errs := make([]error, len(list))
	after := make([]error, len(list))
	var passed []openbits.Publication
	var index []int
	var hooks []func()
	for i, p := range list {
		if _, err := s.strike(OpPublish, p.Place.Path()); err != nil {
			errs[i] = err
			continue
		}
		f, err := s.due(OpPublished, p.Place.Path())
		after[i] = err
		if f.Hook != nil {
			hooks = append(hooks, func() { f.Hook(p.Place.Path()) })
		}
		passed = append(passed, p)
		index = append(index, i)
	}
	if len(passed) > 0 {
		for n, err := range s.inner.Publish(ctx, passed) {
			i := index[n]
			if errs[i] = err; after[i] != nil {
				errs[i] = after[i]
			}
		}
	}
	for _, hook := range hooks {
		hook()
	}
	if s.Crashed() {
		for i, p := range list {
			errs[i] = crashed(OpPublish, p.Place.Path())
		}
	}
	return errs
}

// Discard is OpDiscard for each place. A place that fails keeps its part file; the others are discarded unless it
// was a crash.
func (s *Faulty) Discard(ctx context.Context, places []openbits.Place) error {
	var first error
	var passed []openbits.Place
	for _, p := range places {
		if _, err := s.strike(OpDiscard, p.Path()); err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		passed = append(passed, p)
	}
	if len(passed) > 0 {
		if err := s.inner.Discard(ctx, passed); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// partFile is an open part file with faults.
type partFile struct {
	openbits.PartFile
	sink *Faulty
	path string
}

func (p *partFile) ReadAt(b []byte, off int64) (int, error) {
	if _, err := p.sink.strike(OpRead, p.path); err != nil {
		return 0, err
	}
	return p.PartFile.ReadAt(b, off)
}

func (p *partFile) WriteAt(b []byte, off int64) (int, error) {
	f, err := p.sink.strike(OpWrite, p.path)
	if err == nil {
		return p.PartFile.WriteAt(b, off)
	}
	n := 0
	if short := min(f.Short, len(b)); short > 0 {
		n, _ = p.PartFile.WriteAt(b[:short], off)
	}
	return n, err
}

// Size fails after a crash, but is not counted.
func (p *partFile) Size() (int64, error) {
	if p.sink.Crashed() {
		return 0, crashed("size", p.path)
	}
	return p.PartFile.Size()
}

func (p *partFile) Truncate(size int64) error {
	return p.faulty(OpTruncate, func() error { return p.PartFile.Truncate(size) })
}

func (p *partFile) Reserve(size int64) error {
	return p.faulty(OpReserve, func() error { return p.PartFile.Reserve(size) })
}

func (p *partFile) Flush() error { return p.faulty(OpFlush, p.PartFile.Flush) }

func (p *partFile) Sync() error { return p.faulty(OpSync, p.PartFile.Sync) }

func (p *partFile) faulty(op Op, do func() error) error {
	if _, err := p.sink.strike(op, p.path); err != nil {
		return err
	}
	return do()
}

// Close always closes; after a crash it says so.
func (p *partFile) Close() error {
	err := p.PartFile.Close()
	if p.sink.Crashed() {
		return crashed("close", p.path)
	}
	return err
}
