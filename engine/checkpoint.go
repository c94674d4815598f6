// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"sync"
	"time"

	"github.com/openbits/openbits"
)

// checkpointer makes received bytes durable, for all files of the run at once, whenever one of
// them has received enough or enough time has passed.
func (r *run) checkpointer() {
	tick := time.NewTicker(r.e.CheckpointInterval)
	defer tick.Stop()
	for {
		select {
		case <-r.full:
		case <-tick.C:
		case <-r.ctx.Done():
			return
		}
		r.checkpoint()
	}
}

// checkpoint syncs the part files that grew and then commits what each holds.
func (r *run) checkpoint() {
	var grown []snapshot
	for _, m := range r.moving() {
		if s := m.snapshot(); m.isOpen() && s.checkpoint.Held() > s.saved {
			grown = append(grown, s)
		}
	}
	if len(grown) == 0 {
		return
	}
	errs := syncEach(grown, (*motion).syncUnsealed)
	_, err := r.e.change(r.ctx, r.id, byService, func(u *update) error {
		u.progressed()
		for i := range grown {
			if s := &grown[i]; errs[i] == nil && !s.stale() {
				u.checkpoint(s)
			} else if errs[i] != nil && !s.stale() {
				s.m.cancel(errs[i]) // its bytes cannot be relied on
			}
		}
		return nil
	})
	if err != nil && r.ctx.Err() == nil {
		r.e.Log.Error("cannot record a checkpoint", "job", r.id, "error", err)
	}
}

// syncEach syncs the part files of the snapshots, all at the same time.
func syncEach(list []snapshot, do func(*motion, PartFile) error) []error {
	for _, s := range list {
		s.m.flush(s.pf)
	}
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	for i, s := range list {
		wg.Go(func() { errs[i] = do(s.m, s.pf) })
	}
	wg.Wait()
	return errs
}

// sync makes what the part holds durable. After a failure what was written since the last success may be gone
// although the next sync succeeds, so the first failure stands.
func (m *motion) sync(pf PartFile) error {
	m.syncing.Lock()
	defer m.syncing.Unlock()
	return m.syncLocked(pf)
}

func (m *motion) syncLocked(pf PartFile) error {
	if m.lost == nil {
		m.lost = pf.Sync()
	}
	return m.lost
}

// flush gives a sync that follows a head start.
func (m *motion) flush(pf PartFile) {
	m.syncing.Lock()
	defer m.syncing.Unlock()
	if !m.closed {
		_ = pf.Flush() // Sync tells
	}
}

// syncUnsealed is sync for who may come too late: a failure during a publication could go unnoticed.
func (m *motion) syncUnsealed(pf PartFile) error {
	m.syncing.Lock()
	defer m.syncing.Unlock()
	if m.sealed || m.closed {
		return m.lost
	}
	return m.syncLocked(pf)
}

// seal ends the syncs of checkpoints, and answers whether one failed.
func (m *motion) seal() error {
	m.syncing.Lock()
	defer m.syncing.Unlock()
	m.sealed = true
	return m.lost
}

// isSealed reports whether the finisher has had it.
func (m *motion) isSealed() bool {
	m.syncing.Lock()
	defer m.syncing.Unlock()
	return m.sealed
}

// doubt notes that a sync failed which was not done here.
func (m *motion) doubt(err error) {
	m.syncing.Lock()
	defer m.syncing.Unlock()
	m.lost = err
}

// doubted reports whether bytes since the last checkpoint may be gone.
func (m *motion) doubted() bool {
	m.syncing.Lock()
	defer m.syncing.Unlock()
	return m.lost != nil
}

// stale reports whether the file went another way since the snapshot. The caller holds e.mu.
func (s *snapshot) stale() bool {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	return s.m.epoch != s.epoch || s.m.complete || s.m.settled || s.m.pf == nil || s.m.saved > s.checkpoint.Held()
}

// checkpoint puts a snapshot whose bytes are durable into the update.
func (u *update) checkpoint(s *snapshot) {
	after := s.row(openbits.FileTransferring)
	u.file(s.m.row, after)
	u.then(func() {
		s.m.row = after
		s.m.mu.Lock()
		s.m.saved = s.checkpoint.Held()
		s.m.mu.Unlock()
	})
}

func (m *motion) isOpen() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pf != nil && m.began && !m.complete
}

// saveIdentity makes durable which version the part is going to hold.
func (m *motion) saveIdentity(restarted bool) error {
	s := m.snapshot()
	_, err := m.r.e.change(m.ctx, m.r.id, byService, func(u *update) error {
		if restarted {
			u.event(openbits.Event{Type: openbits.EventRestarted, File: m.file.Index, State: string(openbits.FileTransferring)})
		}
		u.checkpoint(&s)
		return nil
	})
	return err
}

// progressed ends the run of failures: bytes arrived.
func (u *update) progressed() { u.job.FailedFrom = zeroTime }

var zeroTime time.Time

// settleContext is for commits that must happen although what they are about was stopped.
func (e *Engine) settleContext() context.Context { return context.WithoutCancel(e.ctx) }
