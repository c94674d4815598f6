// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"regexp"
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// Stack counts on how many hosts the like of a job was seen: same name, creator and remote host, without what differs from job to job. A
// host that is added twice, under any of its names, counts once. It is for one goroutine.
type Stack struct {
	hosts map[string]int         // name in lower case: number
	seen  map[string]map[int]int // key: hosts, and how often they were added with it
	count int                    // of hosts
}

// Add counts the jobs of a host.
func (s *Stack) Add(h *evidence.Host) {
	if s.hosts == nil {
		s.hosts, s.seen = map[string]int{}, map[string]map[int]int{}
	}
	number := -1
	names := append([]string{h.Name}, h.Aliases...)
	for _, name := range names {
		if n, ok := s.hosts[strings.ToLower(name)]; ok && number < 0 {
			number = n
		}
	}
	if number < 0 {
		number = s.count
		s.count++
	}
	for _, name := range names {
		s.hosts[strings.ToLower(name)] = number
	}
	for i := range h.Jobs {
		for _, key := range keysOf(&h.Jobs[i]) {
			if s.seen[key] == nil {
				s.seen[key] = map[int]int{}
			}
			s.seen[key][number]++
		}
	}
}

// Hosts of fewer than this say nothing of rarity.
const enoughHosts = 4

// Rate sets how rare the jobs of a host are, and makes its findings surer where a job's like is on no other host, and less sure where half of the hosts have it. All
// hosts must have been added before. Findings of a job that fits a profile stay as they are.
func (s *Stack) Rate(h *evidence.Host) {
	if s.count < 2 {
		return
	}
	change := map[string]int{}
	for i := range h.Jobs {
		j := &h.Jobs[i]
		j.Rarity = nil
		for _, key := range keysOf(j) {
			if n := len(s.seen[key]); n > 0 && (j.Rarity == nil || n < j.Rarity.Hosts) { // the rarest counts
				j.Rarity = &evidence.Rarity{Key: key, Hosts: n, Of: s.count}
			}
		}
		switch {
		case j.Rarity == nil || s.count < enoughHosts:
		case j.Rarity.Hosts == 1:
			change[j.Ref] = 1
		case 2*j.Rarity.Hosts >= s.count:
			change[j.Ref] = -1
		}
	}
	for i := range h.Findings {
		f := &h.Findings[i]
		if f.Job != "" && f.Known == "" && change[f.Job] != 0 {
			f.Confidence = step(f.Confidence, change[f.Job])
		}
	}
}

var confidences = []evidence.Confidence{evidence.Weak, evidence.Fair, evidence.Strong}

// step makes a confidence n steps surer, or less sure.
func step(c evidence.Confidence, n int) evidence.Confidence {
	at := slices.Index(confidences, c)
	if at < 0 {
		return c
	}
	return confidences[min(max(at+n, 0), len(confidences)-1)]
}

// varying is what differs between jobs of one kind: GUIDs, hexadecimal and decimal numbers.
var varying = regexp.MustCompile(`\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?|\b[0-9a-f]{12,}\b|[0-9]+`)

func plainer(text string) string {
	return varying.ReplaceAllString(strings.ToLower(plainName(text)), "#")
}

// keysOf are the keys of a job: one for each remote host.
func keysOf(j *evidence.Job) []string {
	creator := "-"
	if j.Creator != nil && j.Creator.Path != "" {
		creator = plainer(userless(normal(j.Creator.Path)))
	}
	name := plainer(userless(strings.ToLower(j.Name)))
	var keys []string
	for i := range j.Files {
		r := parseRemote(j.Files[i].URL)
		host := r.host
		if r.kind == "name" {
			host = plainer(host)
		} else if host == "" {
			host = r.kind
		}
		if key := name + " | " + creator + " | " + host; !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		keys = []string{name + " | " + creator + " | -"}
	}
	return keys
}

var userFolderName = regexp.MustCompile(`^([a-z]:\\(?:users|documents and settings)\\)[^\\]+`)

// userless is a path without the user's name.
func userless(path string) string { return userFolderName.ReplaceAllString(path, "${1}*") }
