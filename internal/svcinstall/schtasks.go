// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package svcinstall

import (
	"context"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"github.com/openbits/openbits"
)

// taskName is the service's name in the Task Scheduler.
const taskName = "openbits"

// schtasks installs a task that starts when the user logs on (Task Scheduler Schema of
// MS-TSCH, section 2.5). It needs no administrator and keeps no password.
type schtasks struct{ Options }

func (s schtasks) files() ([]file, error) {
	if s.System {
		return nil, &openbits.Error{
			Op: "install the machine's service", Kind: openbits.KindNotSupported, Context: openbits.ContextNone, File: -1,
			Text: "on Windows the service runs for one user",
			Hint: "Install your own with bits service install.",
		}
	}
	if len(s.Keep) > 0 {
		return nil, &openbits.Error{
			Op: "install the service", Kind: openbits.KindNotSupported, Context: openbits.ContextNone, File: -1,
			Text: "a scheduled task takes no environment of its own, and " + strings.Join(s.Keep, ", ") + " is set",
			Hint: "Make it the account's with setx, open a new window, and unset it there.",
		}
	}
	return []file{{path: s.path(), data: utf16File(s.xml()), mode: 0o600, mark: utf16Bytes(mark)}}, nil
}

func (s schtasks) path() string { return strings.TrimRight(s.State, `\/`) + `\task.xml` }

func (s schtasks) xml() string {
	return strings.ReplaceAll(`<?xml version="1.0" encoding="UTF-16"?>
<!-- `+mark+` -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>openbits: file transfers that outlive the programs that asked for them</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <UserId>`+escape(s.User)+`</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>`+escape(s.User)+`</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>`+escape(`"`+s.Program+`"`)+`</Command>
      <Arguments>daemon</Arguments>
    </Exec>
  </Actions>
</Task>
`, "\n", "\r\n")
}

// utf16File is text as schtasks reads it: UTF-16 with a byte order mark.
func utf16File(text string) []byte { return append([]byte{0xff, 0xfe}, utf16Bytes(text)...) }

func utf16Bytes(text string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

func (s schtasks) install(ctx context.Context, r *Report) error {
	for _, args := range [][]string{
		{"/Create", "/TN", taskName, "/XML", s.beneath(s.path()), "/F"},
		{"/Run", "/TN", taskName},
	} {
		if out, err := s.Run(ctx, "schtasks.exe", args...); err != nil {
			return failed("start the service", "schtasks "+args[0], out, err)
		}
	}
	r.Enabled, r.Running = true, true
	r.say("The service runs, and starts whenever you log on.")
	return nil
}

func (s schtasks) uninstall(ctx context.Context, r *Report) error {
	if _, err := s.Run(ctx, "schtasks.exe", "/Query", "/TN", taskName); err != nil {
		return nil // there is no such task
	}
	// A task that does not run cannot be ended, which is no reason to keep it.
	_, _ = s.Run(ctx, "schtasks.exe", "/End", "/TN", taskName)
	if out, err := s.Run(ctx, "schtasks.exe", "/Delete", "/TN", taskName, "/F"); err != nil {
		return failed("remove the task "+taskName, "schtasks /Delete", out, err)
	}
	r.say("The task was removed.")
	return nil
}

func (s schtasks) status(ctx context.Context, r *Report) {
	_, err := s.Run(ctx, "schtasks.exe", "/Query", "/TN", taskName)
	r.Enabled = err == nil
	if r.Enabled {
		// What schtasks says of the state is in the language of the system.
		r.say("The Task Scheduler knows the task " + taskName + ": it starts the service at every logon.")
	} else {
		r.say("The Task Scheduler has no task " + taskName + ": run bits service install again.")
	}
}
