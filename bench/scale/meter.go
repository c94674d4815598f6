// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/bench/rig"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/testlab"
)

const (
	// smallSize is the size of a file of the job that runs, in bytes.
	smallSize = 4 << 10
	// settle is how long a service is left alone before it counts as at rest.
	settle = 8 * time.Second
)

// meter goes through the measurements in their order and keeps the figures.
type meter struct {
	options

	rig     *rig.Rig
	service *rig.Service
	origin  *rig.Origin
	silent  string // URL of a server that takes connections and never answers
	out     string // destination of all files
	rounds  int
	figures []figure
}

func newMeter(r *rig.Rig, o options) (*meter, error) {
	origin, err := r.StartNginx()
	if err != nil {
		return nil, err
	}
	m := &meter{options: o, rig: r, origin: origin}
	for n := range o.small {
		name := filepath.Join(origin.Root, strconv.Itoa(n))
		if err := (testlab.Content{Seed: uint64(n), Size: smallSize}).WriteFile(name); err != nil {
			return nil, err
		}
	}
	if m.silent, err = silentServer(); err != nil {
		return nil, err
	}
	if m.out, err = r.Folder("out"); err != nil {
		return nil, err
	}
	m.service, err = r.StartService(m.home())
	return m, err
}

func (m *meter) home() string { return filepath.Join(m.rig.Dir, "home") }

func (m *meter) stop() error {
	if m.service == nil {
		return nil
	}
	return m.service.Stop()
}

// note keeps a figure and tells of it.
func (m *meter) note(what, value, note string) {
	m.figures = append(m.figures, figure{what, value, note})
	fmt.Fprintf(os.Stderr, "%s: %s\n", what, value)
}

// silentServer keeps queued jobs queued: those that have a place wait for its answer. It lasts as long as this process.
func silentServer() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		kept := map[net.Conn]bool{} // a connection that nobody refers to would be closed
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			kept[conn] = true
		}
	}()
	return "http://" + l.Addr().String(), nil
}

// smallJob is a job of many small files of the real origin.
func (m *meter) smallJob() (api.NewJob, error) {
	m.rounds++
	folder := filepath.Join(m.out, "small-"+strconv.Itoa(m.rounds))
	if err := os.Mkdir(folder, 0o755); err != nil {
		return api.NewJob{}, err
	}
	j := api.NewJob{ID: client.NewID(), Priority: "foreground", Start: true, Settings: api.NewSettings{AutoComplete: true}}
	for n := range m.small {
		name := strconv.Itoa(n)
		j.Files = append(j.Files, api.NewFile{URL: m.origin.URL + "/" + name, Destination: api.Destination{Path: filepath.Join(folder, name)}})
	}
	return j, nil
}

// runSmall runs such a job to its end.
func (m *meter) runSmall(ctx context.Context) (time.Duration, error) {
	j, err := m.smallJob()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if _, _, err := m.service.Client.Create(ctx, j); err != nil {
		return 0, err
	}
	done, err := m.service.Client.Wait(ctx, j.ID)
	took := time.Since(start)
	if err != nil {
		return took, err
	}
	if done[0].FilesDone != m.small {
		return took, fmt.Errorf("%d of %d small files arrived", done[0].FilesDone, m.small)
	}
	return took, nil
}

// memory notes what the service has in memory.
func (m *meter) memory(when string) error {
	mem, err := rig.MemoryOf(m.service.PID)
	if err != nil {
		return err
	}
	m.note("memory at rest, "+when, rig.Bytes(mem.RSS), fmt.Sprintf("%s its own, %s pages of its program and of other files; highest so far %s",
		rig.Bytes(mem.Anon), rig.Bytes(mem.File), rig.Bytes(mem.Peak)))
	return nil
}

// pause waits, for the service to come to rest.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return errors.New("interrupted")
	case <-time.After(d):
		return nil
	}
}

// rest notes how often the service wakes and what it uses when nothing is to be done.
func (m *meter) rest(ctx context.Context, when string) error {
	wakes, err := rig.WakeupsOf(m.service.PID)
	if err != nil {
		return err
	}
	cpu, err := rig.CPUOf(m.service.PID)
	if err != nil {
		return err
	}
	if err := pause(ctx, m.idle); err != nil {
		return err
	}
	wakes2, err := rig.WakeupsOf(m.service.PID)
	if err != nil {
		return err
	}
	cpu2, err := rig.CPUOf(m.service.PID)
	if err != nil {
		return err
	}
	m.note("wake-ups at rest, "+when, fmt.Sprintf("%.2f a second", float64(wakes2-wakes)/m.idle.Seconds()),
		fmt.Sprintf("over %v; %v of processor time", m.idle, cpu2-cpu))
	return nil
}
