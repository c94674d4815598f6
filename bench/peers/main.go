// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Peers compares bits with curl, wget and aria2c: time, processor and memory for the same
// files from the same nginx on loopback, the contenders taking turns.
//
//	go run ./bench/peers
//	go run ./bench/peers -only small -runs 9 -json small.json
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
	"strings"
	"time"

	"github.com/openbits/openbits/bench/rig"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// options are the settings of a comparison.
type options struct {
	runs  int
	size  int64
	files int
	only  string
	json  string
	dir   string
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.IntVar(&o.runs, "runs", 5, "how often each contender runs")
	f.Int64Var(&o.size, "size", 1<<30, "size of the big file in bytes")
	f.IntVar(&o.files, "files", 10_000, "number of small files, of 4 KiB each")
	f.StringVar(&o.only, "only", "", "run one scenario alone: "+strings.Join(scenarioNames(), ", "))
	f.StringVar(&o.json, "json", "", "write every figure to this file")
	f.StringVar(&o.dir, "dir", "", "folder to work in, on a disk; needs twice the big file, and 50 KiB for each small file and run (default: the system's for temporary files)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is one argument too many", f.Arg(0))
	case o.runs < 1 || o.size < 1 || o.files < 1:
		return o, errors.New("-runs, -size and -files must be at least 1")
	}
	return o, nil
}

// results are what a run of this program found out.
type results struct {
	Machine   []string   `json:"machine"`
	Versions  []string   `json:"versions"`
	Date      string     `json:"date"`
	Scenarios []*outcome `json:"scenarios"`
}

func run(args []string) error {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := rig.New(o.dir)
	if err != nil {
		return err
	}
	err = compare(ctx, r, o)
	return errors.Join(err, r.Close())
}

func compare(ctx context.Context, r *rig.Rig, o options) error {
	l, err := newLab(r, o)
	if err != nil {
		return err
	}
	res := results{Machine: rig.Machine(r.Dir), Versions: versions(r.Bits), Date: time.Now().UTC().Format(time.DateOnly)}
	fmt.Println("command: go run ./bench/peers", strings.Join(os.Args[1:], " "))
	for _, line := range append(res.Machine, res.Versions...) {
		fmt.Println(line)
	}
	if rig.InMemory(r.Dir) {
		fmt.Println("warning: the folder is in memory, where it costs nothing to make a file durable; name another with -dir")
	}
	known := false
	for _, s := range scenarios() {
		if o.only != "" && o.only != s.name {
			continue
		}
		known = true
		out, err := l.play(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		res.Scenarios = append(res.Scenarios, out)
		if err := out.print(os.Stdout); err != nil {
			return err
		}
	}
	if !known {
		return fmt.Errorf("no scenario is called %q: there are %s", o.only, strings.Join(scenarioNames(), ", "))
	}
	if o.json == "" {
		return nil
	}
	data, err := json.MarshalIndent(res, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(data, '\n'), 0o644)
}

// versions are the first lines of what the programs say of themselves.
func versions(bits string) []string {
	var list []string
	for _, argv := range [][]string{{bits, "version"}, {"curl", "--version"}, {"wget", "--version"}, {"aria2c", "--version"}} {
		if out, err := exec.Command(argv[0], argv[1:]...).Output(); err == nil {
			line, _, _ := strings.Cut(string(out), "\n")
			list = append(list, "version: "+line)
		}
	}
	return list
}
