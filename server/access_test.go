// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/sock"
)

// untouchable fails the test when a call gets through to the service.
type untouchable struct {
	Service
	t *testing.T
}

func (u untouchable) Stats(context.Context) (openbits.Stats, error) {
	u.t.Error("a refused call reached the service")
	return openbits.Stats{}, nil
}

func (u untouchable) Jobs(context.Context, openbits.JobQuery) (openbits.JobPage, error) {
	u.t.Error("a refused call reached the service")
	return openbits.JobPage{}, nil
}

// sample is a request for a route: its path with an id and an index.
func sample(r route) *http.Request {
	path := strings.NewReplacer("{id}", "6f1c0f0e-1a5b-4b7e-9d3f-2b1f0e8a7c55", "{index}", "0").Replace(r.op.Path)
	return httptest.NewRequest(r.op.Method, path, strings.NewReader("{}"))
}

func newServer(t *testing.T, svc Service, account string) *Server {
	t.Helper()
	s, err := New(svc, Options{Version: "test", Account: account})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryRouteHasARule(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range routes() {
		call := r.op.Method + " " + r.op.Path
		if !slices.Contains(Rules, r.rule) {
			t.Errorf("%s has the rule %q, which is not one of %v", call, r.rule, Rules)
		}
		if seen[call] || seen[r.op.OperationID] {
			t.Errorf("%s (%s) stands in the table twice", call, r.op.OperationID)
		}
		seen[call], seen[r.op.OperationID] = true, true
		if r.op.Summary == "" || len(r.op.Tags) != 1 {
			t.Errorf("%s is not described", call)
		}
	}
	if len(seen) < 2*20 {
		t.Errorf("the table has %d routes only", len(seen)/2)
	}
}

func TestRuleAdmits(t *testing.T) {
	owner := caller{peer: sock.Peer{UID: "1000"}, known: true, owner: true}
	for _, test := range []struct {
		name string
		rule Rule
		who  caller
		want bool
	}{
		{"the owner", RuleOwner, owner, true},
		{"another user", RuleOwner, caller{peer: sock.Peer{UID: "1001"}, known: true}, false},
		{"nobody", RuleOwner, caller{}, false},
		{"an owner whom the kernel did not name", RuleOwner, caller{owner: true}, false},
		{"the owner, by a rule that does not exist", "somebody", owner, false},
		{"the owner, by no rule", "", owner, false},
	} {
		if got := test.rule.admits(test.who); got != test.want {
			t.Errorf("%s: admitted is %v", test.name, got)
		}
	}
}

func TestStrangersAreRefusedEverywhere(t *testing.T) {
	const service = "1000"
	all := routes()
	unknown := route{}
	unknown.op.Method, unknown.op.Path = http.MethodGet, "/v1/nothing"
	all = append(all, unknown)
	s := newServer(t, untouchable{t: t}, service)
	for _, stranger := range []struct {
		name  string
		peer  sock.Peer
		known bool
	}{
		{"another user", sock.Peer{UID: "1001", PID: 1}, true},
		{"root", sock.Peer{UID: "0", PID: 1}, true},
		{"a peer without a name", sock.Peer{}, true},
		{"a connection that is not ours", sock.Peer{UID: service}, false},
	} {
		for _, r := range all {
			req := sample(r)
			req = req.WithContext(context.WithValue(req.Context(), callerKey{}, s.judge(stranger.peer, stranger.known)))
			wantRefused(t, stranger.name, s, req)
		}
	}
	for _, r := range all {
		wantRefused(t, "a request without a connection", s, sample(r))
	}
	root := newServer(t, untouchable{t: t}, "0")
	for _, r := range all {
		req := sample(r)
		req = req.WithContext(context.WithValue(req.Context(), callerKey{}, root.judge(sock.Peer{UID: service}, true)))
		wantRefused(t, "a user of root's service", root, req)
	}
}

func wantRefused(t *testing.T, who string, s *Server, req *http.Request) {
	t.Helper()
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, req)
	var p api.Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatalf("%s: %s %s: %v in %q", who, req.Method, req.URL.Path, err, rec.Body)
	}
	if rec.Code != http.StatusForbidden || p.Code != openbits.KindAccessDenied || p.Hint == "" {
		t.Errorf("%s: %s %s answers %d %+v", who, req.Method, req.URL.Path, rec.Code, p)
	}
	if rec.Header().Get(api.HeaderVersion) != "test" || rec.Header().Get(api.HeaderAPI) != "1" {
		t.Errorf("%s: the answer carries no versions: %v", who, rec.Header())
	}
}

func TestBrowsersAreRefused(t *testing.T) {
	s := newServer(t, untouchable{t: t}, "1000")
	for _, name := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} {
		for _, r := range routes() {
			req := sample(r)
			req.Header.Set(name, "null")
			req = req.WithContext(context.WithValue(req.Context(), callerKey{}, s.judge(sock.Peer{UID: "1000"}, true)))
			wantRefused(t, "a browser", s, req)
		}
	}
}

func TestEveryKindHasAStatus(t *testing.T) {
	for _, kind := range append(slices.Clone(openbits.Kinds), openbits.KindHTTP(404)) {
		if status := statusOf(kind); status < 400 || status > 599 {
			t.Errorf("kind %s has the status %d", kind, status)
		}
	}
	for kind, want := range map[openbits.Kind]int{
		openbits.KindNotFound: 404, openbits.KindInvalidState: 409, openbits.KindFileExists: 409, openbits.KindDestinationBusy: 409,
		openbits.KindIDInUse: 409, openbits.KindInvalidArgument: 422, openbits.KindAccessDenied: 403, openbits.KindBlockedByPolicy: 403,
		openbits.KindDiskFull: 507, openbits.KindTooManyFiles: 413,
	} {
		if got := statusOf(kind); got != want {
			t.Errorf("kind %s has the status %d, want %d", kind, got, want)
		}
	}
}
