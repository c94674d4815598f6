// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/openbits/openbits/api"
)

// route is one call of the API: how it is described, who may use it, and what answers it.
type route struct {
	op   huma.Operation
	rule Rule
	add  func(s *Server, op huma.Operation)
}

const (
	// maxFilesBody bounds a request that carries files.
	maxFilesBody = 64 << 20
	// filesTimeout bounds the time that it may take.
	filesTimeout = time.Minute
)

// out is an answer with a body.
type out[T any] struct{ Body T }

// JobPath is what requests about one job have in common.
type JobPath struct {
	ID string `path:"id" doc:"the job's id" example:"6f1c0f0e-1a5b-4b7e-9d3f-2b1f0e8a7c55"`
}

func (a JobPath) job() string { return a.ID }

// typed is a route with JSON in and out.
func typed[I, O any](rule Rule, op huma.Operation, call func(*Server, context.Context, *I) (*O, error)) route {
	return route{op: op, rule: rule, add: func(s *Server, op huma.Operation) {
		huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := call(s, ctx, in)
			if err == nil {
				return out, nil
			}
			var job string
			if a, ok := any(in).(interface{ job() string }); ok {
				job = a.job()
			}
			return nil, s.failed(err, op.Method+" "+op.Path, job)
		})
	}}
}

// plain is a route that reads and writes by itself; it is described by hand.
func plain(rule Rule, op huma.Operation, handle func(*Server, http.ResponseWriter, *http.Request)) route {
	return route{op: op, rule: rule, add: func(s *Server, op huma.Operation) {
		s.api.OpenAPI().AddOperation(&op)
		s.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) { handle(s, w, r) })
	}}
}

// register builds the mux from the table of routes.
func (s *Server) register() {
	s.api = newAPI(s)
	for _, r := range routes() {
		op := r.op
		op.Metadata = map[string]any{"rule": r.rule}
		op.RejectUnknownQueryParameters = true
		describeProblems(s.api, &op)
		s.rules[op.Method+" "+op.Path] = r.rule
		s.methods[op.Method] = true
		r.add(s, op)
	}
	for _, t := range streamed {
		s.api.OpenAPI().Components.Schemas.Schema(t, true, "")
	}
	tidy(s.api.OpenAPI())
	s.rules["/"] = RuleOwner
	s.mux.HandleFunc("/", s.unknown)
}

// describeProblems adds the answer of every call that fails.
func describeProblems(a huma.API, op *huma.Operation) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = &huma.Response{
		Description: "What is wrong (RFC 9457)",
		Content: map[string]*huma.MediaType{
			api.MediaProblem: {Schema: a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[api.Problem](), true, "")},
		},
	}
}
