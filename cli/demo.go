// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/internal/demo"
	"github.com/openbits/openbits/internal/places"
)

func (a *app) demo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "show what a job survives, on this machine alone",
		Long: `demo starts a small web server and a service of its own on this machine, fetches files through them, kills the service
half-way, starts it again, and checks every byte. It takes some seconds, needs no network, and leaves nothing behind.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := demo.Run(c.Context(), demo.Options{Out: a.Out, Start: startPrivate})
			return err
		},
	}
}

// private is a service with a home of its own.
type private struct{ *launched }

// privateIdleExit ends a private service whose owner was killed.
const privateIdleExit = "10s"

// startPrivate starts a service whose queue and socket are in home.
func startPrivate(ctx context.Context, home string) (demo.Service, error) {
	s, err := launch(places.In(home), privateIdleExit, places.Home+"="+home)
	if err != nil {
		return nil, err
	}
	if err := s.await(ctx, 0); err != nil {
		_ = private{s}.Kill()
		return nil, err
	}
	return private{s}, nil
}

func (p private) PID() int       { return p.process.Pid }
func (p private) Socket() string { return p.places.Socket }
func (p private) Kill() error    { return p.end(os.Kill) }

func (p private) Stop() error {
	if runtime.GOOS == "windows" {
		return p.Kill() // there is no other way to reach a process without console
	}
	return p.end(os.Interrupt)
}

func (p private) end(signal os.Signal) error {
	if err := p.process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.exited
	return nil
}
