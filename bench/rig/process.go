// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Usage is what an action took.
type Usage struct {
	Wall time.Duration
	CPU  time.Duration // user and system
	Peak int64         // highest resident memory of one process, bytes
}

// peakLooks is how often the memory of a running program is read. Its highest value is a counter
// of the kernel's, so that only a rise in the last moments of a program can be missed. What wait4
// reports is of no use here: a child begins with the figure of the process that forked it.
const peakLooks = 10 * time.Millisecond

// RunFor runs a program that says something by its exit code: one of codes is no error.
func RunFor(dir string, codes []int, argv ...string) (u Usage, code int, err error) {
	u, err = Run(dir, nil, argv)
	var exit *exec.ExitError
	if errors.As(err, &exit) && slices.Contains(codes, exit.ExitCode()) {
		return u, exit.ExitCode(), nil
	}
	return u, 0, err
}

// Run runs programs one after another, as "a && b" does, in a folder and with more variables in the environment.
func Run(dir string, env []string, commands ...[]string) (u Usage, err error) {
	start := time.Now()
	for _, argv := range commands {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		var out bytes.Buffer
		cmd.Stderr = &out
		if err := cmd.Start(); err != nil {
			return u, err
		}
		done, watched := make(chan struct{}), make(chan int64)
		go watchPeak(cmd.Process.Pid, done, watched)
		err := cmd.Wait()
		close(done)
		u.Wall = time.Since(start)
		u.Peak = max(u.Peak, <-watched)
		u.CPU += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if err != nil {
			return u, fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out.Bytes())
		}
	}
	return u, nil
}

func watchPeak(pid int, done <-chan struct{}, result chan<- int64) {
	tick := time.NewTicker(peakLooks)
	defer tick.Stop()
	var peak int64
	for {
		if m, err := MemoryOf(pid); err == nil {
			peak = max(peak, m.Peak)
		}
		select {
		case <-done:
			result <- peak
			return
		case <-tick.C:
		}
	}
}
