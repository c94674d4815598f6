// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/openbits/openbits/bitsup"
	"github.com/openbits/openbits/internal/basicauth"
	"github.com/openbits/openbits/internal/connlimit"
	"github.com/openbits/openbits/internal/fileserve"
)

// site is what "bits serve" runs.
type site struct {
	flags   serveFlags
	dir     string
	options bitsup.Options

	log       *slog.Logger
	handler   http.Handler
	metrics   http.Handler
	tls       *tls.Config
	limiter   *connlimit.Limiter
	listeners []net.Listener // one for each --listen, and the last for --metrics
	closing   []io.Closer
}

// open makes all that can fail before anything is served.
func (s *site) open(a *app) (err error) {
	if s.log, err = s.logger(a.Err); err != nil {
		return err
	}
	if s.flags.cert != "" {
		pair, err := tls.LoadX509KeyPair(s.flags.cert, s.flags.key)
		if err != nil {
			return usage("--tls-cert", err.Error(), "Both files are in PEM form, and the key is that of the first certificate.")
		}
		s.tls = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	if err := s.compose(); err != nil {
		return err
	}
	return s.listen(a)
}

func (s *site) logger(to io.Writer) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(strings.ToUpper(s.flags.logLvl))); err != nil {
		return nil, usage("--log-level", `"`+s.flags.logLvl+`" is no level`, "Levels are: debug, info, warn, error.")
	}
	o := &slog.HandlerOptions{Level: least}
	switch s.flags.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(to, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(to, o)), nil
	}
	return nil, usage("--log-format", `"`+s.flags.logFormat+`" is no format`, "Formats are: text, json.")
}

// compose puts the handlers on each other: who asks, what is recorded, what is done.
func (s *site) compose() error {
	registry := prometheus.NewRegistry()
	handler, refused, err := s.exchange(registry)
	if err != nil {
		return err
	}
	record := func(h http.Handler) http.Handler { return bitsup.AccessLog(s.log, signedIn, h) }
	if s.flags.trace != "" {
		f, err := os.OpenFile(s.flags.trace, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return usage("--trace "+s.flags.trace, reason(err), "")
		}
		s.closing = append(s.closing, f)
		trace := bitsup.NewTracer(f)
		record = func(h http.Handler) http.Handler { return bitsup.AccessLog(s.log, signedIn, trace.Trace(h)) }
	}
	s.handler = record(handler)
	if s.flags.auth != "" {
		users, err := basicauth.Open(s.flags.auth)
		if err != nil {
			return err
		}
		s.handler = users.Require(s.handler, record(refused))
	}
	s.limiter = &connlimit.Limiter{Total: s.flags.maxConnections, PerAddress: (s.flags.maxConnections + 1) / 2, Patience: serveAccept}
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "openbits_serve_connections", Help: "Open connections.",
	}, func() float64 { return float64(s.limiter.Open()) }))
	s.metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return nil
}

// signedIn is who makes a request, "" where nobody signs in.
func signedIn(r *http.Request) string { return basicauth.User(r.Context()) }

// exchange makes what takes uploads and gives downloads, and what answers those who are not let in.
func (s *site) exchange(registry *prometheus.Registry) (handler, refused http.Handler, err error) {
	downloads := http.Handler(http.HandlerFunc(uploadsOnly))
	files := fileserve.Options{Dir: s.dir, Log: s.log}
	if s.flags.readOnly {
		server, err := fileserve.New(files)
		if err != nil {
			return nil, nil, err
		}
		s.closing = append(s.closing, server)
		return bitsup.Disabled(server), http.HandlerFunc(unauthorized), nil
	}
	o := s.options
	o.User, o.Log = signedIn, s.log
	o.Next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { downloads.ServeHTTP(w, r) })
	uploads, err := bitsup.New(o)
	if err != nil {
		return nil, nil, err
	}
	s.closing = append(s.closing, uploads)
	registry.MustRegister(uploads.Collector())
	if !s.flags.noDownloads {
		files.Cache, files.Allow = bitsup.StateDir+"/etags", bitsup.Method
		server, err := fileserve.New(files)
		if err != nil {
			return nil, nil, err
		}
		s.closing = append(s.closing, server)
		downloads = server
	}
	return uploads, http.HandlerFunc(uploads.Unauthorized), nil
}

func uploadsOnly(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", bitsup.Method)
	http.Error(w, "405 this server receives uploads only", http.StatusMethodNotAllowed)
}

func unauthorized(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "401 unauthorized", http.StatusUnauthorized)
}
