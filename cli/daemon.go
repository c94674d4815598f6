// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/daemon"
	"github.com/openbits/openbits/internal/size"
)

// logEnded is logged with the kind of the error that ended a service.
const logEnded = "the service ended with an error"

func (a *app) daemon() *cobra.Command {
	var idle, level string
	c := &cobra.Command{
		Use:   "daemon",
		Short: "run the service in the foreground",
		Long: `daemon runs the service until it is told to stop (SIGTERM, Ctrl-C) and logs to standard error. Jobs that run go on
when it is started again. Other verbs start it by themselves when they need it; "bits service install" starts it at login or boot.`,
		Example: "  bits daemon\n  bits daemon --system",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var after time.Duration
			var err error
			if idle != "" {
				if after, err = size.ParseDuration(idle); err != nil {
					return usage("--idle-exit", err.Error(), "")
				}
			}
			var least slog.Level
			if err := least.UnmarshalText([]byte(strings.ToUpper(level))); err != nil {
				return usage("--log-level", `"`+level+`" is no level`, "Levels are: debug, info, warn, error.")
			}
			p, err := a.places()
			if err != nil {
				return err
			}
			log := slog.New(slog.NewTextHandler(a.Err, &slog.HandlerOptions{Level: least}))
			err = daemon.Run(c.Context(), daemon.Options{Places: p, IdleExit: after, Log: log})
			if err != nil {
				// Whoever started the service reads the kind from its log.
				log.Error(logEnded, "kind", openbits.KindOf(err), "error", err)
			}
			return err
		},
	}
	c.Flags().StringVar(&idle, "idle-exit", "", "end after this `TIME` without clients and without jobs that move")
	c.Flags().StringVar(&level, "log-level", "info", "least `LEVEL` that is logged: debug, info, warn or error")
	return c
}
