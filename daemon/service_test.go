// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/openbits/openbits/api"
	"github.com/openbits/openbits/client"
	"github.com/openbits/openbits/daemon"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/netstate"
)

// asService is the environment variable that makes the test's program a service.
const asService = "OPENBITS_TEST_SERVICE"

func TestMain(m *testing.M) {
	if os.Getenv(asService) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	p, err := places.Default()
	if err == nil {
		log := slog.New(slog.NewTextHandler(os.Stderr, nil))
		err = daemon.Run(ctx, daemon.Options{Places: p, Log: log, Machine: machine()})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// inBoot is the environment variable that names the boot that the service believes to live in.
const inBoot = "OPENBITS_TEST_BOOT"

// machine is this computer, in another boot when the test wants that.
func machine() engine.Machine {
	if boot := os.Getenv(inBoot); boot != "" {
		return bootOf{netstate.New(), boot}
	}
	return nil
}

type bootOf struct {
	*netstate.System
	boot string
}

func (b bootOf) Boot() string { return b.boot }

// service is a real service in a process of its own.
type service struct {
	t    *testing.T
	home string
	cmd  *exec.Cmd
	log  *os.File
	client.Client
}

func newService(t *testing.T) *service {
	t.Helper()
	// A socket's path must be short: the name of the test is not in it.
	home, err := os.MkdirTemp("", "openbits-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, home: home, log: log, Client: client.Client{Socket: filepath.Join(home, "bits.sock")}}
	t.Cleanup(func() {
		s.kill()
		_ = log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			lines := strings.Split(string(text), "\n")
			t.Logf("the end of the service's log:\n%s", strings.Join(lines[max(0, len(lines)-40):], "\n"))
		}
	})
	return s
}

// start starts the service and waits until it answers.
func (s *service) start() {
	s.t.Helper()
	s.cmd = exec.Command(os.Args[0])
	s.cmd.Env = append(os.Environ(), asService+"=1", places.Home+"="+s.home)
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) { // a socket announces itself to nobody
		if _, err := s.Service(s.t.Context()); err == nil {
			return
		} else if time.Now().After(deadline) {
			s.t.Fatalf("the service does not answer: %v", err)
		}
	}
}

// kill ends the service as nothing else can: it gets no chance to tidy up.
func (s *service) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// checkOnce checks that the job is there, and there once.
func (s *service) checkOnce(id string) {
	s.t.Helper()
	n := 0
	for j, err := range s.AllJobs(s.t.Context(), api.JobQuery{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		if n++; j.ID != id {
			s.t.Errorf("job %s came from nowhere", j.ID)
		}
	}
	if n != 1 {
		s.t.Errorf("%d jobs are listed, want 1", n)
	}
}

// checkFolder checks that the folder holds exactly the files, each right.
func checkFolder(t *testing.T, dir string, files map[string]testlab.Content) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok {
			t.Errorf("%s is left in the folder", e.Name())
		}
	}
	for name, c := range files {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if !c.Is(b) {
			t.Errorf("%s has %d bytes that are not the origin's %d", name, len(b), c.Size)
		}
	}
}
