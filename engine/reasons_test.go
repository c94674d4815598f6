// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// reached is how a job comes to be in a state for a reason.
type reached struct {
	code  openbits.ReasonCode
	state openbits.State
	until bool // it ends by time
	hint  bool // somebody can do something about it, or knows what it waits for
	reach func(w *world) string
}

var reasons = []reached{
	{openbits.ReasonNotStarted, openbits.StateSuspended, false, true, func(w *world) string { return w.create(files(1), parked) }},
	{openbits.ReasonSuspended, openbits.StateSuspended, false, true, func(w *world) string {
		id := w.create(w.one("f0", time.Hour))
		w.act(id, openbits.ActionSuspend)
		return id
	}},
	{openbits.ReasonTurn, openbits.StateQueued, false, true, func(w *world) string {
		for i := range 4 {
			w.create(w.one(fmt.Sprintf("other%d", i), time.Hour))
		}
		return w.create(files(1))
	}},
	{openbits.ReasonPriority, openbits.StateQueued, false, true, func(w *world) string {
		w.create(w.one("above", time.Hour), priority(openbits.PriorityHigh))
		return w.create(files(1))
	}},
	{openbits.ReasonHostBusy, openbits.StateConnecting, false, true, func(w *world) string {
		for i := range 8 {
			w.put(fmt.Sprintf("g%d", i), slow(1000, time.Hour))
		}
		w.create(func(n *openbits.NewJob) {
			for i := range 8 {
				file(fmt.Sprintf("g%d", i))(n)
			}
		})
		return w.create(files(1))
	}},
	{openbits.ReasonHostWait, openbits.StateTransientError, true, true, func(w *world) string {
		w.script("f0", enginetest.Attempt{Err: enginetest.FailAfter(openbits.KindHTTP(503), site, time.Hour)})
		return w.create(files(1))
	}},
	{openbits.ReasonRetry, openbits.StateTransientError, true, true, func(w *world) string {
		w.script("f0", enginetest.Attempt{Err: enginetest.Fail(openbits.KindTimeout, site)})
		return w.create(files(1))
	}},
	{openbits.ReasonOffline, openbits.StateTransientError, false, true, func(w *world) string {
		w.machine.SetOnline(false)
		w.script("f0", enginetest.Attempt{Err: enginetest.Fail(openbits.KindTimeout, site)})
		return w.create(files(1))
	}},
	{openbits.ReasonCaptivePortal, openbits.StateTransientError, true, true, func(w *world) string {
		w.script("f0", enginetest.Attempt{Err: enginetest.Fail(openbits.KindCaptivePortal, site)})
		return w.create(files(1))
	}},
	{openbits.ReasonDiskFull, openbits.StateTransientError, false, true, func(w *world) string {
		w.disk.SetRoom(10)
		w.put("f0", enginetest.Page{Body: body(2000)})
		return w.create(files(1))
	}},
	{openbits.ReasonFolderMissing, openbits.StateTransientError, false, true, func(w *world) string {
		id := w.create(files(1), parked)
		w.disk.Unmount(folder)
		w.act(id, openbits.ActionResume)
		return id
	}},
	{openbits.ReasonYielding, openbits.StateTransferring, false, true, func(w *world) string {
		c := &enginetest.Carrier{}
		c.Set(openbits.Transport{Mode: openbits.TransportYielding, Rival: openbits.RivalNetwork, Since: time.Now()})
		w.put("f0", carried(c))
		id := w.create(files(1))
		w.after(2 * time.Second)
		return id
	}},
	{openbits.ReasonNeedsComplete, openbits.StateTransferred, false, true, func(w *world) string {
		w.put("f0", enginetest.Page{Body: body(2000)})
		return w.create(files(1), keep)
	}},
	{openbits.ReasonFailed, openbits.StateError, false, true, func(w *world) string { return w.create(files(1)) }},
	{openbits.ReasonCompleted, openbits.StateAcknowledged, false, false, func(w *world) string {
		w.put("f0", enginetest.Page{Body: body(2000)})
		return w.create(files(1))
	}},
	{openbits.ReasonCancelled, openbits.StateCancelled, false, false, func(w *world) string {
		id := w.create(files(1), parked)
		w.act(id, openbits.ActionCancel)
		return id
	}},
	{openbits.ReasonExpired, openbits.StateCancelled, false, false, func(w *world) string {
		id := w.create(files(1), parked)
		w.after(91 * day)
		return id
	}},
}

// TestEveryReason: each reason of the closed list is told by some job, with all that it promises; it is told alike by
// a look at the job and by a listing, and it is still told after a restart of the service.
func TestEveryReason(t *testing.T) {
	missing := map[openbits.ReasonCode]bool{}
	for _, code := range openbits.Reasons {
		missing[code] = true
	}
	for _, tt := range reasons {
		if !missing[tt.code] {
			t.Errorf("%s is not of the list, or comes twice", tt.code)
		}
		delete(missing, tt.code)
		t.Run(string(tt.code), func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				began := time.Now()
				id := tt.reach(w)
				tt.check(w, w.is(id, tt.state, tt.code), began)
				page, err := w.Jobs(w.ctx, openbits.JobQuery{IDPrefix: id})
				if err != nil || len(page.Jobs) != 1 || page.Jobs[0].Reason == nil || *page.Jobs[0].Reason != *w.job(id).Reason {
					t.Errorf("a listing answers %+v, error %v", page.Jobs, err)
				}
				if tt.state == openbits.StateConnecting {
					return
				}
				began = w.job(id).Reason.Since
				w.restart("")
				w.after(0)
				if tt.code != openbits.ReasonOffline && tt.code != openbits.ReasonFolderMissing && tt.code != openbits.ReasonDiskFull {
					tt.check(w, w.is(id, tt.state, tt.code), began)
				}
			})
		})
	}
	for code := range missing {
		t.Errorf("no job tells %s", code)
	}
}

func (r reached) check(w *world, j openbits.Job, began time.Time) {
	w.t.Helper()
	reason := j.Reason
	if reason == nil {
		return // has been reported
	}
	if reason.Text == "" || strings.HasSuffix(reason.Text, ".") {
		w.t.Errorf("%s says %q", r.code, reason.Text)
	}
	if r.hint && reason.Hint == "" || reason.Hint != "" && !strings.HasSuffix(reason.Hint, ".") {
		w.t.Errorf("%s advises %q", r.code, reason.Hint)
	}
	if reason.Since.Before(began) || reason.Since.After(time.Now()) {
		w.t.Errorf("%s is said to hold since %v, between %v and %v", r.code, reason.Since, began, time.Now())
	}
	if r.until != reason.Until.After(time.Now()) || !r.until && !reason.Until.IsZero() {
		w.t.Errorf("%s is said to end at %v", r.code, reason.Until)
	}
}

// TestNoReasonWhileMoving: a job that moves has none.
func TestNoReasonWhileMoving(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.create(w.one("f0", time.Hour))
		w.after(time.Minute)
		if j := w.is(id, openbits.StateTransferring); j.Reason != nil {
			t.Errorf("the reason is %+v", j.Reason)
		}
		w.act(id, openbits.ActionSuspend)
		since := w.is(id, openbits.StateSuspended).Reason.Since
		w.after(time.Hour)
		w.act(id, openbits.ActionSuspend) // once more changes nothing
		if j := w.job(id); !j.Reason.Since.Equal(since) {
			t.Errorf("the job is suspended since %v, and then since %v", since, j.Reason.Since)
		}
		w.act(id, openbits.ActionResume)
		if j := w.is(id, openbits.StateTransferring); j.Reason != nil {
			t.Errorf("the reason is %+v", j.Reason)
		}
	})
}
