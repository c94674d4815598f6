// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package rig is what the benchmarks are made of: the bits program built for the occasion,
// its service, nginx as the origin, processes that are measured, and tables.
//
// It works on Linux, whose /proc tells what a process used. It needs no root.
package rig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Rig is a folder for one run of a benchmark, with bits built in it.
type Rig struct {
	Dir  string // removed by Close
	Bits string // path of the program

	ending []func() error
}

// New makes a rig in a new folder beneath parent, os.TempDir when it is empty. The working
// folder must be within the module, since bits is built from it.
func New(parent string) (*Rig, error) {
	if runtime.GOOS != "linux" {
		return nil, errors.New("the benchmarks read /proc and run on Linux only")
	}
	dir, err := os.MkdirTemp(parent, "openbits-bench-")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	r := &Rig{Dir: dir, Bits: filepath.Join(dir, "bits")}
	// nginx drops root for its worker, which must still reach the files it serves.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if err := build(r.Bits, "cmd/bits"); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// build makes a program of this module as it is released.
func build(path, name string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "github.com/openbits/openbits/"+name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s: %w\n%s", name, err, out)
	}
	return nil
}

// onClose has f called by Close, the last one first.
func (r *Rig) onClose(f func() error) { r.ending = append(r.ending, f) }

// Close ends what the rig started and removes its folder.
func (r *Rig) Close() error {
	var err error
	for n := len(r.ending) - 1; n >= 0; n-- {
		err = errors.Join(err, r.ending[n]())
	}
	r.ending = nil
	return errors.Join(err, os.RemoveAll(r.Dir))
}

// Folder makes a new folder in the rig's.
func (r *Rig) Folder(name string) (string, error) {
	path := filepath.Join(r.Dir, name)
	return path, os.MkdirAll(path, 0o755)
}
