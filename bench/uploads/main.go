// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Uploads measures uploads: how much memory many slow clients cost the server, and how fast a large file gets to its disk, each
// fragment durable before it is acknowledged. The peers are curl and nginx, which takes a PUT and syncs nothing.
//
//	go run ./bench/uploads
//	go run ./bench/uploads -sessions 1000 -size 1073741824 -fragment 13000000 -runs 5
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/openbits/openbits/bench/rig"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "uploads:", err)
		os.Exit(1)
	}
}

// options are the settings of a measurement.
type options struct {
	sessions int
	rounds   int
	size     int64
	fragment int64
	runs     int
	priority string
	dir      string
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("uploads", flag.ContinueOnError)
	f.IntVar(&o.sessions, "sessions", 1000, "how many slow uploads run at a time; 0: none")
	f.IntVar(&o.rounds, "rounds", 20, "how often each of them sends a KiB")
	f.Int64Var(&o.size, "size", 1<<30, "size of the large file in bytes; 0: none")
	f.Int64Var(&o.fragment, "fragment", 8<<20, "size of its fragments in bytes")
	f.StringVar(&o.priority, "priority", "foreground", "priority of the jobs of bits put: the others give way")
	f.IntVar(&o.runs, "runs", 5, "how often it is sent each way")
	f.StringVar(&o.dir, "dir", "", "folder to work in, on a disk; needs three times the file (default: the system's for temporary files)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is one argument too many", f.Arg(0))
	}
	if o.sessions < 0 || o.rounds < 1 || o.size < 0 || o.fragment < 1 || o.runs < 1 {
		return o, errors.New("-sessions and -size must not be negative, the others at least 1")
	}
	return o, nil
}

func run(args []string) (err error) {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	r, err := rig.New(o.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if rig.InMemory(r.Dir) {
		return errors.New("the folder is in memory; name one on a disk with -dir")
	}
	fmt.Println("command: go run ./bench/uploads", strings.Join(args, " "))
	for _, line := range rig.Machine(r.Dir) {
		fmt.Println(line)
	}
	if o.sessions > 0 {
		if err := slowClients(r, o); err != nil {
			return err
		}
	}
	if o.size > 0 {
		return largeFile(r, o)
	}
	return nil
}
