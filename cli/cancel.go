// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
)

func (a *app) cancel() *cobra.Command {
	return a.actionCommand(&cobra.Command{
		Use:   "cancel JOB...",
		Short: "end jobs and delete what is not published",
		Long: `cancel ends a job for good. Files that stand under their names already stay; every other byte of the job is deleted.
To keep the whole files of a job that is not finished, use "bits complete".`,
		Example: "  bits cancel 6f1c0f0e",
	}, "all jobs that are not final", action{
		all: unfinished(),
		call: func(ctx context.Context, c *client.Client, j api.Job) (api.Job, error) {
			return c.Cancel(ctx, j.ID)
		},
		done: "cancelled",
		none: "all are final",
	})
}
