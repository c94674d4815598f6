// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Process is a process that was started.
type Process struct {
	Image             string
	CommandLine       string
	Original          string // OriginalFileName of its version resource
	Parent            string
	ParentCommandLine string
	PID               uint32
	ParentPID         uint32
	Who               Who
}

func account(who Who) (domain, user string) {
	domain, user, _ = strings.Cut(who.Account, `\`)
	return domain, user
}

// Created4688 is event 4688 of the Security log, in the version of Windows 10, or of Windows 7 before it.
func (p Process) Created4688(g Generation, at time.Time) Event {
	domain, user := account(p.Who)
	e := Event{Channel: Security, ID: 4688, Version: 1, Time: at, PID: 4, Data: []Field{
		sid("SubjectUserSid", p.Who.SID), text("SubjectUserName", user), text("SubjectDomainName", domain), hexadecimal("SubjectLogonId", 0x5a2f1),
		hexadecimal("NewProcessId", uint64(p.PID)), text("NewProcessName", p.Image), text("TokenElevationType", "%%1938"),
		hexadecimal("ProcessId", uint64(p.ParentPID)), text("CommandLine", p.CommandLine),
	}}
	if g.Build >= 10240 {
		e.Version = 2
		e.Data = append(e.Data, sid("TargetUserSid", "S-1-0-0"), text("TargetUserName", "-"), text("TargetDomainName", "-"), hexadecimal("TargetLogonId", 0),
			text("ParentProcessName", p.Parent), sid("MandatoryLabel", "S-1-16-8192"))
	}
	return e
}

func sysmon(at time.Time, id uint16, version byte, fields ...Field) Event {
	const layout = "2006-01-02 15:04:05.000"
	return Event{
		Channel: Sysmon, ID: id, Version: version, Time: at, PID: 2840,
		Data: append([]Field{text("RuleName", "-"), text("UtcTime", at.UTC().Format(layout))}, fields...),
	}
}

func processGUID(pid uint32) string { return NewID(fmt.Sprint("process ", pid)) }

// Sysmon1 is Sysmon's event 1.
func (p Process) Sysmon1(at time.Time) Event {
	base := p.Image[strings.LastIndexByte(p.Image, '\\')+1:]
	return sysmon(at, 1, 5, guid("ProcessGuid", processGUID(p.PID)), number("ProcessId", p.PID), text("Image", p.Image), text("FileVersion", "-"),
		text("Description", "-"), text("Product", "Microsoft® Windows® Operating System"), text("Company", "Microsoft Corporation"),
		text("OriginalFileName", cmp.Or(p.Original, base)), text("CommandLine", p.CommandLine), text("CurrentDirectory", `C:\Users\alice\`),
		text("User", p.Who.Account), guid("LogonGuid", NewID("logon")), hexadecimal("LogonId", 0x5a2f1), number("TerminalSessionId", 1),
		text("IntegrityLevel", "Medium"), text("Hashes", "SHA256="+strings.Repeat("00", 32)), guid("ParentProcessGuid", processGUID(p.ParentPID)),
		number("ParentProcessId", p.ParentPID), text("ParentImage", p.Parent), text("ParentCommandLine", p.ParentCommandLine),
		text("ParentUser", p.Who.Account))
}

// BitsHost is the process that BITS runs in.
var BitsHost = Process{Image: `C:\Windows\System32\svchost.exe`, CommandLine: `C:\Windows\System32\svchost.exe -k netsvcs -p -s BITS`, PID: 1104}

// Sysmon3 is Sysmon's event 3: BITS connected to a host.
func Sysmon3(host, address string, to uint16, at time.Time) Event {
	return sysmon(at, 3, 5, guid("ProcessGuid", processGUID(BitsHost.PID)), number("ProcessId", BitsHost.PID), text("Image", BitsHost.Image),
		text("User", `NT AUTHORITY\SYSTEM`), text("Protocol", "tcp"), boolean("Initiated", true), boolean("SourceIsIpv6", false),
		text("SourceIp", "192.0.2.10"), text("SourceHostname", "-"), port("SourcePort", 50123), text("SourcePortName", "-"),
		boolean("DestinationIsIpv6", false), text("DestinationIp", address), text("DestinationHostname", host), port("DestinationPort", to),
		text("DestinationPortName", "-"))
}

// Sysmon11 is Sysmon's event 11: BITS made a file.
func Sysmon11(target string, at time.Time) Event {
	return sysmon(at, 11, 2, guid("ProcessGuid", processGUID(BitsHost.PID)), number("ProcessId", BitsHost.PID), text("Image", BitsHost.Image),
		text("TargetFilename", target), text("CreationUtcTime", at.UTC().Format("2006-01-02 15:04:05.000")))
}

// Sysmon15 is Sysmon's event 15: BITS wrote a stream of a file, such as `C:\a.txt:stream`.
func Sysmon15(target, contents string, at time.Time) Event {
	return sysmon(at, 15, 2, guid("ProcessGuid", processGUID(BitsHost.PID)), number("ProcessId", BitsHost.PID), text("Image", BitsHost.Image),
		text("TargetFilename", target), text("CreationUtcTime", at.UTC().Format("2006-01-02 15:04:05.000")),
		text("Hash", "SHA256="+strings.Repeat("00", 32)), text("Contents", contents))
}

// Script4104 is event 4104 of PowerShell: the text of a script.
func Script4104(script string, at time.Time) Event {
	e := Event{Channel: PowerShell, ID: 4104, Version: 1, Level: 5, Time: at, PID: 6120, Data: []Field{
		signed("MessageNumber", 1), signed("MessageTotal", 1), text("ScriptBlockText", script), text("ScriptBlockId", NewID(script)),
	}}
	return e
}

// invocation tells of a command and its parameters as PowerShell does.
func invocation(command string, parameters [][2]string) string {
	lines := []string{fmt.Sprintf("CommandInvocation(%s): %q", command, command)}
	for _, p := range parameters {
		lines = append(lines, fmt.Sprintf("ParameterBinding(%s): name=%q; value=\"%s\"", command, p[0], p[1]))
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

// Command4103 is event 4103 of PowerShell: a command was run.
func Command4103(who Who, command string, at time.Time, parameters ...[2]string) Event {
	context := strings.Join([]string{
		"        Severity = Informational", "        Host Name = ConsoleHost", "        Host Version = 5.1.19041.1",
		`        Host Application = C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, "        Command Name = " + command,
		"        Command Type = Cmdlet", "        Script Name = ", "        Sequence Number = 24", "        User = " + who.Account,
		"        Shell ID = Microsoft.PowerShell", "",
	}, "\r\n")
	return Event{Channel: PowerShell, ID: 4103, Version: 1, Time: at, PID: 6120, User: who.SID, Data: []Field{
		text("ContextInfo", context), text("UserData", ""), text("Payload", invocation(command, parameters)),
	}}
}

// Command800 is event 800 of the classic PowerShell log: a command was run.
func Command800(who Who, line, command string, at time.Time, parameters ...[2]string) Event {
	details := strings.Join([]string{
		"\tDetailSequence=1", "\tDetailTotal=1", "", "\tSequenceNumber=23", "", "\tUserId=" + who.Account, "\tHostName=ConsoleHost", "\tHostVersion=4.0",
		`	HostApplication=C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, "\tEngineVersion=4.0", "\tPipelineId=6", "\tScriptName=",
		"\tCommandLine=" + line, "",
	}, "\r\n")
	return Event{Channel: ClassicPowerShell, ID: 800, Time: at.Truncate(time.Second), PID: 6120, Data: []Field{texts("", line, details, invocation(command, parameters))}}
}

// Cleared1102 is event 1102: the Security log was cleared.
func Cleared1102(who Who, at time.Time) Event {
	domain, user := account(who)
	return Event{Channel: clearedSecurity, ID: 1102, Time: at, Wrapper: "LogFileCleared", Data: []Field{
		sid("SubjectUserSid", who.SID), text("SubjectUserName", user), text("SubjectDomainName", domain), hexadecimal("SubjectLogonId", 0x5a2f1),
	}}
}

// Cleared104 is event 104 of the System log: a channel's log was cleared.
func Cleared104(who Who, channel string, at time.Time) Event {
	domain, user := account(who)
	return Event{Channel: clearedSystem, ID: 104, Time: at, User: who.SID, Wrapper: "LogFileCleared", Data: []Field{
		text("SubjectUserName", user), text("SubjectDomainName", domain), text("Channel", channel), text("BackupPath", ""),
	}}
}
