// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package bitsup is the mover of uploads by the BITS upload protocol (MC-BUP), which IIS and "bits serve" speak.
//
// A file is sent within a session: Create-Session, then Fragments, each of which the server acknowledges with the offset of
// the byte that it wants next, then Close-Session. An interrupted upload goes on with a Ping and a small Fragment at the last offset
// that is known; wherever the server says it is (200 or 416), there the next Fragment begins. A server that has
// lost the session gets the file again from its first byte.
//
// Fragments have between 5 KiB and 13 MiB. They grow with what the attempt has brought, to the throughput of about a second,
// and shrink when the server or a proxy answers 413. They are streamed from the source, never held in memory.
//
// What is acknowledged is the server's word alone: an answer counts only when it says that it is one of the protocol
// (BITS-Packet-Type: Ack), so that neither a captive portal nor a server that takes any method for a success can pass for it.
package bitsup

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/dial"
	"github.com/openbits/openbits/internal/web"
)

// Options are the settings of a Mover. The zero value works.
type Options = web.Options

const (
	// answerTime and idleTime are how long a server may take to answer, and may take nothing of what is sent (MC-BUP, section 3.1.2).
	answerTime = 5 * time.Minute
	idleTime   = 2 * time.Minute
)

// Mover uploads. It is safe for use by several goroutines.
type Mover struct {
	web *web.Client
	now func() time.Time // the wall clock, by which the time without a node of a farm is measured
}

// New makes a Mover. Timeouts.Header is 5 min and Timeouts.Idle 2 min when they are 0. The protocol is one of HTTP/1.1.
func New(o Options) *Mover {
	if o.Timeouts.Header == 0 {
		o.Timeouts.Header = answerTime
	}
	if o.Timeouts.Idle == 0 {
		o.Timeouts.Idle = idleTime
	}
	o.HTTP1 = true
	return &Mover{web: web.New(o), now: time.Now}
}

// Reset drops the connections that are kept.
func (m *Mover) Reset() { m.web.Reset() }

// Send sends what the server does not have yet. It returns nil when the server has acknowledged the end of the session,
// for an openbits.ReplySource after its Reply returned nil, ctx's error when ctx ended, errors of the source as they
// are, and an *openbits.Error otherwise. Kind client_server_protocol_mismatch: the server does not speak the protocol.
func (m *Mover) Send(ctx context.Context, t openbits.Transfer, src openbits.Source) error {
	u, err := m.newUpload(t, src.Session())
	if err != nil {
		return web.Explain(err, "send", t)
	}
	u.src, u.offset = src, src.Acknowledged()
	u.sizes = newSizer(u.s.Cap)
	var tell func(openbits.Carrier)
	if asking, ok := src.(openbits.CarriedSource); ok {
		tell = asking.CarriedBy
	}
	return m.finish(ctx, t, "send", u.run(web.Carried(dial.WithPriority(ctx, t.Priority), t.Priority, tell)))
}

// Abandon tells the server that a session is over and its bytes are not wanted. It returns nil when the server knows, or says that
// it does not care; a server that cannot be reached or is in trouble is to be told again (MC-BUP, section 3.1.5).
func (m *Mover) Abandon(ctx context.Context, t openbits.Transfer, s openbits.Session) error {
	u, err := m.newUpload(t, s)
	if err != nil || u.s.ID == "" {
		return nil // nobody can be told
	}
	return m.finish(ctx, t, "cancel the upload to", u.cancel(web.Carried(dial.WithPriority(ctx, t.Priority), t.Priority, nil)))
}

// finish gives an error its last form.
func (m *Mover) finish(ctx context.Context, t openbits.Transfer, op string, err error) error {
	var source web.SourceError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &source):
		return source.Err
	default:
		return web.Explain(err, op, t)
	}
}

func (m *Mover) newUpload(t openbits.Transfer, s openbits.Session) (*upload, error) {
	u := &upload{m: m, t: t, route: t.Route, s: loadSession(s)}
	if u.route == nil {
		u.route = &openbits.Route{}
	}
	var err error
	if u.file, err = web.ParseTarget(t, u.route.Headers); err != nil {
		return nil, err
	}
	u.transport, err = m.web.Transport(t, u.route)
	return u, err
}

// upload is one call of Send or Abandon.
type upload struct {
	m         *Mover
	t         openbits.Transfer
	route     *openbits.Route
	file      *url.URL // the job's
	transport *http.Transport
	src       openbits.Source
	s         session
	offset    int64 // of the byte that the server wants next, as far as is known
	sizes     *sizer
	mute      bool // the server does not ask for content (100 Continue)

	closedBefore bool // an earlier attempt sent Close-Session, which may have ended the session there
}
