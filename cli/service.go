// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/places"
	"github.com/openbits/openbits/internal/svcinstall"
)

func (a *app) service() *cobra.Command {
	c := &cobra.Command{
		Use:   "service",
		Short: "let the system start the service at login or boot",
		Long: `service makes the system start the service by itself, so that jobs go on after a reboot with nobody typing: a
systemd user unit and socket on Linux, a launchd agent on macOS, a scheduled task on Windows. With --system it is the machine's service.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return usage("the command line", `there is no command "`+c.CommandPath()+" "+args[0]+`"`, "Commands are: install, uninstall, status.")
		},
	}
	c.AddCommand(
		a.serviceCommand("install", "install the service and start it", (*svcinstall.Installer).Install),
		a.serviceCommand("uninstall", "stop the service and remove what was installed; jobs stay", (*svcinstall.Installer).Uninstall),
		a.serviceStatus(),
	)
	return c
}

type serviceCall func(*svcinstall.Installer, context.Context) (svcinstall.Report, error)

func (a *app) serviceCommand(name, short string, call serviceCall) *cobra.Command {
	return &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			i, err := a.installer()
			if err != nil {
				return err
			}
			r, err := call(i, c.Context())
			for _, line := range r.Lines {
				fmt.Fprintln(a.Out, line)
			}
			return err
		},
	}
}

func (a *app) serviceStatus() *cobra.Command {
	var asJSON bool
	c := a.serviceCommand("status", "say whether the service is installed and runs", func(i *svcinstall.Installer, ctx context.Context) (svcinstall.Report, error) {
		r, err := i.Status(ctx)
		if err != nil {
			return r, err
		}
		answers := a.answers(ctx, &r)
		a.tellOldDamage()
		if asJSON {
			r.Lines = nil
			return r, writeJSON(a.Out, map[string]bool{
				"installed": r.Installed, "enabled": r.Enabled, "running": r.Running, "answers": answers,
			})
		}
		return r, nil
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// answers asks the service itself, which may run without being installed.
func (a *app) answers(ctx context.Context, r *svcinstall.Report) bool {
	c, err := a.newClient()
	if err != nil {
		return false
	}
	s, err := c.Service(ctx)
	if err != nil {
		line := "No service answers"
		if e := openbits.AsError(err); e.Kind != openbits.KindServiceUnavailable {
			line += ": " + e.Error()
		}
		r.Lines = append(r.Lines, line+".")
		return false
	}
	jobs := 0
	for state, n := range s.Stats.Jobs {
		if !state.Final() {
			jobs += n
		}
	}
	r.Lines = append(r.Lines, fmt.Sprintf("A service answers: version %s, process %d, %s not final.", s.Version, s.PID, count(jobs, "job")))
	return true
}

func (a *app) installer() (*svcinstall.Installer, error) {
	p, err := a.places()
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	o := svcinstall.Options{
		System: a.system, Program: program, State: p.State, Socket: p.Socket,
		Config: a.env("XDG_CONFIG_HOME"), Runtime: a.env("XDG_RUNTIME_DIR"),
	}
	if !filepath.IsAbs(o.Config) {
		o.Config = ""
	}
	if !a.system {
		for _, name := range []string{places.Home, "XDG_STATE_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR"} {
			if value := a.env(name); value != "" {
				o.Keep = append(o.Keep, name+"="+value)
			}
		}
	}
	return svcinstall.New(svcinstall.Defaults(o)), nil
}
