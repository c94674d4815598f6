// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine/enginetest"
)

// TestOffline: without a network a job waits for one: no error is counted, no timer runs.
func TestOffline(t *testing.T) {
	for _, kind := range []openbits.Kind{
		openbits.KindNameNotResolved, openbits.KindConnectFailure, openbits.KindConnectionClosed, openbits.KindTimeout, openbits.KindProxyFailure,
	} {
		inWorld(t, nil, func(w *world) {
			w.machine.SetOnline(false)
			w.put("f0", slow(100_000, 100*time.Second))
			w.servers.Trouble("example.org", enginetest.Fail(kind, site))
			id := w.create(files(1))
			j := w.is(id, openbits.StateTransientError, openbits.ReasonOffline)
			if j.ErrorCount != 0 || !j.NextTry.IsZero() || j.Error == nil || j.Error.Kind != openbits.KindNetworkDisconnected {
				t.Errorf("after %s offline: %d errors, next try %v, error %v", kind, j.ErrorCount, j.NextTry, j.Error)
			}
			if !j.Reason.Until.IsZero() || j.Reason.Hint == "" || j.Reason.Text == "" {
				t.Errorf("the reason is %+v", j.Reason)
			}
			w.after(40 * day) // longer than the no-progress timeout
			w.is(id, openbits.StateTransientError, openbits.ReasonOffline)
			if n := len(w.servers.Calls("")); n != 1 {
				t.Errorf("%d attempts offline, want 1", n)
			}
			w.servers.Trouble("example.org", nil)
			w.machine.SetOnline(true)
			w.after(0)
			w.is(id, openbits.StateTransferring)
			if w.servers.Resets() == 0 {
				t.Error("the connections from before were kept")
			}
			w.after(2 * time.Minute)
			w.is(id, openbits.StateAcknowledged)
		})
	}
}

// TestNetworkLostOnTheWay: bytes are kept, and the job goes on where it was.
func TestNetworkLostOnTheWay(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(300_000), ETag: `"v1"`})
		w.script("f0", enginetest.Attempt{Stop: 100_000, Hang: true})
		id := w.create(files(1))
		w.script("f0", enginetest.Attempt{Stop: 100_000, Break: enginetest.Fail(openbits.KindConnectionClosed, site)})
		w.act(id, openbits.ActionSuspend)
		w.machine.SetOnline(false)
		w.act(id, openbits.ActionResume)
		j := w.is(id, openbits.StateTransientError, openbits.ReasonOffline)
		if j.BytesDone != 200_000 {
			t.Errorf("the job has %d bytes, want 200,000", j.BytesDone)
		}
		w.after(time.Hour)
		w.machine.SetOnline(true)
		w.after(0)
		w.is(id, openbits.StateAcknowledged)
		w.holds("f0", body(300_000))
	})
}

// TestOnlineRetriesEverything: a network lets every waiting job try at once, whatever it waits for, but servers that
// asked for time get it, and disks do not heal by a network.
func TestOnlineRetriesEverything(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		long := settings(func(s *openbits.Settings) { s.RetryDelay = time.Hour })
		w.servers.Trouble("example.org", enginetest.Fail(openbits.KindHTTP(500), site))
		refused := "http://refused.example/x"
		w.servers.Trouble("refused.example", enginetest.Fail(openbits.KindConnectFailure, refused))
		asked := "http://asked.example/x"
		w.servers.Trouble("asked.example", enginetest.FailAfter(openbits.KindHTTP(429), asked, time.Hour))
		plain := w.create(long, file("a"))
		dead := w.create(long, at(refused, "b"))
		polite := w.create(long, at(asked, "c"))
		w.put("a", enginetest.Page{Body: body(10)})
		w.servers.Put(refused, enginetest.Page{Body: body(10)})
		w.servers.Put(asked, enginetest.Page{Body: body(10)})
		for _, host := range []string{"example.org", "refused.example", "asked.example"} {
			w.servers.Trouble(host, nil)
		}
		// One that runs has a file that waits.
		w.put("d", slow(1000, time.Hour))
		w.put("e", enginetest.Page{Body: body(10)})
		w.script("e", enginetest.Attempt{Err: enginetest.Fail(openbits.KindHTTP(500), site)})
		mixed := w.create(long, file("d"), file("e"))
		w.is(plain, openbits.StateTransientError, openbits.ReasonRetry)
		w.is(dead, openbits.StateTransientError, openbits.ReasonRetry)
		w.is(polite, openbits.StateTransientError, openbits.ReasonHostWait)
		w.after(time.Minute)
		w.machine.ChangeNetwork()
		w.after(0)
		w.is(plain, openbits.StateAcknowledged)
		w.is(dead, openbits.StateAcknowledged)
		w.is(polite, openbits.StateTransientError, openbits.ReasonHostWait)
		if f := w.fileOf(mixed, 1); f.State != openbits.FilePublished {
			t.Errorf("the waiting file of a running job is %s", f.State)
		}
		w.after(75 * time.Minute) // its own back-off may be longer
		w.is(polite, openbits.StateAcknowledged)
		w.is(mixed, openbits.StateAcknowledged)
	})
}

// TestLoopbackIsNeverOffline: this machine's own servers need no network.
func TestLoopbackIsNeverOffline(t *testing.T) {
	for _, host := range []string{"localhost", "localhost:8080", "127.0.0.1:80", "127.1.2.3", "[::1]:8080", "[::1]"} {
		inWorld(t, nil, func(w *world) {
			w.machine.SetOnline(false)
			url := "http://" + host + "/x"
			w.servers.Trouble(host, enginetest.Fail(openbits.KindConnectFailure, url))
			id := w.create(at(url, "x"))
			j := w.is(id, openbits.StateTransientError, openbits.ReasonRetry)
			if j.ErrorCount != 1 {
				t.Errorf("%s: %d errors counted", host, j.ErrorCount)
			}
		})
	}
}

// TestOfflineIsNoExcuse: an answer of a server is what it is, network or not.
func TestOfflineIsNoExcuse(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.machine.SetOnline(false)
		w.is(w.create(file("nowhere")), openbits.StateError, openbits.ReasonFailed)
	})
}

// TestOfflineEndsTheRunOfFailures: the no-progress time does not run while there is no network.
func TestOfflineEndsTheRunOfFailures(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.servers.Trouble("example.org", enginetest.Fail(openbits.KindConnectFailure, site))
		id := w.create(files(1))
		w.machine.SetOnline(false)
		w.after(time.Minute)
		w.is(id, openbits.StateTransientError, openbits.ReasonOffline)
		w.after(20 * day)
		w.machine.SetOnline(true) // and the server is still down
		w.after(0)
		w.is(id, openbits.StateTransientError, openbits.ReasonRetry)
	})
}

// TestNetworkBackAtOnce: a network that comes back while a job is about to wait for it is not missed.
func TestNetworkBackAtOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.machine.SetOnline(false)
		w.put("f0", enginetest.Page{Body: body(300_000), ETag: `"v1"`})
		w.script("f0", enginetest.Attempt{Stop: 100_000, Break: enginetest.Fail(openbits.KindConnectionClosed, site)})
		back := false
		w.disk.OnClose(func() { // the failure is settled, the job is not
			if !back {
				back = true
				w.machine.SetOnline(true)
				time.Sleep(time.Second)
			}
		})
		id := w.create(files(1))
		w.after(time.Minute)
		w.is(id, openbits.StateAcknowledged)
	})
}

// TestOfflineOverRestart: after a restart of the service the job finds out anew.
func TestOfflineOverRestart(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.machine.SetOnline(false)
		w.servers.Trouble("example.org", enginetest.Fail(openbits.KindNameNotResolved, site))
		id := w.create(files(1))
		w.restart("")
		w.is(id, openbits.StateTransientError, openbits.ReasonOffline)
		w.put("f0", enginetest.Page{Body: body(10)})
		w.servers.Trouble("example.org", nil)
		w.Close()
		w.machine.SetOnline(true)
		w.reopen("")
		w.is(id, openbits.StateAcknowledged)
		want := []openbits.State{openbits.StateQueued, openbits.StateConnecting, openbits.StateTransientError}
		if got := w.states(id); !slices.Equal(got[:3], want) {
			t.Errorf("the job went through %v", got)
		}
	})
}
