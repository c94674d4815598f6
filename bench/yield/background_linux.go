// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/openbits/openbits/bench/netlab"
	"github.com/openbits/openbits/internal/places"
)

// background is a transfer in the background of a run.
type background struct {
	peer
	order
	commands  [][]string
	namespace *netlab.Namespace
	at        time.Duration
	home      string

	service *exec.Cmd
	log     bytes.Buffer
}

// furnish makes the folders, which belong to nobody.
func (b *background) furnish(dir string, size int64) error {
	for _, d := range []string{dir, b.dir, b.home} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
		if err := give(d); err != nil {
			return err
		}
	}
	if !b.upload {
		return nil
	}
	if err := os.WriteFile(b.source, nil, 0o644); err != nil {
		return err
	}
	return os.Truncate(b.source, size)
}

// command is a program as nobody.
func (b *background) command(argv []string, log *bytes.Buffer) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = b.dir, log, log
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C", "HOME=" + b.home, "TMPDIR=" + b.dir,
		places.Home + "=" + b.home, "OPENBITS_AUTOSTART=0",
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, Groups: []uint32{nobody}}}
	return cmd
}

const (
	patience = 20 * time.Second
	glance   = 5 * time.Millisecond
)

// startService starts openbits' service and returns when it takes calls.
func (b *background) startService(argv []string) error {
	b.service = b.command(argv, &b.log)
	if err := b.namespace.Start(b.service); err != nil {
		b.service = nil
		return err
	}
	socket := places.In(b.home).Socket
	for deadline := time.Now().Add(patience); ; time.Sleep(glance) { // it has no event for being ready
		conn, err := net.Dial("unix", socket)
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("openbits' service does not answer: %w\n%s", err, tail(&b.log))
		}
	}
}

// run runs the commands until ctx ends. It is an error if one ends before.
func (b *background) run(ctx context.Context) error {
	running, ended := map[int]*exec.Cmd{}, make(chan int, len(b.commands))
	logs, results := make([]bytes.Buffer, len(b.commands)), make([]error, len(b.commands))
	var err error
	for n, argv := range b.commands {
		cmd := b.command(argv, &logs[n])
		if err = b.namespace.Start(cmd); err != nil {
			break
		}
		running[n] = cmd
		go func() {
			results[n] = cmd.Wait()
			ended <- n
		}()
	}
	if err == nil {
		select {
		case n := <-ended:
			delete(running, n)
			err = fmt.Errorf("%w: %s: %v\n%s", errEarly, strings.Join(b.commands[n], " "), results[n], tail(&logs[n]))
		case <-ctx.Done():
		}
	}
	for _, cmd := range running {
		kill(cmd)
	}
	for range running {
		<-ended
	}
	return err
}

// tail is the end of what a program said.
func tail(log *bytes.Buffer) string {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(log.String(), "\r", "\n")), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

func (b *background) close() {
	if b.service != nil {
		kill(b.service)
		_ = b.service.Wait()
	}
}

// kill ends a program and what it started; their folders are thrown away.
func kill(cmd *exec.Cmd) {
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		_ = cmd.Process.Kill()
	}
}
