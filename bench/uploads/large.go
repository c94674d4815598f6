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
	wall, cpu time.Duration // cpu of the server
	peak      int64         // of the server's memory, bytes
}

// largeFile sends one file in turn each way.
func largeFile(r *rig.Rig, o options) error {
	source := filepath.Join(r.Dir, "source")
	if err := fill(source, o.size); err != nil {
		return err
	}
	curl, err := rig.Find("curl", "curl")
	if err != nil {
		return err
	}
	ways := []struct {
		name  string
		start func(run int) (*rig.Site, error)
		send  func(s *rig.Site) error
	}{
		{
			"fragments to bits serve, each synced",
			func(run int) (*rig.Site, error) { return r.StartServe(fmt.Sprintf("serve-%d", run)) },
			func(s *rig.Site) error { return sendFile(s.URL, source, o) },
		},
		{
			"curl -T to nginx, not synced",
			func(int) (*rig.Site, error) { return r.StartDAV() },
			func(s *rig.Site) error {
				return exec.Command(curl, "-sSf", "-H", "Expect:", "-o", os.DevNull, "-T", source, s.URL+"/file").Run()
			},
		},
		{
			"curl -T to nginx && sync FILE",
			func(int) (*rig.Site, error) { return r.StartDAV() },
			func(s *rig.Site) error {
				err := exec.Command(curl, "-sSf", "-H", "Expect:", "-o", os.DevNull, "-T", source, s.URL+"/file").Run()
				return errors.Join(err, exec.Command("sync", filepath.Join(s.Root, "file")).Run())
			},
		},
	}
	results := make([][]taken, len(ways))
	for run := range o.runs {
		for n := range ways {
			k := (run + n) % len(ways) // noise hits all alike
			t, err := measure(func() (*rig.Site, error) { return ways[k].start(run) }, ways[k].send)
			if err != nil {
				return fmt.Errorf("%s: %w", ways[k].name, err)
			}
			results[k] = append(results[k], t)
		}
	}
	pick := func(k int, f func(taken) time.Duration) time.Duration {
		var list []time.Duration
		for _, t := range results[k] {
			list = append(list, f(t))
		}
		return rig.Median(list)
	}
	wall := func(t taken) time.Duration { return t.wall }
	rows := [][]string{{"way", "wall", "× curl", "server's CPU", "server's peak memory"}}
	for k, w := range ways {
		var peak int64
		for _, t := range results[k] {
			peak = max(peak, t.peak)
		}
		rows = append(rows, []string{
			w.name, rig.Seconds(pick(k, wall)), rig.Ratio(pick(k, wall), pick(1, wall)),
			rig.Seconds(pick(k, func(t taken) time.Duration { return t.cpu })), rig.Bytes(peak),
		})
	}
	fmt.Printf("\nOne file of %s, fragments of %s, median of %d\n\n", rig.Bytes(o.size), rig.Bytes(o.fragment), o.runs)
	return rig.Table(os.Stdout, rows)
}

func measure(start func() (*rig.Site, error), send func(*rig.Site) error) (t taken, err error) {
	s, err := start()
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, s.Stop(), os.RemoveAll(s.Root)) }()
	if err := exec.Command("sync").Run(); err != nil { // nobody pays for the one before
		return t, err
	}
	began := time.Now()
	if err := send(s); err != nil {
		return t, err
	}
	t.wall = time.Since(began)
	if t.cpu, err = rig.CPUOf(s.PID); err != nil {
		return t, err
	}
	m, err := rig.MemoryOf(s.PID)
	t.peak = m.Peak
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
