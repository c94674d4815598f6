// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/openbits/openbits/bench/rig"
)

// taken is what a run took.
type taken struct {
	wall   time.Duration
	server rig.Usage
	client rig.Usage
}

// largeFile sends one file in turn each way.
func largeFile(r *rig.Rig, o options) error {
	source := filepath.Join(r.Dir, "source")
	if err := fill(source, o.size); err != nil {
		return err
	}
	ways, err := allWays(r, source, o)
	if err != nil {
		return err
	}
	results := make([][]taken, len(ways))
	for run := range o.runs {
		for n := range ways {
			k := (run + n) % len(ways) // noise hits all alike
			t, err := ways[k].measure()
			if err != nil {
				return fmt.Errorf("%s: %w", ways[k].name, err)
			}
			results[k] = append(results[k], t)
		}
	}
	rows := [][]string{{"way", "wall", "least to most", "× curl", "server's CPU", "client's CPU", "server's peak memory", "client's"}}
	curl := median(results[0], func(t taken) time.Duration { return t.wall })
	for k, w := range ways {
		list := results[k]
		wall := median(list, func(t taken) time.Duration { return t.wall })
		least, most := list[0].wall, list[0].wall
		var server, client int64
		for _, t := range list {
			least, most = min(least, t.wall), max(most, t.wall)
			server, client = max(server, t.server.Peak), max(client, t.client.Peak)
		}
		rows = append(rows, []string{
			w.name, rig.Seconds(wall), rig.Seconds(least) + " to " + rig.Seconds(most), rig.Ratio(wall, curl),
			rig.Seconds(median(list, func(t taken) time.Duration { return t.server.CPU })),
			rig.Seconds(median(list, func(t taken) time.Duration { return t.client.CPU })),
			rig.Bytes(server), rig.Bytes(client),
		})
	}
	fmt.Printf("\nOne file of %s, fragments of %s where they are not bits put's own, median of %d\n\n", rig.Bytes(o.size), rig.Bytes(o.fragment), o.runs)
	return rig.Table(os.Stdout, rows)
}

func median(list []taken, of func(taken) time.Duration) time.Duration {
	var values []time.Duration
	for _, t := range list {
		values = append(values, of(t))
	}
	return rig.Median(values)
}

func (w *way) measure() (t taken, err error) {
	s, err := w.start()
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, s.Stop(), os.RemoveAll(s.Root)) }()
	if err := exec.Command("sync").Run(); err != nil { // nobody pays for the one before
		return t, err
	}
	began := time.Now()
	if t.client, err = w.send(s); err != nil {
		return t, err
	}
	t.wall = time.Since(began)
	if t.server.CPU, err = rig.CPUOf(s.PID); err != nil {
		return t, err
	}
	m, err := rig.MemoryOf(s.PID)
	t.server.Peak = m.Peak
	return t, err
}

// sendFile uploads a file as a client of BITS does, one fragment after another.
func sendFile(url, source string, o options) (err error) {
	f, err := os.Open(source)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	c, err := newClient(url, "/file")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.conn.Close()) }()
	for at := int64(0); at < o.size; at += o.fragment {
		n := min(o.fragment, o.size-at)
		if err := c.begin(at, n, o.size); err != nil {
			return err
		}
		if _, err := io.CopyN(c.conn, f, n); err != nil {
			return err
		}
		if _, err := c.answer(); err != nil {
			return err
		}
	}
	return c.finish()
}

// fill makes a file that no disk can make smaller.
func fill(name string, size int64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.Reader, size)
	return errors.Join(err, f.Sync(), f.Close())
}
