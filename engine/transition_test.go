// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
)

// ownerCalls are the events that an owner causes; the others are news from the service.
var ownerCalls = []engine.Event{
	engine.OnResume, engine.OnResumeEmpty, engine.OnSuspend, engine.OnComplete, engine.OnCompleteUpload,
	engine.OnCancel, engine.OnChange, engine.OnInvalid,
}

func TestTableIsComplete(t *testing.T) {
	rules := map[openbits.State]map[engine.Event]int{}
	for _, s := range openbits.States {
		rules[s] = map[engine.Event]int{}
	}
	for _, r := range engine.Table() {
		if !slices.Contains(engine.Events, r.On) {
			t.Errorf("the table has a rule for %q, which Events does not list", r.On)
		}
		if r.To != "" && r.To.Number() < 0 {
			t.Errorf("%s leads to %q, which is no state", r.On, r.To)
		}
		if r.Refuse != "" && (r.To != "" || r.Do != 0) {
			t.Errorf("%s in %v is refused and does something: %+v", r.On, r.From, r)
		}
		for _, s := range r.From {
			rules[s][r.On]++
		}
	}
	for _, s := range openbits.States {
		for _, ev := range engine.Events {
			if n := rules[s][ev]; n != 1 {
				t.Errorf("%s in %s has %d rules, want 1", ev, s, n)
			}
		}
	}
}

// each calls fn with every state and event that the table allows.
func each(fn func(s openbits.State, ev engine.Event, out engine.Outcome)) {
	for _, s := range openbits.States {
		for _, ev := range engine.Events {
			if out := engine.Next(s, ev); out.Refuse == "" {
				fn(s, ev, out)
			}
		}
	}
}

func TestTableEffects(t *testing.T) {
	each(func(s openbits.State, ev engine.Event, out engine.Outcome) {
		does := func(e engine.Effect) bool { return out.Do&e != 0 }
		if s.Final() {
			t.Errorf("%s moves a job that is %s", ev, s)
		}
		if s.Active() && !out.To.Active() && !does(engine.DoStop) {
			t.Errorf("%s takes a job from %s to %s and its transfers go on", ev, s, out.To)
		}
		if s.Runnable() && !out.To.Runnable() && !does(engine.DoSchedule) {
			t.Errorf("%s takes a job from %s to %s and nobody looks who runs next", ev, s, out.To)
		}
		if !s.Runnable() && out.To == openbits.StateQueued && !does(engine.DoSchedule) {
			t.Errorf("%s queues a job that was %s and nobody looks for it", ev, s)
		}
		if out.To.Final() && !does(engine.DoSweep) && ev != engine.OnFinish {
			t.Errorf("%s ends a job in %s and its bytes stay", ev, s)
		}
		if does(engine.DoSweep) && !out.To.Final() {
			t.Errorf("%s deletes the bytes of a job that is %s afterwards", ev, out.To)
		}
		if does(engine.DoPublish) != (ev == engine.OnComplete || ev == engine.OnCompleteUpload) {
			t.Errorf("%s in %s: publishing is %v", ev, s, does(engine.DoPublish))
		}
		if does(engine.DoRequeue) && (ev != engine.OnResume || out.To != openbits.StateQueued) {
			t.Errorf("%s in %s queues files again", ev, s)
		}
		if out.To == openbits.StateConnecting && ev != engine.OnPick && s != out.To {
			t.Errorf("%s gives a job a place", ev)
		}
		if out.To == openbits.StateCancelled && ev != engine.OnCancel && ev != engine.OnExpire {
			t.Errorf("%s cancels a job", ev)
		}
	})
}

// TestLegality is BITS's table of which call is legal when.
func TestLegality(t *testing.T) {
	const ok, state, empty = openbits.Kind(""), openbits.KindInvalidState, openbits.KindEmpty
	tests := []struct {
		call engine.Event
		// suspended, queued/connecting/transferring, transient_error, error, transferred, final
		want [6]openbits.Kind
	}{
		{engine.OnChange, [6]openbits.Kind{ok, ok, ok, ok, ok, state}}, // AddFile and the setters
		{engine.OnResume, [6]openbits.Kind{ok, ok, ok, ok, ok, state}},
		{engine.OnResumeEmpty, [6]openbits.Kind{empty, empty, empty, empty, empty, state}},
		{engine.OnSuspend, [6]openbits.Kind{ok, ok, ok, ok, ok, state}},
		{engine.OnComplete, [6]openbits.Kind{ok, ok, ok, ok, ok, state}},
		{engine.OnCompleteUpload, [6]openbits.Kind{state, state, state, state, ok, state}},
		{engine.OnCancel, [6]openbits.Kind{ok, ok, ok, ok, ok, state}},
	}
	columns := [6][]openbits.State{
		{openbits.StateSuspended},
		{openbits.StateQueued, openbits.StateConnecting, openbits.StateTransferring},
		{openbits.StateTransientError},
		{openbits.StateError},
		{openbits.StateTransferred},
		{openbits.StateAcknowledged, openbits.StateCancelled},
	}
	for _, tt := range tests {
		for i, column := range columns {
			for _, s := range column {
				if got := engine.Next(s, tt.call).Refuse; got != tt.want[i] {
					t.Errorf("%s of a job that is %s is refused with %q, want %q", tt.call, s, got, tt.want[i])
				}
			}
		}
	}
}

// TestCallsThatChangeNothing: calling resume on a running job and suspend on a suspended one is no error and no change.
func TestCallsThatChangeNothing(t *testing.T) {
	for _, s := range []openbits.State{openbits.StateQueued, openbits.StateConnecting, openbits.StateTransferring} {
		if out := engine.Next(s, engine.OnResume); out.To != s || out.Do != 0 {
			t.Errorf("resume of a job that is %s does %+v", s, out)
		}
	}
	if out := engine.Next(openbits.StateSuspended, engine.OnSuspend); out.To != openbits.StateSuspended || out.Do != 0 {
		t.Errorf("suspend of a suspended job does %+v", out)
	}
}

// TestDestinations lists where each event leads, whatever the state before.
func TestDestinations(t *testing.T) {
	want := map[engine.Event]openbits.State{
		engine.OnSuspend: openbits.StateSuspended, engine.OnComplete: openbits.StateAcknowledged,
		engine.OnCompleteUpload: openbits.StateAcknowledged, engine.OnCancel: openbits.StateCancelled,
		engine.OnPick: openbits.StateConnecting, engine.OnConnect: openbits.StateTransferring,
		engine.OnPreempt: openbits.StateQueued, engine.OnWait: openbits.StateTransientError,
		engine.OnRetry: openbits.StateQueued, engine.OnFail: openbits.StateError, engine.OnDone: openbits.StateTransferred,
		engine.OnFinish: openbits.StateAcknowledged, engine.OnGiveUp: openbits.StateError, engine.OnExpire: openbits.StateCancelled,
	}
	each(func(s openbits.State, ev engine.Event, out engine.Outcome) {
		if to, ok := want[ev]; ok && out.To != to {
			t.Errorf("%s takes a job from %s to %s, want %s", ev, s, out.To, to)
		}
		if ev == engine.OnChange && out.To != s {
			t.Errorf("a change of a property takes a job from %s to %s", s, out.To)
		}
	})
}

// TestNewsMovesOnlyWhatRuns: no news from the service moves a job that waits for its owner, but for the end of its
// life, and but for a job in error whose troubled file was removed.
func TestNewsMovesOnlyWhatRuns(t *testing.T) {
	waits := []openbits.State{openbits.StateSuspended, openbits.StateError, openbits.StateTransferred}
	each(func(s openbits.State, ev engine.Event, out engine.Outcome) {
		if slices.Contains(ownerCalls, ev) || ev == engine.OnExpire || !slices.Contains(waits, s) {
			return
		}
		if s == openbits.StateError && (ev == engine.OnDone || ev == engine.OnFinish) {
			return
		}
		t.Errorf("%s takes a job from %s to %s without its owner", ev, s, out.To)
	})
}

func TestUnknownIsRefused(t *testing.T) {
	for _, out := range []engine.Outcome{
		engine.Next("dreaming", engine.OnResume), engine.Next(openbits.StateQueued, "dream"),
	} {
		if out.Refuse != openbits.KindInvalidState {
			t.Errorf("an unknown state or event gives %+v", out)
		}
	}
}

// TestRandomWalks takes jobs through random events: refused ones change nothing, final states are never left, every
// live job can be ended, and a job that moves got its place from the scheduler.
func TestRandomWalks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := openbits.StateSuspended
		placed := false
		for i, ev := range rapid.SliceOfN(rapid.SampledFrom(engine.Events), 1, 60).Draw(t, "events") {
			out := engine.Next(state, ev)
			switch {
			case out.Refuse != "" && (out.To != state && out.To != "" || out.Do != 0):
				t.Fatalf("step %d: %s in %s is refused and answers %+v", i, ev, state, out)
			case out.Refuse != "":
				continue
			case state.Final():
				t.Fatalf("step %d: %s leaves %s", i, ev, state)
			}
			switch {
			case ev == engine.OnPick:
				placed = true
			case !out.To.Active():
				placed = false
			}
			if out.To.Active() && !placed {
				t.Fatalf("step %d: %s makes a job %s that has no place", i, ev, out.To)
			}
			state = out.To
			if state.Number() < 0 {
				t.Fatalf("step %d: %s leads to %q", i, ev, state)
			}
			for _, end := range []engine.Event{engine.OnCancel, engine.OnComplete, engine.OnExpire} {
				if !state.Final() && !engine.Next(state, end).To.Final() {
					t.Fatalf("step %d: %s does not end a job that is %s", i, end, state)
				}
			}
		}
	})
}
