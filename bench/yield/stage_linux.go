// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/openbits/openbits/bench/link"
	"github.com/openbits/openbits/bench/netlab"
	"github.com/openbits/openbits/bench/rig"
	"github.com/openbits/openbits/internal/testlab"
)

// memoryLimit is where garbage is collected in mid-run after all, in bytes. A run makes a few tens of MB.
const memoryLimit = 2 << 30

// theatre is the stage of Linux.
type theatre struct {
	options
	rig         *rig.Rig
	daemon      []string // the command line of openbits' service
	ca          string
	certificate tls.Certificate
	notes       []string
	plays       int
}

func newStage(o options) (stage, error) {
	if err := netlab.Check(); err != nil {
		return nil, err
	}
	for _, cc := range []string{o.foreground, o.background} {
		if err := netlab.CheckCongestion(cc); err != nil {
			return nil, err
		}
	}
	r, err := rig.New(o.dir)
	if err != nil {
		return nil, err
	}
	t := &theatre{options: o, rig: r, daemon: []string{r.Bits, "daemon"}}
	if err := t.furnish(); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *theatre) furnish() error {
	authority, err := testlab.NewAuthority("openbits bench")
	if err != nil {
		return err
	}
	cert, key, err := authority.Issue(testlab.Leaf{Hosts: []string{netlab.BackgroundServer.String(), netlab.SecondServer.String()}})
	if err != nil {
		return err
	}
	if t.certificate, err = tls.X509KeyPair([]byte(cert), []byte(key)); err != nil {
		return err
	}
	t.ca = filepath.Join(t.rig.Dir, "ca.pem")
	if err := os.WriteFile(t.ca, []byte(authority.PEM), 0o644); err != nil {
		return err
	}
	// The link's threads must never wait for a place to run, nor for the garbage collector: stopping the world can take
	// milliseconds when a thread that is to be stopped has no processor. So it runs between the runs.
	runtime.GOMAXPROCS(max(16, runtime.NumCPU()))
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memoryLimit)
	if err := netlab.Realtime(); err != nil {
		t.notes = append(t.notes, err.Error()+": on a busy machine the results are worth less")
	}
	return nil
}

func (t *theatre) describe(res *results) {
	res.Machine = rig.Machine(t.rig.Dir)
	for _, argv := range [][]string{{t.rig.Bits, "version"}, {"curl", "--version"}, {"wget", "--version"}, {"aria2c", "--version"}} {
		if out, err := exec.Command(argv[0], argv[1:]...).Output(); err == nil {
			line, _, _ := strings.Cut(string(out), "\n")
			res.Versions = append(res.Versions, "version: "+line)
		}
	}
	res.Versions = append(res.Versions, "openbits' service: bits "+strings.Join(t.daemon[1:], " "))
}

func (t *theatre) Close() error { return t.rig.Close() }

func (t *theatre) play(ctx context.Context, spec link.Spec, s scenario, p *peer) (_ *run, err error) {
	runtime.GC()
	lab, err := netlab.New()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	t.plays++
	dir, err := t.rig.Folder(fmt.Sprintf("%d", t.plays))
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	down, up := spec.Lines(uint64(t.plays))
	for _, step := range s.steps {
		down.Changes = append(down.Changes, link.Change{At: step.at, Rate: down.Rate * step.share})
		up.Changes = append(up.Changes, link.Change{At: step.at, Rate: up.Rate * step.share})
	}
	v := &evening{theatre: t, lab: lab, spec: spec, scenario: s, dir: dir}
	defer v.close()
	if err := v.open(p); err != nil {
		return nil, err
	}
	v.clock = netlab.StartClock()
	if err := lab.Connect(v.clock, down, up); err != nil {
		return nil, err
	}
	if err := v.perform(ctx); err != nil {
		return nil, err
	}
	lab.Disconnect()
	r := &run{Background: soloName, Scenario: s.name, Link: spec.Name, Late: round(millis(lab.Late())), Notes: append(lab.Notes, t.notes...)}
	if p != nil {
		r.Background = p.name
	}
	r.Usable = r.Late <= tooLate
	v.down.line, v.up.line = down, up
	v.down.bins, v.up.bins = lab.Logs()
	s.score(r, v.evidence)
	return r, nil
}

// wait waits for a time of the run.
func wait(ctx context.Context, clock netlab.Clock, t time.Duration) error {
	timer := time.NewTimer(t - clock.Now())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
