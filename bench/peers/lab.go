// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/openbits/openbits/bench/rig"
	"github.com/openbits/openbits/internal/testlab"
)

const (
	// smallSize is the size of a small file in bytes.
	smallSize = 4 << 10
	// compareBlock is how much of two files is compared at a time.
	compareBlock = 256 << 10
)

// lab is where scenarios are played: the origin with its files, and lists of them.
type lab struct {
	options

	rig    *rig.Rig
	origin *rig.Origin
	digest string // SHA-256 of the big file
	list   string // file with the URLs of all small files
	config string // the same for curl, with their names
}

func newLab(r *rig.Rig, o options) (*lab, error) {
	origin, err := r.StartNginx()
	if err != nil {
		return nil, err
	}
	l := &lab{options: o, rig: r, origin: origin, list: filepath.Join(r.Dir, "list"), config: filepath.Join(r.Dir, "curl.conf")}
	big := testlab.Content{Seed: 1, Size: o.size}
	l.digest = big.SHA256()
	if err := big.WriteFile(filepath.Join(origin.Root, bigName)); err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(origin.Root, "small"), 0o755); err != nil {
		return nil, err
	}
	var list, config strings.Builder
	for n := range o.files {
		name := smallName(n)
		if err := (testlab.Content{Seed: uint64(n) + 2, Size: smallSize}).WriteFile(filepath.Join(origin.Root, "small", name)); err != nil {
			return nil, err
		}
		url := origin.URL + "/small/" + name
		fmt.Fprintln(&list, url)
		fmt.Fprintf(&config, "url = %q\noutput = %q\n", url, name)
	}
	return l, errors.Join(os.WriteFile(l.list, []byte(list.String()), 0o644), os.WriteFile(l.config, []byte(config.String()), 0o644))
}

// sums writes a list for sha256sum --check and answers its path.
func (l *lab) sums(file string) string {
	path := filepath.Join(l.rig.Dir, "sums")
	_ = os.WriteFile(path, []byte(l.digest+"  "+file+"\n"), 0o644) // sha256sum complains when it is not there
	return path
}

// play runs all contenders of a scenario in turn, as often as was asked for. Each round begins with another of
// them, so that nobody always comes after the same one.
func (l *lab) play(ctx context.Context, s scenario) (*outcome, error) {
	out := &outcome{Name: s.name, Title: s.title}
	var in []contender
	for _, c := range s.contenders {
		if c.needs != "" {
			if _, err := rig.Find(c.needs, c.needs); err != nil {
				out.Missing = append(out.Missing, err.Error())
				continue
			}
		}
		in = append(in, c)
		out.Contenders = append(out.Contenders, &figures{Name: c.name, Own: c.own, Durable: c.durable})
	}
	base, err := l.rig.Folder("out-" + s.name)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(base)
	for round := range l.runs {
		for k := range in {
			n := (round + k) % len(in)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			folder := filepath.Join(base, strconv.Itoa(round)+"-"+strconv.Itoa(n))
			u, err := l.once(s, in[n], folder)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", in[n].name, err)
			}
			out.Contenders[n].Samples = append(out.Contenders[n].Samples, u)
			out.Loads = append(out.Loads, rig.Load())
			if !s.kept {
				if err := os.RemoveAll(folder); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

// once lets one contender do the task in a new folder, and checks what came of it.
func (l *lab) once(s scenario, c contender, folder string) (u rig.Usage, err error) {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return u, err
	}
	measure := func(do func() (rig.Usage, error)) (rig.Usage, error) { return do() }
	var env []string
	if c.own {
		home := filepath.Join(l.rig.Dir, "home")
		defer os.RemoveAll(home)
		if c.cold {
			env = []string{"OPENBITS_HOME=" + home}
			measure = func(do func() (rig.Usage, error)) (rig.Usage, error) { return l.rig.MeasureStarted(home, do) }
		} else {
			service, err := l.rig.StartService(home)
			if err != nil {
				return u, err
			}
			defer func() { err = errors.Join(err, service.Stop()) }()
			env, measure = service.Env(), service.Measure
		}
	}
	// What the one before left to be written must not be paid for by the next.
	if err := exec.Command("sync").Run(); err != nil {
		return u, err
	}
	u, err = measure(func() (rig.Usage, error) { return rig.Run(l.rig.Dir, env, c.commands(l, folder)...) })
	if err != nil {
		return u, err
	}
	return u, verify(s.files(l), folder)
}

// verify compares what was fetched with what the origin has.
func verify(list []wanted, folder string) error {
	a, b := make([]byte, compareBlock), make([]byte, compareBlock)
	for _, w := range list {
		if err := same(filepath.Join(folder, w.name), w.source, a, b); err != nil {
			return err
		}
	}
	return nil
}

// same compares two files by means of two buffers of the same length.
func same(file, source string, x, y []byte) error {
	a, err := os.Open(file)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := os.Open(source)
	if err != nil {
		return err
	}
	defer b.Close()
	for {
		n, errA := io.ReadFull(a, x)
		m, errB := io.ReadFull(b, y)
		if !bytes.Equal(x[:n], y[:m]) {
			return fmt.Errorf("%s differs from what the origin has", file)
		}
		if errA != nil || errB != nil {
			return nil
		}
	}
}
