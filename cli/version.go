// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/internal/version"
)

func (a *app) version() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "print the version of this program",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return writeJSON(a.Out, map[string]any{
					"version": version.Number, "commit": version.Commit(), "platform": version.Platform(), "api": api.Version,
				})
			}
			text := "bits " + version.Number
			if commit := version.Commit(); commit != "" {
				text += " (" + commit + ")"
			}
			_, err := fmt.Fprintln(a.Out, text, version.Platform())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
