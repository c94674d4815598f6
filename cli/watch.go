// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/term"
)

func (a *app) watch() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "watch [JOB]",
		Short: "print what happens to jobs, as it happens",
		Long: `watch prints a line for each job that is not final, and then one for each event, until it is interrupted. With a job it
ends when that job is final. With --json each line is one message of the service's event stream, figures of moving jobs among them.`,
		Example:           "  bits watch\n  bits watch 6f1c0f0e --json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeJob,
		RunE: func(c *cobra.Command, args []string) error {
			service, err := a.serve(c.Context())
			if err != nil {
				return err
			}
			options := client.WatchOptions{Lost: a.revive(c.Context(), a.told)}
			if len(args) > 0 {
				jobs, err := a.findAgain(c.Context(), service, args)
				if err != nil {
					return err
				}
				options.Job = jobs[0].ID
			}
			w := watcher{app: a, json: asJSON, job: options.Job, names: map[string]string{}}
			for u, err := range service.Watch(c.Context(), options) {
				if err != nil {
					return ended(c.Context(), err)
				}
				if over, err := w.update(u); over || err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print each message as one line of JSON")
	return c
}

type watcher struct {
	*app
	json  bool
	job   string            // the one that is watched, or ""
	names map[string]string // of jobs, by id
}

func (w *watcher) update(u api.Update) (over bool, err error) {
	if w.json {
		err = writeJSON(w.Out, u)
	}
	for _, j := range u.Jobs {
		if w.names[j.ID] = called(j); u.Kind == openbits.UpdateSnapshot && !w.json && (!j.State.Final() || w.job != "") {
			fmt.Fprintf(w.Out, "%s  %s: %s %s\n", time.Now().Format(time.TimeOnly), called(j), j.State, status(j, time.Now()))
		}
		over = over || j.ID == w.job && j.State.Final() && u.Kind == openbits.UpdateSnapshot
	}
	if u.Event != nil && !w.json {
		fmt.Fprintln(w.Out, w.line(*u.Event, u.Files))
		if u.Event.Type == openbits.EventRemoved {
			delete(w.names, u.Event.Job)
		}
	}
	return over || u.Event != nil && u.Event.Job == w.job && w.last(*u.Event), err
}

// last reports whether an event is the last that there is to tell of its job. The jobs beside an event are no
// measure: they may be ahead of it.
func (w *watcher) last(e api.Event) bool {
	return e.Type == openbits.EventRemoved || e.Type == openbits.EventState && openbits.State(e.State).Final()
}

func (w *watcher) line(e api.Event, list []api.File) string {
	name := w.names[e.Job]
	if name == "" {
		name = short(e.Job)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s: ", e.Time.Local().Format(time.TimeOnly), name)
	if e.File != nil {
		what := fmt.Sprintf("file %d", *e.File)
		if len(list) == 1 {
			what = term.Plain(filepath.Base(list[0].Path))
		}
		b.WriteString(what + " ")
	}
	switch {
	case e.Type == openbits.EventState || e.Type == openbits.EventFile:
		fmt.Fprintf(&b, "%s -> %s", e.From, e.State)
	default:
		b.WriteString(eventWords[e.Type])
	}
	if e.Actor == "owner" {
		b.WriteString(" (by its owner)")
	}
	if e.Error != nil {
		b.WriteString(": " + term.Plain(e.Error.Text))
	}
	return b.String()
}

var eventWords = map[openbits.EventType]string{
	openbits.EventCreated:   "created",
	openbits.EventState:     "state",
	openbits.EventChanged:   "changed",
	openbits.EventExpiring:  "its life ends soon",
	openbits.EventRemoved:   "left the list",
	openbits.EventFile:      "state",
	openbits.EventRestarted: "starts again, because the server's content changed",
}
