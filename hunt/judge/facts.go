// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
)

// record is the facts of a job, or of one file of it with those of its job: what rules of category bits_job are about.
type record struct {
	data    []evidence.Datum
	job     *evidence.Job
	file    *evidence.File // nil: the job has none that is known
	remote  remote
	fit     fit
	source  string // job, file or command
	places  []evidence.Place
	domains []string // of the computer
}

func (r *record) add(name, text string) {
	if text != "" {
		r.data = append(r.data, evidence.Datum{Name: name, Value: text})
	}
}

func (r *record) number(name string, n int64) { r.add(name, strconv.FormatInt(n, 10)) }

func (r *record) truth(name string, yes bool) {
	if yes {
		r.add(name, "true")
	}
}

// get is the first value of a field.
func (r *record) get(name string) string {
	for i := range r.data {
		if r.data[i].Name == name {
			return r.data[i].Value
		}
	}
	return ""
}

// state is one state of a job: the best, or an earlier one.
type state struct {
	*evidence.Job
	current bool
	newest  time.Time // of the host's evidence, which ages are measured against
	missing bool      // the log covers the time of its creation, but lacks it
	silent  bool      // the log had ended long before its creation
	source  string
	forged  bool     // the checksum of its queue file is wrong
	domains []string // that the computer belongs to, as far as is known
}

// records are the facts of a state of a job: one record for each file, or one alone.
func (s *state) records() []*record {
	base := &record{job: s.Job, source: s.source, domains: s.domains}
	s.identity(base)
	s.creator(base)
	s.notify(base)
	s.transfer(base)
	s.life(base)
	if len(s.Files) == 0 {
		base.places = []evidence.Place{s.Evidence}
		return []*record{base}
	}
	list := make([]*record, 0, len(s.Files))
	for i := range s.Files {
		r := *base
		r.data = slices.Clone(base.data)
		r.file = &s.Files[i]
		r.fileFacts()
		r.places = []evidence.Place{s.Evidence, s.Files[i].Evidence}
		list = append(list, &r)
	}
	return list
}

func (s *state) identity(r *record) {
	r.add("id", s.ID)
	r.add("name", s.Name)
	r.add("description", s.Description)
	r.add("type", string(s.Type))
	r.add("priority", string(s.Priority))
	r.add("state", string(s.State))
	r.add("layer", string(s.Evidence.Layer))
	r.add("source", s.source)
	r.truth("current", s.current)
	r.add("generation", s.Generation)
	r.add("method", s.Method)
	r.add("owner", s.Owner.ID)
	r.add("owner_name", s.Owner.Name)
	r.add("owner_kind", ownerKind(s.Owner))
	r.truth("events_missing", s.missing)
	r.truth("log_silent", s.silent)
	if s.forged {
		r.add("queue_checksum", "wrong")
	}
}

func (s *state) creator(r *record) {
	c := s.Creator
	if c == nil {
		return
	}
	r.add("creator", c.Path)
	r.add("creator_name", baseName(c.Path))
	folder := folderOf(c.Path)
	r.add("creator_folder", folder)
	r.truth("creator_installed", slices.Contains([]string{folderPrograms, folderSystem, folderWindows, folderUpdateCache}, folder))
	r.add("creator_command_line", c.CommandLine)
	r.add("creator_parent", c.Parent)
	r.add("creator_service", c.Service)
	r.add("creator_package", c.Package)
	r.add("integrity", c.Integrity)
	if r.get("owner_kind") == "system" {
		r.truth("integrity_below_owner", slices.Contains([]string{"untrusted", "low", "medium", "medium_plus", "high"}, c.Integrity))
	}
}

func (s *state) notify(r *record) {
	if d := s.Descriptor; d != nil {
		r.truth("descriptor_owner_differs", d.Owner != "" && s.Owner.ID != "" && !strings.EqualFold(d.Owner, s.Owner.ID))
		for _, odd := range d.Odd {
			r.add("descriptor_odd", odd)
		}
	}
	n := s.Notify
	if n == nil {
		return
	}
	if n.Program != "" || n.Arguments != "" {
		r.add("notify_program", n.Program)
		r.add("notify_arguments", n.Arguments)
		r.add("notify_command", strings.TrimSpace(n.Program+" "+n.Arguments))
		r.add("notify_folder", folderOf(n.Program))
	}
	for _, f := range n.Failed {
		r.add("notify_failed", f)
	}
}

func (s *state) transfer(r *record) {
	if s.Security != nil {
		for _, f := range s.Security.Flags {
			r.add("security_flag", f)
		}
	}
	r.truth("has_headers", s.Headers != nil)
	r.truth("has_credentials", s.Credentials != nil)
	if s.Proxy != nil {
		r.add("proxy_usage", s.Proxy.Usage)
		r.add("proxy_list", s.Proxy.List)
	}
	if s.Error != nil {
		r.add("error", strings.ToLower(s.Error.Code))
	}
	for _, e := range s.Errors {
		r.add("error", strings.ToLower(e.Code))
	}
	r.add("pending", s.Pending)
	done := s.BytesDone
	var sum int64
	for i := range s.Files {
		sum += max(s.Files[i].BytesDone, 0)
	}
	if n := max(done, sum); n > 0 {
		r.number("bytes_done", n)
	}
	r.number("files", int64(max(s.FilesTotal, len(s.Files))))
	if s.TransientErrors > 0 {
		r.number("transient_errors", int64(s.TransientErrors))
	}
}

// day is what times of a job's life are counted in.
const day = 24 * time.Hour

func (s *state) life(r *record) {
	seconds := func(name string, n *int64) {
		if n != nil {
			r.number(name, *n)
		}
	}
	seconds("retry_delay_s", s.RetryDelay)
	seconds("no_progress_timeout_s", s.NoProgressTimeout)
	seconds("max_download_time_s", s.MaxDownloadTime)
	for _, t := range s.Timers {
		if t.Kind == "inactivity" && !t.Start.IsZero() && t.Deadline.After(t.Start) {
			r.number("life_days", int64(t.Deadline.Sub(t.Start)/day))
		}
	}
	if r.get("life_days") == "" && !s.Expires.IsZero() && !s.Modified.IsZero() && s.Expires.After(s.Modified) {
		r.number("life_days", int64(s.Expires.Sub(s.Modified)/day))
	}
	if !s.newest.IsZero() && !s.Created.IsZero() && s.newest.After(s.Created) {
		r.number("age_days", int64(s.newest.Sub(s.Created)/day))
	}
	if !s.newest.IsZero() && !s.Modified.IsZero() && s.newest.After(s.Modified) {
		r.number("idle_days", int64(s.newest.Sub(s.Modified)/day))
	}
}

// fileFacts adds those of the record's file.
func (r *record) fileFacts() {
	f := r.file
	r.remote = parseRemote(f.URL)
	r.add("url", f.URL)
	r.add("url_scheme", r.remote.scheme)
	r.add("url_kind", r.remote.kind)
	r.add("url_place", r.remote.place)
	r.add("url_host", r.remote.host)
	r.add("url_port", r.remote.port)
	r.add("url_tld", r.remote.tld)
	r.add("url_path", r.remote.path)
	r.truth("url_user", r.remote.user)
	if f.URL != "" {
		r.add("url_ext", r.remote.ext)
		r.add("url_ext_kind", r.remote.extIs)
	}
	if f.Path != "" {
		_, data := stream(f.Path)
		name := baseName(f.Path)
		ext, kind := extension(name)
		if data != "" { // what a stream holds is named by the stream, if by anything
			if e, k := extension(data); e != "" {
				ext, kind = e, k
			}
		}
		r.add("local", f.Path)
		r.add("local_name", name)
		r.add("local_ext", ext)
		r.add("local_ext_kind", kind)
		r.add("local_folder", folderOf(f.Path))
		r.add("local_stream", data)
	}
	r.add("drive_type", f.DriveType)
	if f.BytesTotal != nil {
		r.number("file_bytes", *f.BytesTotal)
	}
}

// ownerKind says what kind of account a SID is; without one, what the name says.
func ownerKind(o evidence.Owner) string {
	switch id := strings.ToUpper(o.ID); {
	case id == "S-1-5-18":
		return "system"
	case id == "S-1-5-19":
		return "local_service"
	case id == "S-1-5-20":
		return "network_service"
	case strings.HasPrefix(id, "S-1-5-80-") || strings.HasPrefix(id, "S-1-5-82-"):
		return "service"
	case strings.HasPrefix(id, "S-1-5-21-") || strings.HasPrefix(id, "S-1-12-1-"):
		return "user"
	case id != "":
		return "other"
	}
	_, name, found := strings.Cut(strings.ToUpper(o.Name), `\`)
	switch {
	case o.Name == "":
		return ""
	case !found:
		name = strings.ToUpper(o.Name)
	}
	switch strings.ReplaceAll(name, " ", "") {
	case "SYSTEM", "SYSTÈME", "SISTEMA":
		return "system"
	case "LOCALSERVICE", "LOKALERDIENST", "SERVICELOCAL":
		return "local_service"
	case "NETWORKSERVICE", "NETZWERKDIENST", "SERVICERÉSEAU":
		return "network_service"
	}
	if strings.HasSuffix(name, "$") { // the computer's own account
		return "system"
	}
	return "user"
}
