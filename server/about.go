// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"os"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// maxPage is the most elements of one page, which the tags of the queries repeat.
const maxPage = 1000

func (s *Server) getService(ctx context.Context, _ *struct{}) (*out[api.Service], error) {
	stats, err := s.svc.Stats(ctx)
	if err != nil {
		return nil, err
	}
	rate, err := s.svc.Limit(ctx)
	if err != nil {
		return nil, err
	}
	started := stats.Started
	if started.IsZero() {
		started = s.started
	}
	return &out[api.Service]{api.Service{
		Version: s.options.Version, API: api.Version, PID: os.Getpid(), Started: started.UTC(), State: s.options.State,
		User: api.Owner(s.owner),
		Limits: api.Limits{
			Rate: rate, MaxFiles: openbits.MaxFiles, MaxName: openbits.MaxNameLength, MaxDescription: openbits.MaxDescriptionLength,
			MaxURL: openbits.MaxURLLength, MaxHeaders: openbits.MaxHeaderBytes, MaxBody: maxFilesBody, MaxPage: maxPage,
		},
		Stats: api.StatsOf(stats, s.Clients()),
	}}, nil
}

func (s *Server) getLimit(ctx context.Context, _ *struct{}) (*out[api.Limit], error) {
	rate, err := s.svc.Limit(ctx)
	if err != nil {
		return nil, err
	}
	return &out[api.Limit]{api.Limit{Rate: rate}}, nil
}

func (s *Server) putLimit(ctx context.Context, in *out[api.Limit]) (*out[api.Limit], error) {
	if err := s.svc.SetLimit(ctx, in.Body.Rate); err != nil {
		return nil, err
	}
	return in, nil
}
