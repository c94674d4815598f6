// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Yield measures how much a background transfer hurts what people do with the network meanwhile, and how much of an
// idle link it uses: openbits beside curl, wget and aria2c, behind the same emulated link, and the foreground without
// any of them for comparison.
//
//	sudo go run ./bench/yield                                   # about five minutes
//	sudo go run ./bench/yield -short                            # openbits alone, less than a minute
//	sudo go run ./bench/yield -links cable,wifi -scenarios mix,web -runs 5 -html result.html
//	sudo go run ./bench/yield -list
//
// The link, and two clients and a server around it, are those of package netlab; what people do is in package traffic.
// Everything about throughput is read off the link, not asked of the programs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/openbits/openbits/bench/link"
)

func main() {
	if err := start(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "yield:", err)
		os.Exit(1)
	}
}

func start(args []string, out io.Writer) error {
	o, err := parse(args, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if o.list {
		return list(out)
	}
	if o.from != "" {
		return recall(o, out)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return measure(ctx, o, out)
}

// list names what there is.
func list(w io.Writer) error {
	fmt.Fprintln(w, "scenarios:")
	for _, s := range scenarios() {
		fmt.Fprintf(w, "  %-10s %s (%v)\n", s.name, s.title, s.end)
	}
	fmt.Fprintln(w, "links:")
	for _, l := range link.Known() {
		fmt.Fprintf(w, "  %-10s %v\n", l.Name, l)
	}
	fmt.Fprintln(w, "backgrounds:")
	for _, p := range peers() {
		if why := p.missing(); why != "" {
			fmt.Fprintf(w, "  %-10s (is not installed)\n", p.name)
			continue
		}
		fmt.Fprintf(w, "  %s\n", p.name)
	}
	_, err := fmt.Fprintln(w, "queues:\n  fifo       drop-tail\n  codel      RFC 8289\n  fq         fair queueing with CoDel, RFC 8290")
	return err
}
