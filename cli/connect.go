// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/internal/version"
)

// places are the folder and the socket of the service that the command line means.
func (a *app) places() (places.Places, error) {
	if a.system {
		return places.System(), nil
	}
	return places.Default()
}

func (a *app) newClient() (*client.Client, error) {
	p, err := a.places()
	if err != nil {
		return nil, err
	}
	return &client.Client{Socket: p.Socket, Version: version.Number}, nil
}

// reach connects to a service that runs. It never starts one.
func (a *app) reach(ctx context.Context) (*client.Client, error) {
	c, err := a.newClient()
	if err != nil {
		return nil, err
	}
	if err := a.greet(ctx, c); err != nil {
		return nil, a.hintAtQueue(err)
	}
	return c, nil
}

// serve connects to the service and starts the user's own when none runs.
func (a *app) serve(ctx context.Context) (*client.Client, error) {
	c, err := a.newClient()
	if err != nil {
		return nil, err
	}
	err = a.greet(ctx, c)
	if errors.Is(err, openbits.KindServiceUnavailable) {
		if err = a.startService(ctx); err == nil {
			err = a.greet(ctx, c)
		}
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// greet asks the service who it is, and warns of one that is older than this program.
func (a *app) greet(ctx context.Context, c *client.Client) error {
	s, err := c.Service(ctx)
	if err != nil {
		return err
	}
	if s.API < api.Version {
		fmt.Fprintf(a.Err, "bits: the service that runs is older (%s) than this program (%s); some commands may fail\n", s.Version, version.Number)
		fmt.Fprintf(a.Err, "hint: Stop it with \"kill %d\"; the next command starts the installed version and the jobs go on.\n", s.PID)
	}
	return nil
}

// hintAtQueue adds to "no service is running" what this user can do about it.
func (a *app) hintAtQueue(err error) error {
	var e *openbits.Error
	p, placesErr := a.places()
	if !errors.As(err, &e) || e.Kind != openbits.KindServiceUnavailable || placesErr != nil {
		return err
	}
	if a.system {
		return noService(p.Socket, hintSystem)
	}
	told := *e
	told.Hint = `Nothing was asked of it yet: "bits get URL" starts it.`
	if entries, readErr := os.ReadDir(p.State); readErr == nil && len(entries) > 0 {
		told.Hint = `Its queue is kept in ` + p.State + `: "bits daemon" runs it, "bits resume --all" starts it in the background and lets all jobs go on.`
	}
	return &told
}
