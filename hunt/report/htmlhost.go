// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/size"
)

type hostPage struct {
	ID, Name, About      string
	Lanes                *picture
	JobsWord, InputsWord string
	LeftOut              string
	Jobs                 []jobPage
	Files                []filePage
	Inputs               []inputPage
	MoreInputs           string
}

type jobPage struct {
	ID, HostID, Sev, Layer string
	Created, State, Name   string
	Program, Remark        string
	Files                  []filePage
	Facts                  []evidence.Datum
	Moments                []momentPage
	Versions               []versionPage
}

type filePage struct{ From, To, Bytes, Where string }

type momentPage struct{ Time, What, Event, Where string }

type versionPage struct{ Time, State, Bytes, Error, Where string }

type inputPage struct {
	Class, Status, Kind, Size, Path, SHA256 string
	Notes                                   []string
}

// hostView is what the page shows of a host. When brief is set, jobs without findings are only counted.
func hostView(id string, h *evidence.Host, found []*evidence.Finding, brief bool) hostPage {
	v := hostPage{ID: id, Name: hostName(h), JobsWord: count(len(h.Jobs), "job")}
	var about []string
	if h.Windows != "" {
		about = append(about, h.Windows)
	}
	if len(h.Aliases) > 0 {
		about = append(about, "also "+strings.Join(h.Aliases, ", "))
	}
	if h.Named != "" {
		about = append(about, "named by "+h.Named)
	}
	v.About = strings.Join(about, "; ")
	bad := worst(found)
	order := make([]int, len(h.Jobs))
	for i := range order {
		order[i] = i
	}
	if brief {
		order = slices.DeleteFunc(order, func(i int) bool { return bad[h.Jobs[i].Ref] == "" })
		if left := len(h.Jobs) - len(order); left > 0 {
			v.LeftOut = count(left, "job") + " without findings: in the formats csv, json and jsonl"
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return h.Jobs[a].Created.Compare(h.Jobs[b].Created) })
	for _, i := range order {
		v.Jobs = append(v.Jobs, jobView(jobID(id, i), id, h, &h.Jobs[i], bad))
	}
	v.Lanes = lanes(id, h, order, bad)
	for i := range h.Files {
		v.Files = append(v.Files, fileView(h, &h.Files[i], false))
	}
	v.inputs(h)
	return v
}

func (v *hostPage) inputs(h *evidence.Host) {
	counts := map[evidence.Status]int{}
	quiet := 0
	for i := range h.Inputs {
		in := &h.Inputs[i]
		if counts[in.Status]++; in.Status == evidence.Skipped && len(in.Notes) == 0 {
			quiet++
			continue
		}
		p := inputPage{Class: "", Status: string(in.Status), Kind: in.Kind, Size: size.Bytes(max(0, in.Size)), Path: in.Path, SHA256: in.SHA256, Notes: in.Notes}
		if in.Status == evidence.Failed || in.Status == evidence.Partial {
			p.Class = string(in.Status)
		}
		if in.After != "" {
			p.Notes = append(slices.Clone(p.Notes), "it changed while it was read: sha256 "+in.After+" afterwards")
		}
		v.Inputs = append(v.Inputs, p)
	}
	if quiet > 0 {
		v.MoreInputs = fmt.Sprintf("%s in which there is nothing of BITS: in the formats json, jsonl and csv", count(quiet, "more file"))
	}
	var parts []string
	for _, s := range []evidence.Status{evidence.Read, evidence.Partial, evidence.Skipped, evidence.Failed} {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	v.InputsWord = strings.Join(parts, ", ")
}

func fileView(h *evidence.Host, f *evidence.File, uploads bool) filePage {
	v := filePage{From: f.URL, To: f.Path, Bytes: strconv.FormatInt(f.BytesDone, 10), Where: within(f.Evidence)}
	if f.BytesTotal != nil {
		v.Bytes += " of " + strconv.FormatInt(*f.BytesTotal, 10)
	}
	if uploads {
		v.From, v.To = v.To, v.From
	}
	if strings.HasPrefix(f.Tie, "guess") {
		v.Where = strings.TrimPrefix(v.Where+"; "+f.Tie, "; ")
	}
	return v
}

func jobView(id, host string, h *evidence.Host, j *evidence.Job, bad map[string]evidence.Severity) jobPage {
	v := jobPage{
		ID: id, HostID: host, Layer: string(j.Evidence.Layer), Created: cmp.Or(stamp(j.Created), "-"),
		State: cmp.Or(strings.ReplaceAll(string(j.State), "_", " "), "-"), Name: jobName(j), Facts: jobFacts(h, j),
	}
	if s, ok := bad[j.Ref]; ok {
		v.Sev = class(s)
	}
	if j.Creator != nil {
		v.Program = lastPart(j.Creator.Path)
	}
	switch {
	case j.Masquerade != nil:
		v.Remark = "not what its name says"
	case j.Known != "":
		v.Remark = "known"
	}
	for i := range j.Files {
		v.Files = append(v.Files, fileView(h, &j.Files[i], j.Type.Uploads()))
	}
	for _, m := range moments(j) {
		p := momentPage{Time: cmp.Or(stamp(m.Time), "-"), What: m.What, Where: within(m.Place)}
		if e := h.EventOf(m); e != nil {
			p.Event = strconv.Itoa(e.ID)
		}
		v.Moments = append(v.Moments, p)
	}
	if len(j.Versions) > 1 {
		for i := range j.Versions {
			o := &j.Versions[i]
			p := versionPage{Time: cmp.Or(stamp(o.Modified), "-"), State: strings.ReplaceAll(string(o.State), "_", " "), Bytes: strconv.FormatInt(o.BytesDone, 10), Where: within(o.Evidence)}
			if o.Error != nil {
				p.Error = o.Error.Code
			}
			v.Versions = append(v.Versions, p)
		}
	}
	return v
}

// jobFacts are what is known of a job, in the order in which one asks.
func jobFacts(h *evidence.Host, j *evidence.Job) []evidence.Datum {
	var all []evidence.Datum
	add := func(name, value string) {
		if value != "" {
			all = append(all, evidence.Datum{Name: name, Value: value})
		}
	}
	if n := j.Notify; n != nil {
		add("starts", command(n))
		add("notify flags", strings.Join(n.Flags, ", "))
		add("notify failed", strings.Join(n.Failed, ", "))
	}
	add("owner", strings.TrimSpace(j.Owner.Name+" "+j.Owner.ID))
	if c := j.Creator; c != nil {
		add("creator", c.Path)
		add("command line", c.CommandLine)
		add("parent", c.Parent)
		add("integrity", c.Integrity)
		add("service", c.Service)
		add("package", c.Package)
	}
	add("description", j.Description)
	add("id", j.ID)
	add("type", strings.TrimSpace(string(j.Type)+" "+string(j.Priority)))
	add("expires", stamp(j.Expires))
	if e := j.Error; e != nil {
		add("error", strings.TrimSpace(e.Code+" "+e.Text))
	}
	if s := j.Security; s != nil {
		add("security flags", strings.Join(s.Flags, ", "))
	}
	if d := j.Descriptor; d != nil {
		add("descriptor", strings.Join(d.Odd, ", "))
	}
	for name, p := range map[string]*evidence.Protected{"headers": j.Headers, "credentials": j.Credentials} {
		if p != nil {
			add(name, fmt.Sprintf("present, %d bytes, sealed with master key %s", p.Size, p.MasterKey))
		}
	}
	if p := j.Proxy; p != nil {
		add("proxy", strings.TrimSpace(p.Usage+" "+p.List))
	}
	if d := j.Masquerade; d != nil {
		add("masquerade", "named like "+d.Profile+", but not its "+strings.Join(d.Wrong, ", "))
	}
	add("known", j.Known)
	if r := j.Rarity; r != nil {
		add("seen on", fmt.Sprintf("%d of %d hosts", r.Hosts, r.Of))
	}
	add("evidence", where(h, j.Evidence))
	for _, k := range slices.Sorted(maps.Keys(j.Raw)) {
		add("unknown "+k, j.Raw[k])
	}
	return all
}
