// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/engine/enginetest"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// count is how often a job's record has a type of event.
func (w *world) count(id string, kind openbits.EventType) int {
	return len(w.events(id, kind))
}

func TestLifeOfAJob(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(100)})
		id := w.create(files(1), keep)
		j := w.is(id, openbits.StateTransferred)
		w.within("its life", j.Expires.Sub(j.Created), 90*day, 90*day)
		w.after(83*day - time.Minute)
		if n := w.count(id, openbits.EventExpiring); n != 0 {
			t.Errorf("it was warned of %d times too early", n)
		}
		w.after(2 * time.Minute)
		if n := w.count(id, openbits.EventExpiring); n != 1 {
			t.Errorf("it was warned of %d times, want once", n)
		}
		w.after(7*day - 2*time.Minute)
		w.is(id, openbits.StateTransferred)
		if n := w.count(id, openbits.EventExpiring); n != 1 {
			t.Errorf("it was warned of %d times in the end", n)
		}
		w.after(2 * time.Minute)
		j = w.is(id, openbits.StateCancelled, openbits.ReasonExpired)
		if j.Error == nil || j.Error.Kind != openbits.KindExpired {
			t.Errorf("its error is %v", j.Error)
		}
		w.published()
		w.after(30*day - 5*time.Minute)
		w.is(id, openbits.StateCancelled)
		w.after(10 * time.Minute)
		_, err := w.Job(w.ctx, id)
		w.fails(err, openbits.KindNotFound)
		if n := w.count(id, openbits.EventRemoved); n != 1 {
			t.Errorf("its removal was recorded %d times", n)
		}
		w.after(60*day + time.Hour)
		w.create(files(1), parked) // the record is pruned when anything goes on
		if list := w.events(id); len(list) != 0 {
			t.Errorf("after 60 more days its record still has %v", list)
		}
	})
}

// TestExpiryWhateverHappens: a job that is used every day ends after 90 days all the same.
func TestExpiryWhateverHappens(t *testing.T) {
	inWorld(t, func(o *engine.Options) { o.CheckpointInterval = time.Hour }, func(w *world) {
		w.put("f0", slow(1_000_000, 200*day))
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.MaxDownloadTime = year }))
		for range 89 {
			w.act(id, openbits.ActionSuspend)
			w.act(id, openbits.ActionResume)
			w.after(day)
		}
		w.is(id, openbits.StateTransferring)
		w.after(day + time.Minute)
		w.is(id, openbits.StateCancelled, openbits.ReasonExpired)
		w.noParts()
	})
}

// TestExpiredWhileAway: a job whose life ended while the service did not run ends when it starts.
func TestExpiredWhileAway(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.create(files(1), parked)
		w.Close()
		w.after(100 * day)
		w.reopen("")
		w.is(id, openbits.StateCancelled, openbits.ReasonExpired)
		if n := w.count(id, openbits.EventExpiring); n != 0 {
			t.Errorf("it was warned of %d times after its end", n)
		}
	})
}

// TestFinalJobsAreForgotten: completed and cancelled ones alike, and their id can be used again.
func TestFinalJobsAreForgotten(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.put("f0", enginetest.Page{Body: body(100)})
		n := request(files(1))
		if _, _, err := w.Create(w.ctx, n); err != nil {
			t.Fatal(err)
		}
		cancelled := w.create(files(0), parked)
		w.act(cancelled, openbits.ActionCancel)
		w.after(29 * day)
		w.is(n.ID, openbits.StateAcknowledged, openbits.ReasonCompleted)
		w.after(2 * day)
		page, err := w.Jobs(w.ctx, openbits.JobQuery{})
		if err != nil || len(page.Jobs) != 0 {
			t.Errorf("%d jobs are listed, error %v", len(page.Jobs), err)
		}
		w.published("f0")
		w.disk.Remove(folder + "/f0")
		if _, isNew, err := w.Create(w.ctx, n); err != nil || !isNew {
			t.Errorf("creating it again: new %v, error %v", isNew, err)
		}
	})
}

// clocked is a world whose wall clock can be set.
func clocked(t *testing.T, fn func(w *world, wall *enginetest.Clock)) {
	t.Helper()
	wall := &enginetest.Clock{}
	inWorld(t, func(o *engine.Options) { o.Now = wall.Now }, func(w *world) { fn(w, wall) })
}

var jumps = map[string]time.Duration{"ahead": 10 * year, "back": -10 * year, "an hour ahead": time.Hour, "an hour back": -time.Hour}

// TestClockSetWhileRunning: nothing expires, and what waits waits as long as it would have.
func TestClockSetWhileRunning(t *testing.T) {
	for name, jump := range jumps {
		t.Run(name, func(t *testing.T) {
			clocked(t, func(w *world, wall *enginetest.Clock) {
				w.servers.Trouble("example.org", enginetest.Fail(openbits.KindHTTP(500), site))
				w.put("f1", slow(1000, time.Hour))
				waiting := w.create(file("f0"), settings(func(s *openbits.Settings) { s.RetryDelay = 10 * time.Minute }))
				parkedJob := w.create(file("f2"), parked)
				w.servers.Trouble("example.org", nil)
				w.put("f0", enginetest.Page{Body: body(10)})
				running := w.create(file("f1"), settings(func(s *openbits.Settings) { s.MaxDownloadTime = 2 * time.Hour }))
				// One of its files waits while the other moves.
				w.script("f3", enginetest.Attempt{Err: enginetest.Fail(openbits.KindHTTP(500), site)})
				w.put("f3", enginetest.Page{Body: body(10)})
				if _, err := w.AddFiles(w.ctx, running, -1, []openbits.NewFile{{URL: site + "f3", Folder: folder, Name: "f3"}}); err != nil {
					t.Fatal(err)
				}
				w.after(time.Second)

				wall.Set(jump)
				w.machine.SetClock()
				w.after(0)
				j := w.is(waiting, openbits.StateTransientError, openbits.ReasonRetry)
				w.within("the wait", j.NextTry.Sub(wall.Now()), 7*time.Minute, 12*time.Minute)
				w.within("the rest of its life", j.Expires.Sub(wall.Now()), 90*day-time.Minute, 90*day)
				w.within("what the reason says", j.Reason.Until.Sub(wall.Now()), 7*time.Minute, 12*time.Minute)
				w.is(parkedJob, openbits.StateSuspended)
				w.is(running, openbits.StateTransferring)
				w.after(10 * time.Second)
				if f := w.fileOf(running, 1); f.State != openbits.FilePublished {
					t.Errorf("the waiting file of the running job is %s until %v", f.State, f.NextTry)
				}
				w.after(12 * time.Minute)
				w.is(waiting, openbits.StateAcknowledged)
				w.after(time.Hour)
				j = w.is(running, openbits.StateAcknowledged)
				if took := j.Completed.Sub(j.Created); took < time.Hour || took > time.Hour+time.Minute {
					t.Errorf("the job seems to have taken %v", took)
				}
				w.after(89 * day)
				w.is(parkedJob, openbits.StateSuspended)
				w.after(2 * day)
				w.is(parkedJob, openbits.StateCancelled, openbits.ReasonExpired)
			})
		})
	}
}

// TestClockSetUnnoticed: the next change notices it when no event told of it.
func TestClockSetUnnoticed(t *testing.T) {
	clocked(t, func(w *world, wall *enginetest.Clock) {
		w.servers.Trouble("example.org", enginetest.Fail(openbits.KindConnectionClosed, site))
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.RetryDelay = time.Minute }))
		wall.Set(year) // further than the no-progress timeout and the job's life
		w.after(5 * time.Minute)
		w.is(id, openbits.StateTransientError, openbits.ReasonRetry)
	})
}

// TestClockSetWhileAway: in the same boot any jump is told, after another one a step back.
func TestClockSetWhileAway(t *testing.T) {
	tests := map[string]struct {
		jump time.Duration
		boot string
		kill bool
	}{
		"ahead, same boot":                   {10 * year, "", false},
		"back, same boot":                    {-10 * year, "", false},
		"back, another boot":                 {-10 * year, "boot-2", false},
		"ahead, same boot, after kill -9":    {10 * year, "", true},
		"back, another boot, after kill -9 ": {-10 * year, "boot-2", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			clocked(t, func(w *world, wall *enginetest.Clock) {
				w.servers.Trouble("example.org", enginetest.Fail(openbits.KindHTTP(500), site))
				id := w.create(files(1), settings(func(s *openbits.Settings) { s.RetryDelay = time.Hour }))
				parkedJob := w.create(file("f9"), parked)
				if tt.kill {
					w.kill()
				} else {
					w.Close()
				}
				w.after(time.Minute)
				wall.Set(tt.jump)
				w.reopen(tt.boot)
				j := w.is(id, openbits.StateTransientError)
				w.within("the wait", j.NextTry.Sub(wall.Now()), 40*time.Minute, 75*time.Minute)
				j = w.is(parkedJob, openbits.StateSuspended)
				w.within("the rest of its life", j.Expires.Sub(wall.Now()), 90*day-2*time.Minute, 90*day)
				w.put("f0", enginetest.Page{Body: body(10)})
				w.servers.Trouble("example.org", nil)
				w.after(75 * time.Minute)
				w.is(id, openbits.StateAcknowledged)
			})
		})
	}
}

// TestClockSetAndKilled: a jump that was dealt with is not dealt with again after kill -9.
func TestClockSetAndKilled(t *testing.T) {
	clocked(t, func(w *world, wall *enginetest.Clock) {
		id := w.create(file("f9"), parked)
		wall.Set(-10 * year)
		w.machine.SetClock()
		w.after(time.Minute)
		w.kill()
		w.reopen("")
		j := w.is(id, openbits.StateSuspended)
		w.within("the rest of its life", j.Expires.Sub(wall.Now()), 90*day-2*time.Minute, 90*day)
	})
}

// TestSleep: connections are made anew, and what waits tries at once; no time asleep is lost.
func TestSleep(t *testing.T) {
	clocked(t, func(w *world, wall *enginetest.Clock) {
		w.servers.Trouble("example.org", enginetest.Fail(openbits.KindConnectFailure, site))
		id := w.create(files(1), settings(func(s *openbits.Settings) { s.RetryDelay = 30 * time.Minute }))
		parkedJob := w.create(file("f9"), parked)
		w.put("f0", enginetest.Page{Body: body(10)})
		w.servers.Trouble("example.org", nil)
		w.is(id, openbits.StateTransientError)
		wall.Set(8 * time.Hour) // both clocks go on while the machine sleeps
		w.machine.Sleep(8 * time.Hour)
		w.after(0)
		w.is(id, openbits.StateAcknowledged)
		if w.servers.Resets() == 0 {
			t.Error("the connections from before were kept")
		}
		w.within("the rest of the other's life", w.job(parkedJob).Expires.Sub(wall.Now()), 90*day-8*time.Hour-time.Minute, 90*day-8*time.Hour)
	})
}

// TestWarnsOnlyOnce: neither changes nor restarts warn again.
func TestWarnsOnlyOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		id := w.create(file("f9"), parked)
		w.after(84 * day)
		name := "another name"
		if _, err := w.Change(w.ctx, id, openbits.JobChange{Name: &name}); err != nil {
			t.Fatal(err)
		}
		w.restart("boot-2")
		w.after(day)
		want := []string{"job_expiring suspended", "job_changed suspended"} // its creation is too long ago
		if got := w.events(id); !slices.Equal(got, want) {
			t.Errorf("its record is %v", got)
		}
	})
}
