// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// statuses are the HTTP statuses of the kinds of errors that a call can end with.
// Any other kind tells of a transfer and is not the fault of the call.
var statuses = map[openbits.Kind]int{
	openbits.KindInvalidArgument:    http.StatusUnprocessableEntity,
	openbits.KindStringTooLong:      http.StatusUnprocessableEntity,
	openbits.KindInvalidName:        http.StatusUnprocessableEntity,
	openbits.KindUnsafePath:         http.StatusUnprocessableEntity,
	openbits.KindFolderMissing:      http.StatusUnprocessableEntity,
	openbits.KindInvalidProxyInfo:   http.StatusUnprocessableEntity,
	openbits.KindNotFound:           http.StatusNotFound,
	openbits.KindInvalidState:       http.StatusConflict,
	openbits.KindEmpty:              http.StatusConflict,
	openbits.KindAmbiguous:          http.StatusConflict,
	openbits.KindIDInUse:            http.StatusConflict,
	openbits.KindFileExists:         http.StatusConflict,
	openbits.KindDestinationBusy:    http.StatusConflict,
	openbits.KindServiceRunning:     http.StatusConflict,
	openbits.KindTooManyFiles:       http.StatusRequestEntityTooLarge,
	openbits.KindFileTooLarge:       http.StatusRequestEntityTooLarge,
	openbits.KindAccessDenied:       http.StatusForbidden,
	openbits.KindBlockedByPolicy:    http.StatusForbidden,
	openbits.KindWriteDenied:        http.StatusForbidden,
	openbits.KindNotSupported:       http.StatusNotImplemented,
	openbits.KindServiceTooOld:      http.StatusNotImplemented,
	openbits.KindServiceUnavailable: http.StatusServiceUnavailable,
	openbits.KindDiskFull:           http.StatusInsufficientStorage,
	openbits.KindDatabaseCorrupt:    http.StatusInternalServerError,
	openbits.KindSecretUnreadable:   http.StatusInternalServerError,
	openbits.KindLocalFile:          http.StatusInternalServerError,
	openbits.KindInternal:           http.StatusInternalServerError,
}

func statusOf(kind openbits.Kind) int {
	if status, ok := statuses[kind]; ok {
		return status
	}
	return http.StatusBadGateway
}

// failure is a problem as an error that huma writes.
type failure struct{ problem api.Problem }

func (f *failure) Error() string                { return f.problem.Detail }
func (f *failure) GetStatus() int               { return f.problem.Status }
func (f *failure) ContentType(string) string    { return api.MediaProblem }
func (f *failure) MarshalJSON() ([]byte, error) { return json.Marshal(f.problem) }

// failed is err as an answer. What is the service's own fault is logged.
func (s *Server) failed(err error, call, job string) *failure {
	if s.closing.Err() != nil {
		err = &openbits.Error{
			Op: "answer", Object: call, Kind: openbits.KindServiceUnavailable, Context: openbits.ContextNone, File: -1,
			Text: "the service is shutting down", Hint: "Try again in a moment.", Err: err,
		}
	}
	kind := openbits.KindOf(err)
	status := statusOf(kind)
	if status == http.StatusInternalServerError {
		s.options.Log.Error("a call failed", "call", call, "job", job, "kind", kind, "error", err.Error())
	}
	return &failure{problem: api.ProblemOf(err, status, job)}
}

func (s *Server) writeProblem(w http.ResponseWriter, r *http.Request, err error, job string) {
	s.writeFailure(w, s.failed(err, r.Method+" "+r.URL.Path, job))
}

func (s *Server) writeFailure(w http.ResponseWriter, f *failure) {
	body, err := json.Marshal(f)
	if err != nil {
		s.options.Log.Error("cannot write a problem", "error", err.Error())
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", api.MediaProblem)
	w.WriteHeader(f.problem.Status)
	_, _ = w.Write(append(body, '\n'))
}

// maxComplaints is how many of a body's faults one answer lists.
const maxComplaints = 3

// transform puts huma's own errors into our form. The values that it quotes are left out: they may be secret.
func (s *Server) transform(ctx huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	call := ctx.Method() + " " + ctx.Operation().Path
	e := &openbits.Error{
		Op: "accept", Object: "the request", Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone, Text: model.Detail, File: -1,
	}
	var list []string
	for _, d := range model.Errors[:min(len(model.Errors), maxComplaints)] {
		list = append(list, strings.TrimPrefix(d.Location, "body.")+": "+d.Message)
	}
	if len(list) > 0 {
		e.Text = strings.Join(list, "; ")
	}
	switch {
	case model.Status == http.StatusRequestEntityTooLarge:
		e.Hint = "Add the files in several requests."
	case model.Status >= http.StatusInternalServerError:
		return s.failed(&openbits.Error{Op: "answer", Object: call, Kind: openbits.KindInternal, Text: e.Text, File: -1}, call, "").problem, nil
	case newer(ctx.Header(api.HeaderAPI)):
		// A newer client may well say what this service does not know yet.
		old := api.ProblemOf(tooOld(call, s.options.Version), model.Status, ctx.Param("id"))
		old.Detail += " (" + e.Text + ")"
		return old, nil
	}
	return api.ProblemOf(e, model.Status, ctx.Param("id")), nil
}
