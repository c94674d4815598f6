// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/rules"
	"github.com/openbits/openbits/hunt/sigma"
)

// part says how one part of a job compares with a profile.
type part int

const (
	unknown part = iota // the evidence does not say
	right
	wrong
)

// fit says how a job compares with the profiles.
//
// What the evidence does not say neither proves nor disproves. A job fits a profile when nothing is wrong and what is known suffices: all four
// parts; or a host on which nobody but the vendor can put files; or, where no remote name is known, name and creator. Such a fit only ever
// lowers what an attacker gains nothing by: rules on notify commands, local copies, addresses, certificate checks, disguises and
// the like are marked "keep" and are never lowered. What an attacker could gain by making parts unknown is a job of a known
// name without remote name and creator, and that fits nothing.
type fit struct {
	known    string             // id of the profile that all four parts fit
	partly   string             // id of the one that fits as far as is known
	parts    []string           // what partly rests on
	disguise *evidence.Disguise // it has a known name, and something else is wrong
}

// lowers is the id of the profile that makes findings information, and how much of it is known.
func (f fit) lowers() string {
	switch {
	case f.known != "":
		return f.known
	case f.partly != "":
		return f.partly + " (" + strings.Join(f.parts, ", ") + " known)"
	}
	return ""
}

// profile is a known-good profile, ready to be compared with.
type profile struct {
	rules.Profile
	names, creators, hosts, destinations, paths []func(string) bool
}

func globs(list []string) []func(string) bool {
	tests := make([]func(string) bool, 0, len(list))
	for _, g := range list {
		if !strings.HasPrefix(g, "@") {
			tests = append(tests, sigma.Glob(g))
		}
	}
	return tests
}

func profiles() ([]*profile, error) {
	list, err := rules.Profiles()
	if err != nil {
		return nil, err
	}
	all := make([]*profile, len(list))
	for i, p := range list {
		all[i] = &profile{
			Profile: p, names: globs(p.Names), creators: globs(p.Creators), hosts: globs(p.Hosts),
			destinations: globs(p.Destinations), paths: globs(p.Paths),
		}
	}
	return all, nil
}

// fits tells which part the text is: unknown when it is empty.
func fits(text string, tests []func(string) bool) part {
	if text == "" {
		return unknown
	}
	for _, test := range tests {
		if test(text) {
			return right
		}
	}
	return wrong
}

// plainName is a job's name without what differs for the eye alone.
func plainName(name string) string { return strings.Join(strings.Fields(name), " ") }

// compare answers the four parts: name, creator, host, destination.
func (p *profile) compare(r *record) (name, creator, host, destination part) {
	if name = fits(plainName(r.job.Name), p.names); name != right && !r.nameless() {
		return name, unknown, unknown, unknown // it is about another product
	}
	if r.job.Creator != nil {
		creator = fitsPath(r.job.Creator.Path, p.creators)
	}
	if f := r.file; f != nil {
		if f.URL != "" {
			host = p.host(&r.remote, r.domains)
		}
		destination = fitsPath(f.Path, p.destinations)
		if p.NamedByPath && f.Path == "" { // the name says where it goes
			destination = fitsPath(r.job.Name, p.destinations)
		}
		if p.NamedByPath && f.Path != "" && name == right && destination == right && !strings.EqualFold(normal(r.job.Name), normal(f.Path)) {
			name = wrong
		}
	}
	return name, creator, host, destination
}

// fitsPath tells which part a path is. One with dots that lead out of a folder, or with a data stream, fits none.
func fitsPath(path string, tests []func(string) bool) part {
	if path == "" {
		return unknown
	}
	p, data := stream(path)
	if data != "" || strings.Contains(p, `\..\`) {
		return wrong
	}
	if rest, ok := strings.CutPrefix(p, `\device\harddiskvolume`); ok { // as some events have it
		if _, tail, found := strings.Cut(rest, `\`); found {
			p = `c:\` + tail
		}
	}
	return fits(p, tests)
}

// ownServer tells whether a name is that of a server of the computer's own organisation: it is under the same domain. Where no domain is known, as without logs, any name may be.
func ownServer(r *remote, domains []string) bool {
	return r.kind == "name" && (len(domains) == 0 || slices.ContainsFunc(domains, func(d string) bool { return strings.HasSuffix("."+r.host, d) }))
}

func (p *profile) host(r *remote, domains []string) part {
	if r.kind != "name" && r.kind != "ip" || r.user || r.scheme != "http" && r.scheme != "https" {
		return wrong
	}
	ok := fits(r.host, p.hosts) == right || slices.Contains(p.Hosts, "@internal") && r.place == "internal" ||
		slices.Contains(p.Hosts, "@own") && ownServer(r, domains)
	if !ok || len(p.paths) > 0 && fits(r.path, p.paths) != right || strings.Contains(r.path, "/../") {
		return wrong
	}
	return right
}

// nameless tells that the record is of a file without its job.
func (r *record) nameless() bool { return r.source == "file" && r.job.Name == "" }

// fitOf compares a record with all profiles.
func fitOf(all []*profile, r *record) fit {
	var best fit
	worst := 0
	for _, p := range all {
		name, creator, host, destination := p.compare(r)
		headless := r.job.Name == "" && r.job.ID == "" && r.job.Evidence.Cut != ""
		if headless {
			name = unknown
		}
		nameless := headless || r.source == "file" && r.job.Name == ""
		if name != right && !nameless {
			continue
		}
		var bad, known []string
		for _, x := range []struct {
			part part
			word string
		}{{name, "name"}, {creator, "creator"}, {host, "host"}, {destination, "destination"}} {
			switch x.part {
			case wrong:
				bad = append(bad, x.word)
			case right:
				known = append(known, x.word)
			}
		}
		switch {
		case len(bad) == 0 && len(known) == 4:
			return fit{known: p.ID}
		case len(bad) == 0 && best.partly == "" && (p.suffices(name, creator, host, destination) || headless && creator == right && !p.Shared):
			// A record whose beginning was overwritten has no name to be compared; its creator, which BITS itself wrote, stands for it.
			best.partly, best.parts = p.ID, known
		case len(bad) > 0 && !nameless && !p.Common && (worst == 0 || len(bad) < worst):
			worst, best.disguise = len(bad), &evidence.Disguise{Profile: p.ID, Wrong: bad}
		case len(bad) == 0 && !p.Common: // nothing is wrong with this one, though too little is known
			worst = -1
		}
	}
	if best.partly != "" || worst < 0 {
		best.disguise = nil
	}
	return best
}

// suffices tells whether what is known, of which nothing is wrong, is enough. Where anybody can put files on the host, only all four parts are.
func (p *profile) suffices(name, creator, host, destination part) bool {
	switch {
	case p.Shared:
		return false
	case host == right:
		return name == right && (!p.Common || creator == right) || destination == right
	case host == unknown:
		return name == right && creator == right
	}
	return false
}
