// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/term"
)

// Timeouts of "bits serve". None of them ends a slow transfer: bodies may take as long as something comes or goes.
const (
	serveHeader   = 30 * time.Second // for the head of a request
	serveIdle     = 5 * time.Minute  // of a connection between requests; clients keep them for the next fragment
	serveAccept   = 2 * time.Minute  // for a peer to accept 64 KiB
	serveStopping = 10 * time.Second // for requests under way when the server stops
	serveMaxHead  = 32 << 10         // of a request, bytes: seven headers of the protocol of at most 4 KiB
)

// listen takes all addresses before anything is served.
func (s *site) listen(a *app) error {
	addresses := s.flags.listen
	if s.flags.metrics != "" {
		addresses = append(slices.Clone(addresses), s.flags.metrics)
	}
	for i, address := range addresses {
		flag := "--listen"
		if i == len(s.flags.listen) {
			flag = "--metrics"
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			return usage(flag+" "+address, "it is no address with a port", "Write it like 127.0.0.1:8080, [::1]:8080 or :8080.")
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			return &openbits.Error{
				Op: "listen on", Object: address, Kind: openbits.KindConnectFailure, Context: openbits.ContextTransport, File: -1,
				Text: reason(err), Hint: "Another program may have the port; choose another one.",
			}
		}
		s.closing = append(s.closing, quietly{l})
		s.listeners = append(s.listeners, l)
	}
	s.warn(a.Err)
	return nil
}

// quietly closes what may be closed already.
type quietly struct{ io.Closer }

func (q quietly) Close() error {
	_ = q.Closer.Close()
	return nil
}

// warn tells of what is allowed but seldom meant.
func (s *site) warn(to io.Writer) {
	for _, l := range s.listeners[:len(s.flags.listen)] {
		where, ok := l.Addr().(*net.TCPAddr)
		if !ok || where.IP.IsLoopback() {
			continue
		}
		switch {
		case s.flags.auth == "" && !s.flags.readOnly:
			fmt.Fprintf(to, "bits: warning: everyone who reaches %s may upload; --auth FILE lets in users alone\n", where)
		case s.flags.auth != "" && s.tls == nil:
			fmt.Fprintf(to, "bits: warning: passwords are sent readable to %s; use --tls-cert and --tls-key, or a proxy that does TLS\n", where)
		}
	}
}

// run serves until ctx ends. The first line that is printed says what is served where.
func (s *site) run(ctx context.Context, a *app) error {
	files := s.server(s.handler)
	figures := http.NewServeMux()
	figures.Handle("GET /metrics", s.metrics)
	metrics := s.server(figures)
	failed := make(chan error, len(s.listeners))
	for i, l := range s.listeners {
		server := files
		if i == len(s.flags.listen) {
			server = metrics
		} else if l = s.limiter.Listen(l); s.tls != nil {
			l = tls.NewListener(l, s.tls)
		}
		go func() { failed <- server.Serve(l) }()
	}
	fmt.Fprintln(a.Out, s.announcement())
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		s.log.Info("stopping")
	}
	// Who is asked to stop does not wait for slow clients: they go on with the next server.
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), serveStopping)
	defer cancel()
	if files.Shutdown(late) != nil {
		_ = files.Close()
	}
	_ = metrics.Close()
	return err
}

func (s *site) server(h http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // BITS speaks nothing else
	return &http.Server{
		Handler: h, Protocols: protocols, ReadHeaderTimeout: serveHeader, IdleTimeout: serveIdle, MaxHeaderBytes: serveMaxHead,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

func (s *site) announcement() string {
	what := "uploads and downloads"
	switch {
	case s.flags.readOnly:
		what = "downloads"
	case s.flags.noDownloads:
		what = "uploads"
	}
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
	}
	var urls []string
	for _, l := range s.listeners[:len(s.flags.listen)] {
		urls = append(urls, scheme+"://"+l.Addr().String()+"/")
	}
	dir := s.dir
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	text := fmt.Sprintf("serving %s (%s) on %s", term.Plain(dir), what, strings.Join(urls, " and "))
	if s.flags.metrics != "" {
		text += ", metrics on http://" + s.listeners[len(s.listeners)-1].Addr().String() + "/metrics"
	}
	return text
}

// close ends all that was opened, the last first.
func (s *site) close(err error) error {
	for _, c := range slices.Backward(s.closing) {
		err = errors.Join(err, c.Close())
	}
	return err
}

// reason is what the system says of a failure, without the call and its arguments.
func reason(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
