// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package svcinstall

import (
	"context"
	"os"
	"path"
	"strings"
)

// Account is the account of the machine's service.
const Account = "openbits"

// systemd installs openbits.service and openbits.socket (systemd.service(5), systemd.socket(5)).
type systemd struct{ Options }

// hardening is what works in a user's unit too, where there are no mount namespaces:
// system call filters. AF_NETLINK tells of networks.
var hardening = []string{
	"NoNewPrivileges=yes",
	"RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
	"RestrictNamespaces=yes",
	"RestrictRealtime=yes",
	"RestrictSUIDSGID=yes",
	"LockPersonality=yes",
	"MemoryDenyWriteExecute=yes",
	"SystemCallArchitectures=native",
	"SystemCallFilter=@system-service",
	"SystemCallErrorNumber=EPERM",
}

// systemHardening is added for the machine's service. Its jobs write wherever the
// account openbits may, so that no folder but the system's own is shut.
var systemHardening = []string{
	"CapabilityBoundingSet=",
	"PrivateDevices=yes",
	"ProtectClock=yes",
	"ProtectControlGroups=yes",
	"ProtectHostname=yes",
	"ProtectKernelLogs=yes",
	"ProtectKernelModules=yes",
	"ProtectKernelTunables=yes",
	"ProtectSystem=full",
}

func (s systemd) folder() string {
	if s.System {
		return "/etc/systemd/system"
	}
	return path.Join(s.Config, "systemd", "user")
}

func (s systemd) files() ([]file, error) {
	list := []file{
		{path: path.Join(s.folder(), "openbits.service"), data: s.service(), mode: 0o644},
		{path: path.Join(s.folder(), "openbits.socket"), data: s.socket(), mode: 0o644},
	}
	if s.System {
		list = append(list, file{
			path: "/etc/sysusers.d/openbits.conf", mode: 0o644,
			data: []byte("# " + mark + "\nu " + Account + " - \"openbits transfer service\" /var/lib/openbits\n"),
		})
	}
	return list, nil
}

func (s systemd) header() []string {
	edit := "systemctl --user edit openbits.service"
	if s.System {
		edit = "systemctl edit openbits.service"
	}
	return []string{"# " + mark + "; it will be written again.", "# To change something: " + edit, ""}
}

func (s systemd) service() []byte {
	lines := append(s.header(),
		"[Unit]",
		"Description=openbits: file transfers that outlive the programs that asked for them",
		"Documentation=https://github.com/openbits/openbits",
		"",
		"[Service]",
		"Type=notify",
	)
	command, target := quote(s.Program)+" daemon", "default.target"
	if s.System {
		command, target = command+" --system", "multi-user.target"
		lines = append(lines, "User="+Account, "StateDirectory=openbits", "StateDirectoryMode=0700")
	}
	lines = append(lines, "ExecStart="+command, "Restart=on-failure", "RestartSec=1", "UMask=0077")
	for _, variable := range s.Keep {
		lines = append(lines, "Environment="+quote(variable))
	}
	lines = append(lines, hardening...)
	if s.System {
		lines = append(lines, systemHardening...)
	}
	lines = append(lines, "", "[Install]", "WantedBy="+target, "Also=openbits.socket", "")
	return []byte(strings.Join(lines, "\n"))
}

func (s systemd) socket() []byte {
	listen := specifiers.Replace(s.Socket)
	if rest, ok := strings.CutPrefix(s.Socket, s.Runtime+"/"); ok && s.Runtime != "" && !s.System {
		listen = "%t/" + specifiers.Replace(rest)
	}
	lines := append(s.header(),
		"[Unit]",
		"Description=openbits: socket of the transfer service",
		"",
		"[Socket]",
		"ListenStream="+listen,
		"SocketMode=0600",
		"DirectoryMode="+map[bool]string{true: "0755", false: "0700"}[s.System],
	)
	if s.System {
		lines = append(lines, "SocketUser="+Account)
	}
	lines = append(lines, "", "[Install]", "WantedBy=sockets.target", "")
	return []byte(strings.Join(lines, "\n"))
}

// specifiers keeps percent signs from being taken for specifiers (systemd.unit(5)).
var specifiers = strings.NewReplacer("%", "%%")

// quote makes one word of text, for the program of a command line or an assignment
// (systemd.service(5), systemd.exec(5)): a dollar sign means nothing there.
func quote(text string) string {
	if !strings.ContainsAny(text, " \t\"'\\%") {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%").Replace(text) + `"`
}

func (s systemd) systemctl(ctx context.Context, args ...string) (string, error) {
	if !s.System {
		args = append([]string{"--user"}, args...)
	}
	return s.Run(ctx, "systemctl", args...)
}

// runs reports whether systemd is there to be asked: it is PID 1 and, for a
// user's service, the user has an instance of it.
func (s systemd) runs(ctx context.Context) bool {
	if _, err := os.Stat(s.beneath("/run/systemd/system")); err != nil {
		return false
	}
	_, err := s.systemctl(ctx, "show", "--property=Version")
	return err == nil
}

func (s systemd) command() string {
	if s.System {
		return "systemctl"
	}
	return "systemctl --user"
}

func (s systemd) install(ctx context.Context, r *Report) error {
	if s.System {
		r.say("This service serves its own account alone, " + Account + ": sudo -u " + Account + " bits --system …")
	}
	if !s.runs(ctx) {
		if s.System {
			r.say("systemd does not run here. Once it does: systemd-sysusers")
		} else {
			r.say("systemd does not run for this account here. Once it does:")
		}
		r.say("  " + s.command() + " daemon-reload")
		r.say("  " + s.command() + " enable --now openbits.socket openbits.service")
		return nil
	}
	if s.System {
		if out, err := s.Run(ctx, "systemd-sysusers", s.beneath("/etc/sysusers.d/openbits.conf")); err != nil {
			return failed("make the account "+Account, "systemd-sysusers", out, err)
		}
	}
	for _, args := range [][]string{
		{"daemon-reload"},
		{"enable", "--now", "openbits.socket", "openbits.service"},
	} {
		if out, err := s.systemctl(ctx, args...); err != nil {
			return failed("start the service", s.command()+" "+args[0], out, err)
		}
	}
	r.Enabled, r.Running = true, true
	r.say("The service runs, and starts by itself from now on.")
	s.linger(ctx, r)
	return nil
}

// linger warns when the user's services end with the last session and start with the first.
func (s systemd) linger(ctx context.Context, r *Report) {
	if s.System {
		return
	}
	out, err := s.Run(ctx, "loginctl", "show-user", s.User, "--property=Linger", "--value")
	if err != nil || out != "no" {
		return
	}
	r.say("Warning: it stops when you log out, and a reboot starts it only when you log in.")
	r.say("  To let it run without you: loginctl enable-linger " + s.User)
}

func (s systemd) uninstall(ctx context.Context, r *Report) error {
	if !s.runs(ctx) {
		return nil
	}
	if out, err := s.systemctl(ctx, "disable", "--now", "openbits.socket", "openbits.service"); err != nil {
		return failed("stop the service", s.command()+" disable", out, err)
	}
	r.say("The service was stopped.")
	return nil
}

func (s systemd) status(ctx context.Context, r *Report) {
	if !s.runs(ctx) {
		r.say("systemd does not run for it here: the files alone start nothing.")
		return
	}
	enabled, _ := s.systemctl(ctx, "is-enabled", "openbits.service")
	active, _ := s.systemctl(ctx, "is-active", "openbits.service")
	r.Enabled, r.Running = enabled == "enabled", active == "active"
	r.say("systemd says: " + enabled + ", " + active + ".")
	s.linger(ctx, r)
}
