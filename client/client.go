// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package client talks to the openbits service of this machine.
//
// The zero Client uses the calling user's own service:
//
//	var c client.Client
//	job, _, err := c.Create(ctx, api.NewJob{
//		ID:    client.NewID(),
//		Files: []api.NewFile{{URL: url, Destination: api.Destination{Path: path}}},
//		Start: true,
//	})
//
// The caller chooses the id of a job, so that Create can be repeated when it is not
// known whether an answer got lost: it answers the same job. Jobs outlive their
// client; Find, Jobs and Watch are how another run of the program meets them again.
//
// Every error is or wraps an *openbits.Error with the kind that the service gave:
//
//	if errors.Is(err, openbits.KindNotFound) { … }
//
// The service itself is not started by this package: without one, calls fail with
// openbits.KindServiceUnavailable.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/internal/sock"
)

// Client is a client of one service. The zero value is ready to use and means the
// calling user's own service. It may be used by several goroutines; its fields must not
// be changed after the first call, and it must not be copied.
type Client struct {
	// Socket is the path of the service's socket; empty: the calling user's.
	Socket string
	// Dial replaces the way the service is reached.
	Dial func(ctx context.Context) (net.Conn, error)
	// Version is the version of the calling program, told to the service.
	Version string

	once    sync.Once
	http    *http.Client
	reached atomic.Bool // the service has answered this client
}

// maxAnswer bounds an answer that is read as a whole: a page of a thousand files with the longest URLs.
const maxAnswer = 64 << 20

// NewID makes an id for a job: a UUID version 4 (RFC 9562, section 5.4).
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Close drops idle connections. The client can be used again afterwards.
func (c *Client) Close() error {
	c.transport().CloseIdleConnections()
	return nil
}

func (c *Client) transport() *http.Client {
	c.once.Do(func() {
		c.http = &http.Client{
			Transport: &http.Transport{
				DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return c.dial(ctx) },
				// A connection that the service is about to close for idleness must not be picked for a call.
				IdleConnTimeout:     idle,
				MaxIdleConnsPerHost: 4,
				DisableCompression:  true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
	return c.http
}

func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	if c.Dial != nil {
		return c.Dial(ctx)
	}
	path := c.Socket
	if path == "" {
		own, err := places.Default()
		if err != nil {
			return nil, err
		}
		path = own.Socket
	}
	return sock.Dial(ctx, path)
}

// call is one request; in is its body and out receives the answer, where they are not nil.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, in, out any) (status int, err error) {
	resp, err := c.do(ctx, method, path, query, in, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	if out == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	} else {
		err = json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out)
	}
	if err != nil {
		return resp.StatusCode, broken(ctx, method+" "+path, err)
	}
	return resp.StatusCode, nil
}

// do sends a request and answers the response of a success; every other one is an error.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, in any, header http.Header) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return nil, &openbits.Error{Op: "send", Object: path, Kind: openbits.KindInvalidArgument, Err: err, File: -1}
		}
		body = bytes.NewReader(data)
	}
	target := url.URL{Scheme: "http", Host: "openbits", RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return nil, &openbits.Error{Op: "call", Object: path, Kind: openbits.KindInvalidArgument, Err: err, File: -1}
	}
	req.URL.Path, req.URL.RawPath = unescape(path)
	if in != nil {
		req.Header.Set("Content-Type", api.MediaJSON)
	}
	req.Header.Set(api.HeaderAPI, strconv.Itoa(api.Version))
	version := c.Version
	if version == "" {
		version = "unknown"
	}
	req.Header.Set("User-Agent", "openbits/"+version)
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := c.transport().Do(req)
	if err != nil {
		return nil, broken(ctx, method+" "+path, err)
	}
	c.reached.Store(true)
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	return nil, problem(resp)
}

// unescape answers both forms of an escaped path that url.URL wants.
func unescape(escaped string) (path, raw string) {
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return escaped, ""
	}
	return path, escaped
}

// problem is the error that a response tells of.
func problem(resp *http.Response) error {
	data, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	var p api.Problem
	if err := json.Unmarshal(data, &p); err == nil && p.Code != "" {
		return p.Err()
	}
	if resp.Header.Get(api.HeaderAPI) == "" {
		return &openbits.Error{
			Op: "talk to", Object: "the service", Kind: openbits.KindServiceUnavailable, Context: openbits.ContextNone, File: -1,
			Text: fmt.Sprintf("what answers on its socket is not openbits (status %d)", resp.StatusCode),
			Hint: "Check OPENBITS_HOME and XDG_RUNTIME_DIR: they name the folder of the socket.",
		}
	}
	return &openbits.Error{
		Op: "talk to", Object: "the service", Kind: openbits.KindServiceTooOld, Context: openbits.ContextNone, File: -1,
		Text: fmt.Sprintf("its answer is not understood (status %d, version %s)", resp.StatusCode, resp.Header.Get(api.HeaderVersion)),
		Hint: hintRestart,
	}
}

// hintRestart is what to do about a service of another version.
const hintRestart = "Restart the service: stop it, and the next command starts the installed version."

// broken is the error of a conversation that failed.
func broken(ctx context.Context, call string, err error) error {
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	var known *openbits.Error
	if errors.As(err, &known) {
		return known
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return &openbits.Error{
		Op: "talk to", Object: "the service", Kind: openbits.KindServiceUnavailable, Context: openbits.ContextNone, File: -1,
		Text: "the connection broke during " + call, Hint: "Repeat the call: it does no harm.", Err: err,
	}
}
