// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt"
	"github.com/openbits/openbits/hunt/evidence"
	reports "github.com/openbits/openbits/hunt/report"
	"github.com/openbits/openbits/internal/term"
	"github.com/openbits/openbits/internal/version"
)

const aboutHunt = `hunt reads what Windows' own BITS left on a machine and says what looks like abuse (ATT&CK T1197): programs that a job starts
again and again, downloads of tools, uploads of data. A PATH is a file, a folder or a zip archive, as KAPE, Velociraptor and others
collect them, of one host or of many, or a JSON report of an earlier hunt. What there is in it is found by content, not by name:
queue databases and their logs (qmgr.db, edb*.log), queue files (qmgr0.dat), event logs (.evtx). Nothing is ever written there.

It prints the findings first: what, why, how sure, where the evidence is, what to look at next; then the jobs, older states and deleted
ones included; then what was read and what could not be. No service is needed. docs/hunting.md walks through a case.

Exit codes: 0 no finding at or above --fail-on, 10 there are some, 11 there are none, but not every input could be read, 2 the command
line is wrong, 130 interrupted; the report then says that it is not whole.`

// huntFlags are what the command line says.
type huntFlags struct {
	formats       []string
	out           string
	asJSON, carve bool
	since         string
	minSeverity   string
	failOn        string
	options       hunt.Options
}

func (a *app) hunt() *cobra.Command {
	f := new(huntFlags)
	c := &cobra.Command{
		Use:   "hunt PATH...",
		Short: "find abuse in what Windows' BITS left",
		Long:  aboutHunt,
		Example: "  bits hunt C/ProgramData/Microsoft/Network/Downloader C/Windows/System32/winevt/Logs\n" +
			"  bits hunt case.zip -o report.html\n  bits hunt collection/ -o out/ --format html --format json --format csv\n" +
			"  bits hunt out/report.json --host 'WS-*' --min-severity high\n  bits hunt disk.img --carve",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f.options.Paths = args
			if err := f.check(); err != nil {
				return err
			}
			return a.runHunt(c.Context(), f)
		},
	}
	flags := c.Flags()
	flags.StringSliceVar(&f.formats, "format", nil, "`F` is "+strings.Join(reports.Names(), ", ")+"; may be given several times, with -o (default table, or what the name after -o ends in)")
	flags.BoolVar(&f.asJSON, "json", false, "the same as --format json")
	flags.StringVarP(&f.out, "output", "o", "", "write to this `FILE`; with several formats, or a name that ends in /, to files in this folder")
	flags.StringArrayVar(&f.options.Hosts, "host", nil, "only hosts whose name fits this `PATTERN`, such as 'WS-*'; may be given several times")
	flags.StringVar(&f.since, "since", "", "only findings from this `TIME` on: 2024-05-01, or 2024-05-01T13:00:00Z (UTC), or a span before now such as 48h; those of unknown time stay")
	flags.StringVar(&f.minSeverity, "min-severity", string(evidence.Info), "only findings of this `SEVERITY` or worse: info, low, medium, high, critical")
	flags.StringVar(&f.failOn, "fail-on", string(evidence.Medium), "exit with 10 when there are findings of this `SEVERITY` or worse")
	flags.StringArrayVar(&f.options.Allow, "allow", nil, "a `FILE` that says what is usual here; findings that fit it are counted, not shown")
	flags.StringArrayVar(&f.options.Sigma, "sigma", nil, "a `PATH` with Sigma rules to apply, too: a file or a folder")
	flags.BoolVar(&f.options.HashContainers, "hash-containers", false, "hash archives as a whole, too, not only what is used of them")
	flags.BoolVar(&f.carve, "carve", false, "search every file for pieces, whatever it is: images of disks and of memory, unallocated space")
	severities := cobra.FixedCompletions(completions(evidence.Severities), cobra.ShellCompDirectiveNoFileComp)
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(completions(reports.Names()), cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("min-severity", severities)
	_ = c.RegisterFlagCompletionFunc("fail-on", severities)
	return c
}

// check reads the flags; nothing was done yet.
func (f *huntFlags) check() error {
	var err error
	if f.options.MinSeverity, err = severity("--min-severity", f.minSeverity); err != nil {
		return err
	}
	if f.options.MinSeverity == evidence.Info {
		f.options.MinSeverity = "" // no filter
	}
	if _, err = severity("--fail-on", f.failOn); err != nil {
		return err
	}
	if f.options.Since, err = since(f.since); err != nil {
		return err
	}
	for _, path := range f.options.Paths {
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
			return usage(path, "there is no such file or folder", "Look at the name; in a shell, put one with spaces or % in quotes.")
		}
	}
	if err := f.checkFormats(); err != nil {
		return err
	}
	f.options.CarveAll, f.options.Version = f.carve, version.Number
	return f.outside()
}

func severity(flag, text string) (evidence.Severity, error) {
	s := evidence.Severity(strings.ToLower(text))
	if !slices.Contains(evidence.Severities, s) {
		return "", usage(flag, `there is no severity "`+text+`"`, "Severities are: info, low, medium, high, critical.")
	}
	return s, nil
}

func (f *huntFlags) checkFormats() error {
	if f.asJSON {
		f.formats = append(f.formats, "json")
	}
	for i, name := range f.formats {
		if _, ok := reports.Find(name); !ok {
			return usage("--format", `there is no format "`+name+`"`, "Formats are: "+strings.Join(reports.Names(), ", ")+".")
		}
		if slices.Contains(f.formats[:i], name) {
			return usage("--format", "it is given twice: "+name, "")
		}
	}
	if len(f.formats) > 1 && f.out == "" {
		return usage("--format", "several formats do not fit on standard output", "Name a folder for them: -o FOLDER.")
	}
	if len(f.formats) == 0 {
		f.formats = []string{"table"}
		for _, g := range reports.Formats {
			if f.out != "" && strings.EqualFold(filepath.Ext(f.out), "."+g.Name) {
				f.formats[0] = g.Name
			}
		}
	}
	if f.folder() {
		if info, err := os.Stat(f.out); err == nil && !info.IsDir() {
			return usage("-o", f.out+" is a file, and what is asked for needs a folder", "Name a folder; it is made when it does not exist.")
		}
	} else if info, err := os.Stat(filepath.Dir(f.out)); f.out != "" && (err != nil || !info.IsDir()) {
		return usage("-o", "there is no folder "+filepath.Dir(f.out), "Make it first, or name another place.")
	}
	return nil
}

// folder reports whether the reports go to files in a folder.
func (f *huntFlags) folder() bool {
	if f.out == "" {
		return false
	}
	info, err := os.Stat(f.out)
	return len(f.formats) > 1 || os.IsPathSeparator(f.out[len(f.out)-1]) || err == nil && info.IsDir()
}

// outside refuses to write among the evidence, which must stay as it is.
func (f *huntFlags) outside() error {
	if f.out == "" {
		return nil
	}
	out := realPath(f.out)
	for _, path := range f.options.Paths {
		in := realPath(path)
		beneath := out == in
		if info, err := os.Stat(in); err == nil && info.IsDir() {
			rest, err := filepath.Rel(in, out)
			beneath = err == nil && rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
		}
		if beneath {
			return usage("-o", f.out+" is in "+path+", which is the evidence: nothing is written there", "Name a place outside of it.")
		}
	}
	return nil
}

// realPath is the whole path with its links followed, as far as it exists.
func realPath(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(realPath(parent), filepath.Base(path))
	}
	return path
}

// runHunt hunts and writes the reports. An interrupted hunt is written, too, and says so.
func (a *app) runHunt(ctx context.Context, f *huntFlags) error {
	p := newHuntProgress(a)
	f.options.Progress = p.show
	result, err := hunt.Run(ctx, f.options)
	p.close()
	if err != nil {
		var known *openbits.Error
		if errors.As(err, &known) {
			return err
		}
		return usage("a flag", err.Error(), `"bits hunt --help" lists the flags; docs/rules.md has the forms of rules and allow lists.`)
	}
	defer func() { _ = result.Close() }()
	if err := a.writeHunt(f, result.Report); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return huntOutcome(result.Report, evidence.Severity(strings.ToLower(f.failOn)))
}

// writeHunt writes the report in each format to where it belongs.
func (a *app) writeHunt(f *huntFlags, r *evidence.Report) error {
	for _, name := range f.formats {
		format, _ := reports.Find(name)
		var names []string
		var err error
		switch {
		case f.out == "":
			return format.Write(a.Out, r, a.look())
		case f.folder():
			names, err = format.WriteFolder(f.out, r)
		default:
			names, err = []string{f.out}, format.WriteFile(f.out, r)
		}
		if err != nil {
			return &openbits.Error{
				Op: "write", Object: f.out, Kind: openbits.KindLocalFile, Context: openbits.ContextLocalFile, File: -1, Err: err,
				Hint: "What was written is whole; what is missing is not there. Name another place with -o.",
			}
		}
		fmt.Fprintf(a.Err, "bits: wrote %s\n", term.Plain(strings.Join(names, ", ")))
	}
	worst := "no findings"
	if len(r.Findings) > 0 {
		worst = count(len(r.Findings), "finding") + ", the worst " + string(r.Findings[0].Severity)
	}
	fmt.Fprintf(a.Err, "bits: %s, in %s and %s\n", worst, count(r.Totals.Hosts, "host"), count(r.Totals.Jobs, "job"))
	return nil
}

// look is how a table fits standard output.
func (a *app) look() reports.Look {
	screen := term.Open(a.Out)
	if screen == nil {
		return reports.Look{}
	}
	width, _ := screen.Size()
	return reports.Look{Width: width, Style: term.StyleOf(a.env)}
}
