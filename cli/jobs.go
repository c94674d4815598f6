// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/term"
)

// short is the beginning of a job's id that people are shown.
func short(id string) string { return id[:min(8, len(id))] }

// called is how a job is named in a sentence.
func called(j api.Job) string {
	if j.Name == "" {
		return short(j.ID)
	}
	return term.Plain(j.Name) + " (" + short(j.ID) + ")"
}

// find answers the jobs that the arguments name, each once.
func find(ctx context.Context, c *client.Client, args []string) ([]api.Job, error) {
	var jobs []api.Job
	seen := map[string]bool{}
	for _, arg := range args {
		j, err := c.Find(ctx, arg)
		if err != nil {
			return nil, err
		}
		if !seen[j.ID] {
			seen[j.ID] = true
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// findAgain is find for commands that outlive the service, which may end just then.
func (a *app) findAgain(ctx context.Context, c *client.Client, args []string) ([]api.Job, error) {
	jobs, err := find(ctx, c, args)
	if errors.Is(err, openbits.KindServiceUnavailable) && ctx.Err() == nil {
		if err = a.startService(ctx); err == nil {
			jobs, err = find(ctx, c, args)
		}
	}
	return jobs, err
}

// unfinished are the states of the jobs that are not final.
func unfinished() []openbits.State {
	var states []openbits.State
	for _, s := range openbits.States {
		if !s.Final() {
			states = append(states, s)
		}
	}
	return states
}

// maxCompletions bounds what is offered to a shell.
const maxCompletions = 100

// completeJobs offers ids, and names that begin with what was typed.
func (a *app) completeJobs(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	service, err := a.newClient()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	given := map[string]bool{}
	for _, arg := range args {
		given[arg] = true
	}
	var list []cobra.Completion
	for j, err := range service.AllJobs(c.Context(), api.JobQuery{States: unfinished()}) {
		if err != nil || len(list) >= maxCompletions {
			break
		}
		about := term.Plain(j.Name) + ", " + string(j.State)
		switch id := short(j.ID); {
		case given[id] || given[j.ID] || given[j.Name]:
		case strings.HasPrefix(j.ID, typed):
			list = append(list, cobra.CompletionWithDesc(j.ID[:max(8, min(len(typed), len(j.ID)))], about))
		case strings.HasPrefix(j.Name, typed) && j.Name == term.Plain(j.Name):
			list = append(list, cobra.CompletionWithDesc(j.Name, string(j.State)))
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// completeJob is completeJobs for verbs that take one job.
func (a *app) completeJob(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeJobs(c, args, typed)
}
