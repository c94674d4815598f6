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

// action is a verb that does the same to each of several jobs.
type action struct {
	all  []openbits.State // the jobs that --all means
	call func(context.Context, *client.Client, api.Job) (api.Job, error)
	skip func(api.Job) bool // of the jobs that --all means; nil: none
	done string             // what is said of a job: "resumed"
	none string             // why --all found no job
}

// actionCommand gives a verb of one action its arguments, --all and its completion.
func (a *app) actionCommand(c *cobra.Command, allHelp string, act action) *cobra.Command {
	all := c.Flags().Bool("all", false, allHelp)
	c.ValidArgsFunction = a.completeJobs
	c.Args = func(_ *cobra.Command, args []string) error {
		switch {
		case *all && len(args) > 0:
			return usage("the command line", "--all and the names of jobs exclude each other", "Give one of them.")
		case !*all && len(args) == 0:
			return usage("the command line", "no job is named", `Give the id or the name of a job, or --all; "bits list" shows them.`)
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		service, err := a.serve(c.Context())
		if err != nil {
			return err
		}
		jobs, err := find(c.Context(), service, args)
		if *all && err == nil {
			jobs, err = allJobs(c.Context(), service, act)
		}
		if err != nil {
			return err
		}
		return a.actOnEach(c.Context(), service, jobs, act)
	}
	return c
}

// allJobs collects the jobs first: the action changes which jobs the query would find.
func allJobs(ctx context.Context, c *client.Client, act action) ([]api.Job, error) {
	var jobs []api.Job
	for j, err := range c.AllJobs(ctx, api.JobQuery{States: act.all, Limit: 1000}) {
		if err != nil {
			return nil, err
		}
		if act.skip == nil || !act.skip(j) {
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// actOnEach goes on after a job that fails, and answers the first failure.
func (a *app) actOnEach(ctx context.Context, c *client.Client, jobs []api.Job, act action) error {
	if len(jobs) == 0 {
		fmt.Fprintln(a.Err, "bits: no job is to be "+act.done+": "+act.none)
	}
	var first error
	for _, j := range jobs {
		after, err := act.call(ctx, c, j)
		switch {
		case err == nil:
			fmt.Fprintf(a.Err, "%s: %s\n", called(after), act.done)
		case ctx.Err() != nil:
			return err
		case first == nil:
			first = err
		default:
			printError(a.Err, err)
		}
	}
	return first
}
