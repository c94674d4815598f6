// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Options are the settings of an Origin. The zero value is a plain HTTP/1.1 server.
type Options struct {
	Authority   *Authority    // set: HTTPS, with HTTP/2, under a certificate of it
	Leaf        Leaf          // that certificate
	ClientCerts bool          // the client must have a certificate of Authority too
	HTTP1       bool          // no HTTP/2
	Rate        int64         // bytes per second of all answers together; 0: no limit
	Stall       time.Duration // the longest a stalled answer lasts; 0: 30 s
}

// Origin is an HTTP server on loopback. It listens on two ports with the same files, so
// that a second origin is at hand for redirects.
type Origin struct {
	URL   string // such as http://127.0.0.1:40001, without a slash at the end
	Other string // of the second origin

	stall   time.Duration
	limiter *rate.Limiter
	servers []*http.Server

	mu       sync.Mutex
	files    map[string]*file
	handlers map[string]http.Handler
	requests []*Request
	sent     int64
}

// Request is what an origin remembers of a request.
type Request struct {
	Origin string // the URL of the origin that was asked
	Method string
	Path   string
	Query  string
	Proto  string
	Host   string
	Header http.Header
	Fault  Fault // what happened to it, for files with a plan
	Sent   int64 // bytes of the body
}

// StartOrigin starts an origin. Close ends it.
func StartOrigin(opt Options) (*Origin, error) {
	o := &Origin{
		stall: opt.Stall, files: make(map[string]*file), handlers: make(map[string]http.Handler),
		limiter: rate.NewLimiter(rate.Inf, burst),
	}
	if o.stall == 0 {
		o.stall = 30 * time.Second
	}
	o.SetRate(opt.Rate)
	for _, place := range []*string{&o.URL, &o.Other} {
		if err := o.listen(opt, place); err != nil {
			o.Close()
			return nil, err
		}
	}
	return o, nil
}

func (o *Origin) listen(opt Options, place *string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{
		ErrorLog:    log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return context.WithValue(context.Background(), originKey{}, place) },
		Handler:     o,
	}
	s.Protocols = new(http.Protocols)
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetHTTP2(!opt.HTTP1)
	*place = "http://" + l.Addr().String()
	if opt.Authority != nil {
		config, err := opt.Authority.server(opt.Leaf, opt.ClientCerts)
		if err != nil {
			l.Close()
			return err
		}
		s.TLSConfig = config
		*place = "https://" + l.Addr().String()
	}
	o.servers = append(o.servers, s)
	if opt.Authority != nil {
		go func() { _ = s.ServeTLS(l, "", "") }()
	} else {
		go func() { _ = s.Serve(l) }()
	}
	return nil
}

type originKey struct{}

// Close ends the origin and its connections.
func (o *Origin) Close() {
	for _, s := range o.servers {
		_ = s.Close()
	}
}

// SetRate changes the limit in bytes per second of all answers together; 0: none.
func (o *Origin) SetRate(bytesPerSecond int64) {
	if bytesPerSecond <= 0 {
		o.limiter.SetLimit(rate.Inf)
		return
	}
	o.limiter.SetLimit(rate.Limit(bytesPerSecond))
}

// Handle serves path with h, recorded like any file.
func (o *Origin) Handle(path string, h http.HandlerFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.handlers[path] = h
}

// Requests are all requests so far, in the order of their arrival.
func (o *Origin) Requests() []Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := make([]Request, len(o.requests))
	for i, r := range o.requests {
		list[i] = *r
	}
	return list
}

// Sent is the count of bytes of all bodies so far.
func (o *Origin) Sent() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sent
}

// Forget drops the record of requests.
func (o *Origin) Forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests = nil
}

// ServeHTTP answers a request.
func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	own := o.URL
	if place, ok := r.Context().Value(originKey{}).(*string); ok {
		own = *place
	}
	rec := &Request{
		Origin: own, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Proto: r.Proto, Host: r.Host, Header: r.Header.Clone(),
	}
	o.mu.Lock()
	o.requests = append(o.requests, rec)
	h, f := o.handlers[r.URL.Path], o.files[r.URL.Path]
	o.mu.Unlock()
	switch {
	case h != nil:
		h.ServeHTTP(w, r)
	case f != nil:
		o.serve(w, r, f, rec)
	case r.URL.Path == loopPath:
		http.Redirect(w, r, loopPath, http.StatusFound)
	case r.URL.Path == pagePath:
		writePage(w)
	default:
		http.NotFound(w, r)
	}
}

func (o *Origin) count(rec *Request, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rec.Sent += int64(n)
	o.sent += int64(n)
}
