// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"time"

	"github.com/openbits/openbits"
)

// condition is what a whole job waits for: an end of it is noticed, or looked for, by the engine.
type condition struct {
	code   openbits.ReasonCode
	err    *openbits.Error
	folder openbits.Folder // disk_full, folder_missing: where
	need   int64           // disk_full: bytes still to come
	until  time.Time       // tried again then in any case; zero: not by time
}

// saveFrom is how many unsaved bytes are worth a sync when a file is stopped.
const saveFrom = 64 << 10

// failed settles a file whose attempt ended without the whole content, and reports.
func (m *motion) failed(err error) outcome {
	defer m.r.retire(m)
	defer m.close()
	if m.ctx.Err() != nil {
		cause := context.Cause(m.ctx)
		if errors.Is(cause, errHalted) || errors.Is(cause, context.Canceled) {
			m.settle(openbits.FileQueued, nil, zeroTime, m.file.Attempts)
			return outcome{m: m}
		}
		if errors.Is(cause, errRestarted) {
			m.settle(openbits.FileQueued, nil, zeroTime, m.file.Attempts)
			return outcome{m: m, retryAt: m.r.e.now()}
		}
		err = cause // a sync failed
	}
	failure := m.describe(err)
	if failure.Context == openbits.ContextQueueManager {
		m.settle(openbits.FileQueued, nil, zeroTime, m.file.Attempts)
		return outcome{m: m, blocking: internalTrouble(failure)}
	}
	if failure.Kind.Blocking() {
		m.settle(openbits.FileQueued, failure, zeroTime, m.file.Attempts)
		return outcome{m: m, blocking: m.blocking(failure)}
	}
	if !failure.Kind.Transient() {
		state := openbits.FileError
		if failure.Kind == openbits.KindDigestMismatch {
			state = openbits.FileQuarantined
		}
		m.settle(state, failure, zeroTime, m.file.Attempts)
		return outcome{m: m}
	}
	attempts := m.file.Attempts + 1
	progressed := m.progress() > 0
	if progressed {
		attempts = 0
	}
	wait := max(backoff(attempts, m.r.retryDelay(), progressed), failure.After)
	at := time.Now().Add(wait)
	if m.settle(openbits.FileWaiting, failure, at, attempts) == openbits.FileError {
		return outcome{m: m}
	}
	return outcome{m: m, retryAt: at}
}

// describe turns an error into what the record says about this file.
func (m *motion) describe(err error) *openbits.Error {
	e := *openbits.AsError(err)
	e.File = m.file.Index
	if offlineKinds[e.Kind] && !m.r.e.Machine.Online() && !loopback(m.file.URL) {
		e.Text, e.Err = "this machine has no network ("+text(&e)+")", nil
		e.Kind, e.Hint = openbits.KindNetworkDisconnected, "It goes on by itself when a network is there."
	}
	return &e
}

// offlineKinds are failures that being offline explains.
var offlineKinds = map[openbits.Kind]bool{
	openbits.KindNameNotResolved: true, openbits.KindConnectFailure: true, openbits.KindConnectionClosed: true,
	openbits.KindTimeout: true, openbits.KindProxyFailure: true, openbits.KindNetworkDisconnected: true,
}

// loopback reports whether a URL names this machine, which needs no network.
func loopback(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// text is the core of an error: what is wrong, without what was attempted.
func text(e *openbits.Error) string {
	switch {
	case e.Text != "":
		return e.Text
	case e.Err != nil:
		return e.Err.Error()
	default:
		return string(e.Kind)
	}
}

func (m *motion) blocking(err *openbits.Error) *condition {
	c := &condition{err: err, folder: m.file.Place.Folder}
	switch err.Kind {
	case openbits.KindDiskFull:
		c.code = openbits.ReasonDiskFull
		m.mu.Lock()
		c.need = reserveFrom // or less, nobody knows
		if m.head.Total != openbits.Unknown {
			c.need = max(m.head.Total-m.head.Offset, 1)
		}
		m.mu.Unlock()
	case openbits.KindFolderMissing:
		c.code = openbits.ReasonFolderMissing
	default:
		c.code = openbits.ReasonOffline
	}
	return c
}

// internalTrouble is the condition of a job whose queue cannot be read just now.
func internalTrouble(err error) *condition {
	return &condition{code: openbits.ReasonRetry, err: openbits.AsError(err), until: time.Now().Add(openbits.DefaultRetryDelay)}
}

// backoff is how long to wait after a number of failures in a row: base, doubled each time up to
// openbits.MaxRetryDelay, a fifth up or down at random so that many clients do not come back together.
// After a connection that brought bytes a second is enough.
func backoff(failures int, base time.Duration, progressed bool) time.Duration {
	wait := base
	for i := 1; i < failures && wait < openbits.MaxRetryDelay; i++ {
		wait *= 2
	}
	wait = min(wait, max(base, openbits.MaxRetryDelay))
	if progressed {
		wait = min(wait, time.Second)
	}
	return time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))
}

// connectKinds are failures of a server as a whole: its other files would fail alike.
var connectKinds = map[openbits.Kind]bool{
	openbits.KindNameNotResolved: true, openbits.KindConnectFailure: true, openbits.KindProxyFailure: true,
}

// way is by what name a server that cannot be reached is left alone: a proxy that fails says nothing of the
// server to the jobs that go there without it.
func (r *run) way(host string) string {
	if p := r.route.Proxy; p != (openbits.Proxy{}) {
		return host + " by way of " + p.HTTP + " " + p.HTTPS + " " + p.No
	}
	return host
}

// blocked tells until when a server is left alone by this job, and whether it asked for that itself.
func (r *run) blocked(host string, now time.Time) (until time.Time, asked bool) {
	until, asked = r.e.hosts.blocked(host, now)
	if way := r.way(host); way != host {
		if later, _ := r.e.hosts.blocked(way, now); later.After(until) {
			return later, false
		}
	}
	return until, asked
}

// hostFailed keeps the manners that a failure asks for.
func (e *Engine) hostFailed(m *motion, err *openbits.Error) {
	host := hostOf(m.file.URL)
	status := err.Kind.HTTPStatus()
	if status == 429 || status == 503 {
		e.hosts.crowded(host)
	}
	switch {
	case err.After > 0:
		e.hosts.pause(host, time.Now(), true, func(int) time.Duration { return err.After })
	case status == 429, connectKinds[err.Kind], err.Kind == openbits.KindTimeout && !m.hasBegun():
		base := m.r.retryDelay()
		e.hosts.pause(m.r.way(host), time.Now(), false, func(failures int) time.Duration { return backoff(failures, base, false) })
	}
}

func (r *run) retryDelay() time.Duration {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	return r.job.Settings.RetryDelay
}

func (m *motion) progress() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got
}

func (m *motion) hasBegun() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.began
}

// settle records the state of a file that is not in motion any more, with what its part holds.
// It answers the state that was recorded: a file may have no attempt left.
func (m *motion) settle(state openbits.FileState, failure *openbits.Error, next time.Time, attempts int) openbits.FileState {
	s := m.snapshot()
	keep := s.pf != nil && s.checkpoint.Held()-s.saved >= saveFrom && m.sync(s.pf) == nil
	doubted, sealed := m.doubted(), m.isSealed() // they wait for a sync under way, which must not hold up the engine
	_, err := m.r.e.change(m.r.e.settleContext(), m.r.id, byService, func(u *update) error {
		after := m.row
		switch {
		case keep:
			after = s.row(state)
		case after.Checkpoint != nil && doubted:
			synced := *after.Checkpoint
			synced.Boot = "" // the rest of the part must not be believed in this boot either
			after.Checkpoint = &synced
		}
		if m.progress() > 0 {
			u.progressed()
		}
		if failure != nil {
			state, failure, next = u.failure(state, failure, next)
		}
		if state == openbits.FileQueued && m.row.State == openbits.FilePublishing && (s.pf == nil || sealed) {
			state = openbits.FilePublishing // what became of the publication is still to be found out
		}
		if sent, known := m.acknowledged(); known {
			after.BytesDone = sent
		}
		after.State, after.Error, after.NextTry, after.Attempts = state, failure, u.wall(next), attempts
		after.Digest.Actual = s.actual
		if state == openbits.FileQuarantined { // the part keeps the content, its bytes do not count
			after.BytesDone, after.Checkpoint = 0, nil
		}
		u.file(m.row, after)
		u.then(func() {
			m.row = after
			m.mu.Lock()
			m.settled = true // a checkpoint under way comes too late
			m.mu.Unlock()
		})
		return nil
	})
	if err != nil {
		m.r.e.Log.Error("cannot record the state of a file", "job", m.r.id, "file", m.file.Index, "error", err)
	}
	return state
}

// failure counts a file's failure for its job, and ends a run of transient ones that lasted too long.
func (u *update) failure(state openbits.FileState, f *openbits.Error, next time.Time) (openbits.FileState, *openbits.Error, time.Time) {
	u.job.Error = f
	if f.Kind.Blocking() {
		u.job.FailedFrom = zeroTime // what this machine lacks is no failure of the server
		return state, f, next
	}
	u.job.ErrorCount++
	if state != openbits.FileWaiting {
		return state, f, next
	}
	u.e.retries.Add(1)
	if u.job.FailedFrom.IsZero() {
		u.job.FailedFrom = u.now
	}
	s := u.job.Settings
	if s.NoProgressTimeout > 0 && s.RetryDelay <= s.NoProgressTimeout && u.now.Sub(u.job.FailedFrom) < s.NoProgressTimeout {
		return state, f, next
	}
	if s.NoProgressTimeout > 0 {
		f = &openbits.Error{
			Op: f.Op, Object: f.Object, Kind: openbits.KindNoProgress, Context: f.Context, File: f.File,
			Text: "no byte arrived for " + u.now.Sub(u.job.FailedFrom).Round(time.Second).String() + "; at last: " + text(f), Hint: f.Hint,
		}
		u.job.Error = f
	}
	return openbits.FileError, f, zeroTime
}
