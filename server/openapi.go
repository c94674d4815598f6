// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/openbits/openbits/api"
)

const description = `The API of the openbits service: HTTP/1.1 on the service's unix socket (a named pipe on Windows).

The caller is who the kernel says is at the other end of the socket; a service answers the account it runs as and
nobody else. Times are RFC 3339 in UTC, sizes bytes, durations seconds. A field of an answer is always there: null means
that it is not known or does not apply. Answers may gain fields; requests with fields that are not described are refused.
Every answer carries the headers Openbits-Version and Openbits-API; a client that sends Openbits-API is told when the
service is older than it (code service_too_old).`

// newAPI makes the huma API without its own documentation routes: ours are in the table, where each has its rule.
func newAPI(s *Server) huma.API {
	config := huma.DefaultConfig("openbits", fmt.Sprintf("1.%d", api.Version-1))
	config.CreateHooks = nil // the $schema member would echo the Host header back
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.Info.Description = description
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	config.Servers = []*huma.Server{{URL: "http://openbits", Description: "over the unix socket; the host name does not matter"}}
	config.Tags = []*huma.Tag{
		{Name: "jobs", Description: "Transfers that outlive whoever asked for them."},
		{Name: "files", Description: "The files of one job."},
		{Name: "events", Description: "What happens, as it happens."},
		{Name: "service", Description: "The service itself."},
	}
	config.Transformers = []huma.Transformer{s.transform}
	return humago.New(s.mux, config)
}

// requests are the bodies of requests: unknown members of them are refused.
var requests = []reflect.Type{
	reflect.TypeFor[api.NewJob](), reflect.TypeFor[api.NewSettings](), reflect.TypeFor[api.Route](), reflect.TypeFor[api.Header](),
	reflect.TypeFor[api.Credential](), reflect.TypeFor[api.Proxy](), reflect.TypeFor[api.NewFile](), reflect.TypeFor[api.Destination](),
	reflect.TypeFor[api.NewDigest](), reflect.TypeFor[api.AddFiles](), reflect.TypeFor[api.JobChange](),
	reflect.TypeFor[api.SettingsChange](), reflect.TypeFor[api.FileChange](), reflect.TypeFor[api.Limit](),
}

// tidy completes what huma derives from the types: objects that may be null, and answers that may gain members.
func tidy(doc *huma.OpenAPI) {
	all := doc.Components.Schemas
	strict := map[string]bool{}
	for _, t := range requests {
		strict[t.Name()] = true
	}
	for name, schema := range all.Map() {
		if strings.HasPrefix(name, "Error") && name != "Error" {
			delete(all.Map(), name) // huma's own form of errors, which is never sent
			continue
		}
		if !strict[name] {
			schema.AdditionalProperties = nil
		}
		t := all.TypeFromRef("#/components/schemas/" + name)
		if t != nil && t.Kind() == reflect.Struct {
			allowNull(schema, t)
		}
	}
}

// allowNull lets pointers to structs be null, for which OpenAPI 3.1 needs a choice of schemas.
func allowNull(schema *huma.Schema, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		property := schema.Properties[tag]
		if property == nil || property.Ref == "" || f.Type.Kind() != reflect.Pointer || strings.Contains(options, "omit") {
			continue
		}
		schema.Properties[tag] = &huma.Schema{
			AnyOf:       []*huma.Schema{{Ref: property.Ref}, {Type: "null"}},
			Description: f.Tag.Get("doc"),
		}
	}
}

func (s *Server) openapi(w http.ResponseWriter, r *http.Request) {
	text, err := s.OpenAPI()
	if err != nil {
		s.writeProblem(w, r, err, "")
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(text)
}

// OpenAPI is the description of the API in YAML: what api/openapi.yaml holds.
func (s *Server) OpenAPI() ([]byte, error) { return s.api.OpenAPI().YAML() }
