// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/openbits/openbits"
)

// app is what all verbs of one command line share.
type app struct {
	Stdio
	env    func(string) string
	system bool // --system: the machine's service instead of the user's own
}

const about = `bits moves files in the background. A job that it was given goes on when the program that asked for
it has ended, after a reboot, and when network or disk come back. A file appears under its name
only when it is whole.

Exit codes: 0 done, 1 the job failed or was cancelled, 2 usage, 3 no service, 4 refused by policy,
5 other error, 6 timed out, 130 interrupted.`

// root builds the tree of commands.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:                "bits",
		Short:              "move files in the background",
		Long:               about,
		Args:               cobra.ArbitraryArgs,
		RunE:               unknownCommand,
		SilenceUsage:       true,
		SilenceErrors:      true,
		DisableAutoGenTag:  true,
		DisableSuggestions: true, // unknownCommand suggests
	}
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetIn(a.In)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().BoolVar(&a.system, "system", false, "talk to the machine's service instead of your own")
	root.AddGroup(&cobra.Group{ID: groupMove, Title: "Move files:"}, &cobra.Group{ID: groupAsk, Title: "Ask:"},
		&cobra.Group{ID: groupService, Title: "The service:"}, &cobra.Group{ID: groupServer, Title: "The other end:"},
		&cobra.Group{ID: groupEvidence, Title: "Evidence from Windows:"}, &cobra.Group{ID: groupHelp, Title: "Help:"})
	for _, group := range []struct {
		id   string
		list []*cobra.Command
	}{
		{groupMove, []*cobra.Command{
			a.get(), a.put(), a.create(), a.add(), a.resume(), a.suspend(), a.complete(), a.cancel(), a.set(),
		}},
		{groupAsk, []*cobra.Command{a.list(), a.show(), a.why(), a.wait(), a.watch(), a.top()}},
		{groupService, []*cobra.Command{a.limit(), a.daemon(), a.service(), a.metrics()}},
		{groupServer, []*cobra.Command{a.serveFolder()}},
		{groupEvidence, []*cobra.Command{a.hunt(), a.ese(), a.evtx()}},
		{groupHelp, []*cobra.Command{a.demo(), a.explain(), a.version()}},
	} {
		for _, c := range group.list {
			c.GroupID = group.id
			root.AddCommand(c)
		}
	}
	root.SetHelpCommandGroupID(groupHelp)
	root.SetCompletionCommandGroupID(groupHelp)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Short = "explain a command"
		case "completion":
			c.Short = "print the script that completes commands in a shell"
			c.Args, c.RunE = shellName, func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
	wrapArgs(root)
	return root
}

const (
	groupMove     = "move"
	groupAsk      = "ask"
	groupService  = "service"
	groupServer   = "server"
	groupHelp     = "help"
	groupEvidence = "evidence"
)

// wrapArgs makes a wrong number of arguments a usage error that shows the right form.
func wrapArgs(c *cobra.Command) {
	if check := c.Args; check != nil && c.HasParent() {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			var e *openbits.Error
			if err == nil || errors.As(err, &e) {
				return err
			}
			return usage("the command line", err.Error(), "The form is: "+c.UseLine())
		}
	}
	for _, child := range c.Commands() {
		wrapArgs(child)
	}
}

// shellName refuses shells that there is no script for.
func shellName(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage("the command line", `there is no script for "`+args[0]+`"`, "Shells are: bash, zsh, fish, powershell.")
}

func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	hint := `"bits help" lists the commands.`
	if near := nearestCommand(c, args[0]); near != "" {
		hint = `Did you mean "bits ` + near + `"?`
	} else if strings.Contains(args[0], "://") {
		hint = `To fetch a file write "bits get ` + openbits.RedactURL(args[0]) + `".`
	}
	return usage("the command line", `there is no command "`+args[0]+`"`, hint)
}

func flagError(c *cobra.Command, err error) error {
	hint := `"` + c.CommandPath() + ` --help" lists the flags.`
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		if near := nearestFlag(c, unknown.GetSpecifiedName()); near != "" {
			hint = "Did you mean --" + near + "?"
		}
	}
	return usage("the command line", err.Error(), hint)
}

// nearestCommand is the name of the command that name was most likely meant to be, or "".
func nearestCommand(c *cobra.Command, name string) string {
	best, least := "", len(name)/2+1
	for _, child := range c.Commands() {
		if d := distance(name, child.Name()); child.IsAvailableCommand() && d < least {
			best, least = child.Name(), d
		}
	}
	return best
}

// nearestFlag is the name of the flag that name was most likely meant to be, or "".
func nearestFlag(c *cobra.Command, name string) string {
	best, least := "", len(name)/2+1
	try := func(f *pflag.Flag) {
		if d := distance(name, f.Name); !f.Hidden && (d < least || strings.HasPrefix(f.Name, name) && best == "") {
			best, least = f.Name, d
		}
	}
	c.Flags().VisitAll(try)
	c.InheritedFlags().VisitAll(try)
	return best
}

// distance is the number of letters to add, remove, change or swap to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
