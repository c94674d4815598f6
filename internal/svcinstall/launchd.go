// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package svcinstall

import (
	"bytes"
	"context"
	"encoding/xml"
	"path"
	"strings"

	"github.com/openbits/openbits"
)

// label is the service's name in launchd.
const label = "io.github.openbits"

// launchd installs an agent of the user (launchd.plist(5)).
type launchd struct{ Options }

func (l launchd) files() ([]file, error) {
	if l.System {
		return nil, &openbits.Error{
			Op: "install the machine's service", Kind: openbits.KindNotSupported, Context: openbits.ContextNone, File: -1,
			Text: "on macOS there is no account for it yet",
			Hint: "Install your own with bits service install.",
		}
	}
	return []file{{path: l.path(), data: l.plist(), mode: 0o644}}, nil
}

func (l launchd) path() string {
	return path.Join(l.Home, "Library", "LaunchAgents", label+".plist")
}

func (l launchd) plist() []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ` + mark + ` -->
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>` + label + `</string>
	<key>ProgramArguments</key>
	<array>
		<string>` + escape(l.Program) + `</string>
		<string>daemon</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<dict>
		<key>SuccessfulExit</key>
		<false/>
	</dict>
	<key>Umask</key>
	<integer>63</integer>
	<key>StandardErrorPath</key>
	<string>` + escape(path.Join(l.Home, "Library", "Logs", "openbits.log")) + `</string>
`)
	if len(l.Keep) > 0 {
		b.WriteString("\t<key>EnvironmentVariables</key>\n\t<dict>\n")
		for _, variable := range l.Keep {
			name, value, _ := strings.Cut(variable, "=")
			b.WriteString("\t\t<key>" + escape(name) + "</key>\n\t\t<string>" + escape(value) + "</string>\n")
		}
		b.WriteString("\t</dict>\n")
	}
	b.WriteString("</dict>\n</plist>\n")
	return []byte(b.String())
}

// escape makes text of XML.
func escape(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes everything
	return b.String()
}

func (l launchd) domain() string { return "gui/" + l.UID }

func (l launchd) loaded(ctx context.Context) bool {
	_, err := l.Run(ctx, "launchctl", "print", l.domain()+"/"+label)
	return err == nil
}

func (l launchd) install(ctx context.Context, r *Report) error {
	if l.loaded(ctx) { // an agent is not replaced while it is loaded
		if out, err := l.Run(ctx, "launchctl", "bootout", l.domain()+"/"+label); err != nil {
			return failed("replace the service", "launchctl bootout", out, err)
		}
	}
	if out, err := l.Run(ctx, "launchctl", "bootstrap", l.domain(), l.path()); err != nil {
		return failed("start the service", "launchctl bootstrap", out, err)
	}
	r.Enabled, r.Running = true, true
	r.say("The service runs, and starts whenever you log in.")
	return nil
}

func (l launchd) uninstall(ctx context.Context, r *Report) error {
	if !l.loaded(ctx) {
		return nil
	}
	if out, err := l.Run(ctx, "launchctl", "bootout", l.domain()+"/"+label); err != nil {
		return failed("stop the service", "launchctl bootout", out, err)
	}
	r.say("The service was stopped.")
	return nil
}

func (l launchd) status(ctx context.Context, r *Report) {
	r.Enabled = l.loaded(ctx)
	if !r.Enabled {
		r.say("launchd has not loaded it: it starts at the next login.")
		return
	}
	out, _ := l.Run(ctx, "launchctl", "print", l.domain()+"/"+label)
	r.Running = strings.Contains(out, "state = running")
	if r.Running {
		r.say("launchd says: running.")
	} else {
		r.say("launchd says: loaded, not running.")
	}
}
