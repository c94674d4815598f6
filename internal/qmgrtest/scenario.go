// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"slices"
	"time"
)

// part is what evidence must hold for a behaviour to be seen.
type part int

const (
	inURL     part = 1 << iota // remote name
	inLocal                    // local name
	inCreator                  // program that made the job
	inCommand                  // notify command
	inRecord                   // what only the queue has: flags, timers, descriptor, type, description, headers
)

// scenario is something that an attacker does with a job.
type scenario struct {
	name  string
	shows []int // behaviours
	needs part
	once  bool   // one of several variants: built for one generation with a queue file and one with a database only
	kinds []Kind // empty: all that hold what it needs
	job   func(at time.Time) Job
	more  func(g Generation, j Job) []Event // beside the events of the job's life
}

// held is what a kind of evidence of a generation holds of a job.
func (g Generation) held(k Kind) part {
	switch k {
	case InQueue, InQueueSlack:
		return inURL | inLocal | inCommand | inRecord
	case InTransfers:
		has := inURL | inCommand
		if g.Events.Created >= 2 {
			has |= inCreator
		}
		if g.Events.File {
			has |= inLocal
		}
		return has
	}
	return inURL | inLocal | inCreator | inCommand | inRecord
}

// kinds are the kinds of evidence of jobs that a generation leaves.
func (g Generation) kinds() []Kind {
	list := []Kind{InQueue, InQueueSlack}
	if g.Database {
		list = []Kind{InRow, InVersion, InSlack, InLog}
	}
	if g.Events.Log {
		list = append(list, InTransfers)
	}
	return list
}

// variantsOn are the generations that variants are built for.
var variantsOn = []string{"win7", "win11-24h2"}

// begin is when the jobs of cases are created.
var begin = time.Date(2024, 3, 5, 10, 20, 30, 123456700, time.UTC)

// attacker's victim: a user of the domain.
var victim = Who{Account: `CORP\alice`, SID: "S-1-5-21-1111111111-2222222222-3333333333-1104", PID: 7680, StartKey: 4222124650659842}

var systemAccount = Who{Account: `NT AUTHORITY\SYSTEM`, SID: System, PID: 3120, StartKey: 4222124650659000}

func (j Job) who() Who {
	if j.Owner == System {
		return systemAccount
	}
	return victim
}

func jobCases() []Case {
	var list []Case
	for _, s := range scenarios {
		for _, g := range Generations {
			if s.once && !slices.Contains(variantsOn, g.Key) {
				continue
			}
			for _, k := range g.kinds() {
				if g.held(k)&s.needs != s.needs || s.kinds != nil && !slices.Contains(s.kinds, k) || s.once && k != InQueue && k != InRow && k != InTransfers {
					continue
				}
				list = append(list, s.on(g, k))
			}
		}
	}
	return list
}

// on is the case of a scenario.
func (s scenario) on(g Generation, k Kind) Case {
	j := s.job(begin)
	c := Case{Name: s.name + "/" + g.Key + "/" + string(k), Generation: g, Kind: k, Wants: wants(s.shows...), Job: j.ID, Computer: Host}
	if k == InTransfers && g.Events.Created == 0 && len(j.Files) == 0 {
		c.Job = ""
	}
	other := g.companion()
	if k != InTransfers && k != InQueueSlack {
		c.Companion = other.ID
	}
	c.build = func() Tree { return evidence(g, k, j, other, s.more) }
	return c
}

// evidence is what a generation has of a job, beside another one that is in the tables.
func evidence(g Generation, k Kind, j, other Job, more func(Generation, Job) []Event) Tree {
	t := Tree{}
	folder := g.Folder()
	switch k {
	case InQueue:
		t[folder+"/qmgr0.dat"] = Queue{Generation: g, Jobs: []Job{j, other}}.Bytes()
	case InQueueSlack:
		t[folder+"/qmgr0.dat"] = Queue{Generation: g, Over: []Job{other, j}}.Bytes()
	case InRow:
		t[folder+"/qmgr.db"] = Database{Generation: g, Jobs: []Job{j, other}}.Bytes()
	case InVersion:
		early := j.In(Suspended, j.Created)
		t[folder+"/qmgr.db"] = Database{Generation: g, Jobs: []Job{other}, Versions: []Job{early, j}}.Bytes()
	case InSlack:
		t[folder+"/qmgr.db"] = Database{Generation: g, Jobs: []Job{other}, Slack: []Job{j}}.Bytes()
	case InLog:
		t[folder+"/qmgr.db"] = Database{Generation: g, Dirty: true, Logs: [2]uint32{7, 7}, Jobs: []Job{other}}.Bytes()
		t[folder+"/edb.log"] = Log(g, 7, j)
	case InTransfers:
		events := j.Life(g, j.who())
		if more != nil {
			events = append(events, more(g, j)...)
		}
		t.addLogs(Logs(Host, 1000, events...))
	}
	return t
}

// companion is a benign job: an update of Windows, or of Edge's parts.
func (g Generation) companion() Job {
	at := begin.Add(-20 * time.Minute)
	if !g.Database {
		f := NewFile("http://download.windowsupdate.com/d/msdownload/update/software/secu/2024/02/windows-kb5034831.cab",
			`C:\Windows\SoftwareDistribution\Download\0f1e2d3c4b5a69788796a5b4c3d2e1f0\windows-kb5034831.cab`, 975576, at.Add(-72*time.Hour))
		return NewJob("WU Client Download", System, at, f).In(Transferred, at.Add(2*time.Minute))
	}
	f := NewFile("http://msedge.b.tlu.dl.delivery.mp.microsoft.com/filestreamingservice/files/4f0e2a6b-6f7a-4f41-9d5b-0a8d5f3a9c11?P1=1709640000&P2=404&P3=2",
		`C:\Users\alice\AppData\Local\Temp\edge_BITS_2972_515758394\4f0e2a6b-6f7a-4f41-9d5b-0a8d5f3a9c11`, 975576, at.Add(-72*time.Hour))
	j := NewJob("Edge Component Updater", victim.SID, at, f)
	j.Description = "4f0e2a6b-6f7a-4f41-9d5b-0a8d5f3a9c11"
	j.RetryDelay, j.NoProgress = 60, Day
	j.Creator = `C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`
	return j.In(Transferred, at.Add(2*time.Minute))
}
