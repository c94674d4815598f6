// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/size"
)

func (a *app) wait() *cobra.Command {
	var timeout string
	c := &cobra.Command{
		Use:   "wait JOB...",
		Short: "wait until jobs do nothing more by themselves",
		Long: `wait returns when each job is completed, cancelled, suspended, in error, or whole and waiting to be completed. It
exits with 0 when all are whole, with 1 when any is not, and with 6 when the timeout ends first. A service that
is restarted meanwhile does not disturb it.`,
		Example:           "  bits wait 6f1c0f0e --timeout 2h && echo done",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeJobs,
		RunE: func(c *cobra.Command, args []string) error {
			ctx := c.Context()
			if timeout != "" {
				limit, err := size.ParseDuration(timeout)
				if err != nil {
					return usage("--timeout", err.Error(), "")
				}
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeoutCause(ctx, limit, timedOut{"the jobs were not done after " + size.Duration(limit)})
				defer cancel()
			}
			return ended(ctx, a.waitFor(ctx, args))
		},
	}
	c.Flags().StringVar(&timeout, "timeout", "", "give up after this `time`, such as 30s or 2h")
	return c
}

// ended replaces the error of a context that is over by its cause.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return context.Cause(ctx)
	}
	return err
}

func (a *app) waitFor(ctx context.Context, args []string) error {
	service, err := a.serve(ctx)
	if err != nil {
		return err
	}
	jobs, err := a.findAgain(ctx, service, args)
	if err != nil {
		return err
	}
	failed := false
	for _, j := range jobs {
		j, err := service.WaitOne(ctx, j.ID, a.revive(ctx, a.told))
		if err != nil {
			return err
		}
		if !whole(j) {
			failed = true
			if err := a.tellFailure(ctx, service, j); err != nil {
				return err
			}
		}
	}
	if failed {
		return jobFailed{}
	}
	return nil
}

// whole reports whether every file of a job that does nothing more is there.
func whole(j api.Job) bool {
	switch j.State {
	case openbits.StateTransferred, openbits.StateAcknowledged:
		return j.FilesFailed == 0 && j.FilesDone == j.FilesTotal
	}
	return false
}

// tellFailure says why a job that does nothing more is not whole.
func (a *app) tellFailure(ctx context.Context, c *client.Client, j api.Job) error {
	switch {
	case j.State == openbits.StateSuspended:
		fmt.Fprintf(a.Err, "bits: %s is suspended\nhint: Let it go on with: bits resume %s\n", called(j), short(j.ID))
		return nil
	case j.State == openbits.StateCancelled:
		fmt.Fprintf(a.Err, "bits: %s was cancelled\n", called(j))
		return nil
	}
	fmt.Fprintf(a.Err, "bits: %s is not whole: %d of %s failed\n", called(j), j.FilesFailed, files(j.FilesTotal))
	return a.failedFiles(ctx, c, j.ID)
}

// mostFailures is how many failed files are told of one by one.
const mostFailures = 20

func (a *app) failedFiles(ctx context.Context, c *client.Client, id string) error {
	query := api.FileQuery{
		States: []openbits.FileState{
			openbits.FileError, openbits.FileQuarantined, openbits.FileInvalid, openbits.FileDropped,
		}, Limit: mostFailures,
	}
	page, err := c.Files(ctx, id, query)
	if err != nil {
		return err
	}
	for _, f := range page.Files {
		a.fileFailed(f)
	}
	if page.Next != "" {
		fmt.Fprintf(a.Err, "hint: There are more: bits show %s lists all files.\n", short(id))
	}
	return nil
}
