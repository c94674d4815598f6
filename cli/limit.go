// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/size"
)

func (a *app) limit() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "limit [RATE|off]",
		Short: "print or set the speed limit of the service",
		Long: `limit sets how many bytes per second the whole service may move, for all jobs together. It is effective at once and
kept over restarts. Without a rate it prints the limit. A bare k, M or G is a power of 1024; MB is a million bytes,
and 100Mbit/s is a rate too. For one job alone use "bits set JOB limit=RATE".`,
		Example: "  bits limit 2M\n  bits limit off",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.printLimit(c, asJSON)
			}
			rate, err := size.ParseRate(args[0])
			if err != nil {
				return usage("RATE", err.Error(), "")
			}
			service, err := a.serve(c.Context())
			if err != nil {
				return err
			}
			if err := service.SetLimit(c.Context(), rate); err != nil {
				return err
			}
			fmt.Fprintln(a.Err, "limit: "+rateWords(rate))
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) printLimit(c *cobra.Command, asJSON bool) error {
	service, err := a.reach(c.Context())
	if err != nil {
		return err
	}
	rate, err := service.Limit(c.Context())
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(a.Out, api.Limit{Rate: rate})
	}
	_, err = fmt.Fprintln(a.Out, rateWords(rate))
	return err
}

func rateWords(rate int64) string {
	if rate == 0 {
		return "off"
	}
	return size.Rate(rate)
}
