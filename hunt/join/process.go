// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join

import (
	"sort"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/read"
)

// process is an event of a process that was started.
type process struct {
	*entry
	own, parent int64
	image       string // path, in lower case
	command     string
}

func (j *joiner) processes() []process {
	var list []process
	for _, e := range j.entries {
		if !read.IsNewProcess(e.Event) || !j.ours(e) {
			continue
		}
		p := process{entry: e, image: strings.ToLower(e.Field("Image") + e.Field("NewProcessName"))}
		p.command = e.Field("CommandLine") + e.Field("ProcessCommandLine")
		p.own, p.parent = read.Process(e.Event)
		list = append(list, p)
	}
	return list
}

// byProcesses ties the start of a job's creator, and of the programs that BITS ran for it.
func (j *joiner) byProcesses() {
	list := j.processes()
	if len(list) == 0 {
		return
	}
	byPID, byImage := map[int64][]*process{}, map[string][]*process{}
	for i := range list {
		p := &list[i]
		byPID[p.own] = append(byPID[p.own], p)
		byImage[p.image] = append(byImage[p.image], p)
	}
	var notifying []*job
	for _, b := range j.jobs {
		if p := b.creator(byPID, byImage); p != nil {
			b.made(p)
			if p.job == nil {
				j.tie(p.entry, b, TieProcess)
			}
		}
		if len(b.commands()) > 0 {
			notifying = append(notifying, b)
		}
	}
	notifying = notifying[max(len(notifying)-mostAlike, 0):]
	for i := range list {
		p := &list[i]
		if p.job == nil && j.child(p) {
			if b := commanded(p, notifying); b != nil {
				j.tie(p.entry, b, TieProcess)
				p.StartedBy = evidence.ByNotifyCommand
			}
		}
	}
	shared := shared(list)
	for i := range list {
		p := &list[i]
		if p.StartedBy == "" && !shared[p.parent] && j.serving(p.parent, p.Time) && p.tellsParent() {
			p.StartedBy, p.loose = evidence.ByService, false
		}
	}
}

// shared lists the processes in which several services run, BITS perhaps among them: svchost.exe is then told a group, and no service.
func shared(list []process) map[int64]bool {
	found := map[int64]bool{}
	for i := range list {
		p := &list[i]
		if grouped(p.Field("ParentCommandLine")) {
			found[p.parent] = true
		}
		if base(p.image) == "svchost.exe" && grouped(p.command) {
			found[p.own] = true
		}
	}
	return found
}

func grouped(line string) bool {
	line = strings.ToLower(line)
	return strings.Contains(line, " -k ") && !strings.Contains(line, " -s ")
}

// tellsParent reports whether the event says that the parent is a svchost.exe. Events of the Security log do so since Windows 10, where
// each service has a process of its own on machines with 3.5 GB of memory or more (since version 1703).
func (p *process) tellsParent() bool {
	return base(strings.ToLower(p.Field("ParentImage")+p.Field("ParentProcessName"))) == "svchost.exe"
}

// serving reports whether BITS ran in that process: it logged something from there shortly before or after. A job's notify command is
// started when the job is done or fails, which is logged too; later the number may be another process's.
func (j *joiner) serving(pid int64, at time.Time) bool {
	times := j.services[pid]
	i := sort.Search(len(times), func(i int) bool { return !times[i].Before(at) })
	return i < len(times) && times[i].Sub(at) <= sameRun || i > 0 && at.Sub(times[i-1]) <= sameRun
}

// sameRun is how far from an event of BITS its process is taken for the same one.
const sameRun = 10 * time.Minute

// creator finds the start of the process that made the job: the last one with its number before the job was made, or, where no
// number is told, with its path, shortly before. Processes are in the order of time.
func (b *job) creator(byPID map[int64][]*process, byImage map[string][]*process) *process {
	if b.Creator == nil || b.first.IsZero() {
		return nil
	}
	made := b.first
	if !b.Created.IsZero() {
		made = b.Created
	}
	path := strings.ToLower(b.Creator.Path)
	var list []*process
	switch {
	case b.Creator.PID != nil:
		list = byPID[*b.Creator.PID]
	case path != "":
		list = byImage[path]
	}
	end := sort.Search(len(list), func(i int) bool { return made.Sub(list[i].Time) < -sameCall })
	for i := end - 1; i >= max(end-mostAlike, 0); i-- {
		p := list[i]
		switch {
		case b.Creator.PID == nil && made.Sub(p.Time) > 2*time.Minute:
			return nil
		case b.Creator.PID == nil, path == "", p.image == "", base(path) == base(p.image):
			return p
		}
	}
	return nil
}

// made adds what the start of the creator tells of it.
func (b *job) made(p *process) {
	c := *b.Creator
	b.Creator = &c
	if c.Path == "" {
		c.Path = p.Field("Image") + p.Field("NewProcessName")
	}
	if c.CommandLine == "" {
		c.CommandLine = p.command
	}
	if c.Parent == "" {
		c.Parent = p.Field("ParentImage") + p.Field("ParentProcessName")
	}
	if level := p.Field("IntegrityLevel"); c.Integrity == "" && level != "" {
		c.Integrity = strings.ToLower(level)
	}
	if c.PID == nil {
		own := p.own
		c.PID = &own
	}
}

// child reports whether BITS started a process: its parent is a process that BITS ran in, or a svchost of the service.
func (j *joiner) child(p *process) bool {
	parent := strings.ToLower(p.Field("ParentImage") + p.Field("ParentProcessName"))
	if parent != "" && base(parent) != "svchost.exe" {
		return false
	}
	line := strings.ToLower(p.Field("ParentCommandLine"))
	return len(j.services[p.parent]) > 0 || strings.Contains(line, "-s bits") || strings.Contains(line, "-k netsvcs") && !strings.Contains(line, " -s ")
}

// commanded finds the job whose notify command a process is: by the program's path or name and its command line, while the job was there.
func commanded(p *process, jobs []*job) *job {
	var best *job
	bestScore := 0
	for _, b := range jobs {
		if b.first.IsZero() || p.Time.Before(b.first.Add(-sameCall)) {
			continue
		}
		score := 0
		for _, n := range b.commands() {
			score = max(score, p.fits(n))
		}
		// Of several jobs that fit alike it is the one that was made last.
		if score > bestScore || score == bestScore && score > 0 && b.first.After(best.first) {
			best, bestScore = b, score
		}
	}
	return best
}

// commands are the notify commands of a job in all its states.
func (b *job) commands() []*evidence.Notify {
	var list []*evidence.Notify
	if b.Notify != nil && b.Notify.Program != "" {
		list = append(list, b.Notify)
	}
	for i := range b.Versions {
		if n := b.Versions[i].Notify; n != nil && n.Program != "" {
			list = append(list, n)
		}
	}
	return list
}

// fits rates how well a process fits a notify command: 0 not at all.
func (p *process) fits(n *evidence.Notify) int {
	program := strings.ToLower(strings.Trim(n.Program, `"`))
	if base(program) != base(p.image) && base(program)+".exe" != base(p.image) {
		return 0
	}
	score := 1
	if program == p.image {
		score++
	}
	if n.Arguments != "" && strings.Contains(squeeze(p.command), squeeze(n.Arguments)) {
		score += 2
	}
	return score
}

func squeeze(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

func base(p string) string { return p[strings.LastIndexAny(p, `\/`)+1:] }
