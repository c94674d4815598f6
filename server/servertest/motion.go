// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package servertest

import (
	"context"

	"github.com/openbits/openbits"
)

// Act carries out an action; see server.Service.
func (s *Service) Act(ctx context.Context, id string, a openbits.Action) (openbits.Job, error) {
	if err := s.start(ctx, string(a)); err != nil {
		return openbits.Job{}, err
	}
	defer s.mu.Unlock()
	r, err := s.find(id)
	if err != nil {
		return openbits.Job{}, err
	}
	if r.job.State.Final() {
		return openbits.Job{}, refused(string(a), r.job)
	}
	switch a {
	case openbits.ActionResume:
		if len(r.files) == 0 {
			return openbits.Job{}, &openbits.Error{
				Op: "resume", Object: "job " + id, Kind: openbits.KindEmpty, Context: openbits.ContextNone, Text: "it has no files", File: -1,
				Hint: "Add a file first.",
			}
		}
		s.resume(r)
	case openbits.ActionSuspend:
		s.enter(r, openbits.StateSuspended, openbits.ReasonSuspended, "owner")
	case openbits.ActionComplete:
		s.publish(r)
		s.enter(r, openbits.StateAcknowledged, openbits.ReasonCompleted, "owner")
	case openbits.ActionCancel:
		s.enter(r, openbits.StateCancelled, openbits.ReasonCancelled, "owner")
	}
	return r.job, nil
}

// Move puts a job into a state, as the engine would for reasons of its own.
func (s *Service) Move(id string, to openbits.State, why openbits.ReasonCode) {
	if s.start(context.Background(), "move") != nil {
		return
	}
	defer s.mu.Unlock()
	if r := s.jobs[id]; r != nil {
		s.enter(r, to, why, "service")
	}
}

// Progress tells that bytes of a file have arrived.
func (s *Service) Progress(id string, index int, done int64) {
	if s.start(context.Background(), "progress") != nil {
		return
	}
	defer s.mu.Unlock()
	r, f, err := s.findFile(id, index)
	if err != nil {
		return
	}
	f.BytesDone = done
	r.sum()
	s.append(openbits.Update{Kind: openbits.UpdateProgress, Jobs: []openbits.Job{r.job}, Files: []openbits.File{*f}})
}

// Carry tells of the network under a job that moves, and why it moves slowly, as the engine would.
func (s *Service) Carry(id string, rate int64, t *openbits.Transport, why *openbits.Reason) {
	if s.start(context.Background(), "carry") != nil {
		return
	}
	defer s.mu.Unlock()
	r := s.jobs[id]
	if r == nil {
		return
	}
	r.job.Rate, r.job.Transport, r.job.Reason = rate, t, why
	s.append(openbits.Update{Kind: openbits.UpdateProgress, Jobs: []openbits.Job{r.job}})
}

// resume queues a job and, when there is a world to fetch from, brings it to its end.
func (s *Service) resume(r *record) {
	s.enter(r, openbits.StateQueued, openbits.ReasonTurn, "owner")
	if s.Content == nil {
		return
	}
	s.enter(r, openbits.StateTransferring, "", "service")
	failed := 0
	for i := range r.files {
		f := &r.files[i]
		if f.State.Done() {
			continue
		}
		content, ok := s.Content[f.URL]
		if !ok {
			failed++
			f.Error = &openbits.Error{
				Op: "fetch", Object: openbits.RedactURL(f.URL), Kind: openbits.KindHTTP(404), Context: openbits.ContextRemoteFile, File: i,
				Text: "the server does not have it", Hint: "Check the address.",
			}
			s.enterFile(r, f, openbits.FileError)
			continue
		}
		f.BytesTotal, f.BytesDone, f.Error = int64(len(content)), int64(len(content)), nil
		r.content[i] = content
		s.bytes += f.BytesDone
		r.sum()
		s.append(openbits.Update{Kind: openbits.UpdateProgress, Jobs: []openbits.Job{r.job}, Files: []openbits.File{*f}})
		s.enterFile(r, f, openbits.FileTransferred)
	}
	r.sum()
	switch {
	case failed > 0:
		for i := range r.files {
			if r.files[i].Error != nil {
				r.job.Error = r.files[i].Error
			}
		}
		r.job.ErrorCount += failed
		s.enter(r, openbits.StateError, openbits.ReasonFailed, "service")
	case r.job.Settings.AutoComplete:
		r.job.Completed = s.now()
		s.publish(r)
		s.enter(r, openbits.StateAcknowledged, openbits.ReasonCompleted, "service")
	default:
		r.job.Completed = s.now()
		s.enter(r, openbits.StateTransferred, openbits.ReasonNeedsComplete, "service")
	}
}

func (s *Service) publish(r *record) {
	for i := range r.files {
		f := &r.files[i]
		if f.State == openbits.FileTransferred {
			s.enterFile(r, f, openbits.FilePublished)
		} else if f.State != openbits.FilePublished {
			s.enterFile(r, f, openbits.FileDropped)
		}
	}
}

// sum adds up the files.
func (r *record) sum() {
	j := &r.job
	j.BytesTotal, j.BytesDone, j.FilesDone, j.FilesFailed = 0, 0, 0, 0
	for i := range r.files {
		f := &r.files[i]
		j.BytesDone += f.BytesDone
		if f.BytesTotal < 0 || j.BytesTotal < 0 {
			j.BytesTotal = openbits.Unknown
		} else {
			j.BytesTotal += f.BytesTotal
		}
		if f.State.Done() {
			j.FilesDone++
		}
		if f.State.Failed() {
			j.FilesFailed++
		}
	}
}

// enter moves a job into a state; no reason means that it moves.
func (s *Service) enter(r *record, to openbits.State, why openbits.ReasonCode, actor string) {
	from := r.job.State
	now := s.now()
	r.job.State, r.job.Modified, r.job.Reason = to, now, nil
	if why != "" {
		r.job.Reason = &openbits.Reason{Code: why, Text: string(why), Since: now}
	}
	if to.Final() {
		r.job.Ended = now
	}
	r.sum()
	s.event(r, openbits.EventState, from, nil, actor)
}

func (s *Service) enterFile(r *record, f *openbits.File, to openbits.FileState) {
	from := f.State
	f.State = to
	r.sum()
	s.append(openbits.Update{
		Kind: openbits.UpdateEvent, Jobs: []openbits.Job{r.job}, Files: []openbits.File{*f},
		Event: &openbits.Event{
			Time: s.now(), Type: openbits.EventFile, JobID: r.job.ID, File: f.Index, State: string(to), From: string(from), Actor: "service", Error: f.Error,
		},
	})
}

func (s *Service) event(r *record, t openbits.EventType, from openbits.State, e *openbits.Error, actor string) {
	s.append(openbits.Update{
		Kind: openbits.UpdateEvent, Jobs: []openbits.Job{r.job},
		Event: &openbits.Event{
			Time: s.now(), Type: t, JobID: r.job.ID, File: -1, State: string(r.job.State), From: string(from), Actor: actor, Error: e,
		},
	})
}

// append adds a message to the log, and wakes the streams.
func (s *Service) append(u openbits.Update) {
	if u.Event != nil {
		s.seq++
		u.Seq, u.Event.Seq = s.seq, s.seq
	}
	s.log = append(s.log, u)
	close(s.more)
	s.more = make(chan struct{})
}
