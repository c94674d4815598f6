// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package server puts a Service on the wire: HTTP/1.1 and JSON on a unix socket, as
// package api defines it.
//
// The caller is who the kernel says is at the other end of the connection. That is
// decided once, when the connection is accepted, and a service answers the account it
// runs as and nobody else: neither another user nor root, and not even to say that a
// route does not exist.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os/user"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/sock"
)

// Options are what a server knows of the process around it.
type Options struct {
	Version string       // of the program
	State   string       // folder of the queue, for information
	Log     *slog.Logger // nil: nothing is logged

	// Account is the user id (SID on Windows) that is served; empty: the process's own.
	Account string
	// Clients is called with the number of open connections whenever it changes; it must not block.
	Clients func(open int)
	// Heartbeat is how often an idle event stream carries a comment; 0: 20 s.
	Heartbeat time.Duration
	// Patience is how long a client may take to accept what is sent to it; 0: 30 s.
	Patience time.Duration
}

const (
	// defaultHeartbeat keeps streams alive through whatever watches idle connections.
	defaultHeartbeat = 20 * time.Second
	// defaultPatience is long enough for a stopped pager and short enough to let go of a dead one.
	defaultPatience = 30 * time.Second
	// headerTimeout bounds the reading of a request's header, keepAlive an unused connection.
	headerTimeout = 10 * time.Second
	keepAlive     = 2 * time.Minute
	// maxHeader bounds a request's header: a path and a name as query, escaped, are the longest in it.
	maxHeader = 64 << 10
)

// Server is an http.Handler, and the http.Server around it.
type Server struct {
	svc     Service
	options Options
	owner   openbits.Owner
	started time.Time

	mux     *http.ServeMux
	api     huma.API
	rules   map[string]Rule // by pattern of mux
	methods map[string]bool // that any route has
	metrics http.Handler

	http    *http.Server
	clients atomic.Int64
	closing context.Context // ends when the server shuts down
	close   context.CancelFunc
}

// New makes a server of svc.
func New(svc Service, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = defaultHeartbeat
	}
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	if o.Account == "" {
		own, err := sock.Self()
		if err != nil {
			return nil, &openbits.Error{Op: "find", Object: "the account of this process", Kind: openbits.KindInternal, Err: err, File: -1}
		}
		o.Account = own
	}
	s := &Server{
		svc: svc, options: o, owner: openbits.Owner{ID: o.Account}, started: time.Now(),
		mux: http.NewServeMux(), rules: map[string]Rule{}, methods: map[string]bool{},
	}
	if u, err := user.LookupId(o.Account); err == nil {
		s.owner.Name = u.Username
	}
	s.closing, s.close = context.WithCancel(context.Background())
	s.metrics = promhttp.HandlerFor(newRegistry(s), promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError})
	s.register()
	s.http = &http.Server{
		Handler:           s,
		ConnContext:       s.connContext,
		ConnState:         s.connState,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       keepAlive,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	s.http.RegisterOnShutdown(s.close)
	return s, nil
}

// Serve answers on l, which must be a listener of package sock: other connections have no
// identity and are refused. It returns nil after Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown ends event streams, waits for the calls under way as long as ctx lives, and then cuts them off.
func (s *Server) Shutdown(ctx context.Context) error {
	s.close()
	err := s.http.Shutdown(ctx)
	if err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}

// Clients is the number of open connections.
func (s *Server) Clients() int { return int(s.clients.Load()) }

func (s *Server) connState(_ net.Conn, state http.ConnState) {
	var n int64
	switch state {
	case http.StateNew:
		n = s.clients.Add(1)
	case http.StateClosed, http.StateHijacked:
		n = s.clients.Add(-1)
	default:
		return
	}
	if s.options.Clients != nil {
		s.options.Clients(int(n))
	}
}
