// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package httpput is the mover of uploads by a plain PUT (RFC 9110, section 9.3.4), such as WebDAV servers and object
// stores take.
//
// The file is sent whole in one request. What is interrupted begins again from its first byte. Success is what the
// server says of the whole file, and nothing else: 200, 201 or 204 after the last byte was handed over. A 202 is none,
// since the server has not stored the file yet, nor is a success that comes before the file was sent.
//
// Large files are announced first (Expect: 100-continue), so that a server which refuses them says so before they
// are sent. Redirects that keep the method (307, 308) are followed; credentials stay with the origin they belong to.
//
// A PUT of a part (Content-Range, RFC 9110, section 14.5) is not used: a server that does not know it takes the part for
// the whole file, and there is no way to ask. A way to resume that a server offers by itself belongs into Send, between the
// session that the source keeps (openbits.Source) and the request.
package httpput

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/dial"
	"github.com/openbits/openbits/internal/web"
)

// Options are the settings of a Mover. The zero value works.
type Options = web.Options

// Timeouts say how long a silent peer is waited for; 0 stands for the default.
type Timeouts = web.Timeouts

const (
	// expectFrom is the size from which a server is asked first. Below it asking takes longer than sending.
	expectFrom = 256 << 10
	// answerTime is how long a server may take to store a file of which it has every byte (MC-BUP, section 3.1.2, allows as much).
	answerTime = 5 * time.Minute
	// idleTime is how long a server may take nothing (MC-BUP, section 3.1.2).
	idleTime = 2 * time.Minute
)

// Mover uploads. It is safe for use by several goroutines.
type Mover struct{ web *web.Client }

// New makes a Mover. Timeouts.Header is 5 min and Timeouts.Idle 2 min when they are 0.
func New(o Options) *Mover {
	if o.Timeouts.Header == 0 {
		o.Timeouts.Header = answerTime
	}
	if o.Timeouts.Idle == 0 {
		o.Timeouts.Idle = idleTime
	}
	return &Mover{web.New(o)}
}

// Reset drops the connections that are kept.
func (m *Mover) Reset() { m.web.Reset() }

// Send sends the file. It returns nil when the server has said that it stored the whole of it, ctx's error when ctx ended,
// errors of the source as they are, and an *openbits.Error otherwise.
func (m *Mover) Send(ctx context.Context, t openbits.Transfer, src openbits.Source) error {
	route := t.Route
	if route == nil {
		route = &openbits.Route{}
	}
	u, err := web.ParseTarget(t, route.Headers)
	if err != nil {
		return web.Explain(err, "send", t)
	}
	transport, err := m.web.Transport(t, route)
	if err != nil {
		return web.Explain(err, "send", t)
	}
	var tell func(openbits.Carrier)
	if asking, ok := src.(openbits.CarriedSource); ok {
		tell = asking.CarriedBy
	}
	p := &put{m: m, t: t, route: route, file: u, at: u, transport: transport, src: src, expect: src.Size() >= expectFrom}
	err = p.run(web.Carried(dial.WithPriority(ctx, t.Priority), t.Priority, tell))
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// put is one call of Send.
type put struct {
	m         *Mover
	t         openbits.Transfer
	route     *openbits.Route
	file      *url.URL // the job's
	at        *url.URL // where redirects led
	transport *http.Transport
	src       openbits.Source
	expect    bool
	hops      int
}

// run asks until the server has the file or something fails.
func (p *put) run(ctx context.Context) error {
	for {
		answer, err := p.m.web.Exchange(ctx, p.transport, &web.Content{Source: p.src, Length: p.src.Size()}, p.request)
		if source, ok := err.(web.SourceError); ok {
			return source.Err
		}
		if err != nil {
			return web.Explain(err, "send", p.t)
		}
		again, failure := p.judge(answer)
		switch {
		case failure != nil:
			return web.Explain(failure, "send", p.t)
		case !again:
			return p.src.Acknowledge(p.src.Size())
		}
	}
}

func (p *put) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, web.Bare(p.at).String(), nil)
	if err != nil {
		return nil, &openbits.Error{Kind: openbits.KindInvalidArgument, Context: openbits.ContextRemoteFile, Text: "nothing can be sent to this URL"}
	}
	req.Header.Set("User-Agent", p.m.web.Agent)
	req.Header.Set("Content-Type", "application/octet-stream")
	web.Authorize(req, p.route, p.file, p.at)
	if p.expect {
		req.Header.Set("Expect", "100-continue")
	}
	return req, nil
}

// judge decides what an answer means: done, again, or a failure.
func (p *put) judge(a *web.Answer) (again bool, failure *openbits.Error) {
	host := p.at.Host
	switch status := a.Status; {
	case stored[status] && a.Sent < p.src.Size():
		return false, web.Invalid(fmt.Sprintf("%s answers %d before it was sent the whole file", host, status))
	case stored[status]:
		return false, nil
	case status/100 == 2:
		return false, &openbits.Error{
			Kind: openbits.KindHTTP(status), Context: openbits.ContextRemoteFile,
			Text: fmt.Sprintf("%s answers %d %s, which does not say that the file is stored", host, status, http.StatusText(status)),
			Hint: "Look on the server for what became of the file; resuming the job sends it again.",
		}
	case status == http.StatusExpectationFailed && p.expect:
		p.expect = false
		return true, nil
	case status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect:
		return p.follow(a)
	default:
		return false, refusal(a, host)
	}
}

// stored are the answers that say that the server has the file (RFC 9110, section 9.3.4).
var stored = map[int]bool{http.StatusOK: true, http.StatusCreated: true, http.StatusNoContent: true}

func (p *put) follow(a *web.Answer) (again bool, failure *openbits.Error) {
	if p.hops++; p.hops > web.MaxRedirects {
		return false, web.TooManyRedirects(p.at.Host)
	}
	next, failure := a.Redirect()
	if failure != nil {
		return false, failure
	}
	p.at = next
	return true, nil
}

// refusal is the error for an answer that is no success.
func refusal(a *web.Answer, host string) *openbits.Error {
	e := a.Error()
	switch a.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		if next, err := a.Redirect(); err == nil {
			e.Hint = "The server sends those who write elsewhere; give that URL: " + openbits.RedactURL(next.String()) + "."
		}
	case http.StatusConflict: // RFC 4918, section 9.7.1
		e.Kind, e.Text = openbits.KindRemoteFolderMissing, host+" answers 409 Conflict: the folder that the URL names is most likely missing there"
		e.Hint = "Make the folder on the server, or check the URL."
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		e.Hint = "The server does not take files by PUT at this URL."
	case http.StatusRequestEntityTooLarge:
		e.Kind, e.Hint = openbits.KindTooLarge, "The server does not take files of this size; its administrator can raise the limit."
	case http.StatusNotFound:
		e.Hint = "Check the URL: the server knows no place for the file there."
	case http.StatusInsufficientStorage:
		e.Hint = "The server's disk is full; it is tried again later."
	}
	return e
}
