// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"

	"github.com/openbits/openbits"
)

// age warns of, ends and forgets jobs whose time has come. It answers whether there may be more.
func (e *Engine) age(ctx context.Context) (bool, error) {
	jobs, err := e.Store.Expiring(ctx, e.now(), agendaBatch)
	if err != nil {
		return false, err
	}
	for _, j := range jobs {
		if err := e.ageOne(ctx, j); err != nil && openbits.KindOf(err) != openbits.KindNotFound && openbits.KindOf(err) != openbits.KindInvalidState {
			return false, err
		}
	}
	return len(jobs) == agendaBatch, nil
}

func (e *Engine) ageOne(ctx context.Context, j openbits.Job) error {
	if j.State.Final() {
		return e.forget(ctx, j)
	}
	_, err := e.change(ctx, j.ID, byService, func(u *update) error {
		if u.now.Before(u.job.Expires) {
			u.job.Warned = true
			u.event(openbits.Event{Type: openbits.EventExpiring, File: -1, State: string(u.job.State)})
			return nil
		}
		u.job.Error = &openbits.Error{
			Op: "go on with", Object: "job " + j.ID, Kind: openbits.KindExpired, Context: openbits.ContextQueueManager, File: -1,
			Text: fmt.Sprintf("its life of %d days ended", int(e.Life.Hours()/24)), Hint: "Create it again if it is still wanted.",
		}
		return u.on(OnExpire, &openbits.Reason{Code: openbits.ReasonExpired, Text: u.job.Error.Text})
	})
	return err
}

// forget removes a final job from the list.
func (e *Engine) forget(ctx context.Context, j openbits.Job) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.runs[j.ID] != nil {
		return nil
	}
	err := e.Store.Commit(context.WithoutCancel(ctx), &openbits.Change{
		Remove: []string{j.ID},
		Events: []openbits.Event{{Time: e.now(), Type: openbits.EventRemoved, JobID: j.ID, File: -1, From: string(j.State), Actor: byService}},
	})
	if err == nil {
		e.news.announce()
	}
	return err
}
