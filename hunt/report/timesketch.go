// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"io"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
)

// sketch is a line for Timesketch: message, datetime and timestamp_desc are what it needs, the others become attributes.
type sketch struct {
	Message  string   `json:"message"`
	Datetime string   `json:"datetime"`
	Stamp    int64    `json:"timestamp"` // microseconds since 1970
	Desc     string   `json:"timestamp_desc"`
	DataType string   `json:"data_type"`
	Host     string   `json:"hostname"`
	Job      string   `json:"job_id,omitempty"`
	Name     string   `json:"job_name,omitempty"`
	Owner    string   `json:"owner,omitempty"`
	Creator  string   `json:"creator,omitempty"`
	URL      string   `json:"url,omitempty"`
	Path     string   `json:"local_path,omitempty"`
	Command  string   `json:"notify_command,omitempty"`
	Event    int      `json:"event_identifier,omitempty"`
	Channel  string   `json:"event_log,omitempty"`
	Rule     string   `json:"rule,omitempty"`
	Severity string   `json:"severity,omitempty"`
	Tags     []string `json:"tag,omitempty"`
	Layer    string   `json:"layer,omitempty"`
	Source   string   `json:"source_file,omitempty"`
	Place    string   `json:"source_place,omitempty"`
}

// writeTimesketch writes a line for each moment of each job, for each event that no moment tells of, and for each finding. What has no
// time is not written: Timesketch refuses it. A finding without a time of its own stands at the time of its job.
func writeTimesketch(w io.Writer, r *evidence.Report, _ Look) error {
	out := newLines(w)
	return walk(r, func(h *evidence.Host, found []*evidence.Finding) error {
		var err error
		write := func(s sketch, t time.Time, p evidence.Place) {
			if iso(t) == "" || err != nil {
				return
			}
			s.Datetime, s.Stamp = t.UTC().Format("2006-01-02T15:04:05.000000+00:00"), t.UnixMicro()
			s.Host, s.Layer, s.Source, s.Place = h.Name, string(p.Layer), source(h, p), within(p)
			err = out.write(s)
		}
		told := map[int]bool{}
		bad := worst(found)
		for i := range h.Jobs {
			j := &h.Jobs[i]
			for _, m := range moments(j) {
				told[m.Event] = true
				s := jobSketch(j, "openbits:bits:moment")
				s.Message, s.Desc = jobName(j)+": "+m.What, momentDesc(m.Kind)
				if e := h.EventOf(m); e != nil {
					s.Event, s.Channel = e.ID, e.Channel
				}
				if severity, ok := bad[j.Ref]; ok {
					s.Tags = []string{"bits-" + string(severity)}
				}
				write(s, m.Time, m.Place)
			}
		}
		for i := range h.Events {
			if e := &h.Events[i]; !told[i+1] {
				write(sketch{
					Message: strings.TrimSpace(e.Provider + " " + pairs(e.Data)), Desc: "Event Logged", DataType: "openbits:bits:event",
					Job: e.Job, Event: e.ID, Channel: e.Channel,
				}, e.Time, e.Evidence)
			}
		}
		for _, f := range found {
			s := sketch{DataType: "openbits:bits:finding"}
			at := f.Time
			if j := jobOf(h, f.Job); j != nil {
				s = jobSketch(j, s.DataType)
				at = first(f.Time, j.Modified, j.Created)
			}
			s.Job, s.Name, s.Message, s.Desc = f.Job, cmp.Or(f.Name, s.Name), title(f)+": "+f.Why, "BITS Finding"
			s.Rule, s.Severity = f.Rule, string(f.Severity)
			s.Tags = append([]string{"bits-" + string(f.Severity)}, f.Attack.Techniques...)
			p := evidence.Place{Input: -1}
			if len(f.Evidence) > 0 {
				p = f.Evidence[0]
			}
			write(s, at, p)
		}
		return err
	})
}

// first is the first time that JSON can hold.
func first(times ...time.Time) time.Time {
	for _, t := range times {
		if iso(t) != "" {
			return t
		}
	}
	return time.Time{}
}

func jobSketch(j *evidence.Job, kind string) sketch {
	s := sketch{DataType: kind, Job: j.Ref, Name: j.Name, Owner: cmp.Or(j.Owner.Name, j.Owner.ID), Command: command(j.Notify)}
	if j.Creator != nil {
		s.Creator = j.Creator.Path
	}
	if len(j.Files) > 0 {
		s.URL, s.Path = j.Files[0].URL, j.Files[0].Path
	}
	return s
}

// moments are the timeline of a job; of one without, its own times.
func moments(j *evidence.Job) []evidence.Moment {
	if len(j.Timeline) > 0 {
		return j.Timeline
	}
	var all []evidence.Moment
	for _, m := range []evidence.Moment{
		{Time: j.Created, Kind: "created", What: "created"},
		{Time: j.Modified, Kind: "modified", What: "last changed"},
		{Time: j.Completed, Kind: "completed", What: "completed"},
	} {
		if m.Place = j.Evidence; !m.Time.IsZero() {
			all = append(all, m)
		}
	}
	return all
}

// momentDesc is what a time is the time of.
func momentDesc(kind string) string {
	words := strings.Fields(strings.ReplaceAll(kind, "_", " "))
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(append([]string{"BITS Job"}, words...), " ")
}
