// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package svcinstall

import (
	"context"
	"strings"

	"github.com/openbits/openbits"
)

// rcd installs an rc.d script on FreeBSD (rc.subr(8), daemon(8)), which has services of the machine alone.
type rcd struct{ Options }

const rcdPath = "/usr/local/etc/rc.d/openbits"

func (d rcd) files() ([]file, error) {
	if d.GOOS != "freebsd" {
		return nil, &openbits.Error{
			Op: "install the service", Kind: openbits.KindNotSupported, Context: openbits.ContextNone, File: -1,
			Text: "openbits does not know the service manager of " + d.GOOS,
			Hint: "Start it in your own way with: " + d.Program + " daemon",
		}
	}
	if !d.System {
		return nil, &openbits.Error{
			Op: "install the service", Kind: openbits.KindNotSupported, Context: openbits.ContextNone, File: -1,
			Text: "FreeBSD starts no services of users",
			Hint: "Let cron start it: add “@reboot " + d.Program + " daemon” with crontab -e.",
		}
	}
	return []file{{path: rcdPath, data: d.script(), mode: 0o755}}, nil
}

func (d rcd) script() []byte {
	return []byte(`#!/bin/sh
# ` + mark + `

# PROVIDE: openbits
# REQUIRE: LOGIN NETWORKING FILESYSTEMS
# KEYWORD: shutdown

. /etc/rc.subr

name="openbits"
rcvar="openbits_enable"
load_rc_config "$name"
: ${openbits_enable:="NO"}
: ${openbits_user:="` + Account + `"}

pidfile="/var/run/${name}.pid"
procname=` + shell(d.Program) + `
command="/usr/sbin/daemon"
command_args="-f -p ${pidfile} -S -T ${name} ` + doubled(shell(d.Program)) + ` daemon --system"
start_precmd="openbits_precmd"

openbits_precmd() {
	install -d -o "${openbits_user}" -m 0700 /var/lib/openbits
	install -d -o "${openbits_user}" -m 0755 /run/openbits
	install -o "${openbits_user}" -m 0600 /dev/null "${pidfile}"
}

run_rc_command "$1"
`)
}

// shell makes one word of text.
func shell(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// doubled makes text stand for itself between double quotes.
func doubled(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text)
}

func (d rcd) install(_ context.Context, r *Report) error {
	r.say("This service serves its own account alone, " + Account + ". What remains to be done, once:")
	r.say("  pw useradd " + Account + " -d /var/lib/openbits -s /usr/sbin/nologin")
	r.say("  sysrc openbits_enable=YES")
	r.say("  service openbits start")
	return nil
}

func (d rcd) uninstall(ctx context.Context, r *Report) error {
	if _, err := d.Run(ctx, "service", "openbits", "onestatus"); err != nil {
		return nil // it does not run
	}
	if out, err := d.Run(ctx, "service", "openbits", "onestop"); err != nil {
		return failed("stop the service", "service openbits onestop", out, err)
	}
	r.say("The service was stopped.")
	return nil
}

func (d rcd) status(ctx context.Context, r *Report) {
	_, err := d.Run(ctx, "service", "openbits", "enabled")
	r.Enabled = err == nil
	_, err = d.Run(ctx, "service", "openbits", "onestatus")
	r.Running = err == nil
	switch {
	case r.Running && r.Enabled:
		r.say("It runs, and starts with the machine.")
	case r.Running:
		r.say("It runs, and does not start with the machine: sysrc openbits_enable=YES")
	default:
		r.say("It does not run: service openbits start")
	}
}
