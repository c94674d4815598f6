// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/term"
)

// csvParts are the tables of the format csv. The first column of each says what a row is, so that they may also stand in one file.
var csvParts = []Part{
	csvPart("findings", "severity,confidence,title,behaviour,technique,time,job,job_name,why,benign,next,matched,evidence,d3fend,rule,known", findingRows),
	csvPart("jobs", jobColumns, jobRows),
	csvPart("versions", jobColumns, versionRows),
	csvPart("files", "job,job_name,url,local_path,temporary,bytes_done,bytes_total,remote_modified,drive_type,volume_serial,tie,layer,source,place", fileRows),
	csvPart("timeline", "time,kind,what,job,job_name,event_id,layer,source,place", timelineRows),
	csvPart("events", "time,event_id,provider,channel,computer,user_sid,pid,job,tie,data,layer,source,place", eventRows),
	csvPart("inputs", "status,kind,path,size,sha256,sha256_after,notes", inputRows),
	{"summary.csv", writeSummary},
}

const jobColumns = "job,name,description,type,state,priority,owner_sid,owner,created,modified,completed,expires,files,bytes_done,bytes_total," +
	"notify_program,notify_arguments,creator,creator_integrity,creator_service,security_flags,error,known,masquerade,severity,rarity_hosts,rarity_of,layer,source,place"

// rows gives the rows of a host, without the two columns that all tables begin with.
type rows func(h *evidence.Host, found []*evidence.Finding, row func(cells ...string))

func csvPart(name, columns string, of rows) Part {
	return Part{name + ".csv", func(w io.Writer, r *evidence.Report, _ Look) error {
		out := csv.NewWriter(w)
		if err := out.Write(append([]string{"record", "host"}, strings.Split(columns, ",")...)); err != nil {
			return err
		}
		record := strings.TrimSuffix(name, "s")
		err := walk(r, func(h *evidence.Host, found []*evidence.Finding) error {
			of(h, found, func(cells ...string) {
				line := append([]string{record, h.Name}, cells...)
				for i := range line {
					line[i] = cell(line[i])
				}
				_ = out.Write(line) // Error tells
			})
			return out.Error()
		})
		if err != nil {
			return err
		}
		out.Flush()
		return out.Error()
	}}
}

// cell is a text as spreadsheets may see it: one line, without control characters, and never taken for a formula
// (OWASP, CSV Injection), whatever blanks it begins with.
func cell(text string) string {
	text = term.Plain(text)
	if rest := strings.TrimLeft(text, " \u00a0\u3000'\""); rest != "" && strings.ContainsAny(rest[:1], "=+-@") ||
		strings.HasPrefix(rest, "＝") || strings.HasPrefix(rest, "＋") || strings.HasPrefix(rest, "－") || strings.HasPrefix(rest, "＠") {
		return "'" + text
	}
	return text
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func findingRows(h *evidence.Host, found []*evidence.Finding, row func(...string)) {
	for _, f := range found {
		var places, counters []string
		for _, p := range f.Evidence {
			places = append(places, where(h, p))
		}
		for _, c := range f.D3FEND {
			counters = append(counters, c.ID)
		}
		row(string(f.Severity), string(f.Confidence), f.Title, f.Behaviour, f.Technique, iso(f.Time), f.Job, f.Name, f.Why, f.Benign, f.Next,
			pairs(f.Matched), strings.Join(places, "; "), strings.Join(counters, " "), f.Rule, f.Known)
	}
}

func jobRows(h *evidence.Host, found []*evidence.Finding, row func(...string)) {
	bad := worst(found)
	for i := range h.Jobs {
		row(jobRow(h, &h.Jobs[i], string(bad[h.Jobs[i].Ref]))...)
	}
}

func versionRows(h *evidence.Host, _ []*evidence.Finding, row func(...string)) {
	for i := range h.Jobs {
		for k := range h.Jobs[i].Versions {
			row(jobRow(h, &h.Jobs[i].Versions[k], "")...)
		}
	}
}

func jobRow(h *evidence.Host, j *evidence.Job, severity string) []string {
	var notify evidence.Notify
	var creator evidence.Creator
	var flags, failure, disguise, hosts, of string
	if j.Notify != nil {
		notify = *j.Notify
	}
	if j.Creator != nil {
		creator = *j.Creator
	}
	if j.Security != nil {
		flags = strings.Join(j.Security.Flags, " ")
	}
	if j.Error != nil {
		failure = strings.TrimSpace(j.Error.Code + " " + j.Error.Text)
	}
	if j.Masquerade != nil {
		disguise = j.Masquerade.Profile + ": " + strings.Join(j.Masquerade.Wrong, " ")
	}
	if j.Rarity != nil {
		hosts, of = strconv.Itoa(j.Rarity.Hosts), strconv.Itoa(j.Rarity.Of)
	}
	return []string{
		j.Ref, j.Name, j.Description, string(j.Type), string(j.State), string(j.Priority), j.Owner.ID, j.Owner.Name,
		iso(j.Created), iso(j.Modified), iso(j.Completed), iso(j.Expires), strconv.Itoa(max(j.FilesTotal, len(j.Files))), strconv.FormatInt(j.BytesDone, 10), number(j.BytesTotal),
		notify.Program, notify.Arguments, creator.Path, creator.Integrity, creator.Service, flags, failure, j.Known, disguise, severity, hosts, of,
		string(j.Evidence.Layer), source(h, j.Evidence), within(j.Evidence),
	}
}

func fileRows(h *evidence.Host, _ []*evidence.Finding, row func(...string)) {
	one := func(f *evidence.File, ref, name string) {
		row(ref, name, f.URL, f.Path, f.Temporary, strconv.FormatInt(f.BytesDone, 10), number(f.BytesTotal), iso(f.Modified), f.DriveType, f.VolumeSerial, f.Tie,
			string(f.Evidence.Layer), source(h, f.Evidence), within(f.Evidence))
	}
	for i := range h.Jobs {
		for k := range h.Jobs[i].Files {
			one(&h.Jobs[i].Files[k], h.Jobs[i].Ref, h.Jobs[i].Name)
		}
	}
	for i := range h.Files {
		one(&h.Files[i], "", "")
	}
}

func timelineRows(h *evidence.Host, _ []*evidence.Finding, row func(...string)) {
	for i := range h.Jobs {
		j := &h.Jobs[i]
		for _, m := range j.Timeline {
			id := ""
			if e := h.EventOf(m); e != nil {
				id = strconv.Itoa(e.ID)
			}
			row(iso(m.Time), m.Kind, m.What, j.Ref, j.Name, id, string(m.Place.Layer), source(h, m.Place), within(m.Place))
		}
	}
}

func eventRows(h *evidence.Host, _ []*evidence.Finding, row func(...string)) {
	for i := range h.Events {
		e := &h.Events[i]
		row(iso(e.Time), strconv.Itoa(e.ID), e.Provider, e.Channel, e.Host, e.UserSID, number(e.PID), e.Job, e.Tie, pairs(e.Data),
			string(e.Evidence.Layer), source(h, e.Evidence), within(e.Evidence))
	}
}

func inputRows(h *evidence.Host, _ []*evidence.Finding, row func(...string)) {
	for _, in := range h.Inputs {
		row(string(in.Status), in.Kind, in.Path, strconv.FormatInt(in.Size, 10), in.SHA256, in.After, strings.Join(in.Notes, "; "))
	}
}

// writeSummary writes what the report says of itself.
func writeSummary(w io.Writer, r *evidence.Report, _ Look) error {
	t := r.Totals
	all := [][]string{
		{"record", "name", "value"},
		{"tool", "name", r.Tool.Name},
		{"tool", "version", r.Tool.Version},
		{"tool", "rules", r.Tool.Rules},
		{"tool", "attack", r.Tool.Attack},
		{"tool", "d3fend", r.Tool.D3FEND},
		{"report", "partial", r.Partial},
	}
	for _, f := range r.Filters {
		all = append(all, []string{"filter", f.Name, f.Value})
	}
	for _, n := range []struct {
		name string
		n    int
	}{
		{"hosts", t.Hosts},
		{"inputs", t.Inputs},
		{"read", t.Read},
		{"partial", t.Partial},
		{"skipped", t.Skipped},
		{"failed", t.Failed},
		{"jobs", t.Jobs},
		{"versions", t.Versions},
		{"files", t.Files},
		{"events", t.Events},
		{"findings", len(r.Findings)},
	} {
		all = append(all, []string{"total", n.name, strconv.Itoa(n.n)})
	}
	for _, s := range r.Suppressed {
		all = append(all, []string{"suppressed", strings.TrimSuffix(fmt.Sprintf("%s:%s", s.Reason, s.By), ":"), strconv.Itoa(s.Count)})
	}
	out := csv.NewWriter(w)
	for _, line := range all {
		for i := range line {
			line[i] = cell(line[i])
		}
		_ = out.Write(line)
	}
	out.Flush()
	return out.Error()
}
