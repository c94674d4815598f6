// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package web is how movers reach servers over HTTP: connections by route and class of work, proxies and TLS as the
// job's owner set them, credentials that stay with the origin they belong to, and a kind for everything that goes wrong.
//
// The environment of the process is never looked at: all of that comes from the job's Route.
package web

import (
	"time"

	"github.com/openbits/openbits/internal/dial"
)

// Options are the settings of a Client. The zero value works.
type Options struct {
	UserAgent string    // such as "openbits/1.0"; empty: "openbits"
	Dial      dial.Func // every connection is made by it; nil: a dial.Dialer
	Timeouts  Timeouts
	HTTP1     bool // HTTP/2 is not to be used
}

// Timeouts say how long a silent peer is waited for; 0 stands for the default.
type Timeouts struct {
	Connect time.Duration // name resolution and TCP, 30 s
	TLS     time.Duration // TLS handshake, 15 s
	Header  time.Duration // from the request to the first line of the answer, 60 s
	Idle    time.Duration // without a byte of the body, 60 s
	Ping    time.Duration // HTTP/2: silence before a ping, and the wait for its answer, 15 s each
}

func (t Timeouts) orDefaults() Timeouts {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.Connect, dial.DefaultTimeout},
		{&t.TLS, 15 * time.Second},
		{&t.Header, 60 * time.Second},
		{&t.Idle, 60 * time.Second},
		{&t.Ping, 15 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return t
}

// Opening is the longest that a request may take from its beginning to the first line of the answer, its body
// not counted. The transport has a limit for each phase; this one covers what lies between them, such as a SOCKS proxy that says nothing.
func (t Timeouts) Opening() time.Duration { return t.Connect + t.TLS + t.Header }

// Client is a set of connections. It is safe for use by several goroutines. It keeps connections for later requests,
// those of foreground and background jobs and of different routes apart.
type Client struct {
	Agent    string   // the User-Agent of every request
	Timeouts Timeouts // none of them is 0

	dial  dial.Func
	http1 bool
	pool  pool
}

// New makes a Client.
func New(o Options) *Client {
	if o.UserAgent == "" {
		o.UserAgent = "openbits"
	}
	if o.Dial == nil {
		o.Dial = (&dial.Dialer{}).DialContext
	}
	return &Client{Agent: o.UserAgent, Timeouts: o.Timeouts.orDefaults(), dial: o.Dial, http1: o.HTTP1}
}

// Reset drops the connections that are kept. Those in use stay with the requests that use them and serve no other any more.
func (c *Client) Reset() { c.pool.reset() }
