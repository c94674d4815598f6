// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package cli is the program bits: a file per verb. It talks to the service through
// package client only; "bits daemon" runs the service itself.
//
// Results go to standard output, everything said to people goes to standard error. A verb is
// a function that returns an error; exit.go is the one place that turns errors into words and exit codes.
package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Stdio is where a command reads and writes.
type Stdio struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs one command line, without the program's name, and returns the exit code.
func Main(args []string, stdio Stdio) int {
	ctx, stop := interruptible(context.Background())
	defer stop()
	return report(stdio.Err, run(ctx, args, stdio))
}

func run(ctx context.Context, args []string, stdio Stdio) error {
	a := &app{Stdio: stdio, env: os.Getenv}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// echo is how long after a signal another one is the same wish: timeout(1) and some process managers signal
// the program and its whole group, and nobody types Ctrl-C twice in that time.
const echo = 100 * time.Millisecond

// interruptible ends the context at the first signal that asks the program to stop, with the signal as its
// cause. The second one ends the program at once.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // nohup means it
			signal.Notify(signals, s)
		}
	}
	go obey(signals, func(first os.Signal) { cancel(stopped{first}) }, func() { os.Exit(exitInterrupted) })
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

// obey calls stop at the first signal and quit at the second.
func obey(signals <-chan os.Signal, stop func(os.Signal), quit func()) {
	first, open := <-signals
	if !open {
		return
	}
	at := time.Now()
	stop(first)
	for range signals {
		if time.Since(at) > echo {
			quit()
			return
		}
	}
}
