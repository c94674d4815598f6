// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join

import (
	"sort"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
)

// pid is a process of a computer: the number comes again, on others and later.
type pid struct {
	host   string
	number int64
}

func (e *entry) pid(number int64) pid { return pid{short(e.Host), number} }

// parentage is what an event says of the parent of a process.
type parentage int

const (
	another  parentage = iota // it is not BITS
	untold                    // it may be
	oneOfAll                  // it is a svchost.exe in which several services run, BITS perhaps among them
	theOne                    // it is the svchost.exe of BITS alone
)

// parentage reads the parent's command line: svchost.exe is told a group of services and, since Windows 10 1703 on computers with 3.5 GB of
// memory or more, the one service of it that runs there.
func (p *process) parentage() parentage {
	line := strings.ToLower(p.Field("ParentCommandLine"))
	parent := strings.ToLower(p.Field("ParentImage") + p.Field("ParentProcessName"))
	switch {
	case parent != "" && base(parent) != "svchost.exe":
		return another
	case line == "":
		return untold
	case strings.Contains(line, "-s bits"):
		return theOne
	case strings.Contains(line, "-k netsvcs") && !strings.Contains(line, " -s "):
		return oneOfAll
	}
	return another
}

// children finds what BITS started: the notify commands of jobs, which are tied to them, and what else its process is the parent of.
func (j *joiner) children(list []process) {
	var notifying []*job
	for _, b := range j.jobs {
		if len(b.commands()) > 0 {
			notifying = append(notifying, b)
		}
	}
	notifying = notifying[max(len(notifying)-mostAlike, 0):]
	shared, told := neighbours(list)
	for i := range list {
		p := &list[i]
		how, parent := p.parentage(), p.pid(p.parent)
		if how == another || how == untold && len(j.services[parent]) == 0 {
			continue
		}
		alone := how == theOne || j.serving(parent, p.Time) && !shared[parent]
		b, fit := commanded(p, notifying)
		if b != nil && p.job == nil {
			j.tie(p.entry, b, TieProcess)
		}
		switch {
		case fit == whole, fit != unfit && alone:
			p.StartedBy = evidence.ByNotifyCommand
		case how == untold && alone && p.Field("ParentProcessName") != "" && !told[p.pid(p.own)]:
			// Before Windows 10 events of the Security log do not name the parent, and it may be anything.
			p.StartedBy, p.loose = evidence.ByService, false
		}
	}
}

// neighbours lists the processes in which several services run, and those whose parent is told to be BITS by some event.
func neighbours(list []process) (shared, told map[pid]bool) {
	shared, told = map[pid]bool{}, map[pid]bool{}
	for i := range list {
		p := &list[i]
		switch p.parentage() {
		case oneOfAll:
			shared[p.pid(p.parent)] = true
		case theOne:
			told[p.pid(p.own)] = true
		}
		if line := strings.ToLower(p.command); base(p.image) == "svchost.exe" && strings.Contains(line, " -k ") && !strings.Contains(line, " -s ") {
			shared[p.pid(p.own)] = true
		}
	}
	return shared, told
}

// serving reports whether BITS ran in that process: it logged something from there shortly before or after. A job's notify command is
// started when the job is done or fails, which is logged too; later the number may be another process's.
func (j *joiner) serving(process pid, at time.Time) bool {
	times := j.services[process]
	i := sort.Search(len(times), func(i int) bool { return !times[i].Before(at) })
	return i < len(times) && times[i].Sub(at) <= sameRun || i > 0 && at.Sub(times[i-1]) <= sameRun
}

// sameRun is how far from an event of BITS its process is taken for the same one.
const sameRun = 10 * time.Minute

// How a process fits a notify command, from not at all to the whole of it.
const (
	unfit = iota
	byName
	byPath
	whole // its command line, too
)

// commanded finds the job whose notify command a process is, and how well it fits, among those that were there: that of its own job if it is tied
// to one already, else, of several that fit alike, that of the one that was made last.
func commanded(p *process, jobs []*job) (best *job, fit int) {
	for _, b := range jobs {
		if b.first.IsZero() || p.Time.Before(b.first.Add(-sameCall)) {
			continue
		}
		score := unfit
		for _, n := range b.commands() {
			score = max(score, p.fits(n))
		}
		switch {
		case score == unfit:
		case b == p.job:
			return b, score
		case score > fit || score == fit && b.first.After(best.first):
			best, fit = b, score
		}
	}
	return best, fit
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

// fits rates how well a process fits a notify command.
func (p *process) fits(n *evidence.Notify) int {
	program := strings.ToLower(strings.Trim(n.Program, `"`))
	switch {
	case base(program) != base(p.image) && base(program)+".exe" != base(p.image):
		return unfit
	case n.Arguments != "" && strings.Contains(squeeze(p.command), squeeze(n.Arguments)):
		return whole
	case n.Arguments != "" && p.command != "":
		return unfit
	case program == p.image:
		return byPath
	}
	return byName
}

func squeeze(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }
