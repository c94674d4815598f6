// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/http"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

type listJobs struct {
	State    []openbits.State    `query:"state,explode" nullable:"false" enum:"queued,connecting,transferring,suspended,error,transient_error,transferred,acknowledged,cancelled" doc:"jobs in any of these states"`
	Priority []openbits.Priority `query:"priority,explode" nullable:"false" enum:"foreground,high,normal,low" doc:"jobs of any of these priorities"`
	Name     string              `query:"name" doc:"jobs of exactly this name"`
	Prefix   string              `query:"prefix" pattern:"^[0-9a-f-]{1,36}$" doc:"jobs whose id begins so" example:"6f1c"`
	Path     string              `query:"path" doc:"jobs with a file whose final path this is"`
	Cursor   string              `query:"cursor" doc:"next of the page before"`
	Limit    int                 `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"jobs a page"`
}

func (s *Server) listJobs(ctx context.Context, in *listJobs) (*out[api.JobPage], error) {
	page, err := s.svc.Jobs(ctx, openbits.JobQuery{
		States: in.State, Priorities: in.Priority, Name: in.Name, IDPrefix: in.Prefix, Path: in.Path,
		After: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return &out[api.JobPage]{api.JobPage{Jobs: api.JobsOf(page.Jobs), Next: page.Next}}, nil
}

type putJob struct {
	JobPath
	Body api.NewJob
}

type jobPut struct {
	Status int
	Body   api.Job
}

// putJob takes owner and client from the connection: nothing in the request can name them.
func (s *Server) putJob(ctx context.Context, in *putJob) (*jobPut, error) {
	in.Body.ID = in.ID
	request, err := in.Body.Job()
	if err != nil {
		return nil, err
	}
	peer := callerOf(ctx).peer
	request.Owner = s.owner
	request.Client = openbits.Client{PID: peer.PID, Program: peer.Program}
	job, created, err := s.svc.Create(ctx, request)
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return &jobPut{Status: status, Body: api.JobOf(job)}, nil
}

func (s *Server) getJob(ctx context.Context, in *JobPath) (*out[api.Job], error) {
	return answer(s.svc.Job(ctx, in.ID))
}

type changeJob struct {
	JobPath
	Body api.JobChange
}

func (s *Server) changeJob(ctx context.Context, in *changeJob) (*out[api.Job], error) {
	change, err := in.Body.Job()
	if err != nil {
		return nil, err
	}
	return answer(s.svc.Change(ctx, in.ID, change))
}

// act is the handler of one action.
func act(a openbits.Action) func(*Server, context.Context, *JobPath) (*out[api.Job], error) {
	return func(s *Server, ctx context.Context, in *JobPath) (*out[api.Job], error) {
		return answer(s.svc.Act(ctx, in.ID, a))
	}
}

func answer(j openbits.Job, err error) (*out[api.Job], error) {
	if err != nil {
		return nil, err
	}
	return &out[api.Job]{api.JobOf(j)}, nil
}
