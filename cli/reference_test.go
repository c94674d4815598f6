// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

//go:generate go test -run TestReference -update .

var update = flag.Bool("update", false, "write the files that tests compare with")

// TestReference holds docs/cli.md to the commands as they are.
func TestReference(t *testing.T) {
	const path = "../docs/cli.md"
	var b bytes.Buffer
	reference(&b, (&app{env: os.Getenv}).root())
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(got)); diff != "" {
		t.Errorf("docs/cli.md is not what the commands say; \"go generate ./cli\" writes it (-want +got):\n%s", diff)
	}
}

// reference writes the page: the program's own help in Markdown.
func reference(b *bytes.Buffer, root *cobra.Command) {
	fmt.Fprintf(b, "<!-- Written by \"go generate ./cli\" from the commands themselves. -->\n\n# bits: command line reference\n\n%s\n", paragraphs(root.Long))
	fmt.Fprintf(b, "\nFlags of every command:\n\n```\n%s```\n", root.PersistentFlags().FlagUsagesWrapped(100))
	b.WriteString("\nEnvironment:\n\n")
	for _, v := range [][2]string{
		{"OPENBITS_HOME", "folder that holds everything: the queue and the socket; an absolute path"},
		{"OPENBITS_AUTOSTART", "0 forbids to start the service"},
		{"OPENBITS_CACERT", "PEM file of certificates that new jobs trust besides the system's"},
		{"http_proxy, https_proxy, all_proxy, no_proxy", "proxies of new jobs, in lower or upper case"},
		{"NETRC", "file of user names and passwords, instead of ~/.netrc"},
		{"NO_COLOR", "no colours on a terminal"},
	} {
		fmt.Fprintf(b, "- `%s`: %s\n", v[0], v[1])
	}
	for _, group := range root.Groups() {
		fmt.Fprintf(b, "\n## %s\n", strings.TrimSuffix(group.Title, ":"))
		for _, c := range root.Commands() {
			if c.GroupID == group.ID && c.Name() != "help" && c.Name() != "completion" {
				command(b, c)
			}
		}
	}
	b.WriteString("\n### bits completion SHELL\n\nPrint the script that completes commands, flags, ids and names of jobs in bash, zsh, fish or powershell.\n\n" +
		"```\nsource <(bits completion bash)\n```\n")
}

func command(b *bytes.Buffer, c *cobra.Command) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n", strings.TrimSuffix(c.UseLine(), " [flags]"), paragraphs(c.Long))
	if c.Long == "" {
		fmt.Fprintf(b, "%s.\n", strings.ToUpper(c.Short[:1])+c.Short[1:])
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\n```\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n"))
	}
	c.InitDefaultHelpFlag()
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			own.AddFlag(f)
		}
	})
	if own.HasAvailableFlags() {
		fmt.Fprintf(b, "\n```\n%s```\n", own.FlagUsagesWrapped(110))
	}
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			command(b, child)
		}
	}
}

// paragraphs keeps indented lines of a help text as they are.
func paragraphs(text string) string {
	var out []string
	for _, p := range strings.Split(text, "\n\n") {
		if strings.HasPrefix(p, "  ") {
			p = "```\n" + p + "\n```"
		}
		out = append(out, p)
	}
	return strings.Join(out, "\n\n")
}
