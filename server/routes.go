// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// routes is the table of all calls.
func routes() []route {
	list := []route{
		typed(RuleOwner, op("service", "get-service", http.MethodGet, "/v1/service", "Describe the service",
			"Version, account, limits, and figures of the moment."), (*Server).getService),
		typed(RuleOwner, op("service", "get-limit", http.MethodGet, "/v1/limit", "Read the service's rate limit", ""), (*Server).getLimit),
		typed(RuleOwner, op("service", "put-limit", http.MethodPut, "/v1/limit", "Set the service's rate limit",
			"It counts for all jobs together, at once, and is kept over restarts."), (*Server).putLimit),

		typed(RuleOwner, op("jobs", "list-jobs", http.MethodGet, "/v1/jobs", "List jobs",
			"Page by page, the newest first. Selections of different kinds must all fit."), (*Server).listJobs),
		typed(RuleOwner, created(sized(op("jobs", "put-job", http.MethodPut, "/v1/jobs/{id}", "Create a job",
			"The caller chooses the id, a UUID version 4. Repeating the request answers the job that it made the first time; "+
				"another request with the same id is refused (id_in_use). A job of very many files is created with some of them and gets the others by adding files."))),
			(*Server).putJob),
		typed(RuleOwner, op("jobs", "get-job", http.MethodGet, "/v1/jobs/{id}", "Read a job", ""), (*Server).getJob),
		typed(RuleOwner, op("jobs", "change-job", http.MethodPatch, "/v1/jobs/{id}", "Change properties of a job",
			"What the request leaves out stays as it is."), (*Server).changeJob),

		typed(RuleOwner, op("files", "list-files", http.MethodGet, "/v1/jobs/{id}/files", "List the files of a job",
			"Page by page, in the order of their index."), (*Server).listFiles),
		typed(RuleOwner, sized(op("files", "add-files", http.MethodPost, "/v1/jobs/{id}/files", "Add files to a job",
			"With first, repeating the request is harmless.")), (*Server).addFiles),
		typed(RuleOwner, op("files", "get-file", http.MethodGet, "/v1/jobs/{id}/files/{index}", "Read what is known of a file", ""), (*Server).getFile),
		typed(RuleOwner, op("files", "change-file", http.MethodPatch, "/v1/jobs/{id}/files/{index}", "Renew a file's URL, or mark it invalid",
			"With another URL, the bytes that are there are kept where validator or digest agree. A whole file that is marked invalid is never published."),
			(*Server).changeFile),
		typed(RuleOwner, op("files", "remove-file", http.MethodDelete, "/v1/jobs/{id}/files/{index}", "Remove a file from its job",
			"Its bytes are deleted, unless they are published."), (*Server).removeFile),
		plain(RuleOwner, contentOp(), (*Server).content),

		plain(RuleOwner, eventsOp(), (*Server).events),
		plain(RuleOwner, textOp("get-metrics", "/metrics", "Read the metrics", "In Prometheus' text format.", "text/plain"),
			func(s *Server, w http.ResponseWriter, r *http.Request) { s.metrics.ServeHTTP(w, r) }),
		plain(RuleOwner, textOp("get-openapi", "/openapi.yaml", "Read this description", "", "application/yaml"), (*Server).openapi),
	}
	for _, a := range actions {
		list = append(list, typed(RuleOwner, op("jobs", string(a.action)+"-job", http.MethodPost, "/v1/jobs/{id}/"+string(a.action), a.summary, a.text),
			act(a.action)))
	}
	return list
}

// actions are the calls that change a job's state.
var actions = []struct {
	action        openbits.Action
	summary, text string
}{
	{openbits.ActionResume, "Start or restart a job", "In transient_error it tries again now."},
	{openbits.ActionSuspend, "Stop a job and keep its bytes", ""},
	{openbits.ActionComplete, "Publish the whole files and end the job", "The bytes of files that are not whole are deleted."},
	{openbits.ActionCancel, "End a job", "Every byte that is not published is deleted."},
}

func op(tag, id, method, path, summary, text string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: text, Tags: []string{tag}}
}

// sized gives a call room for a body with files.
func sized(op huma.Operation) huma.Operation {
	op.MaxBodyBytes, op.BodyReadTimeout = maxFilesBody, filesTimeout
	return op
}

// created describes the answer of a call that made a job.
func created(op huma.Operation) huma.Operation {
	op.Responses = map[string]*huma.Response{
		"201": {
			Description: "The job is new",
			Content:     map[string]*huma.MediaType{api.MediaJSON: {Schema: &huma.Schema{Ref: "#/components/schemas/Job"}}},
		},
		"200": {Description: "The job exists already, made by this same request"},
	}
	return op
}

func textOp(id, path, summary, text, media string) huma.Operation {
	o := op("service", id, http.MethodGet, path, summary, text)
	o.Responses = map[string]*huma.Response{
		"200": {Description: "OK", Content: map[string]*huma.MediaType{media: {Schema: &huma.Schema{Type: huma.TypeString}}}},
	}
	return o
}

func contentOp() huma.Operation {
	o := op("files", "get-content", http.MethodGet, "/v1/jobs/{id}/files/{index}/content", "Read a whole file",
		"Published or not yet. Ranges are answered (RFC 9110, section 14).")
	o.Parameters = []*huma.Param{
		{Name: "id", In: "path", Required: true, Description: "the job's id", Schema: &huma.Schema{Type: huma.TypeString}},
		{Name: "index", In: "path", Required: true, Description: "the file's index", Schema: &huma.Schema{Type: huma.TypeInteger}},
		{Name: "Range", In: "header", Description: "the bytes wanted", Example: "bytes=0-1023", Schema: &huma.Schema{Type: huma.TypeString}},
	}
	binary := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	o.Responses = map[string]*huma.Response{
		"200": {Description: "The whole file", Content: binary},
		"206": {Description: "The range that was asked for", Content: binary},
		"416": {Description: "The range lies outside of the file"},
	}
	return o
}

func eventsOp() huma.Operation {
	o := op("events", "watch-events", http.MethodGet, "/v1/events", "Follow what happens", strings.TrimSpace(`
Server-sent events (WHATWG HTML, section 9.2), without end. The name of each is the update's kind, its data an Update as JSON in one line.

First come snapshot messages with pages of all jobs that are not final, or with the one that was asked for, then ready. From then on come event, each a durable entry of the
service's record with its sequence as id, and progress, the figures of moving jobs, without an id. A client that sends
the last id it saw as Last-Event-ID goes on after that event without a snapshot; when the service does not keep the
events in between any more, it says reset and sends a snapshot. A message named problem carries a Problem and is the last.
Idle streams carry a comment now and then.`))
	o.Parameters = []*huma.Param{
		{Name: "job", In: "query", Description: "only this job", Schema: &huma.Schema{Type: huma.TypeString}},
		{Name: api.HeaderLastEventID, In: "header", Description: "the last id that was seen", Example: "4711", Schema: &huma.Schema{Type: huma.TypeInteger}},
	}
	o.Responses = map[string]*huma.Response{
		"200": {Description: "The stream", Content: map[string]*huma.MediaType{
			api.MediaEvents: {Schema: &huma.Schema{
				Type:        huma.TypeString,
				Description: "the data of each message is an Update: #/components/schemas/Update",
			}},
		}},
	}
	return o
}

// streamed are types that only messages of the event stream carry.
var streamed = []reflect.Type{reflect.TypeFor[api.Update](), reflect.TypeFor[api.Event]()}
