// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"

	"github.com/spf13/cobra"
)

func (a *app) metrics() *cobra.Command {
	return &cobra.Command{
		Use:   "metrics",
		Short: "print the service's metrics in Prometheus' text format",
		Long: `metrics prints what the service also answers at /metrics on its socket. The service opens no port; a node
exporter reads the figures from a file that a timer writes with this command.`,
		Example: "  bits metrics > /var/lib/node_exporter/openbits.prom",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			service, err := a.reach(c.Context())
			if err != nil {
				return err
			}
			text, err := service.Metrics(c.Context())
			if err != nil {
				return err
			}
			_, err = io.WriteString(a.Out, text)
			return err
		},
	}
}
