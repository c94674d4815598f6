// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Disk measures what a transfer does to everybody else who uses the disk and the memory: how long another program's reads take, how
// much of the file is left in the page cache, how much is dirty, in how many calls it is written; and how often a service wakes that
// has nothing to do. The control is a job in the foreground, which has none of these manners.
//
//	go run ./bench/disk
//	go run ./bench/disk -size 268435456 -runs 3 -idle 10s
package main

import (
	"context"
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
		fmt.Fprintln(os.Stderr, "disk:", err)
		os.Exit(1)
	}
}

// options are the settings of a measurement.
type options struct {
	size int64
	runs int
	idle time.Duration
	dir  string
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("disk", flag.ContinueOnError)
	f.Int64Var(&o.size, "size", 1<<30, "size of the file in bytes, 1 MiB at least")
	f.IntVar(&o.runs, "runs", 5, "how often the file is fetched each way")
	f.DurationVar(&o.idle, "idle", time.Minute, "how long the service is watched in each state of rest; 0: not at all")
	f.StringVar(&o.dir, "dir", "", "folder to work in, on a disk; needs three times the file (default: the system's for temporary files)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is one argument too many", f.Arg(0))
	case o.runs < 1 || o.size < 1<<20 || o.idle < 0:
		return o, errors.New("-runs must be at least 1, -size at least 1048576, -idle not negative")
	}
	return o, nil
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
	if rig.InMemory(r.Dir) {
		return errors.New("the folder is in memory; name one on a disk with -dir")
	}
	fmt.Println("command: go run ./bench/disk", strings.Join(os.Args[1:], " "))
	for _, line := range rig.Machine(r.Dir) {
		fmt.Println(line)
	}
	m, err := newMeter(r, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.service.Stop()) }()
	if err := m.rest(ctx, "fresh"); err != nil {
		return err
	}
	if err := m.transfers(ctx); err != nil {
		return err
	}
	if err := m.rest(ctx, "after work"); err != nil {
		return err
	}
	if err := m.suspended(ctx); err != nil {
		return err
	}
	if err := m.rest(ctx, "with a suspended job"); err != nil {
		return err
	}
	fmt.Printf("load average at the end: %.1f\n\n", rig.Load())
	if err := rig.Table(os.Stdout, m.table); err != nil {
		return err
	}
	fmt.Println()
	return rig.Table(os.Stdout, m.rests)
}
