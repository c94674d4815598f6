// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package svcinstall makes the system start the service by itself, so that jobs go on
// after a reboot with nobody typing: a systemd unit and socket on Linux, a launchd
// agent on macOS, a scheduled task on Windows, an rc.d script on FreeBSD.
//
// It writes files, asks the service manager to take them over when one runs, and
// otherwise says what remains to be done. Files that it did not write it leaves alone.
package svcinstall

import (
	"context"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/openbits/openbits"
)

// Options say what to install and where; Defaults fills in those of this process.
type Options struct {
	System  bool   // the machine's service rather than the user's own
	Program string // absolute path of bits
	Home    string // the user's home folder
	Config  string // the user's folder of configuration: $XDG_CONFIG_HOME or ~/.config
	State   string // the service's state folder
	Socket  string // the service's socket
	Runtime string // $XDG_RUNTIME_DIR, or empty
	User    string // account name
	UID     string
	Keep    []string // environment that the service needs as well, as NAME=value

	GOOS string // "" is this system
	Root string // what all paths are beneath, for tests and images; "" is the real root
	Run  Runner // nil runs programs for real
}

// Runner runs a program and answers what it printed, trimmed.
type Runner func(ctx context.Context, name string, args ...string) (string, error)

// Report is what was done or found. Lines are for people, one sentence each.
type Report struct {
	Installed bool
	Enabled   bool // starts by itself
	Running   bool
	Lines     []string
}

func (r *Report) say(line string) { r.Lines = append(r.Lines, line) }

// Installer installs the service on one kind of system.
type Installer struct {
	o Options
	m manager
}

// manager is a system's service manager.
type manager interface {
	files() ([]file, error)
	install(ctx context.Context, r *Report) error
	uninstall(ctx context.Context, r *Report) error
	status(ctx context.Context, r *Report)
}

// New prepares an installation.
func New(o Options) *Installer {
	if o.GOOS == "" {
		o.GOOS = runtime.GOOS
	}
	if o.Run == nil {
		o.Run = run
	}
	i := &Installer{o: o}
	switch o.GOOS {
	case "linux":
		i.m = systemd{o}
	case "darwin":
		i.m = launchd{o}
	case "windows":
		i.m = schtasks{o}
	default:
		i.m = rcd{o}
	}
	return i
}

// Install writes the files and starts the service where a manager runs. Doing it again repairs it.
func (i *Installer) Install(ctx context.Context) (Report, error) {
	var r Report
	if err := checkProgram(i.o.Program); err != nil {
		return r, err
	}
	list, err := i.m.files()
	if err != nil {
		return r, err
	}
	for _, f := range list {
		if err := i.o.write(f); err != nil {
			return r, err
		}
		r.say("Wrote " + f.path + ".")
	}
	r.Installed = true
	return r, i.m.install(ctx, &r)
}

// Uninstall stops the service and removes the files. Jobs and their record stay.
func (i *Installer) Uninstall(ctx context.Context) (Report, error) {
	var r Report
	list, err := i.m.files()
	if err != nil {
		return r, err
	}
	found := false
	for _, f := range list {
		ours, err := i.o.ours(f)
		if err != nil {
			return r, err
		}
		found = found || ours
	}
	if !found {
		r.say("The service is not installed.")
		return r, nil
	}
	if err := i.m.uninstall(ctx, &r); err != nil {
		return r, err
	}
	for _, f := range list {
		if err := i.o.remove(f); err != nil {
			return r, err
		}
		r.say("Removed " + f.path + ".")
	}
	r.say("Jobs and their record stay in " + i.o.State + ".")
	return r, nil
}

// Status tells what is installed and whether it runs.
func (i *Installer) Status(ctx context.Context) (Report, error) {
	var r Report
	list, err := i.m.files()
	if err != nil {
		return r, err
	}
	r.Installed = len(list) > 0
	for _, f := range list {
		ours, err := i.o.ours(f)
		if err != nil {
			return r, err
		}
		if !ours {
			r.Installed = false
		}
	}
	if !r.Installed {
		r.say("The service is not installed: jobs stop with the computer until a verb of bits starts it again.")
		return r, nil
	}
	for _, f := range list {
		r.say("Installed: " + f.path + ".")
	}
	i.m.status(ctx, &r)
	return r, nil
}

// checkProgram refuses a program that will be gone tomorrow.
func checkProgram(path string) error {
	hint := ""
	switch {
	case strings.Contains(filepath.ToSlash(path), "/go-build"):
		hint = "Install the program first, with go install ./cmd/bits, and run that one."
	case !filepath.IsAbs(path) && !strings.HasPrefix(path, "/") && !strings.Contains(path, `:\`):
		hint = "Name the program by its absolute path."
	case strings.ContainsAny(path, "\n\r\x00"):
		hint = "Move the program to a folder whose name has no line breaks."
	default:
		return nil
	}
	return &openbits.Error{
		Op: "install the service with", Object: path, Kind: openbits.KindInvalidArgument, File: -1,
		Context: openbits.ContextNone, Text: "the program cannot be started from there later", Hint: hint,
	}
}

// Defaults fills in what the process knows: the account and how to run programs.
func Defaults(o Options) Options {
	if u, err := user.Current(); err == nil {
		o.User, o.UID = u.Username, u.Uid
		if o.Home == "" {
			o.Home = u.HomeDir
		}
	}
	if o.Config == "" {
		o.Config = filepath.Join(o.Home, ".config")
	}
	return o
}

func run(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
