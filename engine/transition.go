// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"github.com/openbits/openbits"
)

// Event is something that happens to a job: a call of its owner or news from the service.
type Event string

const (
	// OnResume: the owner resumes the job, and it has files left to move.
	OnResume Event = "resume"
	// OnResumeEmpty: the owner resumes the job, and nothing is left to move.
	OnResumeEmpty Event = "resume_empty"
	// OnSuspend: the owner suspends the job.
	OnSuspend Event = "suspend"
	// OnComplete: the owner completes a download.
	OnComplete Event = "complete"
	// OnCompleteUpload: the owner completes an upload, which has no partial form.
	OnCompleteUpload Event = "complete_upload"
	// OnCancel: the owner cancels the job.
	OnCancel Event = "cancel"
	// OnChange: the owner changes a property or the files of the job.
	OnChange Event = "change"
	// OnInvalid: the owner marks a whole file invalid.
	OnInvalid Event = "invalid"
	// OnPick: the scheduler gives the job a place.
	OnPick Event = "pick"
	// OnConnect: a server began to answer.
	OnConnect Event = "connect"
	// OnPreempt: the job's place goes to another, or the service stops.
	OnPreempt Event = "preempt"
	// OnWait: nothing can move before a time has come or a condition has ended.
	OnWait Event = "wait"
	// OnRetry: that time has come, or that condition has ended.
	OnRetry Event = "retry"
	// OnFail: nothing is left that could move without the owner.
	OnFail Event = "fail"
	// OnDone: every file is whole and verified.
	OnDone Event = "done"
	// OnFinish: every file is whole, verified and published, by the job's own auto_complete.
	OnFinish Event = "finish"
	// OnGiveUp: the no-progress timeout or the maximum download time passed.
	OnGiveUp Event = "give_up"
	// OnExpire: the job's life ended.
	OnExpire Event = "expire"
)

// Events lists all events.
var Events = []Event{
	OnResume, OnResumeEmpty, OnSuspend, OnComplete, OnCompleteUpload, OnCancel, OnChange, OnInvalid,
	OnPick, OnConnect, OnPreempt, OnWait, OnRetry, OnFail, OnDone, OnFinish, OnGiveUp, OnExpire,
}

// Effect is what the engine does besides changing the state. Effects are a set.
type Effect uint8

const (
	// DoRequeue queues failed and waiting files again and forgets the error and the time it was active.
	DoRequeue Effect = 1 << 0
	// DoStop stops the job's transfers; what they received is kept.
	DoStop Effect = 1 << 1
	// DoPublish publishes the whole files first; unless all go through, the state stays.
	DoPublish Effect = 1 << 2
	// DoSweep deletes the bytes of files that are not published.
	DoSweep Effect = 1 << 3
	// DoSchedule looks for who runs next.
	DoSchedule Effect = 1 << 4
)

// EffectNames are the names of the effects in the order of their bits, for documents.
var EffectNames = []string{"requeue", "stop", "publish", "sweep", "schedule"}

// Rule says what an event does in some states.
type Rule struct {
	On     Event
	From   []openbits.State
	To     openbits.State // "": the state stays
	Do     Effect
	Refuse openbits.Kind // "": the event is legal
}

// Shorthand of the table.
const (
	queued       = openbits.StateQueued
	connecting   = openbits.StateConnecting
	transferring = openbits.StateTransferring
	suspended    = openbits.StateSuspended
	failed       = openbits.StateError
	transient    = openbits.StateTransientError
	transferred  = openbits.StateTransferred
	acknowledged = openbits.StateAcknowledged
	cancelled    = openbits.StateCancelled
	stays        = openbits.State("")

	invalidState = openbits.KindInvalidState
)

func states(s ...openbits.State) []openbits.State { return s }

// Table is the state machine of jobs: it has exactly one rule for each event in each state.
// An owner's call that is refused answers with the rule's kind; news that is refused came too late and is dropped.
func Table() []Rule {
	final := states(acknowledged, cancelled)
	live := states(queued, connecting, transferring, suspended, failed, transient, transferred)
	return []Rule{
		{On: OnResume, From: states(suspended, failed, transient, transferred), To: queued, Do: DoRequeue | DoSchedule},
		{On: OnResume, From: states(queued, connecting, transferring), To: stays},
		{On: OnResume, From: final, Refuse: invalidState},

		{On: OnResumeEmpty, From: live, Refuse: openbits.KindEmpty},
		{On: OnResumeEmpty, From: final, Refuse: invalidState},

		{On: OnSuspend, From: states(queued, connecting, transferring, failed, transient, transferred), To: suspended, Do: DoStop | DoSchedule},
		{On: OnSuspend, From: states(suspended), To: stays},
		{On: OnSuspend, From: final, Refuse: invalidState},

		{On: OnComplete, From: live, To: acknowledged, Do: DoStop | DoPublish | DoSweep | DoSchedule},
		{On: OnComplete, From: final, Refuse: invalidState},

		{On: OnCompleteUpload, From: states(transferred), To: acknowledged, Do: DoPublish | DoSweep | DoSchedule},
		{On: OnCompleteUpload, From: states(queued, connecting, transferring, suspended, failed, transient), Refuse: invalidState},
		{On: OnCompleteUpload, From: final, Refuse: invalidState},

		{On: OnCancel, From: live, To: cancelled, Do: DoStop | DoSweep | DoSchedule},
		{On: OnCancel, From: final, Refuse: invalidState},

		{On: OnChange, From: live, To: stays, Do: DoSchedule},
		{On: OnChange, From: final, Refuse: invalidState},

		{On: OnInvalid, From: states(transferred), To: failed},
		{On: OnInvalid, From: states(queued, connecting, transferring, suspended, failed, transient), To: stays},
		{On: OnInvalid, From: final, Refuse: invalidState},

		{On: OnPick, From: states(queued), To: connecting},
		{On: OnPick, From: states(connecting, transferring, suspended, failed, transient, transferred), Refuse: invalidState},
		{On: OnPick, From: final, Refuse: invalidState},

		{On: OnConnect, From: states(connecting), To: transferring},
		{On: OnConnect, From: states(transferring), To: stays},
		{On: OnConnect, From: states(queued, suspended, failed, transient, transferred), Refuse: invalidState},
		{On: OnConnect, From: final, Refuse: invalidState},

		{On: OnPreempt, From: states(connecting, transferring), To: queued, Do: DoStop | DoSchedule},
		{On: OnPreempt, From: states(queued, suspended, failed, transient, transferred), Refuse: invalidState},
		{On: OnPreempt, From: final, Refuse: invalidState},

		{On: OnWait, From: states(queued, connecting, transferring), To: transient, Do: DoStop | DoSchedule},
		{On: OnWait, From: states(suspended, failed, transient, transferred), Refuse: invalidState},
		{On: OnWait, From: final, Refuse: invalidState},

		{On: OnRetry, From: states(transient), To: queued, Do: DoSchedule},
		{On: OnRetry, From: states(queued, connecting, transferring, suspended, failed, transferred), Refuse: invalidState},
		{On: OnRetry, From: final, Refuse: invalidState},

		{On: OnFail, From: states(queued, connecting, transferring, transient), To: failed, Do: DoStop | DoSchedule},
		{On: OnFail, From: states(suspended, failed, transferred), Refuse: invalidState},
		{On: OnFail, From: final, Refuse: invalidState},

		{On: OnDone, From: states(queued, connecting, transferring, failed, transient), To: transferred, Do: DoStop | DoSchedule},
		{On: OnDone, From: states(suspended, transferred), Refuse: invalidState},
		{On: OnDone, From: final, Refuse: invalidState},

		{On: OnFinish, From: states(queued, connecting, transferring, failed, transient), To: acknowledged, Do: DoStop | DoSchedule},
		{On: OnFinish, From: states(suspended, transferred), Refuse: invalidState},
		{On: OnFinish, From: final, Refuse: invalidState},

		{On: OnGiveUp, From: states(queued, connecting, transferring, transient), To: failed, Do: DoStop | DoSchedule},
		{On: OnGiveUp, From: states(suspended, failed, transferred), Refuse: invalidState},
		{On: OnGiveUp, From: final, Refuse: invalidState},

		{On: OnExpire, From: live, To: cancelled, Do: DoStop | DoSweep | DoSchedule},
		{On: OnExpire, From: final, Refuse: invalidState},
	}
}

// Outcome is what the table says about one event in one state.
type Outcome struct {
	To     openbits.State // the state afterwards
	Do     Effect
	Refuse openbits.Kind
}

type cell struct {
	state openbits.State
	event Event
}

// matrix is Table by state and event.
var matrix = func() map[cell]Outcome {
	m := make(map[cell]Outcome)
	for _, r := range Table() {
		for _, s := range r.From {
			to := r.To
			if to == stays {
				to = s
			}
			m[cell{s, r.On}] = Outcome{To: to, Do: r.Do, Refuse: r.Refuse}
		}
	}
	return m
}()

// Next is the outcome of an event for a job in state s. An unknown state or event is refused as invalid_state.
func Next(s openbits.State, on Event) Outcome {
	if out, ok := matrix[cell{s, on}]; ok {
		return out
	}
	return Outcome{To: s, Refuse: invalidState}
}
