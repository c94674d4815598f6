// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package join

import (
	"net/url"
	"strings"
	"time"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/read"
)

// index finds jobs by what is in their files.
type index struct {
	urls  map[string][]*job
	paths map[string][]*job
	hosts map[string][]*job
	names map[string][]*job
}

func (j *joiner) index() *index {
	x := &index{map[string][]*job{}, map[string][]*job{}, map[string][]*job{}, map[string][]*job{}}
	for _, b := range j.jobs {
		if n := strings.ToLower(b.Name); len(n) > 0 {
			put(x.names, n, b)
		}
		for _, s := range append(b.Versions[:len(b.Versions):len(b.Versions)], b.Job) {
			for i := range s.Files {
				f := &s.Files[i]
				put(x.urls, strings.ToLower(f.URL), b)
				put(x.paths, strings.ToLower(f.Path), b)
				put(x.paths, strings.ToLower(f.Temporary), b)
				if u, err := url.Parse(f.URL); err == nil {
					put(x.hosts, strings.ToLower(u.Hostname()), b)
				}
			}
		}
	}
	return x
}

func put(m map[string][]*job, key string, b *job) {
	if l := m[key]; key != "" && (len(l) == 0 || l[len(l)-1] != b) {
		m[key] = append(l, b)
	}
}

// byContent ties what has neither id nor process in common with a job, but speaks of its URL, its files or its name at its time.
func (j *joiner) byContent() {
	x := j.index()
	for _, e := range j.entries {
		if e.job != nil || !j.ours(e) {
			continue
		}
		if b := nearest(e, j.inURLs(x, e)); b != nil {
			j.tie(e, b, TieURL)
		} else if b := nearest(e, x.paths[strings.ToLower(field(e.Event, []string{"TargetFilename", "ObjectName"}))]); b != nil {
			j.tie(e, b, TiePath)
		} else if b := nearest(e, x.named(e.Event)); b != nil {
			j.tie(e, b, TieTitle)
		}
	}
}

// inURLs finds the jobs whose URL an event names, or whose host, when BITS itself asked for it.
func (j *joiner) inURLs(x *index, e *entry) []*job {
	var found []*job
	for _, d := range e.Data {
		if strings.Contains(d.Value, "://") {
			for _, u := range read.URLs(strings.ToLower(d.Value)) {
				found = append(found, x.urls[u]...)
			}
		}
	}
	if found != nil || !strings.EqualFold(e.Channel, read.ChannelSysmon) {
		return found
	}
	own, _ := read.Process(e.Event)
	if len(j.services[e.pid(own)]) == 0 {
		return nil
	}
	return x.hosts[strings.ToLower(strings.TrimSuffix(field(e.Event, []string{"QueryName", "DestinationHostname"}), "."))]
}

// named finds the jobs whose name a command of bitsadmin or of the BITS cmdlets has among its words.
func (x *index) named(e *evidence.Event) []*job {
	var found []*job
	for _, text := range texts(e) {
		lower := strings.ToLower(text)
		if !strings.Contains(lower, "bitsadmin") && !strings.Contains(lower, "bitstransfer") {
			continue
		}
		for _, w := range words(lower) {
			found = append(found, x.names[w]...)
		}
	}
	return found
}

// words parts a command line at blanks, outside of quotes, without options.
func words(line string) []string {
	var list []string
	var b strings.Builder
	quoted := false
	end := func() {
		if w := b.String(); w != "" && w[0] != '/' && w[0] != '-' {
			list = append(list, w)
		}
		b.Reset()
	}
	for _, r := range line {
		switch {
		case r == '"' || r == '\'':
			quoted = !quoted
		case (r == ' ' || r == '\t' || r == '\n' || r == '\r') && !quoted:
			end()
		default:
			b.WriteRune(r)
		}
	}
	end()
	return list
}

// nearest is the job nearest in time that was there then, or within minutes.
func nearest(e *entry, jobs []*job) *job {
	var best *job
	var bestGap time.Duration
	for _, b := range jobs {
		if b.first.IsZero() {
			continue
		}
		gap := time.Duration(0)
		if e.Time.Before(b.first) {
			gap = b.first.Sub(e.Time)
		} else if e.Time.After(b.last) {
			gap = e.Time.Sub(b.last)
		}
		if gap <= near && (best == nil || gap < bestGap) {
			best, bestGap = b, gap
		}
	}
	return best
}
