// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
)

func (a *app) resume() *cobra.Command {
	return a.actionCommand(&cobra.Command{
		Use:   "resume JOB...",
		Short: "start jobs, or let them go on",
		Long: `resume starts a job that was created or suspended. A job in error tries its failed files again; a job that
waits to try again does so now. What was fetched is kept. The service is started when none runs.`,
		Example: "  bits resume 6f1c0f0e\n  bits resume --all",
	}, "all jobs that are suspended, in error, or wait to try again", action{
		all: []openbits.State{openbits.StateSuspended, openbits.StateError, openbits.StateTransientError},
		call: func(ctx context.Context, c *client.Client, j api.Job) (api.Job, error) {
			return c.Resume(ctx, j.ID)
		},
		skip: func(j api.Job) bool { return j.FilesTotal == 0 },
		done: "resumed",
		none: "none is suspended, in error, or waits to try again",
	})
}
