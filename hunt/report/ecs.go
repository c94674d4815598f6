// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"io"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
)

// ecsVersion is the version of the Elastic Common Schema that the field names are of.
const ecsVersion = "8.17.0"

// doc is a document of nested objects. Its keys are written in the order of the alphabet.
type doc map[string]any

// set sets the field of a dotted name. Empty values are left out.
func (d doc) set(name string, v any) {
	switch v := v.(type) {
	case string:
		if v == "" {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	}
	for {
		head, rest, more := strings.Cut(name, ".")
		if !more {
			d[name] = v
			return
		}
		inner, ok := d[head].(doc)
		if !ok {
			inner = doc{}
			d[head] = inner
		}
		d, name = inner, rest
	}
}

// writeECS writes a document a line: findings as alerts, events as events, jobs and files that no job could be tied to as the state that was
// found. What ECS has no field for stands under openbits, which is no name of ECS. A document whose time is not known has
// the year 1970 and the tag time_unknown, since each must have a time.
func writeECS(w io.Writer, r *evidence.Report, _ Look) error {
	out := newLines(w)
	return walk(r, func(h *evidence.Host, found []*evidence.Finding) error {
		var err error
		write := func(d doc) {
			if err == nil {
				err = out.write(d)
			}
		}
		for _, f := range found {
			write(findingDoc(r, h, f))
		}
		for i := range h.Jobs {
			write(jobDoc(r, h, &h.Jobs[i]))
		}
		for i := range h.Files {
			d := base(r, h, "state", "openbits.bits_file", h.Files[i].Evidence, h.Files[i].Modified)
			d.set("event.category", []string{"file"})
			d.set("event.type", []string{"info"})
			d.file(&h.Files[i])
			write(d)
		}
		for i := range h.Events {
			write(eventDoc(r, h, &h.Events[i]))
		}
		return err
	})
}

// base is what all documents have.
func base(r *evidence.Report, h *evidence.Host, kind, dataset string, p evidence.Place, times ...time.Time) doc {
	d := doc{}
	at := iso(first(times...))
	if at == "" {
		at = "1970-01-01T00:00:00.000Z"
		d.set("tags", []string{"time_unknown"})
	}
	d.set("@timestamp", at)
	d.set("ecs.version", ecsVersion)
	d.set("event.kind", kind)
	d.set("event.module", "openbits")
	d.set("event.dataset", dataset)
	d.set("host.name", h.Name)
	d.set("host.os.full", h.Windows)
	d.set("host.os.type", "windows")
	d.set("observer.product", "bits hunt")
	d.set("observer.version", r.Tool.Version)
	d.set("openbits.evidence.layer", string(p.Layer))
	d.set("openbits.evidence.place", within(p))
	if in := h.InputOf(p); in != nil {
		d.set("log.file.path", in.Path)
		d.set("openbits.evidence.sha256", in.SHA256)
	}
	return d
}

// severityNumbers are event.severity, mildest first: those of Elastic's risk scores.
var severityNumbers = []int{1, 21, 47, 73, 99}

func findingDoc(r *evidence.Report, h *evidence.Host, f *evidence.Finding) doc {
	p := evidence.Place{Input: -1}
	if len(f.Evidence) > 0 {
		p = f.Evidence[0]
	}
	times := []time.Time{f.Time}
	j := jobOf(h, f.Job)
	if j != nil {
		times = append(times, j.Modified, j.Created)
	}
	d := base(r, h, "alert", "openbits.finding", p, times...)
	if j != nil {
		d.job(j)
	}
	d.set("event.category", []string{"intrusion_detection"})
	d.set("event.type", []string{"indicator"})
	d.set("event.action", f.Behaviour)
	d.set("event.severity", severityNumbers[rank(f.Severity)])
	d.set("event.reason", f.Why)
	d.set("message", title(f)+": "+f.Why)
	d.set("rule.id", f.Rule)
	d.set("rule.name", f.Title)
	d.set("rule.ruleset", r.Tool.Rules)
	d.set("threat.framework", "MITRE ATT&CK")
	d.set("threat.technique.id", f.Attack.Techniques)
	d.set("threat.tactic.name", f.Attack.Tactics)
	d.set("openbits.finding.severity", string(f.Severity))
	d.set("openbits.finding.confidence", string(f.Confidence))
	d.set("openbits.finding.benign", f.Benign)
	d.set("openbits.finding.next", f.Next)
	d.set("openbits.finding.attack_version", f.Attack.Version)
	d.set("openbits.job.ref", f.Job)
	var places, counters []string
	for _, p := range f.Evidence {
		places = append(places, where(h, p))
	}
	for _, c := range f.D3FEND {
		counters = append(counters, c.ID)
	}
	d.set("openbits.finding.evidence", places)
	d.set("openbits.finding.d3fend", counters)
	return d
}

func jobDoc(r *evidence.Report, h *evidence.Host, j *evidence.Job) doc {
	d := base(r, h, "state", "openbits.bits_job", j.Evidence, j.Modified, j.Created)
	d.set("event.category", []string{"network", "file"})
	d.set("event.type", []string{"info"})
	d.set("event.created", iso(j.Created))
	d.set("event.end", iso(j.Completed))
	d.set("message", "BITS job "+jobName(j)+", "+cmp.Or(string(j.State), "state unknown"))
	d.job(j)
	return d
}

// job sets the fields that tell of a job.
func (d doc) job(j *evidence.Job) {
	d.set("user.id", j.Owner.ID)
	if domain, name, ok := strings.Cut(j.Owner.Name, `\`); ok {
		d.set("user.domain", domain)
		d.set("user.name", name)
	} else {
		d.set("user.name", j.Owner.Name)
	}
	if c := j.Creator; c != nil {
		d.set("process.executable", c.Path)
		d.set("process.name", lastPart(c.Path))
		d.set("process.command_line", c.CommandLine)
		if c.PID != nil {
			d.set("process.pid", *c.PID)
		}
		d.set("openbits.job.creator_integrity", c.Integrity)
		d.set("openbits.job.creator_service", c.Service)
	}
	if j.Error != nil {
		d.set("error.code", j.Error.Code)
		d.set("error.message", j.Error.Text)
	}
	for name, v := range map[string]string{
		"ref": j.Ref, "id": j.ID, "name": j.Name, "description": j.Description, "type": string(j.Type), "state": string(j.State),
		"priority": string(j.Priority), "created": iso(j.Created), "modified": iso(j.Modified), "completed": iso(j.Completed), "expires": iso(j.Expires), "known": j.Known,
	} {
		d.set("openbits.job."+name, v)
	}
	if n := j.Notify; n != nil {
		d.set("openbits.job.notify_program", n.Program)
		d.set("openbits.job.notify_arguments", n.Arguments)
	}
	if s := j.Security; s != nil {
		d.set("openbits.job.security_flags", s.Flags)
	}
	var urls, paths []string
	for i := range j.Files {
		urls, paths = append(urls, j.Files[i].URL), append(paths, j.Files[i].Path)
	}
	d.set("openbits.job.urls", urls)
	d.set("openbits.job.paths", paths)
	if len(j.Files) > 0 {
		d.file(&j.Files[0])
	}
}

// lastPart is the last part of a Windows path.
func lastPart(name string) string { return name[strings.LastIndexAny(name, `\/`)+1:] }

// file sets the fields that tell of a file. A remote name that is no URL, such as a path, stands in url.original alone.
func (d doc) file(f *evidence.File) {
	d.set("url.original", f.URL)
	if u, err := url.Parse(f.URL); err == nil && u.Scheme != "" && u.Host != "" {
		d.set("url.scheme", strings.ToLower(u.Scheme))
		d.set("url.domain", strings.ToLower(u.Hostname()))
		d.set("url.path", u.Path)
		d.set("url.query", u.RawQuery)
		d.set("url.extension", strings.TrimPrefix(path.Ext(u.Path), "."))
		if port, err := strconv.Atoi(u.Port()); err == nil {
			d.set("url.port", port)
		}
	}
	name := lastPart(f.Path)
	d.set("file.path", f.Path)
	d.set("file.name", name)
	if f.Path != name {
		d.set("file.directory", strings.TrimRight(f.Path[:len(f.Path)-len(name)], `\/`))
	}
	d.set("file.extension", strings.TrimPrefix(path.Ext(name), "."))
	if f.BytesTotal != nil && *f.BytesTotal >= 0 {
		d.set("file.size", *f.BytesTotal)
	}
	d.set("openbits.file.tie", f.Tie)
	d.set("openbits.file.volume_serial", f.VolumeSerial)
}

func eventDoc(r *evidence.Report, h *evidence.Host, e *evidence.Event) doc {
	d := base(r, h, "event", "openbits.windows_event", e.Evidence, e.Time)
	category, kind := []string{"network"}, []string{"info"}
	switch {
	case e.ID == 4688 || e.ID == 1 && strings.Contains(e.Channel, "Sysmon"):
		category, kind = []string{"process"}, []string{"start"}
	case e.ID == 11 && strings.Contains(e.Channel, "Sysmon"):
		category, kind = []string{"file"}, []string{"creation"}
	case e.ID == 1102 || e.ID == 104:
		category, kind = []string{"configuration"}, []string{"deletion"}
	}
	d.set("event.category", category)
	d.set("event.type", kind)
	d.set("event.code", strconv.Itoa(e.ID))
	d.set("event.provider", e.Provider)
	d.set("winlog.channel", e.Channel)
	d.set("winlog.provider_name", e.Provider)
	d.set("winlog.event_id", strconv.Itoa(e.ID))
	d.set("winlog.computer_name", e.Host)
	d.set("winlog.user.identifier", e.UserSID)
	if e.Evidence.Record > 0 {
		d.set("winlog.record_id", strconv.FormatUint(e.Evidence.Record, 10))
	}
	if e.PID != nil {
		d.set("winlog.process.pid", *e.PID)
	}
	d.set("openbits.job.ref", e.Job)
	var data []string
	for _, v := range e.Data {
		data = append(data, v.Name+"="+v.Value)
		if strings.EqualFold(v.Name, "url") || strings.EqualFold(v.Name, "RemoteName") {
			d.set("url.original", v.Value)
		}
	}
	d.set("openbits.event.data", data)
	d.set("message", strings.TrimSpace(e.Provider+" "+strconv.Itoa(e.ID)+" "+pairs(e.Data)))
	return d
}
