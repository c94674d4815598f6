// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// Settled reports whether a job does nothing more by itself: it is final, suspended, in error,
// or whole and waiting to be completed.
func Settled(j api.Job) bool {
	switch j.State {
	case openbits.StateTransferred:
		return !j.Settings.AutoComplete
	case openbits.StateSuspended, openbits.StateError:
		return true
	default:
		return j.State.Final()
	}
}

// Wait returns when each of the jobs was seen settled (see Settled), with the jobs as they
// were then, in the order of ids. It waits as long as ctx lives, also over restarts of the
// service. Kind: not_found when a job does not exist, or not any more.
func (c *Client) Wait(ctx context.Context, ids ...string) ([]api.Job, error) {
	jobs := make([]api.Job, 0, len(ids))
	for _, id := range ids {
		j, err := c.WaitOne(ctx, id, nil)
		if err != nil {
			return jobs, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// WaitOne is Wait for one job. lost is that of WatchOptions: a program that starts services does so there.
func (c *Client) WaitOne(ctx context.Context, id string, lost func(error) error) (api.Job, error) {
	job, err := c.Job(ctx, id)
	if err != nil && (lost == nil || !errors.Is(err, openbits.KindServiceUnavailable)) || err == nil && Settled(job) {
		return job, err
	}
	seen := false
	for u, err := range c.Watch(ctx, WatchOptions{Job: id, Lost: lost}) {
		if err != nil {
			return job, err
		}
		if u.Kind == openbits.UpdateReset {
			seen = false
		}
		for _, j := range u.Jobs {
			if j.ID != id {
				continue
			}
			seen, job = true, j
			if Settled(j) {
				return j, nil
			}
		}
		gone := u.Kind == openbits.UpdateReady && !seen ||
			u.Event != nil && u.Event.Job == id && u.Event.Type == openbits.EventRemoved
		if gone {
			return job, &openbits.Error{
				Op: "wait for", Object: "job " + id, Kind: openbits.KindNotFound, Context: openbits.ContextNone, File: -1,
				Text: "it left the list", Hint: "List the jobs with: bits list --all",
			}
		}
	}
	return job, fmt.Errorf("wait for job %s: the event stream ended", id)
}
