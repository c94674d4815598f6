// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/openbits/openbits/internal/places"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"bits": func() { os.Exit(Main(os.Args[1:], Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})) },
	})
}

// TestScripts runs the program as its users do. Each script has a service of its own, in a home with a
// short path, since a socket's may have a hundred bytes.
func TestScripts(t *testing.T) {
	// Under nohup this process ignores SIGHUP, and so would the programs that scripts send it to. A signal that is caught is as usual in them.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			home, err := os.MkdirTemp("", "bits")
			if err != nil {
				return err
			}
			e.Defer(func() {
				endService(home, stopSignal)
				_ = os.RemoveAll(home)
			})
			e.Setenv("OPENBITS_HOME", home)
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			return nil
		},
		Cmds:                commands,
		Condition:           condition,
		RequireExplicitExec: true,
	})
}

// condition knows what a script can only do on some machines.
func condition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Getuid() == 0, nil
	case "system":
		_, err := os.Lstat(places.System().Socket)
		return err == nil, nil
	case "mounts":
		return canMount(), nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// canMount reports whether this process may mount a small disk.
var canMount = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "bits")
	if err != nil || runtime.GOOS != "linux" {
		return false
	}
	defer func() { _ = os.Remove(dir) }()
	if exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).Run() != nil {
		return false
	}
	return exec.Command("umount", dir).Run() == nil
})
