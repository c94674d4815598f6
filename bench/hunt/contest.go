// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/openbits/openbits/bench/rig"
)

// contest has several programs do the same with one file.
type contest struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Bytes   int64    `json:"bytes"` // of the file
	Entries []*entry `json:"entries"`
	Missing []string `json:"missing,omitempty"`
	Loads   []float64
}

// entry is a program that takes part. Its standard output goes to the file result in a folder of its own.
type entry struct {
	Name    string      `json:"name"`
	Samples []rig.Usage `json:"samples"`
	Got     string      `json:"got"` // what came out
	own     bool
	argv    []string
	count   func(folder string) (string, error)
}

// play runs the programs in turn, each round beginning with another of them.
func (b *bench) play(ctx context.Context, c *contest) error {
	c.Entries = slices.DeleteFunc(c.Entries, func(e *entry) bool {
		_, err := exec.LookPath(e.argv[0])
		if err != nil {
			c.Missing = append(c.Missing, e.Name)
		}
		return err != nil
	})
	for round := range b.runs + 1 { // the first is for the page cache, and not counted
		c.Loads = append(c.Loads, rig.Load())
		for i := range c.Entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			e := c.Entries[(round+i)%len(c.Entries)]
			u, err := b.once(e)
			if err != nil {
				return err
			}
			if round > 0 {
				e.Samples = append(e.Samples, u)
			}
		}
	}
	b.Contests = append(b.Contests, c)
	return c.print()
}

// once runs a program in a new folder and looks at what it wrote.
func (b *bench) once(e *entry) (u rig.Usage, err error) {
	folder, err := b.Folder("run")
	if err != nil {
		return u, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	// The shell only redirects: exec puts the program in its place.
	argv := append([]string{"/bin/sh", "-c", `exec "$0" "$@" > result`}, e.argv...)
	if u, err = rig.Run(folder, nil, argv); err != nil {
		return u, err
	}
	got, err := e.count(folder)
	if err == nil && e.Got != "" && got != e.Got {
		err = fmt.Errorf("%s: %s came out, and %s before", e.Name, got, e.Got)
	}
	e.Got = got
	return u, err
}

func (e *entry) walls() []time.Duration {
	var list []time.Duration
	for _, u := range e.Samples {
		list = append(list, u.Wall)
	}
	return list
}

func (e *entry) cpu() time.Duration {
	var list []time.Duration
	for _, u := range e.Samples {
		list = append(list, u.CPU)
	}
	return rig.Median(list)
}

func (e *entry) peak() int64 {
	var list []int64
	for _, u := range e.Samples {
		list = append(list, u.Peak)
	}
	return rig.Median(list)
}

func (c *contest) print() error {
	var fastest time.Duration
	for _, e := range c.Entries {
		if m := e.cpu(); !e.own && (fastest == 0 || m < fastest) {
			fastest = m
		}
	}
	rows := [][]string{{"program", "came out", "CPU: median", "× least CPU of a peer", "MB/s of CPU time", "wall: median", "least–most", "peak memory"}}
	for _, e := range c.Entries {
		walls := e.walls()
		rows = append(rows, []string{
			e.Name, e.Got, rig.Seconds(e.cpu()), rig.Ratio(e.cpu(), fastest), rate(c.Bytes, e.cpu()), rig.Seconds(rig.Median(walls)),
			rig.Seconds(slices.Min(walls)) + " – " + rig.Seconds(slices.Max(walls)), rig.Bytes(e.peak()),
		})
	}
	fmt.Printf("\n%s: %s, %d bytes; %d runs each, load average %.1f to %.1f\n\n", c.Name, c.Title, c.Bytes, len(c.Entries[0].Samples),
		slices.Min(c.Loads), slices.Max(c.Loads))
	for _, m := range c.Missing {
		fmt.Printf("not installed, left out: %s\n\n", m)
	}
	return rig.Table(os.Stdout, rows)
}

// rate is how many bytes were read in a time, in MB (10^6) a second.
func rate(bytes int64, d time.Duration) string {
	if d <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(bytes)/1e6/d.Seconds())
}

// result reads the standard output of the last run.
func result(folder string) ([]byte, error) { return os.ReadFile(filepath.Join(folder, "result")) }
