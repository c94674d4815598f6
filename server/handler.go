// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// ServeHTTP answers one request. The context of the request must come from a connection
// that Serve accepted: any other request is refused.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(api.HeaderVersion, s.options.Version)
	w.Header().Set(api.HeaderAPI, strconv.Itoa(api.Version))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	defer s.recover(w, r)
	if err := s.refusal(r); err != nil {
		w.Header().Set("Connection", "close") // what the body holds is not read
		s.writeProblem(w, r, err, "")
		return
	}
	s.mux.ServeHTTP(w, r)
}

// recover turns a panic of a handler into an answer, as far as nothing was sent yet.
func (s *Server) recover(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) || r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the client is gone: there is nobody to tell
	}
	s.options.Log.Error("a call failed by the service's own fault", "method", r.Method, "path", r.URL.Path,
		"cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
	s.writeProblem(w, r, &openbits.Error{
		Op: "answer", Object: r.Method + " " + r.URL.Path, Kind: openbits.KindInternal, Context: openbits.ContextNone, File: -1,
		Text: "the service has a fault", Hint: "Look into the service's log, and report it.",
	}, "")
}

// unknown answers what no route matches.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for method := range s.methods {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	call := r.Method + " " + r.URL.Path
	switch {
	case newer(r.Header.Get(api.HeaderAPI)):
		s.writeProblem(w, r, tooOld(call, s.options.Version), "")
	case len(allowed) > 0:
		sort.Strings(allowed)
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		s.writeFailure(w, &failure{problem: api.ProblemOf(&openbits.Error{
			Op: "answer", Object: call, Kind: openbits.KindNotSupported, Context: openbits.ContextNone, File: -1,
			Text: "the path has no such method", Hint: "Use one of: " + strings.Join(allowed, ", ") + ".",
		}, http.StatusMethodNotAllowed, "")})
	default:
		s.writeProblem(w, r, &openbits.Error{
			Op: "answer", Object: call, Kind: openbits.KindNotFound, Context: openbits.ContextNone, File: -1,
			Text: "there is no such path", Hint: "GET /openapi.yaml lists what there is.",
		}, "")
	}
}

// newer reports whether a client knows a newer contract than this service.
func newer(version string) bool {
	n, err := strconv.Atoi(version)
	return err == nil && n > api.Version
}

func tooOld(call, version string) error {
	return &openbits.Error{
		Op: "answer", Object: call, Kind: openbits.KindServiceTooOld, Context: openbits.ContextNone, File: -1,
		Text: fmt.Sprintf("the service that runs is version %s and does not know this call", version),
		Hint: "Restart the service: stop it, and the next command starts the installed version.",
	}
}
