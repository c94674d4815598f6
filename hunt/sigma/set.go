// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"slices"
	"strings"

	"github.com/openbits/openbits/hunt/evidence"
)

// Set is rules that are ready to be matched, by what they are for. It does not change once matchers were made of it.
type Set struct {
	rules   []*Rule
	fields  map[string]int // in lower case: place in records
	buckets map[string]*bucket
	own     map[string][]bound // by category: those of openbits' own log sources
}

// bound is a rule with the places of its fields.
type bound struct {
	rule  *Rule
	root  expr
	named map[string]expr
	view  view
}

// bucket is the rules for one channel.
type bucket struct {
	byID map[int][]bound
	any  []bound
}

// NewSet makes an empty set.
func NewSet() *Set {
	return &Set{fields: map[string]int{}, buckets: map[string]*bucket{}, own: map[string][]bound{}}
}

// Rules are those of the set, in the order in which they were added.
func (s *Set) Rules() []*Rule { return s.rules }

func (s *Set) slot(field string) int {
	at, ok := s.fields[field]
	if !ok {
		at = len(s.fields)
		s.fields[field] = at
	}
	return at
}

// Add takes a rule into the set. It answers an error when the rule is for logs that are not known here.
func (s *Set) Add(r *Rule) error {
	own := (r.Source.Category == Jobs || r.Source.Category == LogFiles) && (r.Source.Product == "" || r.Source.Product == "windows") && r.Source.Service == ""
	sources := r.Source.sources()
	if !own && len(sources) == 0 {
		return &Error{File: r.File, Line: r.Line, What: "its log source (" + r.Source.String() + ") is none that is read here"}
	}
	bind := &binder{slot: s.slot, named: make(map[string]expr, len(r.named))}
	b := bound{rule: r, root: r.root.bind(bind), named: bind.named}
	for _, name := range r.Searches() {
		bind.search(search{name, r.named[name]})
	}
	s.rules = append(s.rules, r)
	if own {
		s.own[r.Source.Category] = append(s.own[r.Source.Category], b)
	}
	for _, src := range sources {
		b.view = src.view
		s.bucket(src.channel).add(b, src.ids)
	}
	return nil
}

func (s *Set) bucket(channel string) *bucket {
	b := s.buckets[channel]
	if b == nil {
		b = &bucket{byID: map[int][]bound{}}
		s.buckets[channel] = b
	}
	return b
}

// add puts a rule where events of these ids find it, or of those that the rule itself asks for.
func (b *bucket) add(r bound, ids []int) {
	if wants := r.root.ids(); wants != nil {
		if ids == nil {
			ids = wants
		} else {
			ids = slices.DeleteFunc(slices.Clone(ids), func(id int) bool { return !slices.Contains(wants, id) })
		}
	}
	if ids == nil {
		b.any = append(b.any, r)
		return
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		b.byID[id] = append(b.byID[id], r)
	}
}

// Wants tells whether any rule may match events of that channel and id, so that a reader knows which to keep. An id of 0 stands for any.
func (s *Set) Wants(channel string, id int) bool {
	b := s.buckets[strings.ToLower(channel)]
	return b != nil && (id == 0 || len(b.any) > 0 || len(b.byID[id]) > 0)
}

// Record is the fields of one event or job.
type Record struct {
	set   *Set
	slots [][]value
	all   []value
	dirty []int
}

// Record makes an empty record for rules of the set.
func (s *Set) Record() *Record { return &Record{set: s, slots: make([][]value, len(s.fields))} }

// Reset empties the record.
func (r *Record) Reset() {
	for _, at := range r.dirty {
		r.slots[at] = r.slots[at][:0]
	}
	r.dirty, r.all = r.dirty[:0], r.all[:0]
}

// Add adds a value to a field, whose name may be in any case of letters. A field may have several.
func (r *Record) Add(name, text string) {
	r.all = append(r.all, value{raw: text})
	r.frame(name, text)
}

// frame adds a value that keywords do not see: what the log's frame says, not the event's own data.
func (r *Record) frame(name, text string) {
	at, ok := r.set.fields[name]
	if !ok {
		if at, ok = r.set.fields[strings.ToLower(name)]; !ok {
			return
		}
	}
	if len(r.slots[at]) == 0 {
		r.dirty = append(r.dirty, at)
	}
	r.slots[at] = append(r.slots[at], value{raw: text})
}

// Values are the values of a field in the record, of those fields that any rule of the set speaks of.
func (r *Record) Values(name string) []string {
	at, ok := r.set.fields[strings.ToLower(name)]
	if !ok {
		return nil
	}
	list := make([]string, len(r.slots[at]))
	for i, v := range r.slots[at] {
		list[i] = v.raw
	}
	return list
}

// Match is a rule that a record fits.
type Match struct {
	Rule   *Rule
	Record *Record
	bound  *bound
}

// Holds tells whether the record also fits one of the rule's search identifiers.
func (m Match) Holds(search string) bool {
	e, ok := m.bound.named[search]
	return ok && e.match(m.Record)
}

// Matcher finds the rules that events and jobs fit. It is for one goroutine.
type Matcher struct {
	set     *Set
	records [views]*Record
	own     *Record
}

// Matcher makes one for the rules of the set.
func (s *Set) Matcher() *Matcher {
	m := &Matcher{set: s, own: s.Record()}
	for v := range m.records {
		m.records[v] = s.Record()
	}
	return m
}

// Own is an empty record to be filled and given to Jobs or LogFiles. It is the same each time.
func (m *Matcher) Own() *Record {
	m.own.Reset()
	return m.own
}

// Jobs finds the rules of category bits_job that the record fits, in the order of the set. The match is good until yield returns.
func (m *Matcher) Jobs(r *Record, yield func(Match)) { m.match(Jobs, r, yield) }

// LogFiles is the same for category bits_log.
func (m *Matcher) LogFiles(r *Record, yield func(Match)) { m.match(LogFiles, r, yield) }

func (m *Matcher) match(category string, r *Record, yield func(Match)) {
	list := m.set.own[category]
	for i := range list {
		if b := &list[i]; b.root.match(r) {
			yield(Match{b.rule, r, b})
		}
	}
}

// Event finds the rules that the event fits. The match is good until yield returns.
func (m *Matcher) Event(e *evidence.Event, yield func(Match)) {
	b := m.set.buckets[strings.ToLower(e.Channel)]
	if b == nil {
		return
	}
	var filled [views]bool
	for _, list := range [][]bound{b.byID[e.ID], b.any} {
		for i := range list {
			r := m.records[list[i].view]
			if !filled[list[i].view] {
				fill(r, e, list[i].view)
				filled[list[i].view] = true
			}
			if list[i].root.match(r) {
				yield(Match{list[i].rule, r, &list[i]})
			}
		}
	}
}
