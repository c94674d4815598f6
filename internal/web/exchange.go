// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"github.com/openbits/openbits"
)

// maxDrain is how much of the body of an answer is read so that its connection can be used again.
const maxDrain = 16 << 10

// Answer is what a server said to a request that sent something.
type Answer struct {
	Status    int
	Header    http.Header
	Sent      int64 // bytes of the content that were handed to the connection
	Continued bool  // the server asked for the content (100 Continue)
	Repeated  bool  // a first request, on a connection that turned out to be dead, may have reached the server, too

	response *http.Response
}

// Error is the error for an answer that is no success, from the host of its request.
func (a *Answer) Error() *openbits.Error {
	return StatusError(a.response, a.response.Request.URL.Host)
}

// Redirect reads where the answer leads to from the URL of its request.
func (a *Answer) Redirect() (*url.URL, *openbits.Error) {
	return Follow(a.response.Request.URL, a.response)
}

// SourceError marks an error of the content's source, which is passed on as it is.
type SourceError struct{ Err error }

func (e SourceError) Error() string { return e.Err.Error() }

// Unwrap is the error of the source.
func (e SourceError) Unwrap() error { return e.Err }

// Exchange sends what build makes and reads the answer, whose own body nobody wants. A connection that was kept and turns
// out to be dead is replaced once. Errors are SourceErrors, *openbits.Errors, or ctx's.
//
// A request without content says so (Content-Length: 0), whatever its method.
func (c *Client) Exchange(ctx context.Context, transport *http.Transport, content *Content, build func(context.Context) (*http.Request, error)) (*Answer, error) {
	for again := false; ; again = true {
		var reused atomic.Bool
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused.Store(info.Reused) }})
		answer, err := c.exchange(traced, transport, content, build)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil || again || !reused.Load() || openbits.KindOf(err) != openbits.KindConnectionClosed {
			if answer != nil {
				answer.Repeated = again
			}
			return answer, err
		}
	}
}

// sayEmpty makes a request without content say so. net/http does that for the methods that it knows to have content, and
// drops the field from others under its usual spelling alone.
func sayEmpty(req *http.Request) {
	if req.Method != http.MethodPut && req.Method != http.MethodPost {
		req.Header["Content-length"] = []string{"0"}
	}
}

func (c *Client) exchange(ctx context.Context, transport *http.Transport, content *Content, build func(context.Context) (*http.Request, error)) (*Answer, error) {
	ctx, w := NewWatch(Wanting(ctx))
	defer w.Stop()
	answer := &Answer{}
	var continued atomic.Bool
	req, err := build(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got100Continue: func() { continued.Store(true) }}))
	if err != nil {
		return nil, err
	}
	sent := &body{watch: w, idle: c.Timeouts.Idle, answer: c.Timeouts.Header}
	if content == nil || content.Length == 0 {
		sayEmpty(req)
	} else {
		sent.content = *content
		req.Body, req.ContentLength = sent, content.Length
	}
	w.Arm(c.Timeouts.Opening())
	resp, err := transport.RoundTrip(req)
	if err == nil {
		sent.pause()
		w.Arm(c.Timeouts.Idle)
		_, _ = io.CopyN(io.Discard, resp.Body, maxDrain) // what is longer costs the connection
		_ = resp.Body.Close()
		w.Rest()
	}
	read, failed := sent.finish()
	switch {
	case failed != nil:
		return nil, SourceError{failed}
	case err != nil:
		return nil, RoundTripError(ctx, err, req.URL.Host)
	}
	answer.Status, answer.Header, answer.Sent, answer.Continued, answer.response = resp.StatusCode, resp.Header, read, continued.Load(), resp
	return answer, nil
}
