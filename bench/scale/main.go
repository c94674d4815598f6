// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Scale measures the service with a long queue: adding 100,000 jobs and a job of 100,000
// files, pages of both, the start with such a queue, and what the service takes at rest.
//
//	go run ./bench/scale
//	go run ./bench/scale -jobs 10000 -files 10000 -idle 5s
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/openbits/openbits/bench/rig"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// options are the settings of a measurement.
type options struct {
	jobs  int
	files int
	small int
	runs  int
	idle  time.Duration
	json  string
	dir   string
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("scale", flag.ContinueOnError)
	f.IntVar(&o.jobs, "jobs", 100_000, "number of queued jobs")
	f.IntVar(&o.files, "files", 100_000, "number of files in one job, 100,000 at most")
	f.IntVar(&o.small, "small", 10_000, "number of files of 4 KiB in the job that runs meanwhile")
	f.IntVar(&o.runs, "runs", 5, "how often the service is started")
	f.DurationVar(&o.idle, "idle", 30*time.Second, "how long the service is watched at rest")
	f.StringVar(&o.json, "json", "", "write the figures to this file")
	f.StringVar(&o.dir, "dir", "", "folder to work in, on a disk (default: the system's for temporary files)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is one argument too many", f.Arg(0))
	case o.runs < 1 || o.jobs < 1 || o.files < 1 || o.small < 1:
		return o, errors.New("-runs, -jobs, -files and -small must be at least 1")
	}
	return o, nil
}

// figure is one line of the result.
type figure struct {
	What  string `json:"what"`
	Value string `json:"value"`
	Note  string `json:"note,omitempty"`
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
	return errors.Join(measure(ctx, r, o), r.Close())
}

func measure(ctx context.Context, r *rig.Rig, o options) (err error) {
	machine := rig.Machine(r.Dir)
	fmt.Println("command: go run ./bench/scale", strings.Join(os.Args[1:], " "))
	for _, line := range machine {
		fmt.Println(line)
	}
	m, err := newMeter(r, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.stop()) }()
	for _, part := range []func(context.Context) error{m.fresh, m.work, m.manyFiles, m.manyJobs, m.pages, m.pagesUnderLoad, m.list, m.restarts, m.resting} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	rows := [][]string{{"what", "figure", "note"}}
	for _, f := range m.figures {
		rows = append(rows, []string{f.What, f.Value, f.Note})
	}
	fmt.Printf("load average at the end: %.1f\n\n", rig.Load())
	if err := rig.Table(os.Stdout, rows); err != nil || o.json == "" {
		return err
	}
	data, err := json.MarshalIndent(map[string]any{"machine": machine, "date": time.Now().UTC().Format(time.DateOnly), "figures": m.figures}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(data, '\n'), 0o644)
}
