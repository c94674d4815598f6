// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join

import (
	"sort"
	"strings"
	"time"

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
	for _, b := range j.jobs {
		if p := b.creator(byPID, byImage); p != nil {
			b.made(p)
			if p.job == nil {
				j.tie(p.entry, b, TieProcess)
			}
		}
	}
	j.children(list)
}

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

func base(p string) string { return p[strings.LastIndexAny(p, `\/`)+1:] }
