// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/queue/memory"
)

// diskOp is a kind of operation on disk or queue that can be struck.
type diskOp string

const (
	opOpen     diskOp = "open"
	opWrite    diskOp = "write"
	opTruncate diskOp = "truncate"
	opReserve  diskOp = "reserve"
	opSync     diskOp = "sync"
	opPrepare  diskOp = "sync to publish" // the part file's own sync in a publication
	opRename   diskOp = "rename"          // struck after it: the sync of the folder fails
	opDiscard  diskOp = "discard"
	opCommit   diskOp = "commit"
)

// strike is what happens to an operation: it fails, or the service dies there, before it took effect or after.
type strike struct {
	err   error
	crash bool
	after bool
}

var errCrashed = &openbits.Error{Op: "go on", Kind: openbits.KindInternal, Context: openbits.ContextUnknown, File: -1, Text: "the service crashed"}

// life is that of one service. After its end nothing that the service does has any effect.
type life struct {
	w    *storm
	mu   sync.RWMutex // held for reading by every operation, so that none is half-way when the service dies
	dead bool
}

func (l *life) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
}

// do carries out an operation, or what was planned in its place. It tells what was planned.
func (l *life) do(op diskOp, path string, effect func() error) (*strike, error) {
	l.mu.RLock()
	if l.dead {
		l.mu.RUnlock()
		return nil, errCrashed
	}
	l.w.mu.Lock()
	var s *strike
	if l.w.plan != nil {
		s = l.w.plan(op, path)
	}
	l.w.mu.Unlock()
	var err error
	if s == nil || s.after {
		err = effect()
	}
	l.mu.RUnlock()
	switch {
	case s == nil:
	case s.crash:
		if !l.w.dead() {
			l.w.crash()
		}
		err = errCrashed
	case err == nil:
		err = s.err
	}
	return s, err
}

// storeGate is the queue as one service sees it.
type storeGate struct {
	*memory.Store
	l *life
}

func (g storeGate) Commit(ctx context.Context, c *openbits.Change) error {
	_, err := g.l.do(opCommit, "", func() error { return g.Store.Commit(ctx, c) })
	return err
}

func (g storeGate) SetMeta(ctx context.Context, key, value string) error {
	return g.alive(func() error { return g.Store.SetMeta(ctx, key, value) })
}

func (g storeGate) Shift(ctx context.Context, d time.Duration) error {
	return g.alive(func() error { return g.Store.Shift(ctx, d) })
}

func (g storeGate) Prune(ctx context.Context, before time.Time) error {
	return g.alive(func() error { return g.Store.Prune(ctx, before) })
}

// alive carries out what is not worth a strike.
func (g storeGate) alive(effect func() error) error {
	g.l.mu.RLock()
	defer g.l.mu.RUnlock()
	if g.l.dead {
		return errCrashed
	}
	return effect()
}

// shadow is what is known of a part file's state on the disk under the page cache.
type shadow struct {
	synced int64  // bytes that would survive a power cut
	old    []byte // what was durable before a cut of the file that is not yet; nil: nothing
	fresh  bool   // its entry in the folder would not survive
}

func (w *storm) shadowOf(path string) *shadow {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.shadow[path]
	if s == nil {
		s = &shadow{fresh: true}
		w.shadow[path] = s
	}
	return s
}

func (w *storm) forgetShadow(path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.shadow, path)
}

// lose damages what was not synced, as a failed sync may.
func (w *storm) lose(path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.shadow[path]; s != nil {
		overwrite(path, s.synced, nil)
	}
}

// overwrite fills a file from an offset to its end with zeros, or with noise.
func overwrite(path string, from int64, rng *rand.Rand) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() <= from {
		return
	}
	junk := make([]byte, info.Size()-from)
	if rng != nil && rng.IntN(2) == 0 {
		for i := range junk {
			junk[i] = byte(rng.Uint32())
		}
	}
	_, _ = f.WriteAt(junk, from)
}

// powerCut takes from the disk what was not synced, some of it or all.
func (w *storm) powerCut(rng *rand.Rand) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for final, part := range w.undone {
		if rng.IntN(2) == 0 {
			_ = os.Rename(final, part)
		}
	}
	for path, s := range w.shadow {
		info, err := os.Stat(path)
		switch {
		case err != nil:
		case s.fresh && rng.IntN(2) == 0:
			_ = os.Remove(path)
		case s.old != nil && rng.IntN(2) == 0:
			_ = os.WriteFile(path, s.old, 0o600)
		case info.Size() > s.synced:
			overwrite(path, s.synced, rng)
			_ = os.Truncate(path, s.synced+rng.Int64N(info.Size()-s.synced+1))
		}
	}
	clear(w.shadow)
}

// diskGate is the disk as one service sees it.
type diskGate struct{ l *life }

func partPath(p openbits.Place) string { return filepath.Join(p.Folder.Path, p.Part) }

func (g diskGate) alive() error {
	g.l.mu.RLock()
	defer g.l.mu.RUnlock()
	if g.l.dead {
		return errCrashed
	}
	return nil
}

func (g diskGate) Folder(ctx context.Context, path string) (openbits.Folder, error) {
	if err := g.alive(); err != nil {
		return openbits.Folder{}, err
	}
	return g.l.w.real.Folder(ctx, path)
}

func (g diskGate) Exists(ctx context.Context, p openbits.Place) (bool, error) {
	if err := g.alive(); err != nil {
		return false, err
	}
	return g.l.w.real.Exists(ctx, p)
}

func (g diskGate) View(ctx context.Context, p openbits.Place, published bool) (openbits.Content, error) {
	if err := g.alive(); err != nil {
		return nil, err
	}
	return g.l.w.real.View(ctx, p, published)
}

func (g diskGate) Space(ctx context.Context, f openbits.Folder) (openbits.Space, error) {
	if err := g.alive(); err != nil {
		return openbits.Space{}, err
	}
	return g.l.w.real.Space(ctx, f)
}

func (g diskGate) Open(ctx context.Context, p openbits.Place) (openbits.PartFile, error) {
	var f openbits.PartFile
	_, err := g.l.do(opOpen, p.Path(), func() (err error) {
		f, err = g.l.w.real.Open(ctx, p)
		return err
	})
	if err != nil {
		if f != nil {
			_ = f.Close()
		}
		return nil, err
	}
	return &partGate{PartFile: f, l: g.l, path: partPath(p), shadow: g.l.w.shadowOf(partPath(p))}, nil
}

func (g diskGate) Publish(ctx context.Context, list []openbits.Publication) []error {
	errs := make([]error, len(list))
	for i, p := range list {
		part := partPath(p.Place)
		s, err := g.l.do(opPrepare, p.Place.Path(), func() error { return nil })
		if err != nil {
			if s != nil && !s.crash {
				g.l.w.lose(part)
			}
			errs[i] = err
			continue
		}
		renamed := false
		s, err = g.l.do(opRename, p.Place.Path(), func() error {
			err := g.l.w.real.Publish(ctx, []openbits.Publication{p})[0]
			renamed = err == nil
			return err
		})
		if renamed {
			g.l.w.forgetShadow(part)
		}
		g.l.w.mu.Lock()
		if delete(g.l.w.undone, p.Place.Path()); renamed && s != nil {
			g.l.w.undone[p.Place.Path()] = part
		}
		g.l.w.mu.Unlock()
		errs[i] = err
	}
	return errs
}

func (g diskGate) Discard(ctx context.Context, places []openbits.Place) error {
	var first error
	for _, p := range places {
		_, err := g.l.do(opDiscard, p.Path(), func() error {
			err := g.l.w.real.Discard(ctx, []openbits.Place{p})
			if err == nil {
				g.l.w.forgetShadow(partPath(p))
			}
			return err
		})
		if first == nil {
			first = err
		}
	}
	return first
}

// partGate is an open part file as one service sees it.
type partGate struct {
	openbits.PartFile
	l      *life
	path   string
	shadow *shadow
}

func (p *partGate) ReadAt(b []byte, off int64) (int, error) {
	if err := (diskGate{p.l}).alive(); err != nil {
		return 0, err
	}
	return p.PartFile.ReadAt(b, off)
}

// WriteAt writes half of the bytes when it is to fail.
func (p *partGate) WriteAt(b []byte, off int64) (n int, err error) {
	s, err := p.l.do(opWrite, p.path, func() (err error) {
		n, err = p.PartFile.WriteAt(b, off)
		return err
	})
	if s != nil && !s.crash && !s.after {
		n, _ = p.PartFile.WriteAt(b[:len(b)/2], off)
	}
	if err == errCrashed {
		n = 0
	}
	return n, err
}

func (p *partGate) Truncate(size int64) error {
	_, err := p.l.do(opTruncate, p.path, func() error {
		p.l.w.mu.Lock()
		defer p.l.w.mu.Unlock()
		if size < p.shadow.synced {
			if p.shadow.old == nil {
				p.shadow.old = make([]byte, p.shadow.synced)
				_, _ = p.PartFile.ReadAt(p.shadow.old, 0)
			}
			p.shadow.synced = size
		}
		return p.PartFile.Truncate(size)
	})
	return err
}

func (p *partGate) Reserve(size int64) error {
	_, err := p.l.do(opReserve, p.path, func() error { return p.PartFile.Reserve(size) })
	return err
}

// Sync loses what was written since the last one when it is to fail.
func (p *partGate) Sync() error {
	s, err := p.l.do(opSync, p.path, func() error {
		size, err := p.PartFile.Size()
		if err == nil {
			err = p.PartFile.Sync()
		}
		if err == nil {
			p.l.w.mu.Lock()
			p.shadow.synced, p.shadow.old, p.shadow.fresh = size, nil, false
			p.l.w.mu.Unlock()
		}
		return err
	})
	if s != nil && !s.crash && !s.after {
		p.l.w.lose(p.path)
	}
	return err
}
