// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
)

func (a *app) complete() *cobra.Command {
	return a.actionCommand(&cobra.Command{
		Use:   "complete JOB...",
		Short: "publish the whole files of jobs and end them",
		Long: `complete puts the whole, verified files of a job under their names and ends the job. The paths are printed. Files
that are not whole are given up and their bytes deleted, as in BITS; wait for the state "transferred" to get all.`,
		Example: "  bits wait 6f1c0f0e && bits complete 6f1c0f0e",
	}, "all jobs whose files are all whole", action{
		all:  []openbits.State{openbits.StateTransferred},
		call: a.completeOne,
		done: "completed",
		none: "none is whole and waits for that",
	})
}

func (a *app) completeOne(ctx context.Context, c *client.Client, j api.Job) (api.Job, error) {
	after, err := c.Complete(ctx, j.ID)
	if err != nil {
		return j, err
	}
	if !after.State.Final() {
		list, err := c.Wait(ctx, j.ID)
		if err != nil {
			return j, err
		}
		after = list[0]
	}
	for f, err := range c.AllFiles(ctx, j.ID, api.FileQuery{Limit: 1000}) {
		if err != nil {
			return after, err
		}
		if f.State == openbits.FilePublished {
			fmt.Fprintln(a.Out, f.Path)
		} else {
			a.fileFailed(f)
		}
	}
	return after, nil
}
