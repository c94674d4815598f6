// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/ese"
	"github.com/openbits/openbits/internal/term"
)

func (a *app) eseCheck() *cobra.Command {
	var asJSON bool
	var f eseFile
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "check an ESE database",
		Long: `check reads all of a database: headers and state, the checksum of each page, the order and the links of each tree,
each long value. It exits with 0 when nothing is damaged and with 5 when something is; a database that was not closed is
not damaged.`,
		Example: "  bits ese check qmgr.db\n  bits ese check --json qmgr.db | jq '.findings[].text'",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			db, file, err := f.open(args[0])
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }()
			report := db.Check()
			if asJSON {
				err = writeJSON(a.Out, struct {
					File   string      `json:"file"`
					Header *ese.Header `json:"header"`
					Sound  bool        `json:"sound"`
					*ese.Report
				}{args[0], db.Header(), report.Sound(), report})
			} else {
				err = printCheck(a.Out, report)
			}
			if err != nil || report.Sound() {
				return err
			}
			return damaged(args[0], "it is damaged", "What is whole can be read: \"bits ese dump\".")
		},
	}
	f.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func printCheck(to io.Writer, r *ese.Report) error {
	out := bufio.NewWriter(to)
	fmt.Fprintf(out, "%s: %d good, %d with a wrong bit, %d damaged, %d blank, %d unreadable\n\n",
		count(r.Pages, "page"), r.Good, r.Corrected, r.Damaged, r.Blank, r.Unreadable)
	tab := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tab, "TREE\tOF\tROOT\tDEPTH\tPAGES\tNODES\tDELETED")
	for _, t := range r.Trees {
		fmt.Fprintf(tab, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", t.Kind, term.Plain(t.Name), t.Root, t.Depth, t.Pages, t.Nodes, t.Deleted)
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	if len(r.Findings) > 0 {
		fmt.Fprintln(out)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(out, "%s: %s\n", f.Severity, term.Plain(f.Text))
	}
	if r.More > 0 {
		fmt.Fprintf(out, "and %d more\n", r.More)
	}
	if r.Sound() {
		fmt.Fprintln(out, "\nnothing is damaged")
	}
	return out.Flush()
}
