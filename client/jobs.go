// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

const (
	// idle is how long an unused connection is kept; the service keeps them longer.
	idle = 30 * time.Second
	// part is how many files go in one request.
	part = 2000
)

// Service describes the service that answers.
func (c *Client) Service(ctx context.Context) (api.Service, error) {
	var s api.Service
	_, err := c.call(ctx, http.MethodGet, "/v1/service", nil, nil, &s)
	return s, err
}

// Create makes a job. The bool tells whether it is new: a repeated call with the same
// id and content answers the job that the first one made.
//
// A job of many files is sent in parts: it is created suspended with the first of them,
// and resumed, where j.Start asks for it, when all are there. When Create fails
// half-way, repeat it.
func (c *Client) Create(ctx context.Context, j api.NewJob) (api.Job, bool, error) {
	files, start := j.Files, j.Start
	if len(files) > part {
		j.Files, j.Start = files[:part], false
	}
	var job api.Job
	status, err := c.call(ctx, http.MethodPut, jobPath(j.ID), nil, j, &job)
	created := status == http.StatusCreated
	if err != nil || len(files) <= part {
		return job, created, err
	}
	if !created && job.FilesTotal >= len(files) && !notStarted(job) {
		return job, false, nil
	}
	for first := part; first < len(files); first += part {
		if _, err := c.AddFiles(ctx, job.ID, first, files[first:min(first+part, len(files))]); err != nil {
			return job, created, err
		}
	}
	if start {
		job, err = c.Resume(ctx, job.ID)
	} else {
		job, err = c.Job(ctx, job.ID)
	}
	return job, created, err
}

func notStarted(j api.Job) bool {
	return j.State == openbits.StateSuspended && j.Reason != nil && j.Reason.Code == openbits.ReasonNotStarted
}

// Job answers one job.
func (c *Client) Job(ctx context.Context, id string) (api.Job, error) {
	return c.job(ctx, http.MethodGet, jobPath(id), nil)
}

func (c *Client) job(ctx context.Context, method, path string, in any) (api.Job, error) {
	var job api.Job
	_, err := c.call(ctx, method, path, nil, in, &job)
	return job, err
}

// Jobs answers one page of the jobs that q selects.
func (c *Client) Jobs(ctx context.Context, q api.JobQuery) (api.JobPage, error) {
	v := url.Values{}
	for _, s := range q.States {
		v.Add("state", string(s))
	}
	for _, p := range q.Priorities {
		v.Add("priority", string(p))
	}
	set(v, "name", q.Name)
	set(v, "prefix", q.Prefix)
	set(v, "path", q.Path)
	set(v, "cursor", q.Cursor)
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	var page api.JobPage
	_, err := c.call(ctx, http.MethodGet, "/v1/jobs", v, nil, &page)
	return page, err
}

// AllJobs yields all jobs that q selects, page by page; an error ends it.
func (c *Client) AllJobs(ctx context.Context, q api.JobQuery) iter.Seq2[api.Job, error] {
	return func(yield func(api.Job, error) bool) {
		for {
			page, err := c.Jobs(ctx, q)
			if err != nil {
				yield(api.Job{}, err)
				return
			}
			for _, j := range page.Jobs {
				if !yield(j, nil) {
					return
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return
			}
		}
	}
}

// Resume starts or restarts a job; in transient_error it tries again now.
func (c *Client) Resume(ctx context.Context, id string) (api.Job, error) {
	return c.act(ctx, id, openbits.ActionResume)
}

// Suspend stops a job and keeps its bytes.
func (c *Client) Suspend(ctx context.Context, id string) (api.Job, error) {
	return c.act(ctx, id, openbits.ActionSuspend)
}

// Complete publishes the whole files, deletes the bytes of the others and ends the job.
func (c *Client) Complete(ctx context.Context, id string) (api.Job, error) {
	return c.act(ctx, id, openbits.ActionComplete)
}

// Cancel deletes every byte that is not published and ends the job.
func (c *Client) Cancel(ctx context.Context, id string) (api.Job, error) {
	return c.act(ctx, id, openbits.ActionCancel)
}

func (c *Client) act(ctx context.Context, id string, a openbits.Action) (api.Job, error) {
	return c.job(ctx, http.MethodPost, jobPath(id)+"/"+string(a), nil)
}

// Set changes properties of a job.
func (c *Client) Set(ctx context.Context, id string, change api.JobChange) (api.Job, error) {
	return c.job(ctx, http.MethodPatch, jobPath(id), change)
}

func jobPath(id string) string { return "/v1/jobs/" + url.PathEscape(id) }

func set(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}
