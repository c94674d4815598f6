// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/internal/places"
)

// Service is a running bits daemon.
type Service struct {
	Home   string // OPENBITS_HOME
	Client *client.Client
	PID    int
	Ready  time.Duration // from exec to the first call that was answered

	cmd *exec.Cmd
}

// StartService starts a service whose queue is in home and returns once it answers.
func (r *Rig) StartService(home string) (*Service, error) {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(home, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s := &Service{Home: home, Client: &client.Client{Socket: places.In(home).Socket}}
	s.cmd = exec.Command(r.Bits, "daemon")
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = "/", append(os.Environ(), s.Env()...), log, log
	start := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.PID = s.cmd.Process.Pid
	err = await(func() error { _, err := s.Client.Service(context.Background()); return err })
	s.Ready = time.Since(start)
	if err != nil {
		_ = s.Stop()
		return nil, err
	}
	return s, nil
}

// Env are the variables by which bits finds the service.
func (s *Service) Env() []string {
	return []string{places.Home + "=" + s.Home, "OPENBITS_AUTOSTART=0"}
}

// Stop ends the service and returns when it has ended.
func (s *Service) Stop() error {
	_ = s.Client.Close()
	return end(s.cmd)
}

// Measure adds what the service used meanwhile to what do reports.
func (s *Service) Measure(do func() (Usage, error)) (Usage, error) {
	before, err := CPUOf(s.PID)
	if err != nil {
		return Usage{}, err
	}
	u, err := do()
	if err != nil {
		return u, err
	}
	after, err := CPUOf(s.PID)
	if err != nil {
		return u, err
	}
	m, err := MemoryOf(s.PID)
	u.CPU += after - before
	u.Peak += m.Peak // both run at the same time
	return u, err
}

// MeasureStarted is Measure for a service that do has started, with its queue in home. It ends that service.
func (r *Rig) MeasureStarted(home string, do func() (Usage, error)) (Usage, error) {
	u, err := do()
	if err != nil {
		return u, err
	}
	pid, err := r.pidOf(home)
	if err != nil {
		return u, err
	}
	cpu, err := CPUOf(pid)
	if err != nil {
		return u, err
	}
	m, err := MemoryOf(pid)
	if err != nil {
		return u, err
	}
	u.CPU += cpu
	u.Peak += m.Peak
	return u, endService(pid)
}

// pidOf finds the service of home among the processes that run the rig's program.
func (r *Rig) pidOf(home string) (int, error) {
	want := places.Home + "=" + home
	list, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return 0, err
	}
	for _, path := range list {
		env, err := os.ReadFile(path)
		if err != nil || !slices.Contains(strings.Split(string(env), "\x00"), want) {
			continue
		}
		dir := filepath.Dir(path)
		if exe, err := os.Readlink(filepath.Join(dir, "exe")); err == nil && exe == r.Bits {
			return strconv.Atoi(filepath.Base(dir))
		}
	}
	return 0, errors.New("the service that was started is not to be found")
}

// endService ends a service that is not a child of this process.
func endService(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return await(func() error {
		if _, err := os.Stat("/proc/" + strconv.Itoa(pid)); err == nil {
			return errors.New("the service does not end")
		}
		return nil
	})
}
