// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package faultsink is a sink that fails when it is told to: a decorator of any
// other. Tests wrap a real sink in it, run once to count the operations, and
// then fail or stop each of them in turn.
//
//	disk := faultsink.New(sink.New(sink.Options{}))
//	disk.Inject(faultsink.Fault{Op: faultsink.OpSync, N: 3, Err: syscall.EIO})
//
// Its exact properties:
//
//   - Every operation is counted by its kind, from 1, whether it fails or not.
//   - A fault strikes the operation that its Op and N name, before the wrapped
//     sink sees it; OpPublished alone strikes after. A fault with an N strikes
//     once; with N 0 it strikes every time.
//   - A fault with Crash makes the operation, and all that begin later, fail
//     with ErrCrashed, as if the process had ended there: nothing reaches the
//     wrapped sink any more. Open files are closed quietly by their Close. What
//     was written before stays, as it does after kill -9.
//   - A publication of several files is taken apart in their order: those before
//     a crash are renamed, the one that was struck by OpPublished too, the rest
//     are not.
//   - Numbers are given in the order of the calls. With one goroutine the same
//     program meets the same fault at the same place; with several the order is
//     theirs.
package faultsink

import (
	"context"
	"errors"
	"sync"

	"github.com/openbits/openbits"
)

// Sink is what is wrapped, and what the wrapped one is: the engine's interface of this name.
type Sink interface {
	Folder(ctx context.Context, path string) (openbits.Folder, error)
	Exists(ctx context.Context, p openbits.Place) (bool, error)
	Open(ctx context.Context, p openbits.Place) (openbits.PartFile, error)
	View(ctx context.Context, p openbits.Place, published bool) (openbits.Content, error)
	Publish(ctx context.Context, list []openbits.Publication) []error
	Discard(ctx context.Context, places []openbits.Place) error
	Space(ctx context.Context, f openbits.Folder) (openbits.Space, error)
}

// Op is a kind of operation.
type Op string

const (
	// OpFolder: Sink.Folder.
	OpFolder Op = "folder"
	// OpExists: Sink.Exists.
	OpExists Op = "exists"
	// OpSpace: Sink.Space.
	OpSpace Op = "space"
	// OpOpen: Sink.Open.
	OpOpen Op = "open"
	// OpView: Sink.View.
	OpView Op = "view"
	// OpRead: PartFile.ReadAt.
	OpRead Op = "read"
	// OpWrite: PartFile.WriteAt.
	OpWrite Op = "write"
	// OpTruncate: PartFile.Truncate.
	OpTruncate Op = "truncate"
	// OpReserve: PartFile.Reserve.
	OpReserve Op = "reserve"
	// OpFlush: PartFile.Flush.
	OpFlush Op = "flush"
	// OpSync: PartFile.Sync. A publication's own syncs are part of OpPublish.
	OpSync Op = "sync"
	// OpPublish: one file of Sink.Publish, before its rename.
	OpPublish Op = "publish-before-rename"
	// OpPublished: the same file, after its rename and before Publish answers.
	OpPublished Op = "publish-after-rename"
	// OpDiscard: one place of Sink.Discard.
	OpDiscard Op = "discard"
)

// Ops are the operations that change what is on the disk or make it durable, for tests that strike each.
var Ops = []Op{OpOpen, OpWrite, OpTruncate, OpReserve, OpFlush, OpSync, OpPublish, OpPublished, OpDiscard}

// ErrCrashed is the cause of every failure after a crash.
var ErrCrashed = errors.New("the sink crashed")

// Fault says what goes wrong, and when.
type Fault struct {
	Op    Op
	N     int   // which operation of this kind since New, from 1; 0: each of them
	Err   error // what it answers; nil: it is carried out after Hook
	Short int   // of a failing write: how many of its bytes are written all the same
	Crash bool  // nothing works from here on
	// Hook is called first, outside all locks, with the final path of the file, or that of the folder.
	Hook func(path string)
}

// Faulty is a sink with faults. It is safe for use by several goroutines.
type Faulty struct {
	inner Sink

	mu      sync.Mutex
	faults  []Fault
	counts  map[Op]int
	crashed bool
}

// New wraps a sink.
func New(inner Sink) *Faulty { return &Faulty{inner: inner, counts: map[Op]int{}} }

// Inject adds a fault. Where several fit one operation, the first that was added strikes.
func (s *Faulty) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// Clear removes all faults that have not struck. A crash stays.
func (s *Faulty) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Count is the number of operations of a kind so far.
func (s *Faulty) Count(op Op) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[op]
}

// Crash lets everything fail from now on.
func (s *Faulty) Crash() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashed = true
}

// Crashed reports whether the sink has crashed.
func (s *Faulty) Crashed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.crashed
}

// strike counts an operation and finds the fault that is due, if any; it calls its hook.
func (s *Faulty) strike(op Op, path string) (Fault, error) {
	f, err := s.due(op, path)
	if f.Hook != nil {
		f.Hook(path)
	}
	return f, err
}

func (s *Faulty) due(op Op, path string) (Fault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.crashed {
		return Fault{}, crashed(op, path)
	}
	s.counts[op]++
	for i, f := range s.faults {
		if f.Op != op || f.N != 0 && f.N != s.counts[op] {
			continue
		}
		if f.N != 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		if f.Crash {
			s.crashed = true
			return f, crashed(op, path)
		}
		return f, f.Err
	}
	return Fault{}, nil
}

func crashed(op Op, path string) error {
	return &openbits.Error{
		Op: string(op), Object: path, Kind: openbits.KindLocalFile, Context: openbits.ContextLocalFile, File: -1, Err: ErrCrashed,
	}
}
