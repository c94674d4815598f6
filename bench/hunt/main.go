// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Hunt measures how fast Windows' evidence is read: event logs and databases beside the tools of others, one host, and many.
//
//	go run ./bench/hunt
//	go run ./bench/hunt -only evtx,ese -runs 9 -json formats.json
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/openbits/openbits/bench/rig"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hunt:", err)
		os.Exit(1)
	}
}

// options are the settings of a measurement.
type options struct {
	runs, hosts, big int
	only             []string
	corpus           string
	json, dir        string
}

// parts of the program, in the order they run.
var parts = []string{"evtx", "ese", "inside", "host", "fleet"}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("hunt", flag.ContinueOnError)
	f.IntVar(&o.runs, "runs", 5, "how often each program runs")
	f.IntVar(&o.hosts, "hosts", 1000, "hosts in one hunt")
	f.IntVar(&o.big, "big", 64, "size of the large event log in MiB")
	only := f.String("only", "", "run these parts alone, with commas between: "+strings.Join(parts, ", "))
	f.StringVar(&o.corpus, "corpus", os.Getenv("OPENBITS_CORPUS"), "folder with real evidence (default ../shared/corpus)")
	f.StringVar(&o.json, "json", "", "write every figure to this file")
	f.StringVar(&o.dir, "dir", "", "folder to work in; needs 2.5 MiB a host (default: the system's for temporary files)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.corpus == "" {
		o.corpus = filepath.Join("..", "shared", "corpus")
	}
	if o.corpus, err = filepath.Abs(o.corpus); err != nil {
		return o, err
	}
	o.only = parts
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, name := range o.only {
		if !slices.Contains(parts, name) {
			return o, fmt.Errorf("no part is called %q: there are %s", name, strings.Join(parts, ", "))
		}
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is one argument too many", f.Arg(0))
	case o.runs < 1 || o.hosts < 1 || o.big < 1:
		return o, errors.New("-runs, -hosts and -big must be at least 1")
	}
	return o, nil
}

// results are what a run of this program found out.
type results struct {
	Machine  []string   `json:"machine"`
	Versions []string   `json:"versions"`
	Date     string     `json:"date"`
	Contests []*contest `json:"contests"`
	Figures  []figure   `json:"figures"`
}

func run(args []string) error {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(o.corpus); err != nil {
		return fmt.Errorf("the evidence to read is not there: %w (name its folder with -corpus)", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := rig.New(o.dir)
	if err != nil {
		return err
	}
	err = measure(ctx, &bench{Rig: r, options: o})
	return errors.Join(err, r.Close())
}

// bench is what the parts work with.
type bench struct {
	*rig.Rig
	options
	results
}

func measure(ctx context.Context, b *bench) error {
	b.Machine, b.Versions, b.Date = rig.Machine(b.Dir), versions(b.Bits), time.Now().UTC().Format(time.DateOnly)
	fmt.Println("command: go run ./bench/hunt", strings.Join(os.Args[1:], " "))
	for _, line := range append(b.Machine, b.Versions...) {
		fmt.Println(line)
	}
	play := map[string]func(context.Context) error{"evtx": b.evtx, "ese": b.ese, "inside": b.inside, "host": b.host, "fleet": b.fleet}
	for _, name := range b.only {
		if err := play[name](ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(b.Figures) > 0 {
		rows := [][]string{{"what", "figure", "note"}}
		for _, f := range b.Figures {
			rows = append(rows, []string{f.What, f.Value, f.Note})
		}
		fmt.Println()
		if err := rig.Table(os.Stdout, rows); err != nil {
			return err
		}
	}
	if b.json == "" {
		return nil
	}
	data, err := json.MarshalIndent(b.results, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(b.json, append(data, '\n'), 0o644)
}

// versions are what the programs say of themselves.
func versions(bits string) []string {
	var list []string
	for _, argv := range [][]string{{bits, "version"}, {"evtxexport", "-V"}, {"esedbexport", "-V"}} {
		if out, err := exec.Command(argv[0], argv[1:]...).Output(); err == nil {
			line, _, _ := strings.Cut(string(out), "\n")
			list = append(list, "version: "+line)
		}
	}
	if out, err := exec.Command("dpkg-query", "-W", "-f", "python-evtx ${Version}", "python3-evtx").Output(); err == nil {
		list = append(list, "version: "+string(out))
	}
	return list
}
