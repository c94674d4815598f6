// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/bench/rig"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/testlab"
)

const (
	name = "file.bin"
	// slowSize is the size of the file that arrives at 4 MiB/s, which takes 8 s.
	slowSize = 32 << 20
	slowName = "slow.bin"
	// settle is how long a service is left alone before it counts as at rest.
	settle = 8 * time.Second
	// glance is how often the memory is looked at during a transfer.
	glance = 50 * time.Millisecond
)

// meter makes the transfers and keeps the figures.
type meter struct {
	options

	rig     *rig.Rig
	service *rig.Service
	origin  *rig.Origin
	out     string
	reader  *neighbour
	table   [][]string
	rests   [][]string
}

func newMeter(r *rig.Rig, o options) (*meter, error) {
	m := &meter{options: o, rig: r, rests: [][]string{{"service at rest", "wake-ups a second", "processor time", "watched for"}}}
	var err error
	if m.origin, err = r.StartNginx(); err != nil {
		return nil, err
	}
	for file, size := range map[string]int64{name: o.size, slowName: slowSize} {
		if err := (testlab.Content{Seed: 1, Size: size}).WriteFile(filepath.Join(m.origin.Root, file)); err != nil {
			return nil, err
		}
	}
	if m.out, err = r.Folder("out"); err != nil {
		return nil, err
	}
	if m.reader, err = newNeighbour(filepath.Join(r.Dir, "neighbour")); err != nil {
		return nil, err
	}
	m.service, err = r.StartService(filepath.Join(r.Dir, "home"))
	return m, err
}

// sample is what one transfer did.
type sample struct {
	wall, cpu   time.Duration
	reads       []time.Duration // of the neighbour meanwhile
	cached      int64           // the most of the file that was in the page cache while it came
	left        int64           // what was in it afterwards
	dirty       int64           // the most that was dirty, of anybody
	writes      int64
	transferred int64
}

// job asks for one file.
func (m *meter) job(path string, p openbits.Priority, start bool) api.NewJob {
	return api.NewJob{
		ID: client.NewID(), Priority: p, Start: start, Settings: api.NewSettings{AutoComplete: true},
		Files: []api.NewFile{{URL: m.origin.URL + path, Destination: api.Destination{Path: filepath.Join(m.out, name)}}},
	}
}

// fetch fetches a file and looks on.
func (m *meter) fetch(ctx context.Context, path string, p openbits.Priority, size int64) (s sample, err error) {
	if err := exec.Command("sync").Run(); err != nil { // nobody pays for the one before
		return s, err
	}
	cpu, err := rig.CPUOf(m.service.PID)
	if err != nil {
		return s, err
	}
	writes, err := rig.WritesOf(m.service.PID)
	if err != nil {
		return s, err
	}
	stop, looked := make(chan struct{}), make(chan struct{})
	go func() { m.look(stop, &s); close(looked) }()
	reads := m.reader.start()
	j, begin := m.job(path, p, true), time.Now()
	_, _, err = m.service.Client.Create(ctx, j)
	var done []api.Job
	if err == nil {
		done, err = m.service.Client.Wait(ctx, j.ID)
	}
	s.wall = time.Since(begin)
	close(stop)
	<-looked
	s.reads = reads()
	if err != nil {
		return s, err
	}
	if done[0].FilesDone != 1 {
		return s, fmt.Errorf("the job ended %s: %+v", done[0].State, done[0].Error)
	}
	cpu2, err := rig.CPUOf(m.service.PID)
	writes2, err2 := rig.WritesOf(m.service.PID)
	file := filepath.Join(m.out, name)
	left, err3 := rig.Resident(file)
	s.cpu, s.writes, s.left, s.transferred = cpu2-cpu, writes2-writes, left, size
	return s, errors.Join(err, err2, err3, os.Remove(file))
}

// look notes the most that is cached of the part file, and the most that is dirty.
func (m *meter) look(stop <-chan struct{}, s *sample) {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		s.dirty = max(s.dirty, rig.Dirty())
		if parts, _ := filepath.Glob(filepath.Join(m.out, ".*")); len(parts) > 0 {
			n, _ := rig.Resident(parts[0]) // it may have got its name meanwhile
			s.cached = max(s.cached, n)
		}
	}
}

// suspended leaves a job behind that its owner has not started.
func (m *meter) suspended(ctx context.Context) error {
	_, _, err := m.service.Client.Create(ctx, m.job("/"+name, openbits.PriorityNormal, false))
	return err
}

// rest notes how often the service wakes when nothing is to be done.
func (m *meter) rest(ctx context.Context, when string) error {
	if m.idle == 0 {
		return nil
	}
	if err := m.service.Client.Close(); err != nil {
		return err
	}
	if err := pause(ctx, settle); err != nil {
		return err
	}
	wakes, err := rig.WakeupsOf(m.service.PID)
	cpu, err2 := rig.CPUOf(m.service.PID)
	if err := errors.Join(err, err2, pause(ctx, m.idle)); err != nil {
		return err
	}
	wakes2, err := rig.WakeupsOf(m.service.PID)
	cpu2, err2 := rig.CPUOf(m.service.PID)
	m.rests = append(m.rests, []string{when, fmt.Sprintf("%.2f", float64(wakes2-wakes)/m.idle.Seconds()), (cpu2 - cpu).String(), m.idle.String()})
	return errors.Join(err, err2)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return errors.New("interrupted")
	case <-time.After(d):
		return nil
	}
}
