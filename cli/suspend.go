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

func (a *app) suspend() *cobra.Command {
	return a.actionCommand(&cobra.Command{
		Use:     "suspend JOB...",
		Short:   "stop jobs and keep their bytes",
		Long:    "suspend stops a job until it is resumed. What was fetched is kept.",
		Example: "  bits suspend debian.iso\n  bits suspend --all",
	}, "all jobs that move or would", action{
		all: []openbits.State{
			openbits.StateQueued, openbits.StateConnecting, openbits.StateTransferring, openbits.StateTransientError,
		},
		call: func(ctx context.Context, c *client.Client, j api.Job) (api.Job, error) {
			return c.Suspend(ctx, j.ID)
		},
		done: "suspended",
		none: "none moves or would",
	})
}
