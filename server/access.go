// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/sock"
)

// Rule says who may use a route. Every route has one, and what is no route has RuleOwner.
type Rule string

// RuleOwner admits the account that the service runs as. It is the only rule until
// workers act under the rights of other accounts.
const RuleOwner Rule = "owner"

// Rules lists all rules.
var Rules = []Rule{RuleOwner}

// caller is who is at the other end of a connection, judged when it was accepted.
// The zero value is nobody.
type caller struct {
	peer  sock.Peer
	known bool // the kernel named the peer
	owner bool // it is the account that the service runs as
}

type callerKey struct{}

// connContext judges a new connection, once for all requests on it.
func (s *Server) connContext(ctx context.Context, c net.Conn) context.Context {
	peer, known := sock.PeerOf(c)
	return context.WithValue(ctx, callerKey{}, s.judge(peer, known))
}

func (s *Server) judge(peer sock.Peer, known bool) caller {
	known = known && peer.UID != ""
	return caller{peer: peer, known: known, owner: known && peer.UID == s.options.Account}
}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// admits reports whether the rule admits a caller. A rule that it does not know admits nobody.
func (r Rule) admits(c caller) bool { return r == RuleOwner && c.known && c.owner }

// refusal is why a request is not answered, or nil.
func (s *Server) refusal(r *http.Request) error {
	c := callerOf(r.Context())
	_, pattern := s.mux.Handler(r)
	rule, ok := s.rules[pattern]
	if !ok {
		rule = RuleOwner
	}
	if !rule.admits(c) {
		s.options.Log.Warn("caller refused", "uid", c.peer.UID, "pid", c.peer.PID, "program", c.peer.Program)
		return s.denied(c)
	}
	// A web page that got hold of the socket through some proxy is not the user.
	for _, name := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} {
		if _, ok := r.Header[name]; ok {
			return &openbits.Error{
				Op: "accept", Object: "the request", Kind: openbits.KindAccessDenied, Context: openbits.ContextNone, File: -1,
				Text: "it comes from a web browser: it has the header " + name, Hint: "Leave the header out, if it was not a browser.",
			}
		}
	}
	return nil
}

func (s *Server) denied(c caller) error {
	e := &openbits.Error{Op: "use", Object: "this service", Kind: openbits.KindAccessDenied, Context: openbits.ContextNone, File: -1}
	switch {
	case !c.known:
		e.Text, e.Hint = "the system does not tell who calls", "Connect to the service's socket directly."
	default:
		e.Text = fmt.Sprintf("it serves user %s alone and the caller is user %s", name(s.owner), c.peer.UID)
		e.Hint = "Use your own service; root has no special rights here."
	}
	return e
}

func name(o openbits.Owner) string {
	if o.Name == "" {
		return o.ID
	}
	return o.Name
}
