// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package read

import (
	"strconv"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// interest is what queues and the logs of BITS tell to look for in other logs.
type interest struct {
	pids     map[int64]bool  // of creators
	services map[int64]bool  // of the process that BITS runs in
	paths    map[string]bool // local files, temporary files and notify programs, in lower case
	urls     map[string]bool
}

// learn takes in what was read until now.
func (w *interest) learn(r *Result) {
	w.pids, w.services, w.paths, w.urls = map[int64]bool{}, map[int64]bool{}, map[string]bool{}, map[string]bool{}
	for i := range r.Jobs {
		j := &r.Jobs[i]
		for _, f := range j.Files {
			w.file(f.Path, f.URL)
			w.path(f.Temporary)
		}
		if j.Notify != nil {
			w.path(j.Notify.Program)
		}
	}
	for i := range r.Files {
		w.file(r.Files[i].Path, r.Files[i].URL)
	}
	for i := range r.Events {
		e := &r.Events[i]
		if !isBITS(e.Channel) {
			continue
		}
		if e.PID != nil {
			w.services[*e.PID] = true
		}
		if pid, err := strconv.ParseInt(e.Field("processId"), 10, 64); err == nil && pid > 0 {
			w.pids[pid] = true
		}
		w.file(e.Field("LocalName"), e.Field("url")+e.Field("RemoteName"))
		w.path(e.Field("program") + e.Field("Pgm"))
	}
}

func (w *interest) file(path, url string) {
	w.path(path)
	if len(url) > 8 {
		w.urls[strings.ToLower(url)] = true
	}
}

// path notes a path that is long enough to mean something by itself.
func (w *interest) path(p string) {
	if len(p) > 6 && strings.ContainsAny(p, `\/`) {
		w.paths[strings.ToLower(p)] = true
	}
}

// related reports whether an event may belong to a job: whether it does, join decides.
func (w *interest) related(e *evidence.Event) bool {
	if w.byProcess(e) {
		return true
	}
	for i := range e.Data {
		d := &e.Data[i]
		switch strings.ToLower(d.Name) {
		case "targetfilename", "image", "newprocessname", "objectname":
			if w.paths[strings.ToLower(d.Value)] {
				return true
			}
		case "commandline", "processcommandline", "scriptblocktext", "payload":
			if w.inText(strings.ToLower(d.Value)) {
				return true
			}
		}
	}
	return false
}

// byProcess looks at the numbers of processes. Of a new process they are its own and its parent's: a job's creator, the process that BITS runs in, or a child
// of it; of all else Sysmon has, only what BITS itself does is of interest.
func (w *interest) byProcess(e *evidence.Event) bool {
	own, parent := Process(e)
	switch {
	case own == 0 && parent == 0:
		return false
	case IsNewProcess(e):
		return w.pids[own] || w.services[own] || w.services[parent]
	case strings.EqualFold(e.Channel, ChannelSysmon):
		return w.services[own]
	}
	return false
}

// IsNewProcess reports whether an event tells of a process that was started.
func IsNewProcess(e *evidence.Event) bool {
	return e.ID == 4688 && strings.EqualFold(e.Channel, ChannelSecurity) || e.ID == 1 && strings.EqualFold(e.Channel, ChannelSysmon)
}

// Process answers the numbers of the process that an event tells of and of its parent; 0 where it does not.
func Process(e *evidence.Event) (own, parent int64) {
	ownName, parentName := "ProcessId", "ParentProcessId"
	if e.ID == 4688 && strings.EqualFold(e.Channel, ChannelSecurity) {
		ownName, parentName = "NewProcessId", "ProcessId"
	}
	own, _ = Number(e.Field(ownName))
	parent, _ = Number(e.Field(parentName))
	return own, parent
}

// inText looks for a URL, the only thing that is long and rare enough to be looked for in a text.
func (w *interest) inText(text string) bool {
	for _, u := range URLs(text) {
		if w.urls[u] {
			return true
		}
	}
	return false
}

// maxURLs bounds the URLs that are taken from one text.
const maxURLs = 64

// URLs are what a text has that looks like one: what stands around "://" up to a blank, quote, comma or bracket.
func URLs(text string) []string {
	var list []string
	for at := 0; len(list) < maxURLs; {
		i := strings.Index(text[at:], "://")
		if i < 0 {
			break
		}
		i += at
		start := strings.LastIndexAny(text[at:i], " \t\r\n\"'=(`,;<>") + 1 + at
		end := strings.IndexAny(text[i:], " \t\r\n\"'`,;)<>")
		if end < 0 {
			end = len(text) - i
		}
		end += i
		list = append(list, text[start:end])
		at = max(end, i+3)
	}
	return list
}

// Number reads a number as events write it: in decimal, or in hexadecimal behind "0x".
func Number(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	if hex, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		n, err := strconv.ParseInt(hex, 16, 64)
		return n, err == nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
