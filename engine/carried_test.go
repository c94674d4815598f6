// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// carried is a page that takes an hour, on a connection that can tell.
func carried(c *enginetest.Carrier) enginetest.Page {
	p := slow(1_000_000, time.Hour)
	p.Carrier = c
	return p
}

// TestTransportOfAMovingJob: what its connection knows is read with the job, and gone when it does not move.
func TestTransportOfAMovingJob(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := &enginetest.Carrier{}
		want := openbits.Transport{
			Mode: openbits.TransportAlone, Since: time.Now(), Interface: "eth0", Connections: 1, Rate: 277, Foreign: openbits.Unknown,
			Capacity: 300, Window: 9, Base: time.Millisecond, Queue: 2, Notes: []string{"n"},
		}
		c.Set(want)
		w.put("f0", carried(c))
		id := w.create(files(1))
		w.after(10 * time.Minute)
		j := w.job(id)
		if j.Transport == nil || cmp.Diff(want, *j.Transport) != "" || j.Reason != nil {
			t.Errorf("the job's transport is %+v, its reason %+v", j.Transport, j.Reason)
		}
		if stored, err := w.queue.Job(w.ctx, id); err != nil || stored.Transport != nil {
			t.Errorf("stored is %+v, %v", stored.Transport, err)
		}
		w.act(id, openbits.ActionSuspend)
		if j := w.job(id); j.Transport != nil {
			t.Errorf("a suspended job has the transport %+v", j.Transport)
		}
	})
}

// TestYieldingIsAReason as long as it lasts, once it lasts a second; the state stays, and nothing of it is stored.
func TestYieldingIsAReason(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := &enginetest.Carrier{}
		w.put("f0", carried(c))
		id := w.create(files(1))
		w.after(time.Minute)
		since := time.Now()
		c.Set(openbits.Transport{Mode: openbits.TransportYielding, Rival: openbits.RivalHost, Since: since})
		w.after(900 * time.Millisecond)
		if j := w.job(id); j.Reason != nil {
			t.Errorf("after less than a second the reason is %+v", j.Reason)
		}
		w.after(200 * time.Millisecond)
		j := w.is(id, openbits.StateTransferring, openbits.ReasonYielding)
		want := &openbits.Reason{
			Code: openbits.ReasonYielding, Text: "it gives way to other programs on this computer", Since: since,
			Hint: "It speeds up by itself when they stop; to compete with them: bits set " + id[:8] + " priority=foreground.",
		}
		if diff := cmp.Diff(want, j.Reason); diff != "" {
			t.Error(diff)
		}
		if page, err := w.Jobs(w.ctx, openbits.JobQuery{}); err != nil || page.Jobs[0].Reason == nil || page.Jobs[0].Transport == nil {
			t.Errorf("the listing has %+v, %v", page.Jobs, err)
		}
		if stored, err := w.queue.Job(w.ctx, id); err != nil || stored.Reason != nil {
			t.Errorf("stored is %+v, %v", stored.Reason, err)
		}
		c.Set(openbits.Transport{Mode: openbits.TransportReturning, Rival: openbits.RivalHost, Since: time.Now()})
		w.after(time.Minute)
		if j := w.is(id, openbits.StateTransferring); j.Reason != nil {
			t.Errorf("it yields no more and its reason is %+v", j.Reason)
		}
	})
}

// TestTheMostTellingConnection speaks for a job of several.
func TestTheMostTellingConnection(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		now := time.Now()
		for name, is := range map[string]openbits.Transport{
			"f0": {Mode: openbits.TransportAlone, Since: now.Add(-time.Hour), Connections: 1},
			"f1": {Mode: openbits.TransportYielding, Since: now.Add(-time.Minute), Connections: 2},
			"f2": {Mode: openbits.TransportYielding, Since: now.Add(-time.Second), Connections: 3},
			"f3": {Mode: openbits.TransportSharing, Since: now.Add(-time.Hour), Connections: 4},
		} {
			c := &enginetest.Carrier{}
			c.Set(is)
			w.put(name, carried(c))
		}
		w.put("f4", slow(1_000_000, time.Hour)) // cannot tell
		id := w.create(files(5))
		w.after(time.Minute)
		if tr := w.job(id).Transport; tr == nil || tr.Connections != 2 {
			t.Errorf("the transport is %+v", tr)
		}
	})
}

// TestConnectionsHearOfThePriority: of the one that the job has when they are got, and of each change.
func TestConnectionsHearOfThePriority(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := &enginetest.Carrier{}
		w.put("f0", carried(c))
		id := w.create(files(1), priority(openbits.PriorityLow))
		w.after(time.Minute)
		for _, p := range []openbits.Priority{openbits.PriorityHigh, openbits.PriorityForeground} {
			if _, err := w.Change(w.ctx, id, openbits.JobChange{Priority: &p}); err != nil {
				t.Fatal(err)
			}
			w.after(time.Minute) // across the border between background and foreground the file goes on over another connection
		}
		name := "other"
		if _, err := w.Change(w.ctx, id, openbits.JobChange{Name: &name}); err != nil {
			t.Fatal(err)
		}
		want := []openbits.Priority{openbits.PriorityLow, openbits.PriorityHigh, openbits.PriorityForeground}
		if got := c.Served(); !slices.Equal(got, want) {
			t.Errorf("the connection served %v, want %v", got, want)
		}
		// Within the background it is the same connection; the foreground needs another one.
		if n := len(w.servers.Calls("")); n != 2 {
			t.Errorf("the file was asked for %d times, want once before the border and once behind it", n)
		}
	})
}

// TestForgottenConnections: one that brought its file may carry another by now, while the file is being published.
func TestForgottenConnections(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := &enginetest.Carrier{}
		w.disk.OnPublish(func([]string) { time.Sleep(10 * time.Minute) })
		w.put("f0", enginetest.Page{Body: body(10), Carrier: c})
		w.put("f1", slow(1_000_000, time.Hour))
		id := w.create(files(2))
		w.after(time.Minute)
		high := openbits.PriorityHigh
		if _, err := w.Change(w.ctx, id, openbits.JobChange{Priority: &high}); err != nil {
			t.Fatal(err)
		}
		if got := c.Served(); len(got) != 1 {
			t.Errorf("the connection served %v", got)
		}
		if tr := w.job(id).Transport; tr != nil {
			t.Errorf("the transport is %+v", tr)
		}
	})
}

// TestProgressCarriesTheTransport to those who watch, without a sequence.
func TestProgressCarriesTheTransport(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := &enginetest.Carrier{}
		w.put("f0", carried(c))
		id := w.create(files(1))
		w.after(time.Minute)
		c.Set(openbits.Transport{Mode: openbits.TransportYielding, Since: time.Now()})
		l := w.listen(w.last(), "", 0)
		w.after(10 * time.Second)
		heard := l.all(openbits.UpdateProgress)
		if n := len(heard); n < 9 || n > 21 {
			t.Fatalf("%d times in 10 s", n)
		}
		last := heard[len(heard)-1]
		if last.Seq != 0 || last.Event != nil || last.Jobs[0].ID != id || last.Jobs[0].Transport == nil || last.Jobs[0].Reason == nil {
			t.Errorf("the last is %+v", last)
		}
		l.cancel()
	})
}
