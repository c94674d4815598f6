// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"time"

	"github.com/openbits/openbits"
)

// main moves one file and reports what became of it.
func (m *motion) main() {
	if m.file.Inode != "" {
		if done, err := m.settlePublication(); err != nil || done {
			m.r.over <- m.finishEarly(err)
			return
		}
	}
	err := m.transfer()
	switch err {
	case nil:
		// The finisher answers for the file from here on.
		m.r.over <- outcome{m: m, handed: true}
		m.r.moved <- m
	case errHostPaused:
		m.r.retire(m)
		m.r.over <- outcome{m: m, retryAt: time.Now()}
	default:
		m.r.over <- m.failed(err)
	}
}

// errHostPaused: while the file waited for a connection its server failed for another one.
var errHostPaused = errors.New("the server is left alone")

// transfer brings the file to where it belongs, when its server has a connection for it.
func (m *motion) transfer() error {
	r := m.r
	host := hostOf(m.file.URL)
	place, err := r.e.hosts.acquire(m.ctx, host, r.priority(), func() { m.cancel(errRestarted) })
	if err != nil {
		return err
	}
	defer r.e.hosts.release(place)
	if until, _ := r.blocked(host, time.Now()); !until.IsZero() {
		return errHostPaused
	}
	if m.file.Upload != nil {
		err = m.send()
	} else {
		err = m.fetch()
	}
	switch {
	case err == nil:
		r.e.hosts.worked(host)
		if way := r.way(host); way != host {
			r.e.hosts.worked(way)
		}
	case m.ctx.Err() == nil:
		// Before the connection goes to the next that waits for one: it must find the pause.
		r.e.hostFailed(m, m.describe(err))
	}
	return err
}

// fetch brings the part file to the whole content.
func (m *motion) fetch() error {
	if err := m.open(); err != nil {
		return err
	}
	var err error
	if m.whole() {
		m.r.connect()
		err = m.End()
	} else {
		err = m.move(false)
	}
	if errors.Is(err, openbits.KindDigestMismatch) && m.wasResumed() {
		// Pieces fetched at different times may not fit although every answer looked right,
		// and a cache on the way may be to blame: one fresh fetch tells.
		if err = m.again(); err == nil {
			err = m.move(true)
		}
	}
	return err
}

func (m *motion) move(fresh bool) error {
	r := m.r
	defer m.putDown()
	return r.e.Downloads.Move(m.ctx, openbits.Transfer{
		JobID: r.id, Index: m.file.Index, Type: openbits.TypeDownload, Priority: r.priority(),
		URL: m.file.URL, Route: &r.route, Fresh: fresh, ByDigest: m.file.Digest.Expected != "" && !fresh,
	}, m)
}

// whole reports whether the part holds everything although the file was never handed over,
// as after a failed publication.
func (m *motion) whole() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.file.Checkpoint != nil && m.head.Total != openbits.Unknown && m.head.Offset == m.head.Total
}

func (m *motion) wasResumed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.resumed
}

// again empties the part for a second fetch.
func (m *motion) again() error {
	if err := m.reset(); err != nil {
		return err
	}
	m.mu.Lock()
	m.complete, m.actual = false, ""
	m.mu.Unlock()
	return m.saveIdentity(true)
}

// throttle waits until n bytes may pass the limits of the job and the service.
func (r *run) throttle(ctx context.Context, n int) error {
	if err := r.limiter.Wait(ctx, n); err != nil {
		return err
	}
	return r.e.limiter.Wait(ctx, n)
}

// connect notes that a server began to answer.
func (r *run) connect() {
	if r.connected.Load() {
		return
	}
	_, err := r.e.change(r.ctx, r.id, byService, func(u *update) error {
		u.job.Error = nil
		return u.on(OnConnect, nil)
	})
	switch {
	case err == nil || openbits.KindOf(err) == openbits.KindInvalidState:
		r.connected.Store(true)
	case r.ctx.Err() == nil:
		r.e.Log.Error("cannot record that the job is transferring", "job", r.id, "error", err)
	}
}

func (r *run) priority() openbits.Priority {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	return r.job.Priority
}

// settlePublication finds out what became of a publication that was not answered for.
// It answers true when the file stands under its final name; false when it is to be moved (again).
func (m *motion) settlePublication() (done bool, err error) {
	done, err = m.r.e.published(m.ctx, m.r.publication(m.file))
	if err != nil || !done {
		return false, err
	}
	_, err = m.r.e.change(m.ctx, m.r.id, byService, func(u *update) error {
		after := asPublished(m.row)
		u.file(m.row, after)
		u.then(func() { m.row = after })
		return nil
	})
	return err == nil, err
}

// finishEarly is the outcome of a file that turned out to be published, or could not be settled.
func (m *motion) finishEarly(err error) outcome {
	if err != nil {
		return m.failed(err)
	}
	m.r.retire(m)
	return outcome{m: m}
}
