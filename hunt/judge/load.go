// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/hunt/rules"
	"github.com/openbits/openbits/hunt/sigma"
)

// LoadOptions say what to judge by besides the rules that are built in.
type LoadOptions struct {
	Sigma []string // folders and files of Sigma rules
	Allow []string // allow lists
}

// Rules are what evidence is judged by. They do not change and may be used by several goroutines.
type Rules struct {
	set      *sigma.Set
	own      map[*sigma.Rule]*rules.Rule
	profiles []*profile
	allow    []*Allow
	results  []sigma.Result
	digest   string
	matchers sync.Pool // of *sigma.Matcher
}

// Load makes the rules ready. It is an error when a path does not exist, or an allow list has a mistake: a list that allows other things than it says would be
// worse than none. What is wrong with single Sigma rules is told by Results, and the others are used.
func Load(o LoadOptions) (*Rules, error) {
	own, err := rules.All()
	if err != nil {
		return nil, fmt.Errorf("cannot use the rules that are built in: %w", err)
	}
	r := &Rules{set: sigma.NewSet(), own: make(map[*sigma.Rule]*rules.Rule, len(own))}
	for _, rule := range own {
		if err := r.set.Add(rule.Rule); err != nil {
			return nil, fmt.Errorf("cannot use the rules that are built in: %w", err)
		}
		r.own[rule.Rule] = rule
	}
	if r.profiles, err = profiles(); err != nil {
		return nil, fmt.Errorf("cannot use the profiles that are built in: %w", err)
	}
	var used []string
	for _, path := range o.Sigma {
		results, err := r.set.Load(path)
		if err != nil {
			return nil, err
		}
		r.results = append(r.results, results...)
		for _, x := range results {
			used = append(used, x.File)
		}
	}
	for _, path := range o.Allow {
		list, err := readAllow(path)
		if err != nil {
			return nil, err
		}
		r.allow = append(r.allow, list...)
		used = append(used, path)
	}
	r.digest = digest(used)
	return r, nil
}

// digest names the rules that are built in and the files that were added.
func digest(paths []string) string {
	if len(paths) == 0 {
		return rules.Digest()
	}
	sum := sha256.New()
	sum.Write([]byte(rules.Digest()))
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > maxAllow {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			continue // Results says so
		}
		each := sha256.Sum256(data)
		sum.Write(each[:])
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// Digest names all that evidence is judged by, for the report: 16 hex digits. It does not depend on where the files lie.
func (r *Rules) Digest() string { return r.digest }

// Results say what became of the files of Sigma rules.
func (r *Rules) Results() []sigma.Result { return r.results }

// Wants tells whether any rule or the reading of command lines may need events of that channel and id, so that a reader knows which to keep. An id of 0 stands
// for any; the provider does not matter.
func (r *Rules) Wants(channel, _ string, id int) bool {
	if r.set.Wants(channel, id) {
		return true
	}
	for _, c := range commandEvents {
		if strings.EqualFold(channel, c.channel) && (id == 0 || slices.Contains(c.ids, id)) {
			return true
		}
	}
	return false
}

// Matches tells whether a rule speaks of the event, or it asks something of BITS. It may be called by several goroutines.
func (r *Rules) Matches(e *evidence.Event) bool {
	m, _ := r.matchers.Get().(*sigma.Matcher)
	if m == nil {
		m = r.set.Matcher()
	}
	defer r.matchers.Put(m)
	found := false
	m.Event(e, func(sigma.Match) { found = true })
	return found || len(commandsOf(e)) > 0
}
