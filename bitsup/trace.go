// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Exchange is a line of a trace, in JSON: a packet, or a request for a reply, and its answer. Bodies are left out, and so
// are secrets: session ids are replaced by numbers, queries and the values of headers that are not known to be harmless by "…".
type Exchange struct {
	Time       time.Time `json:"time"`
	Connection int       `json:"connection"` // those with one number came over one connection
	Request    Message   `json:"request"`
	Response   Message   `json:"response"`
}

// Message is the head of a request or an answer.
type Message struct {
	Method  string      `json:"method,omitempty"`
	Target  string      `json:"target,omitempty"`
	Version string      `json:"version,omitempty"` // such as HTTP/1.1
	Status  int         `json:"status,omitempty"`
	Headers [][2]string `json:"headers"` // sorted by name
	Length  int64       `json:"length"`  // of the body in bytes; -1: it came in chunks
}

// removed stands for what is not recorded.
const removed = "…"

// maxAliases bounds what a trace remembers to number connections and sessions.
const maxAliases = 100_000

// Tracer writes a trace.
type Tracer struct {
	mu          sync.Mutex
	to          *json.Encoder
	sessions    map[string]int
	connections map[string]int
}

// NewTracer makes a tracer that writes a line of JSON for each exchange.
func NewTracer(to io.Writer) *Tracer {
	t := &Tracer{to: json.NewEncoder(to), sessions: map[string]int{}, connections: map[string]int{}}
	t.to.SetEscapeHTML(false)
	return t
}

// Trace records the packets that next answers, and the requests for replies. Others are left out.
func (t *Tracer) Trace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != Method && r.URL.Query().Get(replyParameter) == "" {
			next.ServeHTTP(w, r)
			return
		}
		began := time.Now()
		seen := &watcher{ResponseWriter: w}
		defer func() {
			seen.begin()
			t.record(began, r, seen)
		}()
		next.ServeHTTP(seen, r)
	})
}

func (t *Tracer) record(began time.Time, r *http.Request, seen *watcher) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := Exchange{
		Time: began.UTC(), Connection: alias(t.connections, r.RemoteAddr),
		Request: Message{
			Method: r.Method, Target: withoutQuery(r.RequestURI), Version: r.Proto, Headers: t.headers(r.Header), Length: r.ContentLength,
		},
		Response: Message{Status: seen.status, Headers: t.headers(seen.Header()), Length: seen.sent},
	}
	_ = t.to.Encode(e) // a trace that cannot be written is no reason to fail
}

func alias(known map[string]int, name string) int {
	if n, ok := known[name]; ok {
		return n
	}
	if len(known) >= maxAliases {
		clear(known)
	}
	known[name] = len(known) + 1
	return known[name]
}

// harmless are the headers, in lower case, whose values are recorded, besides all of BITS.
var harmless = []string{
	"accept", "accept-encoding", "accept-ranges", "allow", "cache-control", "connection", "content-encoding", "content-length",
	"content-name", "content-range", "content-type", "expect", "if-range", "if-unmodified-since", "keep-alive", "last-modified", "pragma",
	"range", "retry-after", "te", "transfer-encoding", "user-agent", "via",
}

func (t *Tracer) headers(h http.Header) [][2]string {
	out := [][2]string{}
	for name, values := range h {
		for _, v := range values {
			out = append(out, [2]string{name, t.value(strings.ToLower(name), v)})
		}
	}
	slices.SortStableFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

func (t *Tracer) value(name, v string) string {
	switch {
	case name == "bits-session-id":
		return "{session " + strconv.Itoa(alias(t.sessions, canonical(v))) + "}"
	case name == "bits-reply-url":
		return withoutQuery(v)
	case strings.HasPrefix(name, "bits-"), slices.Contains(harmless, name):
		return v
	}
	return removed
}

// withoutQuery keeps of a URL what is no secret.
func withoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return removed
	}
	if u.RawQuery != "" {
		u.RawQuery = removed
	}
	u.User, u.Fragment = nil, ""
	return u.String()
}
