// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
)

// writeSTIX writes a bundle of STIX 2.1: for each finding what was observed (address, file, program, account, the file of evidence), an
// indicator for what others can look for, that it was sighted on the host, and the technique that it indicates. Ids are made from
// what they name and times are those of the evidence, so that the same evidence is the same bundle, and two bundles of one case
// share their objects. An indicator whose time is not known is labelled time-unknown and begins in 1970.
func writeSTIX(w io.Writer, r *evidence.Report, _ Look) error {
	b := &bundle{w: w, seen: map[string]bool{}, made: oldest(r)}
	var names []string
	for _, f := range r.Findings {
		names = append(names, f.Host, f.Rule, f.Job, iso(f.Time))
	}
	b.text(`{"type":"bundle","id":` + canonical(ourID("bundle", append(names, r.Tool.Version, r.Tool.Rules)...)) + `,"objects":[`)
	b.tool = b.add(doc{
		"type": "identity", "id": ourID("identity", "tool", "openbits"), "name": "openbits bits hunt", "identity_class": "system",
		"description": "bits " + cmp.Or(r.Tool.Version, "of an unknown version"),
	})
	err := walk(r, func(h *evidence.Host, found []*evidence.Finding) error {
		for _, f := range found {
			b.finding(h, f)
		}
		return b.err
	})
	b.text("\n]}\n")
	return cmp.Or(err, b.err)
}

// oldest is the earliest time of a finding: that of the objects that no single one makes. Not all of them have a time.
func oldest(r *evidence.Report) string {
	at := ""
	for i := range r.Findings {
		if t := iso(r.Findings[i].Time); t != "" && (at == "" || t < at) {
			at = t
		}
	}
	return cmp.Or(at, unknownTime)
}

const unknownTime = "1970-01-01T00:00:00.000Z"

// bundle writes objects, each once.
type bundle struct {
	w    io.Writer
	seen map[string]bool
	made string // time of the objects that have none of their own
	tool string // id of who says it all
	err  error
}

func (b *bundle) text(s string) {
	if b.err == nil {
		_, b.err = io.WriteString(b.w, s)
	}
}

// add writes an object that was not written yet, and answers its id. Domain objects get what all of them must have.
func (b *bundle) add(o doc) string {
	id, _ := o["id"].(string)
	if b.seen[id] || b.err != nil {
		return id
	}
	o["spec_version"] = "2.1"
	if !observable[o["type"].(string)] {
		if o["created"] == nil {
			o["created"] = b.made
		}
		o["modified"] = o["created"]
		if b.tool != "" {
			o["created_by_ref"] = b.tool
		}
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if b.err = e.Encode(o); b.err == nil {
		b.text(map[bool]string{true: "\n", false: ",\n"}[len(b.seen) == 0] + strings.TrimSuffix(buf.String(), "\n"))
	}
	b.seen[id] = true
	return id
}

// observable are the types that have no times of their own.
var observable = map[string]bool{
	"url": true, "domain-name": true, "ipv4-addr": true, "ipv6-addr": true, "file": true, "directory": true, "process": true, "user-account": true,
}

func (b *bundle) link(from, kind, to, at string) {
	b.add(doc{"type": "relationship", "id": ourID("relationship", from, kind, to), "relationship_type": kind, "source_ref": from, "target_ref": to, "created": at})
}

// finding writes all that one finding says.
func (b *bundle) finding(h *evidence.Host, f *evidence.Finding) {
	j := jobOf(h, f.Job)
	times := []time.Time{f.Time}
	if j != nil {
		times = append(times, j.Modified, j.Created)
	}
	at := iso(first(times...))
	labels := []string{"bits-job", "severity-" + string(evidence.Severities[rank(f.Severity)])}
	if at == "" {
		at, labels = unknownTime, append(labels, "time-unknown")
	}
	host := b.add(doc{"type": "identity", "id": ourID("identity", "host", h.Name), "name": cmp.Or(h.Name, "unknown host"), "identity_class": "system"})
	technique := make([]string, 0, len(f.Attack.Techniques))
	for _, id := range append([]string{f.Technique}, f.Attack.Techniques...) {
		if techniqueID.MatchString(id) {
			technique = append(technique, b.technique(id))
		}
	}
	refs, pattern := b.observed(h, f, j)
	if len(refs) == 0 {
		return // it names neither a job nor a file that is in the report: there is nothing that was observed
	}
	seen := b.add(doc{
		"type": "observed-data", "id": ourID("observed-data", h.Name, f.Rule, f.Job, at, pattern), "created": at,
		"first_observed": at, "last_observed": at, "number_observed": 1, "object_refs": refs, "labels": labels,
	})
	if pattern == "" { // nothing that others could look for
		for _, t := range technique {
			b.link(seen, "related-to", t, at)
		}
		return
	}
	indicator := b.add(doc{
		"type": "indicator", "id": ourID("indicator", f.Rule, pattern, at), "created": at, "valid_from": at, "name": title(f),
		"description": f.Why, "pattern": pattern, "pattern_type": "stix", "indicator_types": []string{indicatorType(f.Severity)},
		"confidence": confidence(f.Confidence), "labels": labels,
	})
	b.link(indicator, "based-on", seen, at)
	for _, t := range technique {
		b.link(indicator, "indicates", t, at)
	}
	b.add(doc{
		"type": "sighting", "id": ourID("sighting", indicator, seen, host), "created": at, "first_seen": at, "last_seen": at, "count": 1,
		"sighting_of_ref": indicator, "observed_data_refs": []string{seen}, "where_sighted_refs": []string{host},
	})
}

// indicatorType is a word of the vocabulary of STIX 2.1, section 10.7: what is below high is odd, no more.
func indicatorType(s evidence.Severity) string {
	if rank(s) >= rank(evidence.High) {
		return "malicious-activity"
	}
	return "anomalous-activity"
}

// confidence follows the "none, low, med, high" scale of STIX 2.1, appendix A.
func confidence(c evidence.Confidence) int {
	return map[evidence.Confidence]int{evidence.Weak: 15, evidence.Fair: 50, evidence.Strong: 85}[c]
}

func (b *bundle) technique(id string) string {
	o := doc{
		"type": "attack-pattern", "id": ourID("attack-pattern", "mitre-attack", id), "name": id,
		"external_references": []doc{{"source_name": "mitre-attack", "external_id": id, "url": "https://attack.mitre.org/techniques/" + strings.ReplaceAll(id, ".", "/")}},
	}
	if id == "T1197" {
		o["name"] = "BITS Jobs"
	}
	return b.add(o)
}

// observed writes the observables of a finding. It answers their ids and a pattern for what others can look for; both may be empty.
func (b *bundle) observed(h *evidence.Host, f *evidence.Finding, j *evidence.Job) ([]string, string) {
	var refs, tests []string
	add := func(id string) {
		for _, old := range refs {
			if old == id {
				return
			}
		}
		refs = append(refs, id)
	}
	if j != nil {
		for i := range j.Files {
			if test := b.address(j.Files[i].URL, add); test != "" {
				tests = append(tests, test)
			}
			b.file(j.Files[i].Path, add)
		}
		if cmd := command(j.Notify); cmd != "" {
			add(b.add(doc{"type": "process", "id": ourID("process", h.Name, f.Job, cmd), "command_line": cmd}))
			tests = append(tests, "[process:command_line = "+quoted(cmd)+"]")
		}
		if j.Owner.ID != "" || j.Owner.Name != "" {
			add(b.account(j.Owner))
		}
	} else {
		for _, d := range f.Matched {
			if strings.EqualFold(d.Name, "url") || strings.EqualFold(d.Name, "RemoteName") {
				if test := b.address(d.Value, add); test != "" {
					tests = append(tests, test)
				}
			}
		}
	}
	for _, p := range f.Evidence {
		if in := h.InputOf(p); in != nil && in.Path != "" {
			add(b.evidence(in))
		}
	}
	return refs, strings.Join(distinct(tests), " OR ")
}

func distinct(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			out = append(out, s)
		}
		seen[s] = true
	}
	return out
}

// domainName is what may be the name of a host; anything else stands in the URL alone.
var domainName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$`)

// address writes a URL and its host, and answers the test for it: none for what is no URL.
func (b *bundle) address(text string, add func(string)) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	add(b.add(doc{"type": "url", "id": observableID("url", map[string]string{"value": text}), "value": text}))
	name, kind := strings.ToLower(u.Hostname()), "domain-name"
	if ip, err := netip.ParseAddr(name); err == nil {
		if name, kind = ip.WithZone("").String(), "ipv4-addr"; ip.Is6() {
			kind = "ipv6-addr"
		}
	}
	if kind != "domain-name" || domainName.MatchString(name) {
		add(b.add(doc{"type": kind, "id": observableID(kind, map[string]string{"value": name}), "value": name}))
	}
	return "[url:value = " + quoted(text) + "]"
}

// file writes a file with its folder.
func (b *bundle) file(name string, add func(string)) {
	last := lastPart(name)
	if last == "" {
		return
	}
	o, id := doc{"type": "file", "name": last}, map[string]string{"name": last}
	if folder := strings.TrimRight(strings.TrimSuffix(name, last), `\/`); folder != "" {
		parent := b.add(doc{"type": "directory", "id": observableID("directory", map[string]string{"path": folder}), "path": folder})
		add(parent)
		o["parent_directory_ref"], id["parent_directory_ref"] = parent, parent
	}
	o["id"] = observableID("file", id)
	add(b.add(o))
}

// evidence writes a file of evidence with its digest.
func (b *bundle) evidence(in *evidence.Input) string {
	o := doc{"type": "file", "id": ourID("file", in.Host, in.Path, in.SHA256), "name": lastPart(in.Path), "size": max(0, in.Size)}
	if o["name"] == "" {
		o["name"] = in.Path
	}
	if in.SHA256 != "" {
		o["hashes"] = doc{"SHA-256": in.SHA256}
	}
	return b.add(o)
}

func (b *bundle) account(owner evidence.Owner) string {
	o, id := doc{"type": "user-account", "account_type": "windows-local"}, map[string]string{"account_type": "windows-local"}
	domain, name, ok := strings.Cut(owner.Name, `\`)
	if !ok {
		name = owner.Name
	} else if !strings.HasPrefix(domain, "NT ") {
		o["account_type"], id["account_type"] = "windows-domain", "windows-domain"
	}
	if owner.ID != "" {
		o["user_id"], id["user_id"] = owner.ID, owner.ID
	}
	if name != "" {
		o["account_login"], id["account_login"] = name, name
	}
	o["id"] = observableID("user-account", id)
	return b.add(o)
}

// quoted is a string of a pattern (STIX 2.1, section 9.3).
func quoted(text string) string {
	return fmt.Sprintf("'%s'", strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text))
}
