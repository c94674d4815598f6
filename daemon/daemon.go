// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package daemon puts the service together: queue, engine, mover, sink, machine
// and server. It is the only place that knows them all.
package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/dial"
	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/internal/sdnotify"
	"github.com/openbits/openbits/internal/sock"
	"github.com/openbits/openbits/internal/version"
	"github.com/openbits/openbits/internal/web"
	"github.com/openbits/openbits/mover/bitsup"
	"github.com/openbits/openbits/mover/httpget"
	"github.com/openbits/openbits/mover/httpput"
	"github.com/openbits/openbits/netstate"
	"github.com/openbits/openbits/pace"
	"github.com/openbits/openbits/queue/sqlite"
	"github.com/openbits/openbits/server"
	"github.com/openbits/openbits/sink"
)

// Options are the settings of a service.
type Options struct {
	Places   places.Places
	IdleExit time.Duration // end when there was no client and no job to move for this long; 0: never
	Log      *slog.Logger  // nil: nothing is logged

	Machine engine.Machine // nil: this computer
}

// shutdownTime is how long calls under way may take when the service ends.
const shutdownTime = 5 * time.Second

// Run runs a service until ctx ends. What is answered before is durable, and jobs that
// were running go on when the next service starts. Kinds: service_running, local_file, database_corrupt.
func Run(ctx context.Context, o Options) (err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Machine == nil {
		o.Machine = netstate.New()
	}
	lock, err := prepareState(o.Places.State)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	store, err := openStore(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	files := sink.New(sink.Options{})
	defer func() { err = errors.Join(err, files.Close()) }()

	tidy := newTidier()
	network := web.Options{UserAgent: "openbits/" + version.Number}
	downloads := newDownloads(network, o.Log)
	network.Dial = downloads.dialer.DialContext
	e := engine.New(engine.Options{
		Store: store, Sink: files, Machine: o.Machine, Log: o.Log, Rest: tidy.rest,
		Downloads: downloads,
		Uploads: map[openbits.Protocol]engine.Sender{
			openbits.ProtocolBITS: bitsup.New(network),
			openbits.ProtocolPUT:  httpput.New(network),
		},
		Sources:    files,
		NewLimiter: func(rate int64) engine.Limiter { return pace.NewLimiter(rate) },
	})
	if err := e.Start(ctx); err != nil {
		return err
	}
	defer e.Close()
	return serve(ctx, o, e, tidy)
}

// downloads is the mover with the connections under it.
type downloads struct {
	*httpget.Mover
	dialer *dial.Dialer
	log    *slog.Logger
}

func newDownloads(o web.Options, log *slog.Logger) downloads {
	how, _ := pace.Supported()
	log.Info("background transfers", "yielding", how)
	governor := pace.NewGovernor()
	dialer := &dial.Dialer{Wrap: governor.Wrap, Opening: governor.Opening}
	o.Dial = dialer.DialContext
	return downloads{httpget.New(o), dialer, log}
}

// Reset drops the connections that a change of network has likely left dead: those of addresses that are gone, and idle ones.
func (d downloads) Reset() {
	if n, err := d.dialer.CloseOrphans(); err != nil || n > 0 {
		d.log.Info("connections of a network that is gone were closed", "count", n, "error", err)
	}
	d.Mover.Reset()
}

// openStore opens the queue, and sets a damaged one aside.
func openStore(ctx context.Context, o Options) (*sqlite.Store, error) {
	store, recovery, err := sqlite.Open(ctx, o.Places.State, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	if recovery != nil {
		o.Log.Error("the queue was damaged; it was set aside and rebuilt as far as possible",
			"kept_aside", recovery.Quarantined, "jobs", recovery.Jobs, "files", recovery.Files, "error", recovery.Err)
	}
	return store, nil
}

// serve answers on the socket until ctx ends or the service has been idle for long enough.
func serve(ctx context.Context, o Options, e *engine.Engine, tidy *tidier) error {
	listener, err := listen(o)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	idle := newIdleWatch(o.IdleExit, e.Idle)
	clients := func(open int) {
		idle.clients(open)
		if open == 0 {
			tidy.rest()
		}
	}
	srv, err := server.New(e, server.Options{Version: version.Number, State: o.Places.State, Log: o.Log, Clients: clients})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	o.Log.Info("ready", "version", version.Number, "socket", o.Places.Socket, "state", o.Places.State)
	manager := sdnotify.FromEnv()
	tell(o.Log, manager.Ready())
	// What starting up took is not needed again: an idle service should weigh nothing.
	giveBack()
	var tidying sync.WaitGroup
	tidying.Go(func() { tidy.run(ctx, tidyAfter, e.Idle, giveBack, o.Log) })
	defer func() { stop(); tidying.Wait() }()

	select {
	case err = <-served:
		return err
	case <-ctx.Done():
		o.Log.Info("stopping", "because", "it was told to")
	case <-idle.watch(ctx):
		o.Log.Info("stopping", "because", "it was idle")
	}
	tell(o.Log, manager.Stopping())
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	return errors.Join(srv.Shutdown(late), <-served)
}

// tell notes that the service manager could not be told. The service works all the same.
func tell(log *slog.Logger, err error) {
	if err != nil {
		log.Warn("cannot tell the service manager", "error", err)
	}
}

// listen opens the socket, or takes over the one that the service manager opened.
func listen(o Options) (net.Listener, error) {
	inherited, err := sdnotify.Listeners()
	switch {
	case err != nil:
		return nil, err
	case len(inherited) == 1:
		return sock.Wrap(inherited[0]), nil
	case len(inherited) > 1:
		for _, l := range inherited {
			err = errors.Join(err, l.Close())
		}
		return nil, errors.Join(&openbits.Error{
			Op: "start", Object: "the service", Kind: openbits.KindInvalidArgument, Context: openbits.ContextNone, File: -1,
			Text: "the service manager passed more than one socket", Hint: "Its socket unit must have one ListenStream line.",
		}, err)
	}
	return sock.Listen(o.Places.Socket)
}

var _ server.Service = (*engine.Engine)(nil)

var (
	_ engine.Store     = (*sqlite.Store)(nil)
	_ engine.Sink      = (*sink.Sink)(nil)
	_ engine.Mover     = (*httpget.Mover)(nil)
	_ engine.Sender    = (*httpput.Mover)(nil)
	_ engine.Sender    = (*bitsup.Mover)(nil)
	_ engine.Abandoner = (*bitsup.Mover)(nil)
	_ engine.Sources   = (*sink.Sink)(nil)
	_ engine.Resetter  = downloads{}
	_ engine.Machine   = (*netstate.System)(nil)
	_ engine.Limiter   = (*pace.Limiter)(nil)
)
