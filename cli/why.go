// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

func (a *app) why() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "why JOB",
		Short: "say why a job does not move, or only slowly, and what would change that",
		Long: `why says in sentences what a job does, why it waits, since when and until when, and what would end the wait; of a job that
gives way to others on the network, to whom, since when and at which rate.`,
		Example:           "  bits why 6f1c0f0e",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeJob,
		RunE: func(c *cobra.Command, args []string) error {
			service, err := a.reach(c.Context())
			if err != nil {
				return err
			}
			job, err := service.Find(c.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.Out, struct {
					ID        string         `json:"id"`
					State     openbits.State `json:"state"`
					Reason    *api.Reason    `json:"reason"`
					Error     *api.Error     `json:"error"`
					Transport *api.Transport `json:"transport"`
				}{job.ID, job.State, job.Reason, job.Error, job.Transport})
			}
			explainJob(a.Out, job, time.Now())
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print state, reason, error and the network under it as JSON")
	return c
}

// explainJob says in sentences what a job does and why.
func explainJob(w io.Writer, j api.Job, now time.Time) {
	fmt.Fprintf(w, "%s is %s.\n", called(j), stateWords[j.State])
	if (j.Reason == nil || yields(j)) && j.State.Active() {
		text := "It moves"
		if j.Rate != nil {
			text += " at " + size.Rate(*j.Rate)
			if left := term.Left(j.BytesDone, total(j.BytesTotal), *j.Rate); left >= 0 {
				text += ", " + size.Duration(left) + " are left"
			}
		}
		fmt.Fprintf(w, "%s: %s of %s.\n", text, size.Bytes(j.BytesDone), size.Bytes(total(j.BytesTotal)))
	}
	if t := j.Transport; t != nil {
		fmt.Fprintf(w, "Network: %s.\n", joined("; ", paces(t), delays(t)))
	}
	if r := j.Reason; r != nil {
		fmt.Fprintf(w, "Reason: %s (%s).\n", sentence(r.Text), r.Code)
		if r.Since != nil {
			fmt.Fprintf(w, "Since: %s.\n", moment(*r.Since, now))
		}
		if r.Until != nil {
			fmt.Fprintf(w, "Until: %s.\n", moment(*r.Until, now))
		}
		if r.Hint != "" {
			fmt.Fprintf(w, "To change that: %s\n", term.Plain(r.Hint))
		}
	}
	if e := j.Error; e != nil {
		fmt.Fprintf(w, "Last error: %s (%s).\n", sentence(e.Text), e.Code)
		if e.Hint != "" && (j.Reason == nil || e.Hint != j.Reason.Hint) {
			fmt.Fprintf(w, "About the error: %s\n", term.Plain(e.Hint))
		}
		fmt.Fprintf(w, "More: bits explain %s\n", e.Code)
	}
}

// sentence is text without the full stop that the caller puts.
func sentence(text string) string { return strings.TrimSuffix(term.Plain(text), ".") }

var stateWords = map[openbits.State]string{
	openbits.StateQueued:         "queued: it may run and waits for its turn",
	openbits.StateConnecting:     "connecting to its servers",
	openbits.StateTransferring:   "transferring",
	openbits.StateSuspended:      "suspended: it does nothing until it is resumed",
	openbits.StateError:          "in error: it waits for you",
	openbits.StateTransientError: "in a transient error: it goes on by itself",
	openbits.StateTransferred:    "transferred: all is whole and verified, and not yet published",
	openbits.StateAcknowledged:   "acknowledged: it was completed, its files are under their names",
	openbits.StateCancelled:      "cancelled",
}
