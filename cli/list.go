// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

// listPage is how many jobs are asked for at a time.
const listPage = 500

func (a *app) list() *cobra.Command {
	var all, asJSON bool
	var states []string
	c := &cobra.Command{
		Use:   "list",
		Short: "list jobs, the newest first",
		Long: `list prints one line for each job that is not final, the newest first: its id, name, state, priority, how much is
done, its size, and how fast it moves and whom it gives way to, or why it does not move.`,
		Example: "  bits list\n  bits list --all --json | jq '.[].state'",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			query := api.JobQuery{States: unfinished(), Limit: listPage}
			if all {
				query.States = nil
			}
			chosen, err := parseStates(states)
			if err != nil {
				return err
			}
			if len(chosen) > 0 {
				query.States = chosen
			}
			service, err := a.reach(c.Context())
			if err != nil {
				return err
			}
			a.tellOldDamage()
			if asJSON {
				return listJSON(c.Context(), a.Out, service, query)
			}
			return a.listTable(c.Context(), service, query, len(chosen) > 0)
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also jobs that are final: completed or cancelled in the last 30 days")
	c.Flags().StringSliceVar(&states, "state", nil, "only jobs in these `states`")
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	_ = c.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(completions(openbits.States), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func parseStates(texts []string) ([]openbits.State, error) {
	var states []openbits.State
	for _, text := range texts {
		s := openbits.State(strings.ReplaceAll(strings.ToLower(text), "-", "_"))
		if s.Number() < 0 {
			return nil, usage("--state", `"`+text+`" is no state of a job`, "States are: "+join(openbits.States)+".")
		}
		states = append(states, s)
	}
	return states, nil
}

func listJSON(ctx context.Context, w io.Writer, c *client.Client, q api.JobQuery) error {
	out := bufio.NewWriter(w)
	list := array{w: out}
	for j, err := range c.AllJobs(ctx, q) {
		if err != nil {
			return err
		}
		if err := list.add(j); err != nil {
			return err
		}
	}
	if err := list.end(); err != nil {
		return err
	}
	if _, err := out.WriteString("\n"); err != nil {
		return err
	}
	return out.Flush()
}

// nameWidth is the width of the column of names; a pipe gets longer names whole.
const nameWidth = 20

func (a *app) listTable(ctx context.Context, c *client.Client, q api.JobQuery, chosen bool) error {
	out := bufio.NewWriter(a.Out)
	width := 0
	if screen := term.Open(a.Out); screen != nil {
		width, _ = screen.Size()
	}
	now, count := time.Now(), 0
	for j, err := range c.AllJobs(ctx, q) {
		if err != nil {
			_ = out.Flush()
			return err
		}
		if count == 0 {
			head := fmt.Sprintf("%-8s  %-*s  %-15s  %-10s  %5s  %9s", "ID", nameWidth, "NAME", "STATE", "PRIORITY", "DONE", "SIZE")
			if width == 0 || width > len(head)+len("  RATE/REASON") {
				head += "  RATE/REASON"
			}
			fmt.Fprintln(out, head)
		}
		count++
		name := term.Plain(j.Name)
		if width > 0 {
			name = term.Fit(name, nameWidth)
		} else {
			name += strings.Repeat(" ", max(0, nameWidth-term.Width(name)))
		}
		text := fmt.Sprintf("%-8s  %s  %-15s  %-10s  %5s  %9s", short(j.ID), name, j.State, j.Priority,
			share(j), size.Bytes(total(j.BytesTotal)))
		fmt.Fprintln(out, withStatus(text, status(j, now), width))
	}
	if count == 0 {
		fmt.Fprintln(a.Err, a.emptyList(q, chosen))
	}
	return out.Flush()
}

// withStatus puts the status at the end of a job's line, or below it where a terminal has no room.
func withStatus(text, status string, width int) string {
	switch {
	case status == "":
		return text
	case width > 0 && term.Width(text)+2+term.Width(status) >= width:
		return text + "\n" + term.Clip("          "+status, width-1)
	}
	return text + "  " + status
}

func (a *app) emptyList(q api.JobQuery, chosen bool) string {
	switch {
	case q.States == nil:
		return "no jobs"
	case chosen:
		return "no jobs in these states"
	}
	return `no jobs (final ones: "bits list --all")`
}

// join lists words of a closed list.
func join[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

func completions[T ~string](list []T) []cobra.Completion {
	out := make([]cobra.Completion, len(list))
	for i, w := range list {
		out[i] = cobra.Completion(w)
	}
	return out
}
